"""Roads that cannot be called, and times a bank said it will be away: shared by every node."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from connector.ledger.rows import AnyRow
from connector.ledger.tick_tables import breaker, outage
from connector.moments import moment


def find(tx: Connection, institution: str, road: str) -> AnyRow | None:
    """The calls that failed in a row on this road; none where the last one did not."""
    return tx.execute(select(breaker).where(_of(institution, road))).one_or_none()


def failed(tx: Connection, institution: str, road: str, failures: int, until: datetime, code: str, now: datetime) -> None:
    """The last of so many calls in a row certainly failed; it is not called by itself before ``until``."""
    said = {"failures": failures, "until": moment(until), "code": code}
    if tx.execute(update(breaker).where(_of(institution, road)).values(**said)).rowcount == 0:
        tx.execute(insert(breaker).values(institution=institution, road=road, since=moment(now), **said))


def mended(tx: Connection, institution: str, road: str) -> None:
    """It was called and answered."""
    tx.execute(delete(breaker).where(_of(institution, road)))


def failing(tx: Connection) -> Sequence[AnyRow]:
    """Every road whose last call failed."""
    return tx.execute(select(breaker).order_by(breaker.c.institution, breaker.c.road)).all()


def add_outage(tx: Connection, institution: str, starts_at: datetime, ends_at: datetime, reason: str, now: datetime) -> None:
    """Two persons agreed that a bank will be away."""
    said = {"institution": institution, "starts_at": moment(starts_at), "ends_at": moment(ends_at), "reason": reason}
    tx.execute(insert(outage).values(**said, agreed_at=moment(now)))


def outages(tx: Connection, institution: str, ending_after: datetime) -> Sequence[AnyRow]:
    """What was agreed and is not over by then, in order of beginning."""
    here = and_(outage.c.institution == institution, outage.c.ends_at > moment(ending_after))
    return tx.execute(select(outage).where(here).order_by(outage.c.starts_at)).all()


def all_outages(tx: Connection, ending_after: datetime) -> Sequence[AnyRow]:
    """The same of all banks."""
    here = outage.c.ends_at > moment(ending_after)
    return tx.execute(select(outage).where(here).order_by(outage.c.institution, outage.c.starts_at)).all()


def _of(institution: str, road: str) -> ColumnElement[bool]:
    return and_(breaker.c.institution == institution, breaker.c.road == road)
