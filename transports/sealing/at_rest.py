"""The seal of what is kept: an authenticated cipher bound to its place, keys wrapped by keys, and a keyed index.

    sealed record:   suite (1 byte, < 128) ‖ nonce ‖ ciphertext and tag
    sealed object:   suite | 128 (1 byte) ‖ its own key, itself a sealed record ‖ nonce ‖ ciphertext and tag

A record is anything up to OWN_KEY_ABOVE bytes. Larger things are sealed under a fresh key of their own, so that no key meets
many blocks (NIST SP 800-38D 8.3). Nonces are 96 random bits: safe for 2^32 records under one key, and data keys change by
purpose and period. ``context`` (where the record stands) is authenticated with it: moved elsewhere it does not open.
"""

import dataclasses
import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from transports.sealing.refusals import refusal

OWN_KEY_ABOVE = 64 * 1024  # bytes of plaintext
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_OWN_KEY = 0x80


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


@dataclasses.dataclass(frozen=True)
class _Suite:
    mark: int  # the first byte of what it sealed, for ever
    name: str
    cipher: Callable[[bytes], _Aead]


_SUITES = (_Suite(1, "aes256gcm", AESGCM),)  # 2 is kept for sm4gcm
SUITES = tuple(suite.name for suite in _SUITES)
_BY_NAME = {suite.name: suite for suite in _SUITES}
_BY_MARK = {suite.mark: suite for suite in _SUITES}
_WRAPPED_BYTES = 1 + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES


def new_key() -> bytes:
    """A fresh data key."""
    return os.urandom(KEY_BYTES)


def seal(suite: str, key: bytes, plaintext: bytes, context: str) -> bytes:
    """Seal under ``key`` (32 bytes) for the place named by ``context``. Raises UnknownKey suite-unknown."""
    chosen = _BY_NAME.get(suite)
    if chosen is None:
        raise refusal("suite-unknown")
    if len(plaintext) <= OWN_KEY_ABOVE:
        return _sealed(chosen, key, bytes([chosen.mark]), plaintext, context)
    own = new_key()
    head = bytes([chosen.mark | _OWN_KEY]) + _sealed(chosen, key, bytes([chosen.mark]), own, context)
    return _sealed(chosen, own, head, plaintext, context)


def open(key: bytes, sealed: bytes, context: str) -> bytes:
    """The plaintext. Raises BrokenSeal at-rest-broken for other bytes, another key or another context."""
    mark = sealed[0] if sealed else 0
    suite = _BY_MARK.get(mark & ~_OWN_KEY)
    if suite is None:
        raise refusal("at-rest-broken")
    if not mark & _OWN_KEY:
        return _opened(suite, key, sealed, 1, context)
    own = _opened(suite, key, sealed[1 : 1 + _WRAPPED_BYTES], 1, context)
    return _opened(suite, own, sealed, 1 + _WRAPPED_BYTES, context)


def _sealed(suite: _Suite, key: bytes, head: bytes, plaintext: bytes, context: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return b"".join((head, nonce, suite.cipher(key).encrypt(nonce, plaintext, _bound(head, context))))


def _opened(suite: _Suite, key: bytes, sealed: bytes, head_bytes: int, context: str) -> bytes:
    head, nonce = sealed[:head_bytes], sealed[head_bytes : head_bytes + _NONCE_BYTES]
    try:
        return suite.cipher(key).decrypt(nonce, sealed[head_bytes + _NONCE_BYTES :], _bound(head, context))
    except (InvalidTag, ValueError) as broken:
        raise refusal("at-rest-broken") from broken


def _bound(head: bytes, context: str) -> bytes:
    return head + context.encode()


def wrap(master: bytes, key: bytes, context: str = "data key") -> bytes:
    """A key, sealed under the master key."""
    return seal(SUITES[0], master, key, context)


def unwrap(master: bytes, wrapped: bytes, context: str = "data key") -> bytes:
    """The key. Raises BrokenSeal at-rest-broken."""
    return open(master, wrapped, context)


def blind_index(key: bytes, text: str) -> bytes:
    """32 bytes to find ``text`` again by: HMAC-SHA256, since what is indexed (identity numbers) can be enumerated."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
