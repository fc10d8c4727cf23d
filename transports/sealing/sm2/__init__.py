"""SM2 (GB/T 32918, GM/T 0003) with SM3: keys, signatures over a user id, and ciphertexts in every order and form they travel in.

The curve arithmetic is GmSSL's (gmssl-pyx); here are the encodings of GM/T 0009 (SM2Cipher, SM2Signature), of RFC 5480 and RFC 5958
(keys), and the checks that come before: nothing that is not a point of the curve, or not DER, reaches the library.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import gmssl_pyx
from cryptography.hazmat.primitives import hashes

from transports.errors import TransportError
from transports.sealing import ber
from transports.sealing.sm2.trace import untraced

USER_ID = b"1234567812345678"  # where two houses agreed nothing else (GM/T 0009 section 10)
ORDERS = ("c1c3c2", "c1c2c3")  # today's standard, and that of 2010
CURVE = ber.oid("1.2.156.10197.1.301")  # also seen as the algorithm of a key
SECRET_MAX = 255  # bytes GmSSL encrypts at once: a seal encrypts keys only

# The recommended curve y² = x³ + ax + b over p, its order n and its base point G: GM/T 0003.5
_P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
_N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_A = _P - 3
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_GX = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
_GY = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0
_CURVE_AND_BASE = b"".join(number.to_bytes(32, "big") for number in (_A, _B, _GX, _GY))

_EC_PUBLIC_KEY = ber.oid("1.2.840.10045.2.1")
_ALGORITHM = ber.tlv(ber.SEQUENCE, _EC_PUBLIC_KEY, CURVE)
_USER_ID_MAX = 8191  # bytes: its length in bits has 16 bits


class Sm3:
    """A running SM3 digest (GB/T 32905); ``digest`` may be asked at any time and changes nothing."""

    def __init__(self, data: bytes = b"") -> None:
        self._state = hashes.Hash(hashes.SM3())
        self._state.update(data)

    def update(self, data: bytes | memoryview, /) -> None:
        self._state.update(data)

    def digest(self) -> bytes:
        return self._state.copy().finalize()


@dataclasses.dataclass(frozen=True)
class Sm2Ciphertext:
    """A ciphertext by its parts: the point C1 (``x``, ``y``, 32 bytes each), C3 (``digest``, 32) and C2 (``data``)."""

    x: bytes
    y: bytes
    digest: bytes
    data: bytes

    def der(self, order: str = "c1c3c2") -> bytes:
        """SM2Cipher (GM/T 0009 section 7.2), HASH before CipherText or after it."""
        point = (ber.integer(int.from_bytes(part, "big")) for part in (self.x, self.y))
        return ber.tlv(ber.SEQUENCE, *point, *(ber.tlv(ber.OCTET_STRING, part) for part in self._tail(order)))

    def raw(self, order: str = "c1c3c2") -> bytes:
        """The parts one after the other, the point uncompressed (04 before it)."""
        return b"".join((b"\x04", self.x, self.y, *self._tail(order)))

    def _tail(self, order: str) -> tuple[bytes, bytes]:
        return (self.digest, self.data) if order == ORDERS[0] else (self.data, self.digest)

    @classmethod
    def read(cls, blob: bytes, order: str = "c1c3c2") -> "Sm2Ciphertext":
        """From either form, which the first byte tells. Raises ValueError for anything else."""
        x, y, first, second = _der_parts(blob) if blob[:1] == b"\x30" else _raw_parts(blob, order)
        digest, data = (first, second) if order == ORDERS[0] else (second, first)
        if len(digest) != 32 or not data:
            raise ValueError("not an SM2 ciphertext in this order")
        return cls(x, y, digest, data)


def _der_parts(blob: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    with _expecting_der(blob) as reader, reader.inside(ber.SEQUENCE):
        x, y = _coordinate(reader.value(ber.INTEGER, 64)), _coordinate(reader.value(ber.INTEGER, 64))
        return x, y, reader.value(ber.OCTET_STRING), reader.value(ber.OCTET_STRING)


def _coordinate(octets: bytes) -> bytes:
    """32 bytes again: an INTEGER drops leading zeros and adds one before a high bit, some writers forget either."""
    return _fixed(octets.lstrip(b"\0"))


def _raw_parts(blob: bytes, order: str) -> tuple[bytes, bytes, bytes, bytes]:
    if blob[:1] != b"\x04" or len(blob) <= 97:
        raise ValueError("not an SM2 ciphertext")
    middle = 97 if order == ORDERS[0] else len(blob) - 32
    return blob[1:33], blob[33:65], blob[65:middle], blob[middle:]


@dataclasses.dataclass(frozen=True)
class Sm2PublicKey:
    """A point of the curve, 04‖x‖y (65 bytes). Raises ValueError for anything that is none."""

    point: bytes

    def __post_init__(self) -> None:
        x, y = int.from_bytes(self.point[1:33], "big"), int.from_bytes(self.point[33:], "big")
        on_curve = max(x, y) < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0
        if len(self.point) != 65 or self.point[0] != 4 or not on_curve:
            raise ValueError("not a point of the SM2 curve")

    @classmethod
    def from_point(cls, point: bytes) -> "Sm2PublicKey":
        """From 65 bytes 04‖x‖y."""
        return cls(point)

    @classmethod
    def from_spki(cls, der: bytes) -> "Sm2PublicKey":
        """From SubjectPublicKeyInfo, its algorithm ecPublicKey (RFC 5480, Chinese CAs) or SM2 itself (OpenSSL 3.0)."""
        with _expecting_der(der) as reader, reader.inside(ber.SEQUENCE):
            _expect_sm2(reader)
            point = reader.value(ber.BIT_STRING)
        if point[:1] != b"\0":
            raise ValueError("not an SM2 key")
        return cls(point[1:])

    @cached_property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo in DER, as Chinese CAs write it: ecPublicKey with the curve as its parameter."""
        return ber.tlv(ber.SEQUENCE, _ALGORITHM, ber.tlv(ber.BIT_STRING, b"\0", self.point))

    def begin_digest(self, user_id: bytes = USER_ID) -> Sm3:
        """The digest of a message to be signed with this key: begun with Z, who signs and on which curve (GM/T 0003.2, 5.5)."""
        if len(user_id) > _USER_ID_MAX:
            raise ValueError("a user id has at most 8191 bytes")
        bits = (8 * len(user_id)).to_bytes(2, "big")
        return Sm3(Sm3(b"".join((bits, user_id, _CURVE_AND_BASE, self.point[1:]))).digest())

    def verify(self, signature: bytes, message: bytes, user_id: bytes = USER_ID) -> bool:
        """Does ``signature`` (SM2Signature in DER) hold over ``message``?"""
        digest = self.begin_digest(user_id)
        digest.update(message)
        return self.verify_digest(signature, digest.digest())

    def verify_digest(self, signature: bytes, digest: bytes) -> bool:
        """The same over a digest that ``begin_digest`` began."""
        if not _is_signature(signature):
            return False
        with untraced():
            return bool(gmssl_pyx.sm2_verify_sm3_digest(self.point[1:], digest, signature))

    def encrypt(self, plaintext: bytes) -> Sm2Ciphertext:
        """``plaintext`` (1 to SECRET_MAX bytes) for the holder of the private key."""
        if not 0 < len(plaintext) <= SECRET_MAX:
            raise ValueError(f"SM2 encrypts 1 to {SECRET_MAX} bytes")
        return Sm2Ciphertext.read(gmssl_pyx.sm2_encrypt(self.point[1:], plaintext))


