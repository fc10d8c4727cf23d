"""The seal of what is kept: an authenticated cipher bound to its place, keys wrapped by keys, and a keyed index.

    sealed record:   suite (1 byte, < 128) ‖ nonce ‖ ciphertext and tag
    sealed object:   suite | 128 (1 byte) ‖ its own key, itself a sealed record ‖ nonce ‖ ciphertext and tag

A record is anything up to OWN_KEY_ABOVE bytes. Larger things are sealed under a fresh key of their own, so that no key meets
many blocks (NIST SP 800-38D 8.3). Nonces are 96 random bits: safe for 2^32 records under one key, and data keys change by
purpose and period. ``context`` (where the record stands) is authenticated with it: moved elsewhere it does not open.
"""

import dataclasses
import hmac
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from transports import drawing
from transports.sealing.refusals import refusal

OWN_KEY_ABOVE = 64 * 1024  # bytes of plaintext
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_OWN_KEY = 0x80


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4-GCM (GB/T 32907, RFC 8998 2). Its 16 bytes are drawn from the data key by HKDF-Expand with SM3 (RFC 5869 2.3, 3.3: the
    key is random, so that nothing need be extracted): a data key that sealed by AES too never meets two ciphers itself."""

    _KEY_BYTES, _INFO = 16, b"at rest sm4gcm"

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        self._cipher = algorithms.SM4(HKDFExpand(SM3(), self._KEY_BYTES, self._INFO).derive(key))

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return b"".join((encryptor.update(data), encryptor.finalize(), encryptor.tag))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        decryptor = Cipher(self._cipher, modes.GCM(nonce, data[-_TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-_TAG_BYTES]) + decryptor.finalize()


@dataclasses.dataclass(frozen=True)
class _Suite:
    mark: int  # the first byte of what it sealed, for ever
    name: str
    cipher: Callable[[bytes], _Aead]
    index: str  # the digest of the keyed index, as hashlib calls it


_SUITES = (_Suite(1, "aes256gcm", AESGCM, "sha256"), _Suite(2, "sm4gcm", _Sm4Gcm, "sm3"))
SUITES = tuple(suite.name for suite in _SUITES)
_BY_NAME = {suite.name: suite for suite in _SUITES}
_BY_MARK = {suite.mark: suite for suite in _SUITES}
_WRAPPED_BYTES = 1 + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES


def new_key() -> bytes:
    """A fresh data key."""
    return drawing.key(KEY_BYTES)


def seal(suite: str, key: bytes, plaintext: bytes, context: str) -> bytes:
    """Seal under ``key`` (32 bytes) for the place named by ``context``. Raises UnknownKey suite-unknown."""
    chosen = _named(suite)
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


def _named(suite: str) -> _Suite:
    if suite not in _BY_NAME:
        raise refusal("suite-unknown")
    return _BY_NAME[suite]


def _sealed(suite: _Suite, key: bytes, head: bytes, plaintext: bytes, context: str) -> bytes:
    nonce = drawing.nonce(_NONCE_BYTES)
    return b"".join((head, nonce, suite.cipher(key).encrypt(nonce, plaintext, _bound(head, context))))


def _opened(suite: _Suite, key: bytes, sealed: bytes, head_bytes: int, context: str) -> bytes:
    head, nonce = sealed[:head_bytes], sealed[head_bytes : head_bytes + _NONCE_BYTES]
    try:
        return suite.cipher(key).decrypt(nonce, sealed[head_bytes + _NONCE_BYTES :], _bound(head, context))
    except (InvalidTag, ValueError) as broken:
        raise refusal("at-rest-broken") from broken


def _bound(head: bytes, context: str) -> bytes:
    return head + context.encode()


def wrap(master: bytes, key: bytes, suite: str = SUITES[0], context: str = "data key") -> bytes:
    """A key, sealed under the master key."""
    return seal(suite, master, key, context)


def unwrap(master: bytes, wrapped: bytes, context: str = "data key") -> bytes:
    """The key. Raises BrokenSeal at-rest-broken."""
    return open(master, wrapped, context)


def blind_index(key: bytes, text: str, suite: str = SUITES[0]) -> bytes:
    """32 bytes to find ``text`` again by: HMAC, since what is indexed (identity numbers) can be enumerated.

    With SHA-256, or SM3 (GB/T 32905) where the suite is sm4gcm. Raises UnknownKey suite-unknown.
    """
    return hmac.new(key, text.encode(), _named(suite).index).digest()
