"""Does a checkpoint of the audit hold? Needs the public key only, so that it can be asked on a machine without the ring."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def verify_checkpoint(public_pem: bytes, message: bytes, signature: bytes) -> bool:
    """Is ``signature`` (Ed25519, 64 bytes) over ``message`` by the key in ``public_pem``? False for any other kind of key too."""
    try:
        key = load_pem_public_key(public_pem)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
