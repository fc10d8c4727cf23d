"""One bank's seal: put on before a parcel takes any road, and taken off after it came by any."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from transports.errors import UnknownKey
from transports.sealing.certificates.chains import ReadChains
from transports.sealing.cms.suite import Agreed
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED
from transports.sealing.refusals import refusal
from transports.sealing.seals import Opened, Seals, seals
from transports.transport import Blocks

__all__ = ["Aliases", "Channel", "Opened"]


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
    chains: ReadChains | None = None  # where the peer's certificates are of a CA the site named; none: trusted by pin alone

    def seal(self, blocks: Iterable[bytes], at: datetime, size: int | None = None, *, for_us: bool = False) -> Iterator[bytes]:
        """Sign with our newest key and envelope for the peer's newest; ``for_us``: for us as well, see ``open_own``. Raises UnknownKey."""
        signer, recipients = self.keys(at, for_us=for_us)
        return self._seals.seal(blocks, signer=signer, recipients=recipients, at=at, size=size)

    def keys(self, at: datetime, *, for_us: bool = False) -> tuple[Any, list[Any]]:
        """(our key that signs, the certificates it seals for), as ``seal`` takes them at this moment. Raises UnknownKey."""
        way = self._seals
        recipients = [way.recipient(self.aliases.peer_encrypt, at)]
        if for_us:
            recipients.append(way.ourselves(self.aliases.our_decrypt, at))
        return way.signer(self.aliases.our_sign, at), recipients

    def open(self, source: Blocks, at: datetime, *, witness: str | None = None) -> Opened:
        """The content, after everything was verified; ``witness``: a key of ours (alias) that may have sealed it in the peer's stead.

        Raises BrokenSeal, UnknownKey before the first block; seal-signer-withdrawn, an UnknownKey, where the signer's certificate was
        retired or blocked here, and key-blocked, where a key of ours is: what they signed or open waits, since a block may be taken back.
        """
        way = self._seals
        ours, withdrawn = self._witnesses(witness), way.withdrawn(self.aliases.peer_sign)
        trusted = [*self._peers(way, or_none=bool(withdrawn)), *ours]
        with self._blocked_told():
            openers = way.openers(self.aliases.our_decrypt)
            opened = way.open_verified(source, decrypt=openers, signers=[*trusted, *withdrawn], at=at)
        known = {each.fingerprint for each in trusted}
        if any(each.fingerprint not in known for each in opened.signers):
            raise refusal("seal-signer-withdrawn")
        way.expect_trusted([each for each in opened.signers if each not in ours], at)
        return opened

    @contextlib.contextmanager
    def _blocked_told(self) -> Iterator[None]:
        """A parcel none of our keys opens may be for one that is blocked: then nothing is wrong with it, and a block may be taken back."""
        try:
            yield
        except UnknownKey as closed:
            alias = self.aliases.our_decrypt
            blocked = any(entry.own and entry.alias == alias and entry.state == BLOCKED for entry in self.ring.list())
            if blocked and closed.code in ("seal-not-for-us", "key-missing", "alias-blocked"):
                raise refusal("key-blocked") from closed
            raise

    def _peers(self, way: Seals, *, or_none: bool) -> list[Any]:
        try:
            return way.signers(self.aliases.peer_sign)
        except UnknownKey:
            if or_none:
                return []
            raise

    def open_own(self, source: Blocks, at: datetime) -> Opened:
        """What we sealed for the peer and for us. Raises BrokenSeal, UnknownKey (seal-not-for-us: it was sealed for the peer alone)."""
        way = self._seals
        signers = way.our_signers(self.aliases.our_sign)
        return way.open_verified(source, decrypt=way.openers(self.aliases.our_decrypt), signers=signers, at=at)

    def seal_as_witness(self, blocks: Iterable[bytes], at: datetime, witness: str, size: int | None = None) -> Iterator[bytes]:
        """What was handed to us in clear, sealed at once for us alone by a key of ours of its own. Raises UnknownKey."""
        way = self._seals
        for_us = [way.ourselves(self.aliases.our_decrypt, at)]
        return way.seal(blocks, signer=way.signer(witness, at), recipients=for_us, at=at, size=size)

    def is_witness(self, opened: Opened, witness: str | None) -> bool:
        """Was it the witness who sealed this, and not the peer?"""
        theirs = {each.fingerprint for each in self._witnesses(witness)}
        return all(each.fingerprint in theirs for each in opened.signers)

    def sign_beside(self, content: bytes, at: datetime) -> bytes:
        """Our signature beside a content anyone may read. Raises UnknownKey."""
        way = self._seals
        return way.sign(content, way.signer(self.aliases.our_sign, at), at)

    def verify_beside(self, content: bytes, signature: bytes, at: datetime) -> None:
        """The peer's signature beside a content anyone may read: does it hold? Raises BrokenSeal, UnknownKey."""
        way = self._seals
        way.expect_trusted([way.verify(content, signature, way.signers(self.aliases.peer_sign), at)], at)

    def verify_own_beside(self, content: bytes, signature: bytes, at: datetime) -> None:
        """The same of ours. Raises BrokenSeal."""
        way = self._seals
        way.verify(content, signature, way.our_signers(self.aliases.our_sign), at)

    @property
    def content_bytes_max(self) -> int | None:
        """The most one parcel may hold under this seal; none where its size is no matter."""
        return self._seals.content_bytes_max

    @property
    def _seals(self) -> Seals:
        return seals(self.suite, self.ring, self.chains)

    def _witnesses(self, alias: str | None) -> list[Any]:
        return [] if alias is None else self._seals.our_signers(alias)
