"""AES-256 as a content cipher, at work on a stream: GCM with its tag (RFC 5084), CBC with its padding (RFC 3565)."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, Reader, oid, tlv
from transports.sealing.recipients import Algorithm
from transports.sealing.refusals import refusal
from transports.sealing.suite import Cipher, Decryptor, Encryptor

_KEY_BYTES = 32
_GCM_OID = oid("2.16.840.1.101.3.4.1.46")
_CBC_OID = oid("2.16.840.1.101.3.4.1.42")
_GCM_NONCE_BYTES, _GCM_TAG_BYTES = 12, 16
_GCM_TAG_BYTES_MIN = 12  # also what an unsaid length means (RFC 5084 3.2)
_BLOCK_BYTES = 16


class _GcmEncryptor:
    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._context = BlockCipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
        self.update = self._context.update

    def finish(self) -> tuple[bytes, bytes]:
        return self._context.finalize(), self._context.tag


class _GcmDecryptor:
    def __init__(self, key: bytes, nonce: bytes, tag_bytes: int) -> None:
        self._context = BlockCipher(algorithms.AES(key), modes.GCM(nonce, None, tag_bytes)).decryptor()
        self.update = self._context.update
        self._tag_bytes = tag_bytes

    def finish(self, tag: bytes) -> bytes:
        if len(tag) != self._tag_bytes:
            raise refusal("seal-content-changed")
        try:
            return self._context.finalize_with_tag(tag)
        except InvalidTag as changed:
            raise refusal("seal-content-changed") from changed


class _CbcEncryptor:
    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._context = BlockCipher(algorithms.AES(key), modes.CBC(nonce)).encryptor()
        self._length = 0

    def update(self, data: bytes | memoryview) -> bytes:
        self._length += len(data)
        return self._context.update(data)

    def finish(self) -> tuple[bytes, bytes]:
        count = _BLOCK_BYTES - self._length % _BLOCK_BYTES
        return self._context.update(bytes([count]) * count) + self._context.finalize(), b""


class _CbcDecryptor:
    """Holds the last block back, where the padding is. A wrong padding and any other damage are one refusal (A15)."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._context = BlockCipher(algorithms.AES(key), modes.CBC(nonce)).decryptor()
        self._held = b""

    def update(self, data: bytes | memoryview) -> bytes:
        plain = self._context.update(data)
        if not plain:
            return b""
        held, self._held = self._held, plain[-_BLOCK_BYTES:]
        return held + plain[:-_BLOCK_BYTES]

    def finish(self, tag: bytes) -> bytes:
        del tag  # this cipher has none
        try:
            self._context.finalize()
        except ValueError as not_whole_blocks:
            raise refusal("seal-content-changed") from not_whole_blocks
        count = self._held[-1] if self._held else 0
        if not 1 <= count <= _BLOCK_BYTES or not hmac.compare_digest(self._held[-count:], bytes([count]) * count):
            raise refusal("seal-content-changed")
        return self._held[:-count]


def _gcm_encrypt(key: bytes) -> tuple[bytes, Encryptor]:
    nonce = os.urandom(_GCM_NONCE_BYTES)
    parameters = tlv(SEQUENCE, tlv(OCTET_STRING, nonce), ber.integer(_GCM_TAG_BYTES))
    return Algorithm(_GCM_OID, parameters).der, _GcmEncryptor(key, nonce)


def _gcm_decrypt(key: bytes, parameters: bytes) -> Decryptor:
    reader = Reader([parameters])
    tag_bytes = _GCM_TAG_BYTES_MIN
    with reader.inside(SEQUENCE):
        nonce = reader.value(OCTET_STRING, 64)
        if reader.peek() is not None:
            tag_bytes = reader.integer(1)
    if len(nonce) < _GCM_NONCE_BYTES or not _GCM_TAG_BYTES_MIN <= tag_bytes <= _GCM_TAG_BYTES:
        raise refusal("seal-suite-refused")
    return _GcmDecryptor(key, nonce, tag_bytes)


def _cbc_encrypt(key: bytes) -> tuple[bytes, Encryptor]:
    nonce = os.urandom(_BLOCK_BYTES)
    return Algorithm(_CBC_OID, tlv(OCTET_STRING, nonce)).der, _CbcEncryptor(key, nonce)


def _cbc_decrypt(key: bytes, parameters: bytes) -> Decryptor:
    nonce = Reader([parameters]).value(OCTET_STRING, 64)
    if len(nonce) != _BLOCK_BYTES:
        raise refusal("seal-malformed")
    return _CbcDecryptor(key, nonce)


def _same_size(size: int) -> int:
    return size


def _padded_size(size: int) -> int:
    return size - size % _BLOCK_BYTES + _BLOCK_BYTES


GCM = Cipher(_GCM_OID, _KEY_BYTES, True, _same_size, _gcm_encrypt, _gcm_decrypt)
CBC = Cipher(_CBC_OID, _KEY_BYTES, False, _padded_size, _cbc_encrypt, _cbc_decrypt)
