"""Whoever calls holds a share of a server and never all of it: handshakes by address, lines by the key shown, calls under way by peer."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from transports import pins
from transports.https.answers import Answer
from transports.https.settings import Peer, ServerSettings
from transports.tls import shown_pin

_PARTS = 4  # so many peers must act together before another is shut out
_LINES_MIN, _CALLS_MIN = 4, 2  # of a small server, too
STRANGER = ""


class Shares:
    """Who holds what of one server. The only peer of a server may have all of it; all strangers together have one share."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._whose: WeakKeyDictionary[asyncio.BaseTransport, str] = WeakKeyDictionary()
        self._calls: Counter[str] = Counter()

    def peers(self) -> tuple[Peer, ...]:
        """Who may call now."""
        peers = self._settings.peers
        return peers() if callable(peers) else peers

    def peer_of(self, line: asyncio.BaseTransport | None) -> Peer | None:
        """Whose pinned key the other end of a line showed; None for a stranger's."""
        shown = line.get_extra_info("ssl_object").getpeercert(binary_form=True) if line is not None else None
        pin = shown_pin(shown)  # read once, however many peers there are
        return next((peer for peer in self.peers() if pins.holds(peer.pins, pin)), None)

    def may_shake_hands(self, address: str, shaking: Iterable[str]) -> bool:
        """Is there room for one more handshake with this address? Nobody has shown a key yet."""
        return sum(other == address for other in shaking) < max(_LINES_MIN, self._settings.connections_max // _PARTS)

    def may_stay(self, line: asyncio.BaseTransport, held: Iterable[asyncio.BaseTransport]) -> bool:
        """Is a line, whose end showed its key now, within its peer's share of those held?"""
        peer = self.peer_of(line)
        whose = peer.id if peer else STRANGER
        self._whose[line] = whose
        lines = sum(self._whose.get(other) == whose and not other.is_closing() for other in {*held, line})
        return lines <= self._share(peer, self._settings.connections_max, _LINES_MIN)

    @contextlib.contextmanager
    def calling(self, peer: Peer) -> Iterator[None]:
        """A call of this peer, for as long as it is under way. Raises Answer (busy) beyond its share."""
        if self._calls[peer.id] >= self._share(peer, self._settings.workers, _CALLS_MIN):
            raise Answer(
                429,
                "busy",
                "Too many calls of this caller are under way; end them or try again shortly.",
                "该来访方同时进行的调用过多，请先结束或稍后再试。",
                {"Retry-After": str(max(1, self._settings.retry_after_s))},
            )
        self._calls[peer.id] += 1
        try:
            yield
        finally:
            self._calls[peer.id] -= 1
            self._calls += Counter()  # forgets who has none

    def _share(self, peer: Peer | None, whole: int, least: int) -> int:
        alone = peer is not None and len(self.peers()) == 1
        return whole if alone else max(least, whole // _PARTS)
