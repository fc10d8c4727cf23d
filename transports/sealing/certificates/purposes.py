"""What a certificate says it is for: signing, encrypting, issuing, listing; and what in it must be understood (RFC 5280 4.2)."""

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from transports.sealing.certificates import Certificate
from transports.sealing.certificates.revocation import is_authority

# What a critical extension may be. Others, as policy constraints, would need rules that are not here, so they end a chain.
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
    x509.SubjectAlternativeName,
    x509.CRLDistributionPoints,
    x509.CertificatePolicies,
)
_NEVER = (x509.NameConstraints,)  # ends a chain even where it is not critical: passed over, it would let in whom it keeps out
_OTHER_TRADES = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)


def allows(certificate: Certificate, use: str) -> bool:
    """Does it say that it signs, or that it encrypts? One from an authority must say it (RFC 5280 4.2.1.3), and not that it is
    for lines or programs alone (4.2.1.12)."""
    usage = _usage(certificate)
    if usage is None or _is_of_another_trade(certificate):
        return False
    if use == "sign":
        return usage.digital_signature or usage.content_commitment
    return usage.key_encipherment or usage.key_agreement


def may_issue(authority: Certificate, between: int) -> bool:
    """Is it an authority's certificate, with so many authorities ``between`` it and the bank's?"""
    if not is_authority(authority) or _is_of_another_trade(authority):
        return False
    basic, usage = authority.x509.extensions.get_extension_for_class(x509.BasicConstraints).value, _usage(authority)
    long_enough = basic.path_length is None or basic.path_length >= between
    return long_enough and (usage is None or usage.key_cert_sign)


def may_list(authority: Certificate) -> bool:
    """Does it make revocation lists?"""
    usage = _usage(authority)
    return usage is None or usage.crl_sign


def is_understood(certificate: Certificate) -> bool:
    """Is there no extension whose rules would be passed over?"""
    extensions = certificate.x509.extensions
    return not any(
        isinstance(each.value, _NEVER) or (each.critical and not isinstance(each.value, _UNDERSTOOD)) for each in extensions
    )


def _usage(certificate: Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _is_of_another_trade(certificate: Certificate) -> bool:
    """Is everything it is for TLS, programs, time stamps or OCSP?"""
    try:
        purposes = certificate.x509.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return _OTHER_TRADES.issuperset(purposes)
