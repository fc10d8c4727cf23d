"""The session key of an OpenPGP message: for which of our keys it is wrapped, and how it unwraps (RFC 9580 5.1, 11.5, 12.1)."""

import dataclasses
import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from transports.sealing.pgp.packets import Fields, Packet
from transports.sealing.refusals import refusal

RSA, RSA_ENCRYPT, ECDH = 1, 2, 18  # public-key algorithms (9.1)
CIPHER_KEY_BYTES = {7: 16, 8: 24, 9: 32}  # AES-128, AES-192, AES-256: what we read (9.3)
_P256 = bytes.fromhex("2a8648ce3d030107")
_CV25519 = bytes.fromhex("2b060104019755010501")
HASHES = {8: "sha256", 9: "sha384", 10: "sha512"}  # 9.5
_ANONYMOUS = b"Anonymous Sender    "  # 11.5


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What an ECDH key says of its key derivation: curve, hash, cipher of the key wrap (11.5)."""

    curve: bytes
    hash_id: int
    cipher: int


@dataclasses.dataclass(frozen=True, eq=False)
class Opener:
    """A private encryption key of ours. Never prints it."""

    fingerprint: bytes
    algorithm: int
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey = dataclasses.field(repr=False)
    agreement: Agreement | None = None

    @property
    def key_id(self) -> bytes:
        """The eight bytes an older message names it by (5.5.4)."""
        return self.fingerprint[-8:] if len(self.fingerprint) == 20 else self.fingerprint[:8]


@dataclasses.dataclass(frozen=True)
class Wrapped:
    """One PKESK packet: a session key wrapped for the key named in it."""

    version: int  # 3 before a packet encrypted under a cipher of its choice, 6 before one that names the cipher itself
    name: bytes  # key id or fingerprint
    algorithm: int
    secret: memoryview = dataclasses.field(repr=False)

    @classmethod
    def read(cls, packet: Packet) -> "Wrapped":
        """Raises BrokenSeal seal-malformed, seal-suite-refused."""
        fields = Fields(packet.body)
        version = fields.number(1)
        if version not in (3, 6):
            raise refusal("seal-suite-refused")
        name = fields.take(8) if version == 3 else fields.take(fields.number(1))[1:]  # before the fingerprint its version
        return cls(version, name, fields.number(1), fields.rest())

    def means(self, opener: Opener) -> bool:
        """Is it wrapped for this key? One for a hidden recipient names nobody (5.1.8), so it is not for us."""
        return self.algorithm == opener.algorithm and self.name in (opener.key_id, opener.fingerprint)

    def unwrap(self, opener: Opener) -> tuple[int, bytes] | None:
        """(cipher or 0 where the encrypted packet names it, session key); None: it did not open."""
        private = opener.private
        plain = _unwrap_rsa(private, self.secret) if isinstance(private, rsa.RSAPrivateKey) else _unwrap_ecdh(opener, self.secret)
        return None if plain is None else _checked(plain, named=self.version == 3)


def for_us(wrapped: Sequence[Wrapped], openers: Sequence[Opener]) -> tuple[Wrapped, Opener]:
    """The first that is wrapped for a key of ours. Raises UnknownKey seal-not-for-us, BrokenSeal seal-recipient-hidden."""
    for one in wrapped:
        for opener in openers:
            if one.means(opener):
                return one, opener
    hidden = any(not any(one.name) for one in wrapped)
    raise refusal("seal-recipient-hidden" if hidden else "seal-not-for-us")


def _checked(plain: bytes, *, named: bool) -> tuple[int, bytes] | None:
    """Cipher, key and their checksum taken apart (5.1.3)."""
    cipher, key, checksum = (plain[0] if named and plain else 0), plain[int(named) : -2], plain[-2:]
    if len(plain) < 3 or (sum(key) & 0xFFFF).to_bytes(2, "big") != checksum:
        return None
    return cipher, key


def _unwrap_rsa(private: rsa.RSAPrivateKey, secret: memoryview) -> bytes | None:
    """PKCS #1 v1.5 is all OpenPGP has (12.1). A wrong padding gives random bytes, by the library, and then a wrong checksum."""
    number = Fields(secret).mpi()
    try:
        return private.decrypt(number.rjust(private.key_size // 8, b"\0"), padding.PKCS1v15())
    except ValueError:
        return None


def _unwrap_ecdh(opener: Opener, secret: memoryview) -> bytes | None:
    """Key agreement, key derivation, AES key wrap, padding (11.5)."""
    fields = Fields(secret)
    point = fields.mpi()
    wrapped = fields.take(fields.number(1))
    agreement = opener.agreement
    shared = _shared(opener.private, point)
    if agreement is None or shared is None or agreement.cipher not in CIPHER_KEY_BYTES or agreement.hash_id not in HASHES:
        return None
    curve = bytes([len(agreement.curve)]) + agreement.curve
    parameters = curve + bytes([ECDH, 3, 1, agreement.hash_id, agreement.cipher]) + _ANONYMOUS + opener.fingerprint
    derived = hashlib.new(HASHES[agreement.hash_id], b"\0\0\0\1" + shared + parameters).digest()
    try:
        padded = aes_key_unwrap(derived[: CIPHER_KEY_BYTES[agreement.cipher]], wrapped)
    except (InvalidUnwrap, ValueError):
        return None
    count = padded[-1] if padded else 0
    return padded[:-count] if 0 < count <= 8 * 5 and padded.endswith(bytes([count]) * count) else None


def _shared(private: object, point: bytes) -> bytes | None:
    try:
        if isinstance(private, x25519.X25519PrivateKey) and point[:1] == b"\x40":
            return private.exchange(x25519.X25519PublicKey.from_public_bytes(point[1:]))
        if isinstance(private, ec.EllipticCurvePrivateKey):
            return private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point))
    except (ValueError, InternalError):  # a point off the curve, or the agreement gives nothing but zeros
        return None
    return None


# ── our own private keys, as the library writes them (5.5.3; never with a passphrase: the ring seals them) ──


def opener(fingerprint: bytes, body: bytes) -> Opener | None:
    """The private key in a secret-key packet, where it is one that decrypts; None for keys that only sign."""
    fields = Fields(body)
    version, _, algorithm = fields.number(1), fields.take(4), fields.number(1)
    if version != 4 or algorithm not in (RSA, RSA_ENCRYPT, ECDH):
        return None
    if algorithm != ECDH:
        return Opener(fingerprint, algorithm, _rsa_private(fields))
    curve = fields.take(fields.number(1))
    fields.mpi()  # the public point
    derivation = fields.take(fields.number(1))
    secret = _secret(fields).mpi()
    agreement = Agreement(curve, derivation[1], derivation[2])
    if curve == _CV25519:
        return Opener(
            fingerprint, algorithm, x25519.X25519PrivateKey.from_private_bytes(secret.rjust(32, b"\0")[::-1]), agreement
        )
    if curve == _P256:
        return Opener(fingerprint, algorithm, ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()), agreement)
    return None


def _secret(fields: Fields) -> Fields:
    if fields.number(1) != 0:  # under a passphrase
        raise refusal("key-unsuitable")
    return fields


def _rsa_private(fields: Fields) -> rsa.RSAPrivateKey:
    public = rsa.RSAPublicNumbers(n=int.from_bytes(fields.mpi(), "big"), e=int.from_bytes(fields.mpi(), "big"))
    _secret(fields)
    d, p, q = (int.from_bytes(fields.mpi(), "big") for _ in range(3))
    numbers = rsa.RSAPrivateNumbers(p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public)
    return numbers.private_key()
