"""Ticks and nodes in the ledger: whoever inserts a tick runs it; a node says when it was last there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select, text, update

from connector.ledger import lanes
from connector.ledger.rows import AnyRow
from connector.ledger.tick_tables import node, tick
from connector.moments import moment


# ---------------------------------------------------------------- ticks
def free(tx: Connection, schedule: str, due_at: datetime, by: str, silent_since: datetime) -> bool:
    """Whether nobody inserted this tick or a later one, and no other node that is still there is at an earlier one.

    ``silent_since``: a node not seen since then is taken for dead, and what it left unended is anybody's.
    """
    for row in tx.execute(select(tick).where(tick.c.schedule == schedule)).all():
        if row.ended_at is None and row.node != by and _alive(tx, row.node, silent_since):
            return False
        if row.ended_at is not None and row.due_at >= moment(due_at):
            return False
    return True


def take(tx: Connection, schedule: str, due_at: datetime, by: str, now: datetime, silent_since: datetime) -> bool:
    """Insert a tick that is ``free``; whether it is ours to run."""
    if not free(tx, schedule, due_at, by, silent_since):
        return False
    tx.execute(delete(tick).where(tick.c.schedule == schedule))  # the last one says all that a next one must know
    tx.execute(insert(tick).values(schedule=schedule, due_at=moment(due_at), node=by, began_at=moment(now)))
    return True


def end(tx: Connection, schedule: str, due_at: datetime, by: str, counts: Mapping[str, int], now: datetime) -> None:
    """This tick was run to its end; nothing where another node took it meanwhile."""
    here = and_(tick.c.schedule == schedule, tick.c.due_at == moment(due_at), tick.c.node == by)
    tx.execute(update(tick).where(here).values(ended_at=moment(now), counts=dict(counts)))


def last(tx: Connection) -> dict[str, AnyRow]:
    """The last tick of every schedule, by its name."""
    return {row.schedule: row for row in tx.execute(select(tick))}


def open_ones(tx: Connection, silent_since: datetime, mine: str) -> tuple[set[str], set[str]]:
    """The schedules that other nodes are running, and those a node that is not there any more left unended. ``mine``: who asks."""
    running, left, there = set[str](), set[str](), dict[str, bool]()
    for row in tx.execute(select(tick.c.schedule, tick.c.node).where(tick.c.ended_at.is_(None), tick.c.node != mine)):
        if row.node not in there:
            there[row.node] = _alive(tx, row.node, silent_since)
        (running if there[row.node] else left).add(row.schedule)
    return running, left


def lock_of(name: str) -> str:
    """The lane a node holds for its life: once it is free the node is dead."""
    return f"node:{name}"


def _alive(tx: Connection, name: str, silent_since: datetime) -> bool:
    there = and_(node.c.name == name, node.c.seen_at >= moment(silent_since), node.c.stopped_at.is_(None))
    known = tx.execute(select(func.count()).select_from(node).where(there)).scalar_one() > 0
    return known and lanes.held_by_anybody(tx, lock_of(name))


# ---------------------------------------------------------------- nodes
def arrive(tx: Connection, name: str, version: str, now: datetime) -> None:
    """A node begins: what it left unended under this name in an earlier life is nobody's."""
    tx.execute(delete(tick).where(tick.c.node == name, tick.c.ended_at.is_(None)))
    tx.execute(delete(node).where(node.c.name == name))
    tx.execute(insert(node).values(name=name, started_at=moment(now), seen_at=moment(now), version=version))


def seen(tx: Connection, name: str, now: datetime, drift_s: float | None) -> None:
    """A node is there; how far its machine's clock is from the database's."""
    tx.execute(update(node).where(node.c.name == name).values(seen_at=moment(now), drift_s=drift_s))


def leave(tx: Connection, name: str, now: datetime) -> None:
    """A node says goodbye: nobody misses it."""
    tx.execute(update(node).where(node.c.name == name).values(seen_at=moment(now), stopped_at=moment(now)))


def forget(tx: Connection, name: str) -> None:
    """A node that will not come back is told no more."""
    tx.execute(delete(node).where(node.c.name == name))


def nodes(tx: Connection) -> Sequence[AnyRow]:
    """Every node that was ever there, by name."""
    return tx.execute(select(node).order_by(node.c.name)).all()


def clock_of(tx: Connection) -> datetime | None:
    """What the database's own clock says now; none on SQLite, which has none."""
    if tx.engine.dialect.name == "sqlite":
        return None
    at: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at
