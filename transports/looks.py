"""Since when a listing has shown a file unchanged: how a whole file is told where the peer gives no sign (``stable_size``).

The second look is mostly another process's: KeptLooks finds the first one in a small file. Losing it only means to wait anew.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from transports import shelf, words
from transports.errors import Unreachable
from transports.files import Entry

Seen = tuple[int, float, float]  # size, the peer's time of it, and when we saw it so for the first time
BYTES_MAX = 64 * 1024 * 1024


class Looks:
    """Remembered as long as this object lives. ``clock`` gives seconds; the peer's own clock is not asked, it may be wrong."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: Mapping[str, Seen] = {}

    def settled(self, offered: Mapping[str, Entry], for_s: float) -> dict[str, Entry]:
        """Those of a listing that have had this size and time for ``for_s`` seconds. What is not listed is forgotten."""
        now, before = self._clock(), self._read()
        seen = {name: _since(before.get(name), entry, now) for name, entry in offered.items()}
        if seen != before:
            self._write(seen)
        return {name: entry for name, entry in offered.items() if now - seen[name][2] >= for_s}

    def _read(self) -> Mapping[str, Seen]:
        return self._seen

    def _write(self, seen: Mapping[str, Seen]) -> None:
        self._seen = seen


def _since(before: Seen | None, entry: Entry, now: float) -> Seen:
    """As it was seen before, or from now on: it changed, or our clock was set back."""
    same = before is not None and before[:2] == (entry.size, entry.modified) and before[2] <= now
    return before if before is not None and same else (entry.size, entry.modified, now)


class KeptLooks(Looks):
    """Kept in the file at ``path``. ``clock``: seconds that another process reckons alike, those of the day."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._path = path

    def _read(self) -> Mapping[str, Seen]:
        try:
            said = orjson.loads(shelf.read_small(self._path, BYTES_MAX) or b"{}")
            return {str(name): (int(size), float(modified), float(at)) for name, (size, modified, at) in said.items()}
        except (ValueError, TypeError, AttributeError):
            return {}  # not what we wrote: looked at anew

    def _write(self, seen: Mapping[str, Seen]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shelf.write(self._path, orjson.dumps(seen))
        except OSError as error:
            raise words.say(Unreachable, _NOT_KEPT) from error


_NOT_KEPT: words.Words = (
    "local-storage",
    "What was seen of the peer's files cannot be kept on this machine, so that none of them can be told whole; look at its disk.",
    "无法在本机保存对方文件的查看记录，因而不能判断文件是否完整；请检查本机磁盘。",
)
