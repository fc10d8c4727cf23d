"""The encryption key a Chinese CA made for us, as it hands it over: SM2EnvelopedKey, sealed to our signing key.

With dual certificates (GM/T 0034) the signing key never leaves its owner, the encryption key comes from the CA: its private half
under a fresh SM4 key, that key under our signing key (GM/T 0009 and GB/T 35276, 7.4).
"""

import base64
import re
from collections.abc import Sequence
from contextlib import suppress

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from transports.errors import TransportError
from transports.sealing import ber
from transports.sealing.ber import Reader
from transports.sealing.sm2 import Sm2Ciphertext, Sm2PrivateKey, Sm2PublicKey

_SM4 = tuple(ber.oid(f"1.2.156.10197.1.104{mode}") for mode in ("", ".1"))  # ECB, as the standard says; some name no mode
_SM4_KEY_BYTES = 16
_SECRET_BYTES = 32
_TEXT = re.compile(rb"-----[^-]*-----|\s")
_LENGTHS = (_SECRET_BYTES, 2 * _SECRET_BYTES)  # the second: zeros before it, as in ENVELOPEDKEYBLOB (GM/T 0016)


def opened(enveloped: bytes, signing: Sm2PrivateKey) -> Sm2PrivateKey:
    """The private key in ``enveloped`` (DER, or base64 with or without PEM lines); it belongs to the public key beside it.

    Raises ValueError for anything else.
    """
    try:
        algorithm, wrapped, point, sealed = _parts(_binary(enveloped))
    except TransportError as fault:
        raise ValueError("not an SM2EnvelopedKey") from fault
    if algorithm not in _SM4 or len(sealed) not in _LENGTHS:
        raise ValueError("not an SM2EnvelopedKey")
    key = signing.decrypt(Sm2Ciphertext.read(wrapped))
    if len(key) != _SM4_KEY_BYTES:
        raise ValueError("not an SM4 key")
    cipher = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()  # noqa: S305 - the standard's mode: two or four random blocks
    number = cipher.update(sealed) + cipher.finalize()
    if any(number[:-_SECRET_BYTES]):
        raise ValueError("not an SM2 private key")
    return Sm2PrivateKey.from_secret(number[-_SECRET_BYTES:], Sm2PublicKey(point))


def opened_by_any(enveloped: bytes, signing: Sequence[object]) -> Sm2PrivateKey | None:
    """The same, under whichever SM2 key of these it was sealed to; none where it was to none."""
    for private in signing:
        if isinstance(private, Sm2PrivateKey):
            with suppress(ValueError):
                return opened(enveloped, private)
    return None


def _binary(content: bytes) -> bytes:
    return content if content[:1] == b"\x30" else base64.b64decode(_TEXT.sub(b"", content), validate=True)


def _parts(enveloped: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """(cipher, its key under ours, our new public key, our new private key under the cipher)."""
    reader = Reader([enveloped])
    with reader.inside(ber.SEQUENCE):
        algorithm = _algorithm(reader)
        wrapped = reader.element()
        point, sealed = reader.value(ber.BIT_STRING), reader.value(ber.BIT_STRING)
    reader.finish()
    return algorithm, wrapped, point[1:], sealed[1:]


def _algorithm(reader: Reader) -> bytes:
    """AlgorithmIdentifier, or the identifier alone, as some CAs write it; parameters say nothing for ECB."""
    if reader.peek() == ber.OID:
        return reader.oid()
    with reader.inside(ber.SEQUENCE):
        identifier = reader.oid()
        if reader.peek() is not None:
            reader.element()
    return identifier
