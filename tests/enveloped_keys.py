"""An encryption key of ours as a CA hands it over, put together by hand: SM2EnvelopedKey and its certificate."""

import os
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from transports.sealing import ber
from transports.sealing.ber import BIT_STRING, SEQUENCE, tlv
from transports.sealing.certificates import Certificate, self_signed
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SM4_ECB, SM4, SM4_CBC = (ber.oid(f"1.2.156.10197.1.104{mode}") for mode in (".1", "", ".2"))
ALGORITHM = tlv(SEQUENCE, SM4_ECB, tlv(ber.NULL))
OURS, MADE = Sm2PrivateKey.generate(), Sm2PrivateKey.generate()
OUR_PUBLIC = OURS.public_key()


def secret_of(key: Sm2PrivateKey) -> bytes:
    """The number, from the one place of PKCS #8 it stands in."""
    return key.pkcs8[36:68]


def enveloped(
    made: Sm2PrivateKey = MADE,
    signing: Sm2PublicKey = OUR_PUBLIC,
    *,
    algorithm: bytes = ALGORITHM,
    zeros: int = 0,
    key: bytes = b"",
    public: Sm2PublicKey | None = None,
) -> bytes:
    """SM2EnvelopedKey as a CA writes it (GB/T 35276 7.4), put together by hand."""
    key = key or os.urandom(16)
    cipher = Cipher(algorithms.SM4(key[:16]), modes.ECB()).encryptor()
    sealed = cipher.update(bytes(zeros) + secret_of(made))
    point = (public or made.public_key()).point
    parts = (algorithm, signing.encrypt(key).der(), tlv(BIT_STRING, b"\0", point), tlv(BIT_STRING, b"\0", sealed))
    return tlv(SEQUENCE, *parts)


def certified(key: Sm2PrivateKey, *, encrypts: bool = True) -> Certificate:
    return self_signed(key, "us, by the CA", encrypts=encrypts, not_before=AT, not_after=AT + timedelta(days=365))
