"""The signatures of messages beside TLS, at both ends of a line: detached CMS signatures by the keys that sign parcels."""

from collections.abc import Callable
from datetime import datetime

from transports.errors import TransportError
from transports.https import Sign, Verify
from transports.sealing import detached
from transports.sealing.keyring import KeyRing


def signer(ring: KeyRing, alias: str, now: Callable[[], datetime]) -> Sign:
    """Signs with the newest key of ours under ``alias``."""

    def sign(message: bytes) -> bytes:
        at = now()
        return detached.sign(message, ring.own(alias.removeprefix("secret:"), at)[0], at)

    return sign


def verifier(ring: KeyRing, alias: str, now: Callable[[], datetime]) -> Verify:
    """Does the signature hold, by a key of the peer under ``alias``? What a message calls its key is not asked."""

    def verify(_key_id: str, message: bytes, signature: bytes) -> bool:
        try:
            detached.verify(message, signature, ring.peers_any(alias.removeprefix("cert:")), now())
        except TransportError:
            return False
        return True

    return verify
