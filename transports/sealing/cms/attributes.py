"""The attributes a signature covers: what was signed, when, its digest, and for whom (RFC 5652 11).

``addressees`` is an attribute of our own: the suite's digest of every recipient's certificate. A signed message that its first
recipient puts into a new envelope for somebody else is refused there (security.md A14). Who does not know it ignores it.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from transports.sealing.ber import GENERALIZED_TIME, OCTET_STRING, SEQUENCE, SET, UTC_TIME, Reader, oid, set_of, tlv
from transports.sealing.refusals import refusal

_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = oid("1.2.840.113549.1.9.5")
_ADDRESSEES = oid("2.25.330659886210911610890609832502866623277")  # of a UUID: unique without a registry (X.667)
_ATTRIBUTES_MAX = 32


@dataclasses.dataclass(frozen=True)
class Attributes:
    """The attributes we read, and the exact bytes (SET OF, DER) the signature covers."""

    covered: bytes = dataclasses.field(repr=False)
    content_type: bytes
    digest: bytes
    addressees: tuple[bytes, ...] | None


def write(content_type: bytes, digest: bytes, at: datetime, addressees: Sequence[bytes]) -> bytes:
    """SET OF Attribute in DER."""
    values = (
        (_CONTENT_TYPE, content_type),
        (_MESSAGE_DIGEST, tlv(OCTET_STRING, digest)),
        (_SIGNING_TIME, _time(at)),
        (_ADDRESSEES, tlv(SEQUENCE, *(tlv(OCTET_STRING, address) for address in addressees))),
    )
    return set_of(tlv(SEQUENCE, kind, tlv(SET, value)) for kind, value in values)


def read(covered: bytes) -> Attributes:
    """From a SET OF Attribute. Content type and digest must each be there once, with one value (RFC 5652 11.1, 11.2)."""
    values: dict[bytes, bytes] = {}
    reader = Reader([covered])
    with reader.inside(SET):
        while reader.peek() is not None:
            with reader.inside(SEQUENCE):
                kind, value = reader.oid(), reader.element()
            if kind in values or len(values) >= _ATTRIBUTES_MAX:
                raise refusal("seal-malformed")
            values[kind] = value
    if _CONTENT_TYPE not in values or _MESSAGE_DIGEST not in values:
        raise refusal("seal-attributes-missing")
    addressees = _read_addressees(_only(values[_ADDRESSEES])) if _ADDRESSEES in values else None
    digest = Reader([_only(values[_MESSAGE_DIGEST])]).value(OCTET_STRING, 64)
    return Attributes(covered, _only(values[_CONTENT_TYPE]), digest, addressees)


def _only(values: bytes) -> bytes:
    reader = Reader([values])
    with reader.inside(SET):
        return reader.element()


def _read_addressees(value: bytes) -> tuple[bytes, ...]:
    reader = Reader([value])
    found = []
    with reader.inside(SEQUENCE):
        while reader.peek() is not None:
            found.append(reader.value(OCTET_STRING, 64))
    return tuple(found)


def _time(at: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime after (RFC 5652 11.3); ``at`` is in UTC."""
    text = at.strftime("%Y%m%d%H%M%SZ").encode()
    return tlv(UTC_TIME, text[2:]) if at.year < 2050 else tlv(GENERALIZED_TIME, text)