@dataclasses.dataclass(frozen=True)
class Sm2PrivateKey:
    """A private key with its public half. Never prints itself."""

    _secret: bytes = dataclasses.field(repr=False)
    _public: Sm2PublicKey

    @classmethod
    def generate(cls) -> "Sm2PrivateKey":
        """A fresh key."""
        public, secret = gmssl_pyx.sm2_key_generate()
        return cls(secret, Sm2PublicKey(b"\x04" + public))

    @classmethod
    def from_secret(cls, secret: bytes, public: Sm2PublicKey) -> "Sm2PrivateKey":
        """From the number (32 bytes) and the point that goes with it. Raises ValueError where they do not."""
        if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < _N - 1:
            raise ValueError("not an SM2 private key")
        key = cls(secret, public)
        if not public.verify(key.sign(b""), b""):
            raise ValueError("the halves of this SM2 key do not belong together")
        return key

    @classmethod
    def from_pkcs8(cls, der: bytes) -> "Sm2PrivateKey":
        """From PrivateKeyInfo (RFC 5958) around an ECPrivateKey (RFC 5915) that has its public half. Raises ValueError."""
        with _expecting_der(der) as reader, reader.inside(ber.SEQUENCE):
            reader.integer()  # version
            _expect_sm2(reader)
            inner = reader.value(ber.OCTET_STRING)
            reader.skip_optional(ber.context(0))  # attributes
        with _expecting_der(inner) as reader, reader.inside(ber.SEQUENCE):
            reader.integer()  # version
            secret = _coordinate(reader.value(ber.OCTET_STRING))
            reader.skip_optional(ber.context(0))  # the curve once more
            with reader.inside(ber.context(1)):
                point = reader.value(ber.BIT_STRING)
        return cls.from_secret(secret, Sm2PublicKey(point[1:]))

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo in DER, not encrypted."""
        point = ber.tlv(ber.context(1), ber.tlv(ber.BIT_STRING, b"\0", self._public.point))
        inner = ber.tlv(ber.SEQUENCE, ber.integer(1), ber.tlv(ber.OCTET_STRING, self._secret), point)
        return ber.tlv(ber.SEQUENCE, ber.integer(0), _ALGORITHM, ber.tlv(ber.OCTET_STRING, inner))

    def public_key(self) -> Sm2PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes, user_id: bytes = USER_ID) -> bytes:
        """SM2Signature over ``message`` in DER (GM/T 0009 section 7.3)."""
        digest = self._public.begin_digest(user_id)
        digest.update(message)
        return self.sign_digest(digest.digest())

    def sign_digest(self, digest: bytes) -> bytes:
        """The same over a digest that ``begin_digest`` of the public key began."""
        return bytes(gmssl_pyx.sm2_sign_sm3_digest(self._secret, digest))

    def decrypt(self, ciphertext: Sm2Ciphertext) -> bytes:
        """The plaintext. Raises ValueError where it does not open, whatever the reason."""
        Sm2PublicKey(b"\x04" + ciphertext.x + ciphertext.y)
        try:
            with untraced():
                return bytes(gmssl_pyx.sm2_decrypt(self._secret, ciphertext.der()))
        except gmssl_pyx.GmsslInnerError:
            raise ValueError("this SM2 ciphertext does not open") from None


# ── encodings ──


def _expect_sm2(reader: ber.Reader) -> None:
    """An AlgorithmIdentifier of an SM2 key; the parameter may be missing or NULL where the algorithm says it already."""
    with reader.inside(ber.SEQUENCE):
        algorithm = reader.oid()
        parameters = reader.element() if reader.peek() is not None else b""
    if (algorithm, parameters) not in _KEY_ALGORITHMS:
        raise ValueError("not an SM2 key")


_KEY_ALGORITHMS = ((_EC_PUBLIC_KEY, CURVE), (CURVE, CURVE), (CURVE, ber.tlv(ber.NULL)), (CURVE, b""))


def _is_signature(der: bytes) -> bool:
    """SM2Signature, to the byte as DER wants it, both numbers within the order of the curve."""
    try:
        with _expecting_der(der) as reader, reader.inside(ber.SEQUENCE):
            r, s = reader.integer(), reader.integer()
    except ValueError:
        return False
    return min(r, s) > 0 and max(r, s) < _N and der == ber.tlv(ber.SEQUENCE, ber.integer(r), ber.integer(s))


def _fixed(octets: bytes) -> bytes:
    if len(octets) > 32:
        raise ValueError("a number of more than 32 bytes")
    return octets.rjust(32, b"\0")


@contextmanager
def _expecting_der(der: bytes) -> Iterator[ber.Reader]:
    """A reader of one whole element; every fault of it is a ValueError."""
    reader = ber.Reader([der])
    try:
        yield reader
        reader.finish()
    except TransportError as fault:
        raise ValueError("not the DER that was expected") from fault
