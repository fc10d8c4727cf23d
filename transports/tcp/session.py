"""What a line remembers between messages: numbers that only grow, and a pulse that must be heard."""

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from transports import shelf
from transports import words as shared
from transports.errors import Refused, Unreachable
from transports.tcp import words

GAP_MAX = 1000  # more than every broken line can skip
_LOOK_S = 0.05


class Numbers:
    """The sequence numbers of one key in one direction: 1 to 10**digits - 1, then 1 again.

    Either side of the line has one of its own: the sender calls ``next``, the receiver ``accept``. ``kept``: the file in which
    the last number outlives a restart, needed wherever nothing but the number stops a replay. Processes and nodes that share the
    file count on together, under a lock. A peer that starts counting anew is refused like a replay, because nobody can tell the
    two apart: persons set the count.
    """

    def __init__(self, digits: int, *, kept: Path | None = None, gap_max: int = GAP_MAX) -> None:
        self._cycle = 10**digits - 1
        self._kept = kept
        self._gap_max = min(gap_max, self._cycle // 2)
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """The number of our next message; never given twice, whatever becomes of this process, and whoever else counts."""
        with self._alone():
            self._set(self._last % self._cycle + 1)
            return self._last

    def accept(self, number: int) -> None:
        """Take a peer's number, durably. Raises Garbled sequence-replayed, sequence-gap; then nothing may be done for it."""
        with self._alone():
            ahead = (number - self._last) % self._cycle
            first = not self._last and self._kept is not None  # a peer we hear for the first time may have counted before
            if not 1 <= number <= self._cycle:
                raise words.garbled(words.REPLAYED)
            if not first and not 1 <= ahead <= self._gap_max:
                raise words.garbled(words.REPLAYED if not ahead or ahead > self._cycle // 2 else words.GAP)
            self._set(number)

    @contextmanager
    def turn(self, wait_s: float) -> Iterator[None]:
        """One question at a time of all who count in this file, so that numbers come to the peer in their order.

        Raises Unreachable (line-in-use) when another's question lasts longer than ``wait_s``.
        """
        if self._kept is None:
            yield
            return
        with _held(self._kept.with_suffix(".turn"), time.monotonic() + wait_s):
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            if self._kept is None:
                yield
                return
            with shelf.alone(self._kept.with_suffix(".lock")):
                self._last = read_count(self._kept)
                yield

    def _set(self, number: int) -> None:
        if self._kept is not None:
            write_count(self._kept, number)
        self._last = number


def read_count(kept: Path) -> int:
    """The last number given or taken; 0 before the first. Raises Refused (numbers-unreadable)."""
    try:
        text = kept.read_text("ascii")
    except FileNotFoundError:
        return 0
    except ValueError:
        text = ""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise shared.say(Refused, words.NO_NUMBERS)
    return int(text)


def write_count(kept: Path, number: int) -> None:
    """Kept before anything is done with it."""
    shelf.write(kept, str(number).encode())


@contextmanager
def _held(path: Path, until: float) -> Iterator[None]:
    with ExitStack() as turn:
        while True:
            try:
                turn.enter_context(shelf.alone(path, wait=False))
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise shared.say(Unreachable, words.IN_USE) from None
                time.sleep(_LOOK_S)
        yield


@dataclasses.dataclass(frozen=True)
class Heartbeat:
    """A sign of life every ``every_s`` seconds; after ``missed`` of them unheard the line is broken."""

    every_s: float = 30.0
    missed: int = 3

    @property
    def silence_s(self) -> float:
        """The longest silence of a line that lives."""
        return self.every_s * self.missed
