"""RecipientInfo: for whom an envelope is, and the content key wrapped for each (RFC 5652 6.2, RFC 5753)."""

import dataclasses
from collections.abc import Iterator

from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, SET, Reader, context, tlv
from transports.sealing.certificates import Certificate
from transports.sealing.refusals import refusal

RECIPIENTS_MAX = 32  # a parcel goes to one bank; a bank has a few keys in overlap
_KEY_ID = context(0, constructed=False)
_KEY_AGREEMENT = context(1)
_OTHER_KINDS = (context(2), context(3), context(4))  # shared keys, passwords, others: never for us


@dataclasses.dataclass(frozen=True)
class Algorithm:
    """AlgorithmIdentifier: the identifier and the parameters, both as they stand in DER (parameters may be empty)."""

    oid: bytes
    parameters: bytes = b""

    @property
    def der(self) -> bytes:
        """The whole element."""
        return tlv(SEQUENCE, self.oid, self.parameters)


def read_algorithm(reader: Reader) -> Algorithm:
    """AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters OPTIONAL }."""
    with reader.inside(SEQUENCE):
        return Algorithm(reader.oid(), reader.element() if reader.peek() is not None else b"")


def parse_algorithm(der: bytes) -> Algorithm:
    """The same from its bytes, with nothing after it."""
    reader = Reader([der])
    algorithm = read_algorithm(reader)
    reader.finish()
    return algorithm


@dataclasses.dataclass(frozen=True)
class Name:
    """How a seal names a certificate: by issuer and serial number, or by subject key identifier."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes | None = None

    def means(self, certificate: Certificate) -> bool:
        """Is it this certificate?"""
        if self.key_id is not None:
            return certificate.key_id == self.key_id
        return (certificate.issuer, certificate.serial) == (self.issuer, self.serial)


def issuer_and_serial(certificate: Certificate) -> bytes:
    """IssuerAndSerialNumber: how we name a certificate where nothing else was agreed."""
    return tlv(SEQUENCE, certificate.issuer, ber.integer(certificate.serial))


def subject_key_id(certificate: Certificate) -> bytes:
    """The key identifier under its tag. Raises UnknownKey key-unsuitable where the certificate has none."""
    if certificate.key_id is None:
        raise refusal("key-unsuitable")
    return tlv(_KEY_ID, certificate.key_id)


def read_name(reader: Reader, key_id_tag: int) -> Name:
    """Either way; the key identifier stands under ``key_id_tag``."""
    if reader.peek() != SEQUENCE:
        return Name(key_id=reader.value(key_id_tag, 64))
    with reader.inside(SEQUENCE):
        return Name(reader.element(), reader.integer())


@dataclasses.dataclass(frozen=True)
class Wrapped:
    """The content key wrapped for one recipient. ``originator`` (a point) and ``ukm`` belong to key agreement only."""

    recipient: Name
    algorithm: Algorithm
    key: bytes
    originator: bytes = b""
    ukm: bytes = b""


def key_transport(name: bytes, algorithm: Algorithm, key: bytes, version: int) -> bytes:
    """KeyTransRecipientInfo: the key encrypted to the recipient's public key. ``version``: of one named by issuer and serial."""
    by_key_id = name[0] == _KEY_ID
    return tlv(SEQUENCE, ber.integer(2 if by_key_id else version), name, algorithm.der, tlv(OCTET_STRING, key))


def key_agreement(certificate: Certificate, algorithm: Algorithm, originator_key: Algorithm, point: bytes, key: bytes) -> bytes:
    """KeyAgreeRecipientInfo with an ephemeral key of the sender (RFC 5753 3.1.1)."""
    originator = tlv(context(1), originator_key.der, tlv(ber.BIT_STRING, b"\0", point))
    recipients = tlv(SEQUENCE, tlv(SEQUENCE, issuer_and_serial(certificate), tlv(OCTET_STRING, key)))
    return tlv(_KEY_AGREEMENT, ber.integer(3), tlv(context(0), originator), algorithm.der, recipients)


def envelope_version(infos: bytes) -> int:
    """The version of an EnvelopedData with these RecipientInfos (RFC 5652 6.1; GM/T 0010 has 1 throughout)."""
    found = [0]
    reader = Reader([infos])
    with reader.inside(SET):
        while (tag := reader.peek()) is not None:
            with reader.inside(tag):
                found.append(2 if tag == _KEY_AGREEMENT else reader.integer())
                while reader.peek() is not None:
                    reader.element()
    return max(found)


def read_recipients(reader: Reader) -> list[Wrapped]:
    """RecipientInfos, without those of kinds that can never be ours. Refused above RECIPIENTS_MAX in all."""
    found: list[Wrapped] = []
    with reader.inside(SET):
        for count, wrapped in enumerate(_each_recipient(reader), start=1):
            if count > RECIPIENTS_MAX:
                raise refusal("seal-over-limit")
            if wrapped is not None:
                found.append(wrapped)
    return found


def _each_recipient(reader: Reader) -> Iterator[Wrapped | None]:
    while (tag := reader.peek()) is not None:
        if tag == SEQUENCE:
            yield _read_key_transport(reader)
        elif tag == _KEY_AGREEMENT:
            yield from _read_key_agreement(reader)
        elif tag in _OTHER_KINDS:
            reader.element()
            yield None
        else:
            raise refusal("seal-malformed")


def _read_key_transport(reader: Reader) -> Wrapped:
    with reader.inside(SEQUENCE):
        _version(reader, 0, 1, 2)  # 1: GM/T 0010
        recipient = read_name(reader, _KEY_ID)
        return Wrapped(recipient, read_algorithm(reader), reader.small_octets())


def _read_key_agreement(reader: Reader) -> Iterator[Wrapped]:
    with reader.inside(_KEY_AGREEMENT):
        _version(reader, 3)
        originator = _read_originator(reader)
        ukm = b""
        if reader.peek() == context(1):
            with reader.inside(context(1)):
                ukm = reader.small_octets()
        algorithm = read_algorithm(reader)
        with reader.inside(SEQUENCE):
            while reader.peek() is not None:
                with reader.inside(SEQUENCE):
                    recipient = _read_agreement_recipient(reader)
                    yield Wrapped(recipient, algorithm, reader.small_octets(), originator, ukm)


def _read_originator(reader: Reader) -> bytes:
    """The sender's ephemeral point; empty where the sender names a static key, which we do not take."""
    with reader.inside(context(0)):
        if reader.peek() != context(1):
            reader.element()
            return b""
        with reader.inside(context(1)):
            read_algorithm(reader)  # the curve is the recipient's; RFC 5753 lets the parameters be absent
            return reader.value(ber.BIT_STRING, 512)[1:]


def _read_agreement_recipient(reader: Reader) -> Name:
    if reader.peek() == SEQUENCE:
        return read_name(reader, 0)
    with reader.inside(context(0)):  # RecipientKeyIdentifier: the identifier, then an optional date and other attributes
        name = Name(key_id=reader.small_octets(most=64))
        while reader.peek() is not None:
            reader.element()
    return name


def _version(reader: Reader, *allowed: int) -> None:
    if reader.integer() not in allowed:
        raise refusal("seal-malformed")
