"""What tests of OpenPGP share: keys of two houses and of strangers, and messages put together by hand, packet by packet."""

import dataclasses
import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pysequoia
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from pysequoia.packet import PacketPile, Tag

from tests.contracts.seal_contract import CONTENT, DAYS, SealCase, refused
from transports.sealing import pgp
from transports.sealing.pgp.keys import OwnPgpKey, PgpCertificate, make_key
from transports.sealing.pgp.packets import ENCRYPTED, LITERAL, PKESK, SIGNATURE, Fields, Packet, next_packet
from transports.sealing.pgp.session import Opener
from transports.transport import Blocks

NOW = datetime.now(UTC) + timedelta(hours=1)  # keys and signatures are stamped by the machine's clock, while the tests run


@functools.cache
def party(kind: str, name: str, days: int = DAYS) -> OwnPgpKey:
    """A key; the same one each time it is asked for."""
    return make_key(kind, name, days, NOW)


def revoked(own: OwnPgpKey) -> PgpCertificate:
    """Its certificate after its owner took it back."""
    tsk = pysequoia.Tsk.from_bytes(own.private)
    return PgpCertificate.read(own.certificate.data + bytes(tsk.extract_certificate().revoke(tsk.certifier())))


@dataclasses.dataclass(frozen=True)
class PgpCase(SealCase):
    """OpenPGP, with the kinds of the keys that sign and that open."""

    signs: str
    opens: str

    @property
    def at(self) -> datetime:  # type: ignore[override]
        return NOW

    def key(self, name: str, *, encrypts: bool, days: int = DAYS) -> OwnPgpKey:
        return party(self.opens if encrypts else self.signs, name, days)

    def sealing(
        self,
        blocks: Sequence[bytes],
        *,
        size: int | None = None,
        signer: OwnPgpKey | None = None,
        recipients: Sequence[PgpCertificate] | None = None,
        at: datetime | None = None,
    ) -> Iterator[bytes]:
        to = [self.us.certificate] if recipients is None else recipients
        return pgp.seal(blocks, signer=signer or self.bank, recipients=to, at=at or NOW, size=size)

    def opened(
        self,
        source: Blocks,
        *,
        decrypt: Sequence[OwnPgpKey] | None = None,
        signers: Sequence[PgpCertificate] | None = None,
        at: datetime | None = None,
    ) -> pgp.Opened:
        pinned = [self.bank.certificate] if signers is None else signers
        return pgp.open_verified(source, decrypt=decrypt or [self.us], signers=pinned, at=at or NOW)

    def framed(self, content: bytes) -> bytes:
        return literal(content)

    def forms(self) -> list[bytes]:
        return [self.seal(), self.envelope(self.signed())]

    def envelope(self, inner: bytes) -> bytes:
        return envelope(inner, to=self.us)

    def signed(self, content: bytes = CONTENT, *, to: OwnPgpKey | None = None) -> bytes:
        return signed(content, addressees=[(to or self.us).certificate.fingerprint], by=self.bank)

    def confused(self) -> OwnPgpKey:
        (ours,), (theirs,) = self.us.openers, self.other.openers
        confused = OwnPgpKey(self.us.private, self.us.certificate)
        vars(confused)["openers"] = (type(ours)(ours.fingerprint, ours.algorithm, theirs.private, ours.agreement),)
        return confused

    def armored(self) -> bytes:
        return pysequoia.armor(self.seal(), pysequoia.ArmorKind.Message).encode()

    def headers(self, parcel: bytes) -> int:
        return len(next_packet(Fields(parcel)).framed) + 60  # the session key for us stands before all that is encrypted


CASE = PgpCase("pgp-ed25519", "pgp-rsa3072")
BANK, US, STRANGER = CASE.bank, CASE.us, CASE.stranger


def code(parcel: bytes) -> str:
    """Of the refusal."""
    return refused(lambda: CASE.open(parcel))


# ── put together by hand ──


def frame(tag: int, body: bytes) -> bytes:
    return Packet(tag, body).framed


def literal(content: bytes = CONTENT) -> bytes:
    return frame(LITERAL, b"b\0" + bytes(4) + content)


def one_pass(own: OwnPgpKey, last: bool = True) -> bytes:
    key_id = bytes.fromhex(_signing(own)[0])[-8:]
    return frame(4, bytes([3, 0, 10, 22]) + key_id + bytes([last]))


