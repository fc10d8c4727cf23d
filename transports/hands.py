"""Acts on a disk that may never return, as on a hung mount: each is done by a thread that is left behind when it takes too long.

Nothing in a process can end a call of the system that hangs; what can be ended is the waiting. While one act at a place hangs, no other
is begun there, so that passes which come again and again do not pile up threads; once it returns, the place is used again.
"""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
IDLE_MAX = 8  # hands that wait for the next act


class Hung(Exception):
    """It did not return in time, or an earlier act at this place has not returned yet. What it was about is done later or never."""


def do(place: Path, act: Callable[[], T], seconds: float) -> T:
    """What the act gives or raises; raises Hung after so many seconds."""
    if hangs(place):
        raise Hung
    hand = _taken()
    result, error = hand.do(place, act, seconds)
    _give_back(hand)
    try:
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]
    finally:
        del error  # its traceback holds this very frame, and with it all the act has open, until the collector comes


def leave(act: Callable[[], object]) -> None:
    """Begun and not waited for, such as closing a file: also where the collector finds it, and at the end of the process, which closes all."""
    if not sys.is_finalizing():
        _taken().begin(act)


def hangs(place: Path) -> bool:
    """Has an act there not returned yet that was given up?"""
    with _guard:
        hand = _left.get(place)
        if hand is not None and not hand.is_alive():
            _left.pop(place, None)
            return False
        return hand is not None


class _Hand(threading.Thread):
    """Does what it is given, one act after the other; never kept for at the end of the process."""

    def __init__(self) -> None:
        super().__init__(name="hand", daemon=True)
        self._acts: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self.start()

    def do(self, place: Path, act: Callable[[], object], seconds: float) -> tuple[Any, BaseException | None]:
        self._acts.put(act)
        try:
            return self._ended.get(timeout=seconds)
        except queue.Empty:
            with _guard:
                _left[place] = self
            self.end()
            raise Hung from None

    def begin(self, act: Callable[[], object]) -> None:
        self._acts.put(act)
        self.end()

    def end(self) -> None:
        """After the act it is at."""
        self._acts.put(None)

    def run(self) -> None:
        while (act := self._acts.get()) is not None:
            try:
                ended: tuple[Any, BaseException | None] = (act(), None)
            except BaseException as error:  # raised again by whoever waits
                ended = (None, error)
            self._ended.put(ended)
            del act, ended  # an open file is closed by its last holder


# Whoever holds it may come again: the collector may find a file that was dropped half read, and closing that is an act too.
_guard = threading.RLock()
_idle: list[_Hand] = []
_left: dict[Path, _Hand] = {}


def _taken() -> _Hand:
    with _guard, contextlib.suppress(IndexError):
        return _idle.pop()
    return _Hand()


def _give_back(hand: _Hand) -> None:
    with _guard:
        if len(_idle) < IDLE_MAX:
            _idle.append(hand)
            return
    hand.end()


def _anew() -> None:
    """A forked child has the list, not the threads."""
    _idle.clear()
    _left.clear()
    _guard.release()


os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_anew)
