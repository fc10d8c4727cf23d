"""Lanes side by side, each in a thread of its own: one that does not come back in time is left to itself, and nobody waits for it.

What is left so works on, holding its lane, as long as the process lives: no other takes the lane meanwhile. A process that ends gives it
time to come to an end; what is cut off all the same is like a crash, and the next pass finishes it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

AT_ONCE = 8  # lanes served side by side by one process
LANE_S = 900.0  # how long a pass waits for a lane; every road has ends of its own, this is for what nobody foresaw
END_S = 6 * 3600.0  # how long a process that ends waits for the lanes it left

T = TypeVar("T")


def passes(executor: Executor, lanes: Mapping[str, Callable[[], T]]) -> Iterator[tuple[str, T | None]]:
    """Each lane with what it came to, as they come; None for one that was not waited for."""
    waiting, at_work = deque(lanes.items()), dict[Future[T], tuple[str, float]]()
    while waiting or at_work:
        while waiting and len(at_work) < AT_ONCE:
            name, work = waiting.popleft()
            at_work[executor.submit(work)] = name, time.monotonic() + LANE_S
        wait(at_work, max(0.0, min(end for _, end in at_work.values()) - time.monotonic()), FIRST_COMPLETED)
        for future, (name, end) in list(at_work.items()):
            if future.done() or time.monotonic() >= end:
                del at_work[future]
                yield name, future.result() if future.done() else None


class LaneThreads(Executor):
    """A thread for each piece of work; none keeps the process from ending."""

    def __init__(self) -> None:
        self._at_work: set[Future[Any]] = set()

    def submit(self, work: Callable[..., T], /, *args: Any, **more: Any) -> Future[T]:
        """Begin at once: how many are at work is counted by who hands them out."""
        future: Future[T] = Future()
        self._at_work.add(future)
        future.add_done_callback(self._at_work.discard)
        threading.Thread(target=_work, args=(future, lambda: work(*args, **more)), name="lane", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 (all have begun)
        """Wait for what was left, as long as that may take."""
        if wait:
            _until_done(set(self._at_work))


def _until_done(left: set[Future[Any]]) -> None:
    wait(left, END_S)


def _work(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # told to whoever asks for the result
        future.set_exception(error)
