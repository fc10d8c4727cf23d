"""A private key under a phrase, in the national form: PKCS #8 encrypted by PBES2 with SM4-CBC, its key by PBKDF2 with HMAC-SM3.

RFC 8018 6.2, RFC 5958 3; GB/T 32907, GB/T 32905, GM/T 0091. No library of ours writes it; the international form is cryptography's.
"""

import hashlib

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from transports import drawing
from transports.errors import TransportError
from transports.sealing import ber, pem
from transports.sealing.ber import Reader

LABEL = "ENCRYPTED PRIVATE KEY"  # RFC 7468 11
_PBES2, _PBKDF2 = ber.oid("1.2.840.113549.1.5.13"), ber.oid("1.2.840.113549.1.5.12")
_HMAC_SM3, _SM4_CBC = ber.oid("1.2.156.10197.1.401.2"), ber.oid("1.2.156.10197.1.104.2")
_ROUNDS = 10_000  # the phrases of a ring are derived, 256 bits each: nobody guesses them, however few the rounds
_ROUNDS_MAX = 1_000_000
_SALT_BYTES, _BLOCK_BYTES, _KEY_BYTES = 16, 16, 16


def sealed(pkcs8: bytes, phrase: bytes) -> bytes:
    """``pkcs8`` (DER) under ``phrase``, as PEM text."""
    salt, begin = drawing.key(_SALT_BYTES), drawing.nonce(_BLOCK_BYTES)
    padder = padding.PKCS7(8 * _BLOCK_BYTES).padder()
    cipher = Cipher(algorithms.SM4(_key(phrase, salt, _ROUNDS)), modes.CBC(begin)).encryptor()
    content = cipher.update(padder.update(pkcs8) + padder.finalize()) + cipher.finalize()
    derived = ber.tlv(
        ber.SEQUENCE,
        ber.tlv(ber.OCTET_STRING, salt),
        ber.integer(_ROUNDS),
        ber.integer(_KEY_BYTES),
        ber.tlv(ber.SEQUENCE, _HMAC_SM3, ber.tlv(ber.NULL)),
    )
    scheme = ber.tlv(ber.SEQUENCE, _SM4_CBC, ber.tlv(ber.OCTET_STRING, begin))
    algorithm = ber.tlv(ber.SEQUENCE, _PBES2, ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, _PBKDF2, derived), scheme))
    return pem.written(LABEL, ber.tlv(ber.SEQUENCE, algorithm, ber.tlv(ber.OCTET_STRING, content)))


def is_national(text: bytes) -> bool:
    """Is a PEM text a private key in this form?"""
    try:
        return _SM4_CBC in pem.read(LABEL, text)[:128]
    except ValueError:
        return False


def expect_few_rounds(text: bytes) -> None:
    """A file under a phrase says itself how long opening it takes; one a ring wrote asks for little, by whichever cipher.

    Raises ValueError for more rounds, and for what is no such file.
    """
    reader = Reader([pem.read(LABEL, text)])
    try:
        with reader.inside(ber.SEQUENCE):
            with reader.inside(ber.SEQUENCE):
                _expect(reader, _PBES2)
                with reader.inside(ber.SEQUENCE):
                    with reader.inside(ber.SEQUENCE):
                        _expect(reader, _PBKDF2)
                        with reader.inside(ber.SEQUENCE):
                            reader.value(ber.OCTET_STRING)  # the salt
                            rounds = reader.integer()
                            _skip(reader)
                    _skip(reader)
            _skip(reader)
    except TransportError as fault:
        raise ValueError("not a private key under a phrase") from fault
    if not 0 < rounds <= _ROUNDS_MAX:
        raise ValueError("more rounds than any ring asks for")


def _skip(reader: Reader) -> None:
    while reader.peek() is not None:
        reader.element()


def opened(text: bytes, phrase: bytes) -> bytes:
    """PKCS #8 in DER. Raises ValueError for another form, another phrase, a changed byte: if not here, then where the key is read of it."""
    try:
        salt, rounds, begin, content = _parts(pem.read(LABEL, text))
    except TransportError as fault:
        raise ValueError("not a private key in the national form") from fault
    if not 0 < rounds <= _ROUNDS_MAX or len(begin) != _BLOCK_BYTES:
        raise ValueError("not a private key in the national form")
    cipher = Cipher(algorithms.SM4(_key(phrase, salt, rounds)), modes.CBC(begin)).decryptor()
    unpadder = padding.PKCS7(8 * _BLOCK_BYTES).unpadder()
    return unpadder.update(cipher.update(content) + cipher.finalize()) + unpadder.finalize()


def _key(phrase: bytes, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sm3", phrase, salt, rounds, _KEY_BYTES)


def _parts(der: bytes) -> tuple[bytes, int, bytes, bytes]:
    """(salt, rounds, initial block, content)."""
    reader = Reader([der])
    with reader.inside(ber.SEQUENCE):
        with reader.inside(ber.SEQUENCE):
            _expect(reader, _PBES2)
            with reader.inside(ber.SEQUENCE):
                with reader.inside(ber.SEQUENCE):
                    _expect(reader, _PBKDF2)
                    salt, rounds = _derivation(reader)
                with reader.inside(ber.SEQUENCE):
                    _expect(reader, _SM4_CBC)
                    begin = reader.value(ber.OCTET_STRING)
        content = reader.value(ber.OCTET_STRING)
    reader.finish()
    return salt, rounds, begin, content


def _derivation(reader: Reader) -> tuple[bytes, int]:
    """PBKDF2-params (RFC 8018 A.2); the length of the key may be left out."""
    with reader.inside(ber.SEQUENCE):
        salt, rounds = reader.value(ber.OCTET_STRING), reader.integer()
        if reader.peek() == ber.INTEGER and reader.integer() != _KEY_BYTES:
            raise ValueError("not a key of SM4")
        with reader.inside(ber.SEQUENCE):
            _expect(reader, _HMAC_SM3)
            if reader.peek() is not None:
                reader.element()
    return salt, rounds


def _expect(reader: Reader, identifier: bytes) -> None:
    if reader.oid() != identifier:
        raise ValueError("not a private key in the national form")