def signature(own: OwnPgpKey, content: bytes = CONTENT, *, kind: int = 0, addressees: Sequence[str] = ()) -> bytes:
    """A version 4 signature by an Ed25519 key of ours, made without the library (RFC 9580 5.2.3)."""
    fingerprint, private = _signing(own)
    subpackets = [b"\x02" + int(datetime.now(UTC).timestamp()).to_bytes(4, "big"), b"\x21\x04" + bytes.fromhex(fingerprint)]
    subpackets += [b"\x23\x04" + bytes.fromhex(each) for each in addressees]
    area = b"".join(bytes([len(each)]) + each for each in subpackets)
    covered = bytes([4, kind, 22, 10]) + len(area).to_bytes(2, "big") + area
    digest = hashlib.sha512(content + covered + b"\4\xff" + len(covered).to_bytes(4, "big")).digest()
    made = private.sign(digest)
    return frame(SIGNATURE, covered + b"\0\0" + digest[:2] + _number(made[:32]) + _number(made[32:]))


def _signing(own: OwnPgpKey) -> tuple[str, ed25519.Ed25519PrivateKey]:
    for packet in PacketPile.from_bytes(own.private):
        if packet.tag == Tag.SecretSubkey and packet.body[5] == 22:
            fields = Fields(packet.body[6:])
            fields.take(fields.number(1))
            fields.mpi()
            fields.take(1)
            return packet.fingerprint or "", ed25519.Ed25519PrivateKey.from_private_bytes(fields.mpi().rjust(32, b"\0"))
    raise AssertionError


def signed(content: bytes = CONTENT, *, addressees: Sequence[str] = (), by: OwnPgpKey | None = None) -> bytes:
    """A whole signed message by the bank."""
    return one_pass(by or BANK) + literal(content) + signature(by or BANK, content, addressees=addressees)


def envelope(
    inside: bytes,
    *,
    to: OwnPgpKey | None = None,
    cipher: int = 9,
    tag: int = ENCRYPTED,
    digest: bool = True,
    key_bytes: int = 32,
) -> bytes:
    """Encrypt anything to us: a session key, then AES in CFB with a digest at its end."""
    key = os.urandom(key_bytes)
    (opener,) = (to or US).openers
    secret = _wrapped(opener, bytes([cipher]) + key + (sum(key) & 0xFFFF).to_bytes(2, "big"))
    session = frame(PKESK, b"\3" + opener.key_id + bytes([opener.algorithm]) + secret)
    prefix = os.urandom(16)
    plain = prefix + prefix[-2:] + inside + b"\xd3\x14"
    plain += hashlib.sha1(plain).digest() if digest else bytes(20)
    return session + frame(tag, b"\1" + Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor().update(plain))


def _wrapped(opener: Opener, plain: bytes) -> bytes:
    """A session key wrapped by RSA, or by the agreement of X25519 (RFC 9580 5.1.3, 5.1.5, 11.5)."""
    if isinstance(opener.private, rsa.RSAPrivateKey):
        return _number(opener.private.public_key().encrypt(plain, padding.PKCS1v15()))
    assert isinstance(opener.private, x25519.X25519PrivateKey)
    assert opener.agreement
    once, agreed = x25519.X25519PrivateKey.generate(), opener.agreement
    curve = bytes([len(agreed.curve)]) + agreed.curve
    about = curve + bytes([18, 3, 1, agreed.hash_id, agreed.cipher]) + b"Anonymous Sender    " + opener.fingerprint
    digest = {8: hashlib.sha256, 10: hashlib.sha512}[agreed.hash_id]
    key = digest(b"\0\0\0\1" + once.exchange(opener.private.public_key()) + about).digest()
    fill = -len(plain) % 8 or 8
    wrapped = aes_key_wrap(key[: {7: 16, 8: 24, 9: 32}[agreed.cipher]], plain + bytes([fill]) * fill)
    return _number(b"\x40" + once.public_key().public_bytes_raw()) + bytes([len(wrapped)]) + wrapped


def _number(value: bytes) -> bytes:
    """A multiprecision integer (RFC 9580 3.2)."""
    bare = value.lstrip(b"\0")
    return int.from_bytes(bare, "big").bit_length().to_bytes(2, "big") + bare
