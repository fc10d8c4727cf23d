"""What binds one line: whom, how its messages look, what protects them, and how long and how much we wait for."""

import dataclasses
from pathlib import Path
from typing import Literal

from transports import names
from transports.address import Address
from transports.manners import MEBIBYTE
from transports.pace import Pace
from transports.tcp.dialect import HOUSE, Dialect
from transports.tcp.mac import Mac
from transports.tcp.session import Heartbeat
from transports.tls import TlsSettings


@dataclasses.dataclass(frozen=True)
class Deadlines:
    """Seconds before an act is given up. A whole transfer has max(``transfer_s``, size / ``bytes_per_s``)."""

    connect_s: float = 10.0
    handshake_s: float = 15.0
    reply_s: float = 60.0  # from the last byte of a question to the first of its answer
    silence_s: float = 30.0  # between two pieces of one message
    transfer_s: float = 300.0
    bytes_per_s: int = 50_000

    def transfer(self, size: int) -> float:
        """How long a parcel of ``size`` bytes may take."""
        return max(self.transfer_s, size / self.bytes_per_s)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineSettings:
    """What both sides of a line agree on. A line without TLS needs a MAC, numbers, and a way to tell the two directions apart.

    ``sequence``: numbers run within one line, whose TLS stops a replay on another, or for one key over all lines and restarts,
    kept in ``numbers`` (a folder, the same for every process that counts with this key). ``page_bytes``: how much of a parcel one
    message carries at most. ``reply_name``: the name of an answer whose message has none; {file} is the question's name.
    """

    dialect: Dialect = HOUSE
    tls: TlsSettings | None
    mac: Mac | None = None
    bank: str = ""  # how we are called in the field "bank"
    sequence: Literal["line", "key"] = "line"
    numbers: Path | None = None
    heartbeat: Heartbeat | None = None
    page_bytes: int = MEBIBYTE
    file_bytes_max: int = 2048 * MEBIBYTE
    entries_max: int = 100_000
    replies_bytes_max: int = 64 * MEBIBYTE  # answers that come in the call itself are held in memory
    reply_name: str = "{file}.answer"
    deadlines: Deadlines = Deadlines()

    def __post_init__(self) -> None:
        header = self.dialect.header
        if (self.mac is not None) != header.has("mac"):
            raise ValueError("a MAC needs both: its key in the settings and its field in the header")
        if self.mac is not None and header.width_of("mac") not in self.mac.widths():
            raise ValueError("the field of the MAC is too narrow or too wide for the code")
        if self.tls is None:
            self._expect_proof_without_tls()
        if header.has("sequence") and self.sequence == "key" and self.numbers is None:
            raise ValueError("sequence 'key' needs a folder in which the numbers outlive a restart")
        if self.heartbeat is not None and "beat" not in self.dialect.codes.all():
            raise ValueError("a heartbeat needs a code in the dialect")
        if self.page_bytes < 1 or names.problem(self.reply_name.replace("{file}", "x")) or self.reply_name.count("{file}") != 1:
            raise ValueError("page_bytes is at least 1; a reply's name holds {file} once and something a name may hold")

    def _expect_proof_without_tls(self) -> None:
        """What TLS would see to: whose a message is, that it is new, and which way it goes (security A12)."""
        if self.mac is None:
            raise ValueError("a line without TLS needs a MAC: nothing else tells the peer's messages from anybody's")
        if not self.dialect.header.has("sequence") or self.sequence != "key":
            raise ValueError(
                "without TLS messages are numbered for the key (sequence 'key'), or all it carried could be sent again"
            )
        if not self.dialect.tells_directions and self.mac.peer_key in (b"", self.mac.key):
            raise ValueError(
                "without TLS each direction has its own codes or its own key, or our question sent back is an answer"
            )

    @property
    def part_bytes(self) -> int:
        """Bytes of a parcel in one message."""
        return min(self.page_bytes, self.dialect.body_bytes_max)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TcpSettings(LineSettings):
    """One peer we call. ``connection``: a line for each parcel or question with all its pages, or one that is kept.

    ``pace``: of the messages the peer allows, beats and parts counted. ``repeatable``: by the peer's note the same message again gets the
    same answer and is one delivery; only then a look without a message for it may say that nothing is there.
    """

    address: Address
    connection: Literal["one_per_message", "kept"] = "kept"
    pace: Pace = dataclasses.field(default_factory=Pace)
    repeatable: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.connection == "kept" and not self.dialect.header.has("sequence"):
            raise ValueError("a kept line needs sequence numbers: nothing else tells one answer from the next")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerSettings(LineSettings):
    """Where we are called. ``name``: of a parcel whose message has none; {digest} is the start of its SHA-256."""

    host: str = "127.0.0.1"
    port: int = 0
    connections_max: int = 32
    idle_s: float = 300.0  # a line without a question is let go
    busy_s: float = 10.0  # how long a parcel waits for another of the same name
    name: str = "MESSAGE_{digest}"
