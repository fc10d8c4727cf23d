"""A bank's lane: at most one node works for a bank at a time, and what an overtaken one still tries is refused.

The lock dies with its holder: on PostgreSQL an advisory lock of a connection of its own, on SQLite a lock on a file in
the deployment's folder; nothing is to be swept after a crash. The epoch grows each time the lane is taken and is the
fencing token: a holder that lost the lane without noticing (stopped, cut off) fails in its next write transaction, which
``fenced`` begins by asking ``still``.
Through a connection pooler, advisory locks need session pooling.
"""

import contextlib
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from connector.ledger.errors import LedgerError
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from connector.ledger.tables import lane


@dataclass(frozen=True)
class Lane:
    """A lane that is held: ``epoch`` goes with every attempt made under it."""

    institution: str
    epoch: int


@contextlib.contextmanager
def hold(ledger: Ledger, institution: str, folder: Path) -> Iterator[Lane | None]:
    """Hold the lane of a bank for the length of the block; none when another holds it.

    ``folder``: the deployment's, which holds the lock files (``lanes/``, made when missing) when the ledger is SQLite.
    """
    lock = _file_lock(folder / "lanes", institution) if ledger.on_sqlite else _advisory_lock(ledger, institution)
    with lock as ours:
        if not ours:
            yield None
            return
        with ledger.begin() as tx:
            epoch = _next_epoch(tx, institution)
        yield Lane(institution, epoch)


def still(tx: Tx, institution: str, epoch: int) -> bool:
    """Whether nobody took the lane since ``epoch``. True in a write transaction, it stays true until the commit."""
    return tx.execute(select(lane.c.epoch).where(lane.c.institution == institution)).scalar_one_or_none() == epoch


def held_by_anybody(tx: Tx, institution: str) -> bool:
    """Whether a lane is held now, asked without taking it. PostgreSQL alone can tell; on SQLite it is said to be."""
    if tx.engine.dialect.name == "sqlite":
        return True
    key = _key(institution)
    high, low = key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF
    asked = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint = :high AND objid::bigint = :low"
    )
    return int(tx.execute(asked, {"high": high, "low": low}).scalar_one()) > 0


class LaneLost(LedgerError):
    """Another node took the lane meanwhile: what this pass still had to write is theirs to find out. Nothing changed."""

    code = "lane-lost"


class _Fenced(Ledger):
    """A ledger seen from within a lane: every write transaction begins by asking whether the lane is still ours."""

    def __init__(self, ledger: Ledger, held: Lane) -> None:  # the engine and its hooks are the other's
        self.engine, self.outside, self._held = ledger.engine, ledger, held
        self._right_edition = True

    @contextlib.contextmanager
    def begin(self) -> Iterator[Tx]:
        with super().begin() as tx:
            if not still(tx, self._held.institution, self._held.epoch):
                raise LaneLost(
                    "another node has taken this lane over; this pass ends and changes nothing more",
                    "此工作已由另一节点接手，本次到此为止，不再改动",
                )
            yield tx


def fenced(ledger: Ledger, held: Lane) -> Ledger:
    """The ledger for a pass within a lane. Its ``begin`` raises LaneLost once another holds the lane."""
    return _Fenced(ledger, held)


def outside(ledger: Ledger) -> Ledger:
    """The ledger past the fence: for what came in and must not be lost, whoever holds the lane now."""
    return ledger.outside if isinstance(ledger, _Fenced) else ledger


def _next_epoch(tx: Tx, institution: str) -> int:
    ours = lane.c.institution == institution
    last: int | None = tx.execute(select(lane.c.epoch).where(ours)).scalar_one_or_none()
    if last is None:
        tx.execute(lane.insert().values(institution=institution, epoch=1))
        return 1
    tx.execute(lane.update().where(ours).values(epoch=last + 1))
    return last + 1


def _key(institution: str) -> int:
    digest = hashlib.sha256(f"lane {institution}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextlib.contextmanager
def _advisory_lock(ledger: Ledger, institution: str) -> Iterator[bool]:
    """A session lock on a connection of its own, so that no pool keeps it."""
    lock = {"key": _key(institution)}
    with ledger.alone() as connection:
        ours = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), lock).scalar_one()
        try:
            yield ours
        finally:
            if ours:  # the server sees a closed connection a moment later; the next holder need not wait for that
                with contextlib.suppress(OperationalError):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), lock)


_held_here: set[Path] = set()  # a record lock is the process's own: its threads ask here
_guard = threading.Lock()


@contextlib.contextmanager
def _file_lock(folder: Path, institution: str) -> Iterator[bool]:
    """A POSIX record lock: unlike flock, a forked child does not keep it alive after its parent's death."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder.resolve() / f"{quote(institution, safe='')}.lock"
    with _guard:
        ours = path not in _held_here
        _held_here.add(path)
    if not ours:
        yield False
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)
        with _guard:
            _held_here.discard(path)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either for "held by another"
        return False
    return True
