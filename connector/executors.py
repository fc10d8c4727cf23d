"""Where heavy steps run when not in this process: a pool of processes of this machine, or a Dask cluster; chosen by one setting.

A piece of work is a name and ids. The process that does it opens the deployment from its folder, once for as long as nothing there
changed; secrets are read from that folder and never sent. What ended badly comes back as its class and words, so that whoever asked
meets what it would have met here; a fault of ours comes back as its kind and place.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import secrets
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from config.running import Heavy as HeavySettings
from config.settings import secret_file
from connector import private_memory
from connector.parts import Parts
from connector.steps import conclude, gather, settle
from connector.steps.elsewhere import FaultElsewhere, Ids, WorkerDied

WORK: dict[str, Callable[..., Any]] = {
    "cut": gather.cut_one,
    "settle": settle.settle_file,
    "report": conclude.report_on,
}
_OURS = ("connector.", "config.", "bank_profiles.", "transports.", "reconciliation.")
_SENT = (str, int, float, list, tuple, dict)  # of an error's words
CONNECT_S = 10  # until a cluster answers
LET_BE_S = 30.0  # one that did not is not called again before
_OPEN_AT_ONCE = 2  # deployments a process keeps open: a pass that still runs, and the next


@dataclasses.dataclass(frozen=True)
class Piece:
    """What is sent: ids, and where the deployment lies. ``joined`` changes when it is to be opened anew; ``at``: ISO 8601."""

    folder: str
    joined: str
    work: str
    ids: Ids
    at: str


@dataclasses.dataclass(frozen=True)
class Done:
    """What comes back: counts, or what stopped it, taken apart (an error that wants more than words to be made cannot be sent whole)."""

    came: Any = None
    kind: type[Exception] | None = None
    said: tuple[str, ...] = ()
    words: dict[str, Any] = dataclasses.field(default_factory=dict)


class Elsewhere:
    """connector.steps.elsewhere.Heavy over an executor that is begun at its first piece and again after it broke."""

    def __init__(self, folder: Path, begin: Callable[[], Executor]) -> None:
        self._folder, self._pool, self._joined = str(folder.resolve()), _Pool(begin), secrets.token_hex(8)

    def begin(self, work: str, ids: Ids, now: datetime) -> "Future[Any]":
        """See Heavy."""
        outcome: Future[Any] = Future()
        piece = Piece(self._folder, self._joined, work, ids, now.isoformat())
        try:
            executor = self._pool.running()
            executor.submit(work_on, piece).add_done_callback(lambda ended: self._tell(executor, ended, outcome))
        except _BROKEN as broken:
            self._pool.give_up()
            outcome.set_exception(WorkerDied(type(broken).__name__))
        return outcome

    def anew(self) -> "Elsewhere":
        """See Heavy."""
        other = object.__new__(Elsewhere)
        other._folder, other._pool, other._joined = self._folder, self._pool, secrets.token_hex(8)
        return other

    def close(self) -> None:
        """The processes end."""
        self._pool.give_up()

    def _tell(self, executor: Executor, ended: "Future[Done]", outcome: "Future[Any]") -> None:
        try:
            done = ended.result()
        except BaseException as broken:  # whatever it is, nothing came back
            self._pool.give_up(executor)
            outcome.set_exception(WorkerDied(type(broken).__name__))
            return
        if done.kind is None:
            outcome.set_result(done.came)
        else:
            outcome.set_exception(_put_together(done.kind, done))


class _Pool:
    """The executor, while it works. One that could not be begun is not tried again at once: the lanes of all banks would wait in turn."""

    def __init__(self, begin: Callable[[], Executor]) -> None:
        self._begin, self._running, self._guard = begin, list[Executor](), threading.Lock()
        self._not_before, self._why = 0.0, ""

    def running(self) -> Executor:
        """Raises OSError, or what its beginning raises."""
        with self._guard:
            if not self._running and time.monotonic() < self._not_before:
                raise OSError(self._why)
            if not self._running:
                try:
                    self._running.append(self._begin())
                except _BROKEN as away:
                    self._not_before, self._why = time.monotonic() + LET_BE_S, type(away).__name__
                    raise
            return self._running[0]

    def give_up(self, broken: Executor | None = None) -> None:
        """The next piece begins another; ``broken``: only if it is still this one."""
        with self._guard:
            if not self._running or broken not in (None, self._running[0]):
                return
            gone = self._running.pop()
        gone.shutdown(wait=False, cancel_futures=True)


def heavy_of(folder: Path, said: HeavySettings) -> Elsewhere | None:
    """What the settings choose; none: heavy steps run in this process. Nothing is begun yet. Raises BadSettings at the first piece."""
    if said.processes is not None:
        return Elsewhere(folder, lambda: _processes(said.processes or 1))
    if said.dask is not None:
        return Elsewhere(folder, lambda: _cluster(folder, said))
    return None


def _processes(count: int) -> Executor:
    """Begun afresh, never forked: this process has threads, and keys in its memory."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_process)


