"""Checkpoints of the audit: signed by Ed25519, or by SM2 over SM3 in a national ring; verified by the public key alone, without the ring.

SM2 signs under the default user id, as SM2Signature in DER (GM/T 0009 7.3, section 10): ``openssl pkeyutl -verify`` can ask too.
"""

import base64
import re
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from transports.sealing.refusals import refusal
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

AuditKey: TypeAlias = Ed25519PrivateKey | Sm2PrivateKey

KINDS = ("ed25519", "sm2")
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*")
_LINE = 64  # characters of base64 (RFC 7468 3)


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
    text = base64.b64encode(public_der(key))
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return b"\n".join((b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""))


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


def _read_public(pem: bytes) -> Ed25519PublicKey | Sm2PublicKey | None:
    found = _PEM.fullmatch(pem)
    if found is None:
        return None
    try:
        der = base64.b64decode(found[1])
        key = load_der_public_key(der)
    except UnsupportedAlgorithm:
        return _read_sm2(der)
    except ValueError:
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _read_sm2(der: bytes) -> Sm2PublicKey | None:
    try:
        return Sm2PublicKey.from_spki(der)
    except ValueError:
        return None
