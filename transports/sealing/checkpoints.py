"""Checkpoints of the audit: signed by Ed25519, or by SM2 over SM3 in a national ring; verified by the public key alone, without the ring.

SM2 signs under the default user id, as SM2Signature in DER (GM/T 0009 7.3, section 10): ``openssl pkeyutl -verify`` can ask too.
"""

from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from transports.sealing import pem
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

AuditKey: TypeAlias = Ed25519PrivateKey | Sm2PrivateKey

KINDS = ("ed25519", "sm2")
_LABEL = "PUBLIC KEY"


def make_audit_key(kind: str) -> AuditKey:
    """A fresh key of one of KINDS. Raises UnknownKey key-unsuitable."""
    if kind not in KINDS:
        raise refusal("key-unsuitable")
    return Sm2PrivateKey.generate() if kind == "sm2" else Ed25519PrivateKey.generate()


def public_der(key: AuditKey) -> bytes:
    """The public half: SubjectPublicKeyInfo, over which its id is taken."""
    public = key.public_key()
    if isinstance(public, Sm2PublicKey):
        return public.spki
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_pem(key: AuditKey) -> bytes:
    """The same as PEM text, for whoever verifies the audit elsewhere."""
    return pem.written(_LABEL, public_der(key))


def verify_checkpoint(public: bytes, message: bytes, signature: bytes) -> bool:
    """Is ``signature`` over ``message`` by the key (Ed25519 or SM2) in ``public`` (PEM)? False for any other kind of key too."""
    key = _read_public(public)
    if isinstance(key, Sm2PublicKey):
        return key.verify(signature, message)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _read_public(text: bytes) -> Ed25519PublicKey | Sm2PublicKey | None:
    try:
        der = pem.read(_LABEL, text)
    except ValueError:
        return None
    try:
        key = load_der_public_key(der)
    except UnsupportedAlgorithm:  # of a curve cryptography does not know
        return _read_sm2(der)
    except ValueError:
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _read_sm2(der: bytes) -> Sm2PublicKey | None:
    try:
        return Sm2PublicKey.from_spki(der)
    except ValueError:
        return None
