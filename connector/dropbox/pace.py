"""How many calls one bank's staff may make in a minute; who makes more is told when to come again, and nobody else waits for it."""

import math
import time
from collections.abc import Callable

from connector.dropbox import problems
from connector.dropbox.problems import Refusal

CALLS_PER_MINUTE = 600
_WINDOW_S = 60.0


class Pace:
    """Counted by caller, in windows of a minute that begin with a call. Used by one thread."""

    def __init__(self, per_minute: int = CALLS_PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = per_minute, clock
        self._counted: dict[str, tuple[float, int]] = {}  # caller -> when its window began, calls in it

    def count(self, caller: str) -> None:
        """One more call. Raises Refusal 429 with Retry-After."""
        now = self._clock()
        began, calls = self._counted.get(caller, (now, 0))
        if now - began >= _WINDOW_S:
            began, calls = now, 0
        if calls >= self._most:
            wait_s = max(1, math.ceil(began + _WINDOW_S - now))
            headers = {"Retry-After": str(wait_s), "RateLimit-Policy": f'"default";q={self._most};w={_WINDOW_S:.0f}'}
            raise Refusal(429, problems.TOO_OFTEN, headers=headers)
        self._counted[caller] = began, calls + 1
