"""A line on which the bank calls us: the question goes by the line, the answer is taken from where the bank's call-backs land."""

import builtins
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from transports.folder import Folder, FolderSettings
from transports.manners import Manners, Ready
from transports.transport import Blocks, Presence, Put, Remote, Transport

_IN = "in"
_MANNERS = Manners(send_dir=_IN, take_dir=_IN, ready=Ready(kind="renamed"), after_read="delete")


@dataclasses.dataclass(frozen=True)
class Landing:
    """DIR/call-backs/<bank>: the receiver puts there what a bank calls back with, ``collect`` takes it away."""

    root: Path

    @classmethod
    def of(cls, deployment: Path, institution: str) -> "Landing":
        """The landing of a connection, made where it is not there yet."""
        landing = cls(deployment / "call-backs" / institution)
        (landing.root / _IN).mkdir(parents=True, exist_ok=True, mode=0o700)
        return landing

    def road(self) -> Folder:
        """As the receiver and the steps see it."""
        return Folder(FolderSettings(self.root, _MANNERS))


class CalledBack:
    """A Transport: out by the line, in from the landing. ``asks``: the note lets us fetch answers too, done where nothing landed."""

    def __init__(self, line: Transport, landing: Folder, *, asks: bool) -> None:
        self._line, self._landing, self._asks = line, landing, asks
        self._landed = True  # what was listed last

    @property
    def _offering(self) -> Transport:
        """Where what was listed last lies."""
        return self._landing if self._landed else self._line

    @property
    def strange(self) -> Sequence[tuple[str, str]]:
        """Of what was listed last."""
        return self._offering.strange

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """As the line's."""
        return self._line.put(name, blocks, size, digest)

    def look(self, name: str, size: int, digest: str) -> Presence:
        """As the line's."""
        return self._line.look(name, size, digest)

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:
        """What landed, oldest first: a line that is down keeps none of it back. Where nothing did, what the line offers."""
        landed = self._landing.list()
        self._landed = bool(landed) or bool(self._landing.strange) or not self._asks
        return landed if self._landed else self._line.list(awaited)

    def get(self, name: str) -> Iterator[bytes]:
        """From where it was offered."""
        return self._offering.get(name)

    def acknowledge(self, name: str) -> None:
        """Where it was offered; what landed is taken off this disk, the bank was told when it called."""
        self._offering.acknowledge(name)

    def close(self) -> None:
        """Let the line go."""
        self._landing.close()
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
