"""What a road is made of: the profile's side of it, the connection's, and what of the deployment it needs."""

import dataclasses
import hashlib
import hmac
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bank_profiles.language.channel import Channel, Folders, StableSize
from config.road import Road
from transports import words
from transports.address import Address
from transports.errors import Refused
from transports.looks import KeptLooks, Looks
from transports.pace import Pace


@dataclasses.dataclass(frozen=True)
class Journey:
    """``folder``: the deployment's. ``institution``: whose connection it is.

    ``sign``: our signature over the text of a message, ``verify``: does the bank's hold? Where the line's messages have one.
    """

    channel: Channel
    road: Road
    folder: Path
    now: Callable[[], datetime]
    zone: ZoneInfo
    messages_per_minute: float = 0
    sign: Callable[[bytes], bytes] | None = None
    institution: str = ""
    verify: Callable[[str, bytes, bytes], bool] | None = None

    def today(self) -> date:
        """The local date."""
        return self.now().astimezone(self.zone).date()

    def address(self) -> Address:
        """Where the peer is."""
        said = self.road.address
        assert said is not None  # expect_travelled saw to it
        return Address(said.host, said.port, said.allow)

    def pins(self) -> tuple[str, ...]:
        """The pins in force today. Raises Refused (pins-ended)."""
        pins = self.road.pins_on(self.today())
        if not pins:
            raise words.say(Refused, _PINS_ENDED)
        return pins

    @property
    def place(self) -> str:
        """What this road's own things are kept under, here: the same as long as it leads to the same place."""
        taken = self.channel.take_dir if isinstance(self.channel, Folders) else ""
        where = repr((self.channel.kind, self.road.address, self.road.account, self.road.folder, taken))
        return hashlib.sha256(where.encode()).hexdigest()[:16]

    def pace(self) -> Pace:
        """The messages a minute this peer allows, counted over all its entities, lines and processes of ours."""
        if not self.messages_per_minute:
            return Pace()
        folder = self._own("pace")
        return Pace(self.messages_per_minute, folder / f"{quote(self.institution or self.place, safe='')}-{self.channel.kind}")

    def numbers(self, key: bytes) -> Path:
        """Where the numbers of the messages this key proves outlive a restart: the same wherever the peer is reached."""
        return self._own("numbers", hmac.digest(key, b"numbers of a line's messages", "sha256").hex()[:16])

    def _own(self, *names: str) -> Path:
        folder = self.folder.joinpath("lanes", *names)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def looks(self) -> Looks | None:
        """What the last pass saw there, where a file is whole once it has stopped changing."""
        if not isinstance(self.channel, Folders) or not isinstance(self.channel.ready, StableSize):
            return None
        return KeptLooks(self.folder / "looks" / f"{self.place}.json", lambda: self.now().timestamp())


_PINS_ENDED: words.Words = (
    "pins-ended",
    "Every pin of this connection has ended or not begun; nothing was sent. Get the bank's new fingerprint by letter and pin it.",
    "该连接登记的指纹均已到期或尚未生效，未发送任何内容；请凭银行函件登记新的指纹。",
)
