"""A block cipher at work on a stream: GCM with its tag (RFC 5084), CBC with its padding (RFC 5652 6.3)."""

import functools
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher

from transports import drawing
from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, Reader, tlv
from transports.sealing.cms.recipients import Algorithm
from transports.sealing.cms.suite import Cipher, Decryptor, Encryptor
from transports.sealing.refusals import refusal

Block = Callable[[bytes], BlockCipherAlgorithm]  # of a key
BLOCK_BYTES = 16
TAG_BYTES = 16
_TAG_BYTES_MIN = 12  # also what an unsaid length means (RFC 5084 3.2)
_NONCE_BYTES = 12


# ── GCM ──


class _GcmEncryptor:
    """``inside``: the tag is the end of the ciphertext, not a thing of its own."""

    def __init__(self, block: BlockCipherAlgorithm, nonce: bytes, *, inside: bool) -> None:
        self._context = BlockCipher(block, modes.GCM(nonce)).encryptor()
        self.update = self._context.update
        self._inside = inside

    def finish(self) -> tuple[bytes, bytes]:
        last = self._context.finalize()
        return (last + self._context.tag, b"") if self._inside else (last, self._context.tag)


class _GcmDecryptor:
    def __init__(self, block: BlockCipherAlgorithm, nonce: bytes, tag_bytes: int) -> None:
        self._context = BlockCipher(block, modes.GCM(nonce, None, tag_bytes)).decryptor()
        self.update = self._context.update
        self._tag_bytes = tag_bytes

    def finish(self, tag: bytes) -> bytes:
        if len(tag) != self._tag_bytes:
            raise refusal("seal-content-changed")
        try:
            return self._context.finalize_with_tag(tag)
        except InvalidTag as changed:
            raise refusal("seal-content-changed") from changed


class _TagInside:
    """Holds back as many bytes as a tag has: the last of them are the tag."""

    def __init__(self, inner: _GcmDecryptor, tag_bytes: int) -> None:
        self._inner, self._tag_bytes = inner, tag_bytes
        self._held = b""

    def update(self, data: bytes | memoryview) -> bytes:
        if len(data) < self._tag_bytes:
            data, self._held = self._held + bytes(data), b""
        before, self._held = self._held, bytes(data[-self._tag_bytes :])
        return self._inner.update(before) + self._inner.update(data[: -self._tag_bytes])

    def finish(self, tag: bytes) -> bytes:
        del tag  # there is none apart
        return self._inner.finish(self._held)


def gcm(identifier: bytes, block: Block, key_bytes: int, *, inside: bool = False) -> Cipher:
    """GCM over ``block``, its tag apart or ``inside``."""
    return Cipher(
        oid=identifier,
        key_bytes=key_bytes,
        tag="inside" if inside else "apart",
        sealed_size=(lambda size: size + TAG_BYTES) if inside else (lambda size: size),
        encrypt=functools.partial(_gcm_encrypt, identifier, block, inside),
        decrypt=functools.partial(_gcm_decrypt, block, inside),
    )


def _gcm_encrypt(identifier: bytes, block: Block, inside: bool, key: bytes) -> tuple[bytes, Encryptor]:
    nonce = drawing.nonce(_NONCE_BYTES)
    parameters = tlv(SEQUENCE, tlv(OCTET_STRING, nonce), ber.integer(TAG_BYTES))
    return Algorithm(identifier, parameters).der, _GcmEncryptor(block(key), nonce, inside=inside)


def _gcm_decrypt(block: Block, inside: bool, key: bytes, parameters: bytes) -> Decryptor:
    reader = Reader([parameters])
    tag_bytes = _TAG_BYTES_MIN
    with reader.inside(SEQUENCE):
        nonce = reader.value(OCTET_STRING, 64)
        if reader.peek() is not None:
            tag_bytes = reader.integer(1)
    if len(nonce) < _NONCE_BYTES or not _TAG_BYTES_MIN <= tag_bytes <= TAG_BYTES:
        raise refusal("seal-suite-refused")
    decryptor = _GcmDecryptor(block(key), nonce, tag_bytes)
    return _TagInside(decryptor, tag_bytes) if inside else decryptor


# ── CBC ──


class _CbcEncryptor:
    def __init__(self, block: BlockCipherAlgorithm, nonce: bytes) -> None:
        self._context = BlockCipher(block, modes.CBC(nonce)).encryptor()
        self._length = 0

    def update(self, data: bytes | memoryview) -> bytes:
        self._length += len(data)
        return self._context.update(data)

    def finish(self) -> tuple[bytes, bytes]:
        count = BLOCK_BYTES - self._length % BLOCK_BYTES
        return self._context.update(bytes([count]) * count) + self._context.finalize(), b""


class _CbcDecryptor:
    """Holds the last block back, where the padding is. A wrong padding and any other damage are one refusal (A15)."""

    def __init__(self, block: BlockCipherAlgorithm, nonce: bytes) -> None:
        self._context = BlockCipher(block, modes.CBC(nonce)).decryptor()
        self._held = b""

    def update(self, data: bytes | memoryview) -> bytes:
        plain = self._context.update(data)
        if not plain:
            return b""
        held, self._held = self._held, plain[-BLOCK_BYTES:]
        return held + plain[:-BLOCK_BYTES]

    def finish(self, tag: bytes) -> bytes:
        del tag  # this cipher has none
        try:
            self._context.finalize()
        except ValueError as not_whole_blocks:
            raise refusal("seal-content-changed") from not_whole_blocks
        count = self._held[-1] if self._held else 0
        if not 1 <= count <= BLOCK_BYTES or not hmac.compare_digest(self._held[-count:], bytes([count]) * count):
            raise refusal("seal-content-changed")
        return self._held[:-count]


def cbc(identifier: bytes, block: Block, key_bytes: int) -> Cipher:
    """CBC over ``block``, which shows no change by itself: only the signature inside does."""
    return Cipher(
        oid=identifier,
        key_bytes=key_bytes,
        tag="none",
        sealed_size=lambda size: size - size % BLOCK_BYTES + BLOCK_BYTES,
        encrypt=functools.partial(_cbc_encrypt, identifier, block),
        decrypt=functools.partial(_cbc_decrypt, block),
    )


def _cbc_encrypt(identifier: bytes, block: Block, key: bytes) -> tuple[bytes, Encryptor]:
    nonce = drawing.nonce(BLOCK_BYTES)
    return Algorithm(identifier, tlv(OCTET_STRING, nonce)).der, _CbcEncryptor(block(key), nonce)


def _cbc_decrypt(block: Block, key: bytes, parameters: bytes) -> Decryptor:
    nonce = Reader([parameters]).value(OCTET_STRING, 64)
    if len(nonce) != BLOCK_BYTES:
        raise refusal("seal-malformed")
    return _CbcDecryptor(block(key), nonce)
