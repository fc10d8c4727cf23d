"""How long an act may take: one thread a line hangs up on a peer that takes longer, however many acts go over it.

A socket's own timeout is not enough: a peer that sends a byte now and then never trips it. A timer for each act would cost more than
the act.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_NEVER = float("inf")


class Watch:
    """``with watch.at_most(30.0): …``; after that ``hang_up`` is called and ``late`` says so. One act at a time."""

    def __init__(self, hang_up: Callable[[], None]) -> None:
        self._hang_up = hang_up
        self._turn = threading.Condition()
        self._due = _NEVER  # when the act under way has taken too long
        self._wakes = _NEVER  # when the thread looks next
        self._thread: threading.Thread | None = None
        self._ended = False
        self.late = False

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """One act."""
        self._begin(time.monotonic() + seconds)
        try:
            yield
        finally:
            self._due = _NEVER

    def end(self) -> None:
        """The line is let go: nothing is watched any more."""
        with self._turn:
            self._ended = True
            self._turn.notify()

    def _begin(self, due: float) -> None:
        self._due = due
        if due < self._wakes:
            with self._turn:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._look, name="sftp-watch", daemon=True)
                    self._thread.start()
                self._turn.notify()

    def _look(self) -> None:
        with self._turn:
            while not self._ended:
                due = self._due  # read once: the next act may set a nearer one, and wakes us only where we sleep beyond it
                left = due - time.monotonic()
                if left <= 0:
                    self.late = True
                    break
                self._wakes = due
                self._turn.wait(None if left == _NEVER else left)
                self._wakes = _NEVER
            else:
                return
        self._hang_up()
