"""Did the key of this authority sign that certificate or that list? SM2 over SM3 (GM/T 0015), RSA and ECDSA over SHA-2 (RFC 5280)."""

from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from transports.sealing.certificates import Certificate
from transports.sealing.sm2 import Sm2PublicKey

Issued: TypeAlias = x509.Certificate | x509.CertificateRevocationList

_SM2_WITH_SM3 = x509.ObjectIdentifier("1.2.156.10197.1.501")
_SOUND = (hashes.SHA256, hashes.SHA384, hashes.SHA512)  # collisions in SHA-1 have forged certificates


def signed_by(issuer: Certificate, issued: Issued) -> bool:
    """Does the signature on ``issued`` hold under the issuer's key? Names and dates are not asked here."""
    key, body = issuer.public_key, _signed_part(issued)
    if isinstance(key, Sm2PublicKey):
        return issued.signature_algorithm_oid == _SM2_WITH_SM3 and key.verify(issued.signature, body)
    try:
        return _holds(key, issued, body)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):  # TypeError: an algorithm of another kind of key
        return False


def _holds(key: object, issued: Issued, body: bytes) -> bool:
    digest, padding = issued.signature_hash_algorithm, issued.signature_algorithm_parameters
    if not isinstance(digest, _SOUND):
        return False
    if isinstance(key, rsa.RSAPublicKey) and not isinstance(padding, ec.ECDSA) and padding is not None:
        key.verify(issued.signature, body, padding, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(issued.signature, body, ec.ECDSA(digest))
    else:
        return False
    return True


def _signed_part(issued: Issued) -> bytes:
    return issued.tbs_certificate_bytes if isinstance(issued, x509.Certificate) else issued.tbs_certlist_bytes
