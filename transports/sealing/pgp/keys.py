"""OpenPGP certificates as a seal sees them, and our own OpenPGP keys. What holds in a certificate, the library judges (pysequoia).

An own key is made of three: one that certifies, one that signs, one that encrypts (RFC 9580 10.1). The private half never expires by
itself, so that what was sealed to it still opens; the certificate, which the bank holds, ends with its last day.
"""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TypeVar

import pysequoia
from pysequoia.packet import Packet, PacketPile, PublicKeyAlgorithm, SignatureType, Tag

from transports.sealing.certificates import RSA_BITS_MIN
from transports.sealing.pgp import armor
from transports.sealing.pgp import session as pgp_session
from transports.sealing.pgp.packets import Fields
from transports.sealing.pgp.session import Opener
from transports.sealing.refusals import refusal

CERTIFICATE_BYTES_MAX = 1024 * 1024
FOREVER = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime.min.replace(tzinfo=UTC)
KINDS = {"pgp-rsa3072": pysequoia.CipherSuite.RSA3k, "pgp-ed25519": pysequoia.CipherSuite.Cv25519}  # what we make for ourselves
CURVES = {  # by the object identifier a key carries (RFC 9580 9.2)
    "2b06010401da470f01": "ed25519",
    "2b060104019755010501": "ed25519",
    "2a8648ce3d030107": "p256",
    "2b81040022": "p384",
}
_RSA = (PublicKeyAlgorithm.RSAEncryptSign, PublicKeyAlgorithm.RSAEncrypt, PublicKeyAlgorithm.RSASign)
_ON_CURVES = (PublicKeyAlgorithm.EdDSA, PublicKeyAlgorithm.ECDSA, PublicKeyAlgorithm.ECDH)
_NEW = (PublicKeyAlgorithm.Ed25519, PublicKeyAlgorithm.X25519)  # those that name their curve
_PRIMARY, _SUBKEYS, _SECRET = (
    (Tag.PublicKey, Tag.SecretKey),
    (Tag.PublicSubkey, Tag.SecretSubkey),
    (Tag.SecretKey, Tag.SecretSubkey),
)
_BINDINGS = (SignatureType.DirectKey, SignatureType.GenericCertification, SignatureType.PositiveCertification)
_OF_SUBKEYS = (SignatureType.SubkeyBinding,)

T = TypeVar("T")


