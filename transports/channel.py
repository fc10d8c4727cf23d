"""One bank's seal: put on before a parcel takes any road, and taken off after it came by any."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime

from transports.sealing import cms
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing
from transports.sealing.suite import Agreed
from transports.transport import Blocks

SUITES = cms.SUITES  # what a profile may ask for


@dataclasses.dataclass(frozen=True)
class Aliases:
    """The names under which the ring knows the four keys of an exchange."""

    peer_encrypt: str
    peer_sign: str
    our_sign: str
    our_decrypt: str


@dataclasses.dataclass(frozen=True)
class Channel:
    """The seal between us and one peer, whatever the road."""

    suite: Agreed | str
    ring: KeyRing
    aliases: Aliases

    def seal(self, blocks: Iterable[bytes], at: datetime, size: int | None = None, *, for_us: bool = False) -> Iterator[bytes]:
        """Sign with our newest key and envelope for the peer's newest; ``for_us``: for us as well, see ``open_own``. Raises UnknownKey."""
        signer = self.ring.own(self.aliases.our_sign, at)[0]
        recipients = self.ring.peers(self.aliases.peer_encrypt, at)[:1]
        if for_us:
            recipients = [*recipients, self._ourselves(at)]
        return cms.seal(blocks, suite=self.suite, signer=signer, recipients=recipients, at=at, size=size)

    def open(self, source: Blocks, at: datetime, *, witness: str | None = None) -> cms.Opened:
        """The content, after everything was verified; ``witness``: a key of ours (alias) that may have sealed it in the peer's stead.

        Raises BrokenSeal, UnknownKey before the first block.
        """
        keys = self.ring.own_any(self.aliases.our_decrypt)
        signers = self.ring.peers_any(self.aliases.peer_sign)  # an expired one must be told from a stranger
        return cms.open_verified(source, suite=self.suite, decrypt=keys, signers=[*signers, *self._certificates(witness)], at=at)

    def open_own(self, source: Blocks, at: datetime) -> cms.Opened:
        """What we sealed for the peer and for us. Raises BrokenSeal, UnknownKey (seal-not-for-us: it was sealed for the peer alone)."""
        keys = self.ring.own_any(self.aliases.our_decrypt)
        return cms.open_verified(source, suite=self.suite, decrypt=keys, signers=self._certificates(self.aliases.our_sign), at=at)

    def seal_as_witness(self, blocks: Iterable[bytes], at: datetime, witness: str, size: int | None = None) -> Iterator[bytes]:
        """What was handed to us in clear, sealed at once for us alone by a key of ours of its own. Raises UnknownKey."""
        signer = self.ring.own(witness, at)[0]
        return cms.seal(blocks, suite=self.suite, signer=signer, recipients=[self._ourselves(at)], at=at, size=size)

    def is_witness(self, opened: cms.Opened, witness: str | None) -> bool:
        """Was it the witness who sealed this, and not the peer?"""
        theirs = {each.fingerprint for each in self._certificates(witness)}
        return all(each.fingerprint in theirs for each in opened.signers)

    def _ourselves(self, at: datetime) -> Certificate:
        return self.ring.own(self.aliases.our_decrypt, at)[0].certificate

    def _certificates(self, alias: str | None) -> list[Certificate]:
        return [] if alias is None else [own.certificate for own in self.ring.own_any(alias)]