def _begin_process() -> None:
    """An interrupt is for whoever handed the work out; when that one is gone, nobody waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _cluster(folder: Path, said: HeavySettings) -> Executor:
    """A client of a scheduler that runs already. Raises OSError where it does not answer."""
    import distributed

    dask: Any = distributed  # it comes without types
    guarded = None
    if said.dask is not None and said.dask.startswith("tls:"):
        guarded = dask.Security(
            require_encryption=True,
            tls_ca_file=str(folder / (said.authority or "")),
            tls_client_cert=str(folder / (said.certificate or "")),
            tls_client_key=str(secret_file(folder, (said.key or "").removeprefix("secret:"))),
        )
    client = dask.Client(said.dask, security=guarded, set_as_default=False, name="connector", timeout=CONNECT_S)
    executor: Executor = _OfCluster(client)
    return executor


class _OfCluster(Executor):
    """Dask's own executor, whose client ends with it."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> "Future[Any]":
        """Dask sends each piece to a worker that is free, and to another where that one dies."""
        future: Future[Any] = self._executor.submit(work, *args, **more)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 (what was begun may end there)
        """Hang up."""
        threading.Thread(target=self._client.close, daemon=True).start()  # not from a callback of its own


_BROKEN = (BrokenExecutor, CancelledError, OSError, RuntimeError)


# ---------------------------------------------------------------- in the other process
_moment = threading.local()
_open: dict[tuple[str, str], Parts] = {}
_opening = threading.Lock()


def work_on(piece: Piece) -> Done:
    """One piece of work, in a process of its own. Never raises: what stopped it is told."""
    private_memory.keep()
    now = datetime.fromisoformat(piece.at)
    try:
        with _at(now):
            return Done(came=WORK[piece.work](_parts(piece), *piece.ids, now))
    except Exception as error:
        return _told(error)


def _parts(piece: Piece) -> Parts:
    """The deployment, opened by this process for as long as nothing of it changed."""
    from connector.assembly import Deployment

    with _opening:
        wanted = piece.folder, piece.joined
        if wanted not in _open:
            opened = Deployment.open(Path(piece.folder), lambda: datetime.fromisoformat(_moment.at)).parts
            _open[wanted] = dataclasses.replace(opened, heavy=None)
            while len(_open) > _OPEN_AT_ONCE:
                del _open[next(iter(_open))]
        return _open[wanted]


@contextlib.contextmanager
def _at(now: datetime) -> Iterator[None]:
    """The time of a piece is that of whoever handed it out."""
    _moment.at = now.isoformat()
    yield


def _told(error: Exception) -> Done:
    """Errors of ours by class and words; any other by kind and place, for its words might repeat a person's data."""
    if type(error).__module__.startswith(_OURS):
        words = {key: value for key, value in vars(error).items() if isinstance(value, _SENT)}
        return Done(kind=type(error), said=tuple(each for each in error.args if isinstance(each, str)), words=words)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}, {Path(frame.filename).name}:{frame.lineno}"
    return Done(kind=FaultElsewhere, said=(what,), words={"what": what})


def _put_together(kind: type[Exception], done: Done) -> Exception:
    error = kind.__new__(kind, *done.said)
    error.args = done.said
    vars(error).update(done.words)
    return error
