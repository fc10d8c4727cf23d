"""A carrier on this machine between a centre and a bank of folders, without waiting: a pass is made where one would be waited for."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from connector.carrier.journal import Journal
from connector.carrier.process import Carrier, Passed
from connector.carrier.process import Road as BankRoad
from transports.relay import Relay, RelaySettings
from transports.sealing.journal_key import JournalKey
from transports.transport import Blocks, Presence, Put, Remote, Transport

KEY = JournalKey.make()
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@dataclasses.dataclass
class Site:
    """A carrier's folder beside a bank's: what the carrier is, is made anew for every pass, as after a crash."""

    root: Path
    bank: Callable[[], Transport]
    key: JournalKey = KEY

    def __post_init__(self) -> None:
        for name in ("out/B1", "back/B1", "back/journal", "journal"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def relay(self, **changes: Any) -> Relay:
        return Relay(RelaySettings("B1", self.root / "out", self.root / "back", self.root / "state", self.key.public, **changes))

    def carry(self) -> Passed:
        journal = Journal(self.root / "journal", self.root / "back", self.key, lambda: NOW)
        carrier = Carrier(self.root / "out", self.root / "back", journal, {"B1": BankRoad(self.bank, lambda: False)})
        return carrier.once()["B1"]

    def segments(self) -> list[Path]:
        return sorted((self.root / "back" / "journal").iterdir())


class Carried:
    """The relay with a pass of the carrier wherever one would be waited for."""

    def __init__(self, site: Site, **changes: Any) -> None:
        self._site, self._relay = site, site.relay(**changes)

    @property
    def strange(self) -> Sequence[tuple[str, str]]:
        return self._relay.strange

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        first = self._relay.put(name, blocks, size, digest)
        if first.code != "with-the-carrier":
            return first
        self._site.carry()
        return self._relay.put(name, blocks, size, digest)

    def look(self, name: str, size: int, digest: str) -> Presence:
        return self._relay.look(name, size, digest)

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        self._site.carry()
        return self._relay.list(awaited)

    def get(self, name: str) -> Iterator[bytes]:
        self._site.carry()
        return self._relay.get(name)

    def acknowledge(self, name: str) -> None:
        self._relay.acknowledge(name)
        self._site.carry()

    def close(self) -> None:
        self._relay.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
