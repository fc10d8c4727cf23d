"""What a line remembers between messages: numbers that only grow, a pulse that must be heard, a pace that is kept."""

import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path

from transports.tcp import words

RESERVED = 100  # numbers taken ahead in one write to the disk; a restart skips what was left of them
GAP_MAX = 1000  # more than every restart and every broken line can skip


class Numbers:
    """The sequence numbers of one key in one direction: 1 to 10**digits - 1, then 1 again.

    Either side of the line has one of its own: the sender calls ``next``, the receiver ``accept``. ``kept``: the file in which
    the last number outlives a restart, needed wherever nothing but the number stops a replay. A peer that starts counting anew
    is refused like a replay, because nobody can tell the two apart: a person takes the file away.
    """

    def __init__(self, digits: int, *, kept: Path | None = None, gap_max: int = GAP_MAX) -> None:
        self._cycle = 10**digits - 1
        self._kept = kept
        self._gap_max = min(gap_max, self._cycle // 2)
        self._lock = threading.Lock()
        self._last = self._reserved = int(kept.read_text("ascii")) if kept and kept.exists() else 0

    def next(self) -> int:
        """The number of our next message; never given twice, whatever becomes of this process."""
        with self._lock:
            if self._kept and self._last == self._reserved:
                self._reserved = (self._last + min(RESERVED, self._gap_max) - 1) % self._cycle + 1
                self._keep(self._reserved)
            self._last = self._last % self._cycle + 1
            return self._last

    def accept(self, number: int) -> None:
        """Take a peer's number, durably. Raises Garbled sequence-replayed, sequence-gap; then nothing may be done for it."""
        with self._lock:
            ahead = (number - self._last) % self._cycle
            first = not self._last and self._kept is not None  # a peer we hear for the first time may have counted before
            if not 1 <= number <= self._cycle:
                raise words.garbled(words.REPLAYED)
            if not first and not 1 <= ahead <= self._gap_max:
                raise words.garbled(words.REPLAYED if not ahead or ahead > self._cycle // 2 else words.GAP)
            if self._kept:
                self._keep(number)
            self._last = number

    def _keep(self, number: int) -> None:
        assert self._kept is not None
        new = self._kept.with_suffix(".new")
        with new.open("w", encoding="ascii") as file:
            file.write(str(number))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._kept)
        folder = os.open(self._kept.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclasses.dataclass(frozen=True)
class Heartbeat:
    """A sign of life every ``every_s`` seconds; after ``missed`` of them unheard the line is broken."""

    every_s: float = 30.0
    missed: int = 3

    @property
    def silence_s(self) -> float:
        """The longest silence of a line that lives."""
        return self.every_s * self.missed


class Pace:
    """At most so many messages a minute: each waits until its turn. 0: no limit."""

    def __init__(self, per_minute: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def wait(self) -> None:
        """Return when the next message may go."""
        if not self._gap:
            return
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
