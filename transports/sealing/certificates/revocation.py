"""A revocation list of an authority, brought by hand as a file: which certificates it is about, and which it takes back (RFC 5280 5)."""

import dataclasses
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from transports.sealing.certificates import Certificate
from transports.sealing.refusals import refusal

# Reasons by which a key was not in wrong hands: what was signed before that day still holds. All others, the unsaid one too, are
# taken for the worst, since whoever has the key can also write an earlier day into a signature.
_HARMLESS = (x509.ReasonFlags.superseded, x509.ReasonFlags.cessation_of_operation, x509.ReasonFlags.affiliation_changed)


@dataclasses.dataclass(frozen=True)
class RevocationList:
    """A complete list by its DER bytes. Lists of changes, of some reasons only or for other authorities are not taken."""

    der: bytes = dataclasses.field(repr=False)

    @classmethod
    def read(cls, text: bytes) -> "RevocationList":
        """From PEM or DER. Raises UnknownKey key-unreadable."""
        try:
            load = x509.load_pem_x509_crl if b"-----BEGIN" in text else x509.load_der_x509_crl
            found = cls(load(text).public_bytes(Encoding.DER))
            _ = found.parsed.issuer, found.issued_at, found.partition, len(found.parsed)
            whole = found.parsed.next_update_utc is not None and _is_whole(found.parsed)
        except (ValueError, x509.DuplicateExtension) as unreadable:
            raise refusal("key-unreadable") from unreadable
        if not whole:
            raise refusal("key-unreadable")
        return found

    @cached_property
    def parsed(self) -> x509.CertificateRevocationList:
        """The parsed list."""
        return x509.load_der_x509_crl(self.der)

    @property
    def issued_at(self) -> datetime:
        """When it was made, UTC."""
        return self.parsed.last_update_utc

    @property
    def next_at(self) -> datetime:
        """By when the authority makes the next one, UTC: from then on this one is stale."""
        after = self.parsed.next_update_utc
        if after is None:
            raise refusal("key-unreadable")
        return after

    @cached_property
    def partition(self) -> frozenset[x509.GeneralName]:
        """The distribution points whose certificates alone it is about; empty: about all of its authority's (large ones cut their lists)."""
        point = _point(self.parsed)
        return frozenset(point.full_name or ()) if point else frozenset()

    @property
    def scope(self) -> tuple[frozenset[x509.GeneralName], bool, bool]:
        """Which of its authority's certificates it is about: the partition, banks only, authorities only."""
        point = _point(self.parsed)
        return self.partition, bool(point and point.only_contains_user_certs), bool(point and point.only_contains_ca_certs)

    def covers(self, certificate: Certificate) -> bool:
        """Would it name this certificate, were it revoked?"""
        point = _point(self.parsed)
        if certificate.x509.issuer != self.parsed.issuer:
            return False
        if point and (point.only_contains_user_certs if is_authority(certificate) else point.only_contains_ca_certs):
            return False
        return not self.partition or bool(self.partition & _points_of(certificate))

    def takes_back(self, certificate: Certificate, at: datetime) -> bool:
        """Is the certificate revoked, as far as a signature received ``at`` is concerned?"""
        entry = self.parsed.get_revoked_certificate_by_serial_number(certificate.serial)
        if entry is None:
            return False
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
            return True
        return reason not in _HARMLESS or entry.revocation_date_utc <= at


def is_authority(certificate: Certificate) -> bool:
    """Does it say that it may issue others?"""
    try:
        return certificate.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_whole(found: x509.CertificateRevocationList) -> bool:
    """All critical extensions understood, and none that makes it less than the complete list of its authority."""
    if any(each.critical and not isinstance(each.value, x509.IssuingDistributionPoint) for each in found.extensions):
        return False
    point = _point(found)
    if point is None:
        return True
    return not (point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons or point.relative_name)


def _point(found: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    try:
        return found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def _points_of(certificate: Certificate) -> frozenset[x509.GeneralName]:
    try:
        points = certificate.x509.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(name for point in points for name in point.full_name or ())
