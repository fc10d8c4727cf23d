"""The signatures of messages beside TLS, at both ends of a line: detached, by the keys that sign parcels and by their suite."""

from collections.abc import Callable
from datetime import datetime

from bank_profiles.language.seal import Seal
from connector.roads.agreed_seals import agreed_seal
from transports.errors import TransportError
from transports.https import Sign, Verify
from transports.sealing.certificates.chains import ReadChains
from transports.sealing.keyring import KeyRing
from transports.sealing.seals import seals


def signer(ring: KeyRing, alias: str, now: Callable[[], datetime], said: Seal) -> Sign:
    """Signs with the newest key of ours under ``alias`` that seals what the profile said."""

    def sign(message: bytes) -> bytes:
        at, way = now(), seals(agreed_seal(said), ring)
        return way.sign(message, way.signer(alias.removeprefix("secret:"), at), at)

    return sign


def verifier(ring: KeyRing, alias: str, now: Callable[[], datetime], said: Seal, chains: ReadChains | None = None) -> Verify:
    """Does the signature hold, by a key of the peer under ``alias``? What a message calls its key is not asked."""

    def verify(_key_id: str, message: bytes, signature: bytes) -> bool:
        try:
            at, way = now(), seals(agreed_seal(said), ring, chains)
            signed_by = way.verify(message, signature, way.signers(alias.removeprefix("cert:")), at)
            way.expect_trusted([signed_by], at)
        except TransportError:
            return False
        return True

    return verify
