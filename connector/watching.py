"""What is made of files that people change while a service runs: looked at again and again, made anew when one of them changed."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

from config.yaml_file import BadSettings
from transports.errors import Refused

T = TypeVar("T")
EVERY_S = 2.0


def told_by(deployment: Path) -> tuple[Path, ...]:
    """The folders that say who a deployment's banks are, what they speak and how they prove themselves."""
    return tuple(deployment / name for name in ("connections", "profiles", "keys", "secrets"))


class Watched(Generic[T]):
    """``value`` is the newest that could be made; where what people wrote cannot be, the one before stays in force.

    ``with watched:`` a thread of its own looks every EVERY_S seconds. ``renewed`` is told each new value, in that thread.
    """

    def __init__(self, make: Callable[[], T], folders: Sequence[Path]) -> None:
        self._make, self._folders = make, folders
        self.renewed: Callable[[T], None] = lambda _value: None
        self._ended = threading.Event()
        self._seen = self._stamp()
        self.value = make()

    def look(self) -> None:
        """Once: make it anew where a file came, went or changed. What stumbles over anything but these files is tried again."""
        now = self._stamp()
        if now == self._seen:
            return
        with contextlib.suppress(BadSettings, Refused):
            value = self._make()
            self.renewed(value)
            self.value = value
        self._seen = now

    def _stamp(self) -> list[tuple[str, int, int, int]]:
        files = [path for folder in self._folders for path in sorted(folder.rglob("*")) if path.is_file()]
        stamps = [(path, path.stat()) for path in files if path.exists()]
        return [(str(path), said.st_mtime_ns, said.st_size, said.st_ino) for path, said in stamps]

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            # A file that vanished under the look, a full disk: looking goes on, or a key taken away later would open the door for ever.
            with contextlib.suppress(Exception):
                self.look()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()
