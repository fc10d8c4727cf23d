"""The keys of an exchange whose bank is trusted by chain: its certificates in the ring, their successors, each led to its anchor."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime

from transports.errors import TransportError, UnknownKey
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.certificates.chains import Chains
from transports.sealing.keyring.kept import KeptKeys
from transports.sealing.refusals import refusal


@dataclasses.dataclass(frozen=True)
class ChainedKeys:
    """What KeptKeys gives, held against the chains. Our own keys are as they were; so is what an alias without any raises.

    A successor counts only beside a certificate that is active in the ring, never when the ring holds it itself (there it may have been
    retired), and never when its key was blocked: a CA may have renewed that very key.
    """

    kept: KeptKeys[Certificate, OwnKey]
    chains: Chains
    held: Callable[[Certificate], bool]
    stopped: Callable[[Certificate], bool]

    def own(self, alias: str, at: datetime) -> list[OwnKey]:
        """Ours, valid at ``at``."""
        return self.kept.own(alias, at)

    def own_any(self, alias: str) -> list[OwnKey]:
        """Ours whatever their dates."""
        return self.kept.own_any(alias)

    def blocked(self, alias: str) -> list[Certificate]:
        """What was blocked here, ours or the peer's."""
        return self.kept.blocked(alias)

    def peers(self, alias: str, at: datetime) -> list[Certificate]:
        """The peer's that may be encrypted to at ``at``, newest first. Raises UnknownKey: what is wrong with the newest."""
        found = sorted(self._all(alias, "encrypt"), key=lambda each: each.not_before, reverse=True)
        refused: list[TransportError] = []
        held = [each for each in found if each.valid_at(at) and self._holds(each, at, refused)]
        if not held:
            raise refused[0] if refused else refusal("key-missing", alias)
        return held

    def peers_any(self, alias: str) -> list[Certificate]:
        """All that a signature may name; ``expect`` is asked once it holds, so that a revoked signer is told from a stranger."""
        return self._all(alias, "sign")

    def withdrawn(self, alias: str) -> list[Certificate]:
        """The peer's that were retired or blocked in the ring, and what else was certified of a blocked key."""
        known = self.kept.withdrawn(alias)
        return known + [each for each in self.chains.successors_of(known, "sign") if self.stopped(each)]

    def expect(self, signers: Iterable[Certificate], at: datetime) -> None:
        """Does each who signed lead to its anchor? Raises UnknownKey key-unsuitable, key-unchained, key-unlisted, key-revoked."""
        for each in signers:
            self.chains.expect(each, "sign", at)

    def _all(self, alias: str, use: str) -> list[Certificate]:
        known = self.kept.peers_any(alias)
        newer = self.chains.successors_of(known, use)
        return known + [each for each in newer if not self.held(each) and not self.stopped(each)]

    def _holds(self, certificate: Certificate, at: datetime, refused: list[TransportError]) -> bool:
        try:
            self.chains.expect(certificate, "encrypt", at)
        except UnknownKey as why:
            refused.append(why)
            return False
        return True
