"""A certificate an SM2 key signs for itself, in our own DER: X.509 as GM/T 0015 fills it, signed with SM2 over SM3."""

from datetime import UTC, datetime

from cryptography import x509

from transports.sealing import ber
from transports.sealing.sm2 import Sm2PrivateKey, Sm3

SM2_WITH_SM3 = ber.tlv(ber.SEQUENCE, ber.oid("1.2.156.10197.1.501"))
_BOOLEAN_TRUE = b"\x01\x01\xff"
_KEY_ID_BYTES = 20
_YEAR_OF_GENERALIZED_TIME = 2050  # RFC 5280 4.1.2.5


def self_signed(
    private: Sm2PrivateKey, subject: x509.Name, usage: x509.KeyUsage, not_before: datetime, not_after: datetime
) -> bytes:
    """The certificate in DER. Signed under the default user id, as certificates are (GM/T 0015 names no other)."""
    public, name = private.public_key(), subject.public_bytes()
    # its own identifier: the first 160 bits of a digest over the key (RFC 7093 section 2), here SM3
    key_id = x509.SubjectKeyIdentifier(Sm3(public.point).digest()[:_KEY_ID_BYTES])
    extensions = (
        extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        extension(key_id, critical=False),
        extension(usage, critical=True),
    )
    to_be_signed = ber.tlv(
        ber.SEQUENCE,
        ber.tlv(ber.context(0), ber.integer(2)),  # version 3
        ber.integer(x509.random_serial_number()),
        SM2_WITH_SM3,
        name,
        ber.tlv(ber.SEQUENCE, _time(not_before), _time(not_after)),
        name,
        public.spki,
        ber.tlv(ber.context(3), ber.tlv(ber.SEQUENCE, *extensions)),
    )
    signature = ber.tlv(ber.BIT_STRING, b"\0", private.sign(to_be_signed))
    return ber.tlv(ber.SEQUENCE, to_be_signed, SM2_WITH_SM3, signature)


def extension(said: x509.ExtensionType, *, critical: bool) -> bytes:
    """One Extension in DER (RFC 5280 4.1)."""
    flag = _BOOLEAN_TRUE if critical else b""  # DER leaves out a default
    value = ber.tlv(ber.OCTET_STRING, said.public_bytes())
    return ber.tlv(ber.SEQUENCE, ber.oid(said.oid.dotted_string), flag, value)


def _time(moment: datetime) -> bytes:
    utc = moment.astimezone(UTC)
    if utc.year < _YEAR_OF_GENERALIZED_TIME:
        return ber.tlv(ber.UTC_TIME, f"{utc:%y%m%d%H%M%SZ}".encode())
    return ber.tlv(ber.GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%SZ}".encode())
