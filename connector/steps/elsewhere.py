"""A heavy piece of work, done here or elsewhere: a function by its name and ids alone, so that no person's data is sent anywhere.

Whoever does it opens the deployment's folder itself (connector/executors.py). What comes back are counts, or what stopped it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Protocol, TypeVar

Ids = tuple[int | str | tuple[int, ...], ...]
T = TypeVar("T")
ELSEWHERE = "held by another"  # what is counted of a piece that another process did meanwhile


class Heavy(Protocol):
    """Other processes, of this machine or of a cluster, that do pieces of work."""

    def begin(self, work: str, ids: Ids, now: datetime) -> "Future[Any]":
        """Handed out; the future gives what it came to, or raises what stopped it, or WorkerDied."""

    def anew(self) -> "Heavy":
        """The same processes, which open the deployment again before their next piece: its connections, profiles or keys changed."""


class Powered(Protocol):
    """Parts, as far as this room needs them."""

    @property
    def heavy(self) -> Heavy | None:
        """Where heavy steps run; none: in this process."""


class WorkerDied(Exception):
    """Ours: the process that did it is gone, or the cluster does not answer. Nothing is half done; another pass does it again."""

    code = "worker-died"

    def __init__(self, what: str) -> None:
        """``what``: the kind of the failure, no more."""
        super().__init__(what)
        self.en = (
            f"a process for heavy steps died or cannot be reached ({what}); nothing is half done and the next pass does it again."
            " If it lasts, look at memory and at heavy in service.yaml"
        )
        self.zh = f"执行重活的进程已退出或无法到达（{what}）；没有做到一半的结果，下一轮会重做。如持续，请检查内存与 service.yaml 的 heavy"


class FaultElsewhere(Exception):
    """A fault of ours in another process, told by its kind and place alone: what it says might repeat a person's data."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def begun(parts: Powered, work: str, pieces: Sequence[tuple[Ids, Callable[[], T]]], now: datetime) -> Iterator[Callable[[], T]]:
    """Each piece (its ids; the same work in this process) as what gives its result, or raises what stopped it, or WorkerDied.

    Elsewhere all are begun at once; here each when it is asked for.
    """
    heavy = parts.heavy
    if heavy is None:
        return iter([here for _, here in pieces])
    return iter([heavy.begin(work, ids, now).result for ids, _ in pieces])


def done(parts: Powered, work: str, ids: Ids, now: datetime, here: Callable[[], T]) -> T:
    """What one piece came to. Raises what stopped it; WorkerDied."""
    return next(begun(parts, work, [(ids, here)], now))()
