"""When certificates in PEM end, whatever kind their keys are of: TLS identities are judged by TLS, here only their dates count."""

from datetime import datetime

from cryptography import x509

from transports.sealing.refusals import refusal


def last_moment(pem: bytes) -> datetime:
    """The earliest end among the certificates of a PEM file, UTC: a chain holds as long as its weakest. Raises UnknownKey key-unreadable."""
    try:
        return min(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem))
    except ValueError as unreadable:
        raise refusal("key-unreadable") from unreadable
