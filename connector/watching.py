"""What is made of files that people change while a service runs: looked at again and again, made anew when one of them changed."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

from config.yaml_file import BadSettings
from connector.ledger.errors import LedgerError
from transports.errors import TransportError

T = TypeVar("T")
EVERY_S = 2.0


def told_by(deployment: Path) -> tuple[Path, ...]:
    """The folders that say who a deployment's banks are, what they speak and how they prove themselves."""
    return tuple(deployment / name for name in ("connections", "profiles", "keys", "secrets"))


class Watched(Generic[T]):
    """``value`` is the newest that could be made; where what people wrote cannot be, the one before stays in force.

    ``with watched:`` a thread of its own looks every ``every_s`` seconds. ``renewed`` is told each new value, in that thread.
    """

    def __init__(
        self,
        make: Callable[[], T],
        folders: Sequence[Path],
        *,
        renewed: Callable[[T], None] = lambda _value: None,
        every_s: float = EVERY_S,
    ) -> None:
        self._make, self._folders, self._every_s = make, folders, every_s
        self.renewed = renewed
        self._ended = threading.Event()
        self._seen = self._stamp()
        self.value = make()

    def look(self) -> None:
        """Once: make it anew where a file came, went or changed."""
        now = self._stamp()
        if now == self._seen:
            return
        self._seen = now
        try:
            value = self._make()
            self.renewed(value)
        except (BadSettings, TransportError, LedgerError, OSError):
            return
        self.value = value

    def _stamp(self) -> list[tuple[str, int, int, int]]:
        files = [path for folder in self._folders for path in sorted(folder.rglob("*")) if path.is_file()]
        stamps = [(path, path.stat()) for path in files if path.exists()]
        return [(str(path), said.st_mtime_ns, said.st_size, said.st_ino) for path, said in stamps]

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self.look()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()
