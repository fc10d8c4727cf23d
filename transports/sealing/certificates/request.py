"""What a CA is asked with for a certificate of a key we hold: a certification request (PKCS #10, RFC 2986), signed by that key.

Of an SM2 key in our own DER, signed with SM2 over SM3 under the default user id, as Chinese CAs take it (GM/T 0014, GM/T 0015).
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from transports.sealing import ber, pem
from transports.sealing.certificates import PrivateKey, key_usage
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import Sm2PrivateKey
from transports.sealing.sm2.certificate import SM2_WITH_SM3, extension

_EXTENSION_REQUEST = ber.oid("1.2.840.113549.1.9.14")  # RFC 2985 5.4.2


def named(subject: str) -> x509.Name:
    """A subject as RFC 4514 writes it, e.g. ``CN=us/sign,O=核对中心,C=CN``. Raises UnknownKey subject-unusable."""
    try:
        name = x509.Name.from_rfc4514_string(subject)
    except ValueError as unreadable:
        raise refusal("subject-unusable") from unreadable
    if not list(name):
        raise refusal("subject-unusable")
    return name


def requested(private: PrivateKey, subject: x509.Name, *, encrypts: bool) -> bytes:
    """The request as PEM; it asks for the key usage our certificates have: to sign or to encrypt, never both."""
    usage = key_usage(private, encrypts=encrypts)
    if isinstance(private, Sm2PrivateKey):
        return pem.written("CERTIFICATE REQUEST", _by_sm2(private, subject, usage))
    builder = x509.CertificateSigningRequestBuilder(subject).add_extension(usage, critical=True)
    digest = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(private, digest).public_bytes(serialization.Encoding.PEM)


def _by_sm2(private: Sm2PrivateKey, subject: x509.Name, usage: x509.KeyUsage) -> bytes:
    extensions = ber.tlv(ber.SEQUENCE, extension(usage, critical=True))
    wanted = ber.tlv(ber.SEQUENCE, _EXTENSION_REQUEST, ber.tlv(ber.SET, extensions))
    info = ber.tlv(
        ber.SEQUENCE,
        ber.integer(0),  # version 1
        subject.public_bytes(),
        private.public_key().spki,
        ber.tlv(ber.context(0), wanted),
    )
    return ber.tlv(ber.SEQUENCE, info, SM2_WITH_SM3, ber.tlv(ber.BIT_STRING, b"\0", private.sign(info)))
