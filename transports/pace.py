"""At most so many messages a minute, counted over every process that calls a peer: each waits until its turn."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from transports import shelf

_FAR_S = 3600.0  # a turn that far ahead was given by a clock that has been set back since


class Pace:
    """Turns stand evenly, so that no minute, wherever it begins, holds more. 0: no limit.

    ``kept``: a file that knows the next turn, one for all who call this peer; without it the object alone does. It is not
    synced: after a power cut a turn may come early, once.
    """

    def __init__(
        self,
        per_minute: float = 0.0,
        kept: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._kept = kept
        self._clock, self._sleep = clock, sleep
        self._next = 0.0

    def wait(self) -> float:
        """Return when the next message may go; the seconds that were waited."""
        if not self._gap:
            return 0.0
        left = self._turn()
        if left > 0:
            self._sleep(left)
        return left

    def _turn(self) -> float:
        """Take the next turn, and leave the one after it to whoever comes."""
        if self._kept is None:
            left, self._next = self._after(self._next)
            return left
        with shelf.alone(self._kept):
            left, after = self._after(_read(self._kept))
            _write(self._kept, after)
        return left

    def _after(self, turn: float) -> tuple[float, float]:
        now = self._clock()
        turn = max(now, turn) if turn - now < _FAR_S else now
        return turn - now, turn + self._gap


def _read(kept: Path) -> float:
    try:
        return float(kept.read_bytes())
    except ValueError:  # new, or cut off by a power cut
        return 0.0


def _write(kept: Path, turn: float) -> None:
    descriptor = os.open(kept, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(f"{turn:.6f}".encode())
