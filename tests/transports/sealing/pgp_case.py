"""What tests of OpenPGP share: keys of two houses and of strangers, and messages put together by hand, packet by packet."""

import functools
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pysequoia
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from pysequoia.packet import PacketPile, Tag

from tests.contracts.seal_contract import refused
from transports.sealing import pgp
from transports.sealing.pgp_keys import OwnPgpKey, PgpCertificate, make_key
from transports.sealing.pgp_packets import ENCRYPTED, LITERAL, PKESK, SIGNATURE, Fields, Packet

NOW = datetime.now(UTC) + timedelta(hours=1)  # keys and signatures are stamped by the machine's clock, while the tests run
CONTENT = "批次|902|20261121|𠮷\n".encode("gb18030") * 40


@functools.cache
def party(kind: str, name: str, days: int = 300) -> OwnPgpKey:
    """A key; the same one each time it is asked for."""
    return make_key(kind, name, days, NOW)


BANK = functools.partial(party, "pgp-ed25519", "bank")
US = functools.partial(party, "pgp-rsa3072", "us")
STRANGER = functools.partial(party, "pgp-ed25519", "stranger")


def revoked(own: OwnPgpKey) -> PgpCertificate:
    """Its certificate after its owner took it back."""
    tsk = pysequoia.Tsk.from_bytes(own.private)
    return PgpCertificate.read(own.certificate.data + bytes(tsk.extract_certificate().revoke(tsk.certifier())))


def sealed(content: bytes = CONTENT, *, signer: OwnPgpKey | None = None, to: OwnPgpKey | None = None) -> bytes:
    return b"".join(
        pgp.seal([content], signer=signer or BANK(), recipients=[(to or US()).certificate], at=NOW, size=len(content))
    )


def opened(
    parcel: bytes, *, us: OwnPgpKey | None = None, signers: Sequence[PgpCertificate] | None = None, days: int = 0
) -> bytes:
    pinned = [BANK().certificate] if signers is None else signers
    source = functools.partial(in_blocks, parcel)
    return b"".join(pgp.open_verified(source, decrypt=[us or US()], signers=pinned, at=NOW + timedelta(days=days)))


def in_blocks(parcel: bytes, size: int = 50_000) -> Iterator[bytes]:
    for start in range(0, len(parcel), size):
        yield parcel[start : start + size]


def code(parcel: bytes) -> str:
    """Of the refusal."""
    return refused(lambda: opened(parcel))


def said(act: Callable[[], bytes]) -> bytes:
    """What came out: the content, or the code of a refusal."""
    try:
        return act()
    except Exception as refusal:
        return str(getattr(refusal, "code", repr(refusal))).encode()


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
    numbers = b"".join(
        int.from_bytes(half, "big").bit_length().to_bytes(2, "big") + half.lstrip(b"\0") for half in (made[:32], made[32:])
    )
    return frame(SIGNATURE, covered + b"\0\0" + digest[:2] + numbers)


def _signing(own: OwnPgpKey) -> tuple[str, ed25519.Ed25519PrivateKey]:
    for packet in PacketPile.from_bytes(own.private):
        if packet.tag == Tag.SecretSubkey and packet.body[5] == 22:
            fields = Fields(packet.body[6:])
            fields.take(fields.number(1))
            fields.mpi()
            fields.take(1)
            return packet.fingerprint or "", ed25519.Ed25519PrivateKey.from_private_bytes(fields.mpi().rjust(32, b"\0"))
    raise AssertionError


def signed(content: bytes = CONTENT, *, addressees: Sequence[str] = ()) -> bytes:
    """A whole signed message by the bank."""
    return one_pass(BANK()) + literal(content) + signature(BANK(), content, addressees=addressees)


def envelope(inside: bytes, *, cipher: int = 9, tag: int = ENCRYPTED, digest: bool = True, key_bytes: int = 32) -> bytes:
    """Encrypt anything to us (RSA): a session key, then AES in CFB with a digest at its end."""
    key = os.urandom(key_bytes)
    opener = US().openers[0]
    assert isinstance(opener.private, rsa.RSAPrivateKey)
    plain_key = bytes([cipher]) + key + (sum(key) & 0xFFFF).to_bytes(2, "big")
    secret = opener.private.public_key().encrypt(plain_key, padding.PKCS1v15())
    session = frame(PKESK, b"\3" + opener.key_id + b"\1" + (len(secret) * 8).to_bytes(2, "big") + secret)
    prefix = os.urandom(16)
    plain = prefix + prefix[-2:] + inside + b"\xd3\x14"
    plain += hashlib.sha1(plain).digest() if digest else bytes(20)
    return session + frame(tag, b"\1" + Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor().update(plain))
