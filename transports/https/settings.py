"""What binds a line over HTTPS: where the peer is, how both prove themselves, what it offers, how long and how much we take."""

import dataclasses
from collections.abc import Callable
from typing import Literal

from transports.address import Address
from transports.https.calls import HOUSE, Dialect
from transports.https.signing import Signing, Verify
from transports.manners import MEBIBYTE
from transports.pace import Pace
from transports.tls import TlsSettings

Verb = Literal["put", "look", "list", "get", "acknowledge"]
VERBS: frozenset[Verb] = frozenset(("put", "look", "list", "get", "acknowledge"))


@dataclasses.dataclass(frozen=True)
class Deadlines:
    """Seconds: to connect with the handshake, for the head of a reply, for a whole body: the longer of transfer_s and its size."""

    connect_s: float = 20.0
    reply_s: float = 60.0
    transfer_s: float = 300.0
    bytes_per_s: float = 64 * 1024
    retry_after_max_s: float = 3600.0  # a peer that asks for more patience than this is asked again after this

    def transfer(self, size: int) -> float:
        """How long a body of ``size`` bytes may take."""
        return max(self.transfer_s, size / self.bytes_per_s)


@dataclasses.dataclass(frozen=True)
class Caps:
    """Bytes and counts no reply may exceed: a file, a listing or word of the peer, its headers, entries, answers asked for at once."""

    file_bytes_max: int = 2048 * MEBIBYTE
    reply_bytes_max: int = 32 * MEBIBYTE
    header_bytes_max: int = 8190
    headers_max: int = 64
    entries_max: int = 100_000
    polls_max: int = 500


@dataclasses.dataclass(frozen=True)
class HttpsSettings:
    """A client's line. ``base``: path before every target of the dialect. ``now``: seconds since 1970, given, never asked here."""

    address: Address
    tls: TlsSettings
    now: Callable[[], float]
    base: str = ""
    dialect: Dialect = HOUSE
    signing: Signing | None = None
    deadlines: Deadlines = Deadlines()
    caps: Caps = Caps()
    pace: Pace = dataclasses.field(default_factory=Pace)


@dataclasses.dataclass(frozen=True)
class Peer:
    """Who may call a server: known by the pinned keys of its certificates, and by the ids of its signing keys.

    ``bank``: what its messages must name as the bank; empty = not compared. ``signing``: how its messages are signed, and verified,
    where peers differ in that; whose key it was is then for its ``verify`` to say, and key ids are not compared.
    """

    id: str
    pins: tuple[str, ...]
    key_ids: tuple[str, ...] = ()
    bank: str = ""
    signing: Signing | None = None


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """A server. ``verbs``: which of the five it offers. ``verify``: None = TLS alone proves who calls. ``peers``: who may call, or
    what says so at each call, where that changes while the server runs.

    ``answer_of``: the name of the answer to a question, where answers are asked for by questions. Seconds: ``handshake_s``,
    ``head_s`` for a whole head (and the longest silence between two), body as Deadlines.transfer.
    """

    host: str
    port: int
    tls: TlsSettings
    peers: tuple[Peer, ...] | Callable[[], tuple[Peer, ...]]
    now: Callable[[], float]
    base: str = ""
    verbs: frozenset[Verb] = VERBS
    signing: Signing | None = None
    verify: Verify | None = None
    answer_of: Callable[[str], str] | None = None
    window_s: float = 120.0
    handshake_s: float = 10.0
    head_s: float = 15.0
    deadlines: Deadlines = Deadlines()
    body_bytes_max: int = 2048 * MEBIBYTE
    header_bytes_max: int = 8190
    headers_max: int = 64
    connections_max: int = 64
    workers: int = 16
    retry_after_s: int = 30
