"""One bank's seal: put on before a parcel takes any road, and taken off after it came by any."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime

from transports.sealing import cms
from transports.sealing.keyring import KeyRing
from transports.transport import Blocks


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

    suite: str
    ring: KeyRing
    aliases: Aliases

    def seal(self, blocks: Iterable[bytes], at: datetime, size: int | None = None) -> Iterator[bytes]:
        """Sign with our newest key and envelope for every valid key of the peer. Raises UnknownKey."""
        signer = self.ring.own(self.aliases.our_sign, at)[0]
        recipients = self.ring.peers(self.aliases.peer_encrypt, at)
        return cms.seal(blocks, suite=self.suite, signer=signer, recipients=recipients[:1], at=at, size=size)

    def open(self, source: Blocks, at: datetime) -> Iterator[bytes]:
        """The content, after everything was verified. Raises BrokenSeal, UnknownKey before the first block."""
        keys = self.ring.own_any(self.aliases.our_decrypt)
        signers = self.ring.peers_any(self.aliases.peer_sign)  # an expired one must be told from a stranger
        return cms.open_verified(source, decrypt=keys, signers=signers, at=at)