def asked(call: Callable[[], T]) -> T:
    """What the library answers. Whatever it throws (a panic of its too, which is no Exception) becomes a ValueError with the first
    line of what it says: the rest is a backtrace of its own insides."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as said:
        raise ValueError(str(said).partition("\n")[0][:200]) from None


def known(call: Callable[[], T]) -> T | None:
    """The same; none where the library does not know a packet, an algorithm, a type: what nobody knows counts for nothing."""
    try:
        return asked(call)
    except ValueError:
        return None


@dataclasses.dataclass
class _Part:
    """One key of a certificate, with what its newest binding says of it."""

    packet: Packet
    bound: datetime = _NEVER
    end: datetime = FOREVER
    signs: bool = False
    encrypts: bool = False

    def bind(self, signature: Packet) -> None:
        """Take what a binding says, when it is newer than what is known."""
        flags, created = known(lambda: signature.key_flags), known(lambda: signature.signature_created)
        if flags is None or created is None or created < self.bound:
            return
        lasts = known(lambda: signature.key_validity_period)
        self.bound, self.end = created, self.created + lasts if lasts else FOREVER
        self.signs, self.encrypts = flags.signing, flags.transport_encryption or flags.storage_encryption

    @property
    def created(self) -> datetime:
        """When the key was made."""
        return self.packet.key_created or FOREVER

    @property
    def kind(self) -> str:
        """rsa3072, ed25519, …; empty for a key we do not use (security.md A4)."""
        algorithm = known(lambda: self.packet.key_algorithm)
        fields = Fields(self.packet.body[6:], "key-unsuitable")
        if algorithm in _RSA:
            bits = fields.number(2)
            return f"rsa{bits}" if bits >= RSA_BITS_MIN else ""
        if algorithm in _ON_CURVES:
            return CURVES.get(fields.take(fields.number(1)).hex(), "")
        return "ed25519" if algorithm in _NEW else ""


@dataclasses.dataclass(frozen=True)
class PgpCertificate:
    """An OpenPGP certificate (a public key with its subkeys) by its bytes: two are the same when every byte is."""

    data: bytes = dataclasses.field(repr=False)

    @classmethod
    def read(cls, text: bytes) -> "PgpCertificate":
        """From its binary or armored form. Raises UnknownKey key-unreadable, key-unsuitable (also where a private key came along)."""
        if len(text) > CERTIFICATE_BYTES_MAX:
            raise refusal("key-unreadable")
        try:
            binary = armor.taken_off(text)
            secret = any(_tag(packet) in _SECRET for packet in asked(lambda: list(PacketPile.from_bytes(binary))))
            certificate = cls(asked(lambda: bytes(pysequoia.Cert.from_bytes(binary))))
        except ValueError as unreadable:
            raise refusal("key-unreadable") from unreadable
        if secret or not certificate.kind or not certificate.use:
            raise refusal("key-unsuitable")
        return certificate

    @cached_property
    def cert(self) -> pysequoia.Cert:
        """As the library takes it."""
        return pysequoia.Cert.from_bytes(self.data)

    @cached_property
    def fingerprint(self) -> str:
        """Of its primary key (SHA-1 for version 4, SHA-256 for version 6), lower-case hex. It says nothing of dates and subkeys."""
        return self.cert.fingerprint

    @cached_property
    def _parts(self) -> list[_Part]:
        return list(_parts(self.data))

    @cached_property
    def names(self) -> frozenset[str]:
        """Fingerprints and key ids of its keys, hex: what a signature may name its maker by."""
        packets = [part.packet for part in self._parts]
        return frozenset(name for packet in packets for name in (packet.fingerprint, packet.key_id) if name)

    @cached_property
    def key_fingerprints(self) -> frozenset[str]:
        """Of all its keys: one that was found compromised is the same key in whatever certificate it stands."""
        return frozenset(part.packet.fingerprint for part in self._parts if part.packet.fingerprint)

    @cached_property
    def said_at(self) -> datetime:
        """When its owner last said what its keys are for and until when, UTC: of two copies the later counts (RFC 9580 5.2.3.10)."""
        return max(part.bound for part in self._parts)

    @cached_property
    def not_before(self) -> datetime:
        """When its primary key was made, UTC."""
        return self._parts[0].created

    @cached_property
    def not_after(self) -> datetime:
        """Last moment at which all it is for still holds, UTC; FOREVER where it says nothing."""
        try:
            ends = [asked(lambda: self.cert.expiration) or FOREVER]
        except ValueError:  # no binding of it holds by the library's policy
            return self.not_before
        for able in ([part.end for part in self._parts if part.signs], [part.end for part in self._parts if part.encrypts]):
            ends += [max(able)] if able else []
        return min(ends)

    @cached_property
    def revoked(self) -> bool:
        """Did its owner take it back?"""
        return self.cert.is_revoked

    @cached_property
    def kind(self) -> str:
        """pgp-rsa3072, pgp-ed25519, …; empty where any key in it is of a kind we do not use."""
        kinds = [part.kind for part in self._parts]
        return f"pgp-{kinds[0]}" if kinds and all(kinds) else ""

    @cached_property
    def use(self) -> str:
        """sign, encrypt, or any where it can do both; empty where it can do neither."""
        signs = any(part.signs for part in self._parts)
        try:
            encrypts = bool(asked(lambda: pysequoia.encrypt(b"", [self.cert])))
        except ValueError:
            encrypts = False
        return "any" if signs and encrypts else "sign" if signs else "encrypt" if encrypts else ""

    @property
    def subject(self) -> str:
        """Whose it says it is: its user ids; nobody vouches for them but the letter."""
        return ", ".join(map(str, known(lambda: self.cert.user_ids) or ()))

    @property
    def pem(self) -> bytes:
        """The certificate as armored text, to be handed over."""
        return str(self.cert).encode()

    def valid_at(self, moment: datetime) -> bool:
        """Does ``moment`` (with a zone) lie within its dates, and was it not taken back?"""
        return self.not_before <= moment <= self.not_after and not self.revoked


def _tag(packet: Packet) -> Tag | None:
    return known(lambda: packet.tag)


def _signature_type(packet: Packet) -> SignatureType | None:
    return known(lambda: packet.signature_type)


def _parts(data: bytes) -> Iterator[_Part]:
    """The keys in a certificate, the primary first. Bindings by others carry no key flags and say nothing here."""
    part: _Part | None = None
    for packet in PacketPile.from_bytes(data):
        tag = _tag(packet)
        if tag in _PRIMARY + _SUBKEYS:
            if part is not None:
                yield part
            part = _Part(packet)
        elif tag == Tag.Signature and part is not None:
            wanted = _BINDINGS if part.packet.tag in _PRIMARY else _OF_SUBKEYS
            if _signature_type(packet) in wanted:
                part.bind(packet)
    if part is not None:
        yield part


@dataclasses.dataclass(frozen=True)
class OwnPgpKey:
    """A private key of ours (its packets) with the certificate the bank holds. Never prints the key."""

    private: bytes = dataclasses.field(repr=False)
    certificate: PgpCertificate

    @cached_property
    def _tsk(self) -> pysequoia.Tsk:
        return pysequoia.Tsk.from_bytes(self.private)

    def signer(self) -> pysequoia.PySigner:
        """Its signing half. Raises UnknownKey key-unsuitable."""
        try:
            return asked(self._tsk.signer)
        except ValueError as unable:
            raise refusal("key-unsuitable") from unable

    @cached_property
    def openers(self) -> tuple[Opener, ...]:
        """Its encryption half, whatever the dates: what was sealed to it must still open (rule 92)."""
        secrets = [part.packet for part in _parts(self.private) if part.encrypts]
        found = [pgp_session.opener(bytes.fromhex(packet.fingerprint or ""), packet.body) for packet in secrets]
        return tuple(opener for opener in found if opener is not None)


def make_key(kind: str, name: str, days: int, at: datetime) -> OwnPgpKey:
    """A fresh key of one of KINDS, its certificate ending ``days`` after ``at``. It begins now by this machine's clock.

    Raises UnknownKey key-unsuitable.
    """
    if kind not in KINDS or days < 1:
        raise refusal("key-unsuitable")
    tsk = pysequoia.Tsk.generate(name, cipher_suite=KINDS[kind])
    end = at.astimezone(UTC).replace(microsecond=0) + timedelta(days=days)
    try:
        certificate = asked(lambda: tsk.extract_certificate().set_expiration(end, tsk.certifier()))
    except ValueError as past:
        raise refusal("key-unsuitable") from past
    return OwnPgpKey(bytes(tsk), PgpCertificate(bytes(certificate)))
