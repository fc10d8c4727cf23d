"""Reading what is counted: the counters, the tallies of batches that are not due yet, closed months, arrivals; no person in any of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, select

from connector.ledger.figure_tables import closed_month, counter, line_event, tally
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import batch, inbound, inquiry, report
from connector.moments import moment

Cell = tuple[str, str, str, str, str]  # month, institution, region, kind, figure


def counters(tx: Tx, month: str | None = None) -> dict[Cell, int]:
    """The counters (of a month) that are not 0."""
    query = select(counter).where(counter.c.amount != 0)
    rows = tx.execute(query if month is None else query.where(counter.c.month == month))
    return {(row.month, row.institution, row.region, row.kind, row.figure): int(row.amount) for row in rows}


def months(tx: Tx) -> list[str]:
    """The months anything is counted in, oldest first."""
    return list(tx.execute(select(counter.c.month).where(counter.c.amount != 0).distinct().order_by(counter.c.month)).scalars())


def not_due(tx: Tx, month: str, now: datetime) -> Sequence[AnyRow]:
    """The tallies of a month's batches whose deadline is still to come: institution, region, kind, counts. Few: they are under way."""
    here = and_(tally.c.month == month, tally.c.due_at > moment(now))
    return tx.execute(select(tally.c.institution, tally.c.region, tally.c.kind, tally.c.counts).where(here)).all()


def due(tx: Tx, month: str, now: datetime, institution: str | None = None) -> Sequence[AnyRow]:
    """The tallies of a month (and bank) that count now: those without a deadline, and those whose deadline has come."""
    here = and_(tally.c.month == month, func.coalesce(tally.c.due_at, "") <= moment(now))
    if institution is not None:
        here = and_(here, tally.c.institution == institution)
    query = select(tally, batch.c.number, batch.c.lines).join(batch, batch.c.id == tally.c.batch).where(here)
    return tx.execute(query.order_by(tally.c.institution, tally.c.batch)).all()


def of_batch(tx: Tx, key: int) -> AnyRow | None:
    """The tally of one batch."""
    return tx.execute(select(tally).where(tally.c.batch == key)).one_or_none()


# ---------------------------------------------------------------- what came in
def files(tx: Tx, begins: str, ends: str) -> Sequence[AnyRow]:
    """Institution → answer files that came between two moments: how many, with problems, refused whole. Duplicates are left out."""
    bad = case((inbound.c.state.in_(["refused", "rows-parked"]), 1), else_=0)
    refused = case((inbound.c.state == "refused", 1), else_=0)
    here = and_(
        inbound.c.arrived_at >= begins, inbound.c.arrived_at < ends, inbound.c.state.in_(["opened", "refused", "rows-parked"])
    )
    columns = (func.count().label("files"), func.sum(bad).label("bad"), func.sum(refused).label("refused"))
    return tx.execute(select(inbound.c.institution, *columns).where(here).group_by(inbound.c.institution)).all()


def rows_read(tx: Tx, begins: str, ends: str) -> dict[str, tuple[int, int]]:
    """Institution → rows of the answers that came between two moments, and those of them nobody could read."""
    here = and_(line_event.c.what == "edition", line_event.c.at >= begins, line_event.c.at < ends)
    query = select(batch.c.institution, line_event.c.detail).join(batch, batch.c.id == line_event.c.batch).where(here)
    found: dict[str, tuple[int, int]] = {}
    for row in tx.execute(query):
        rows, parked = found.get(row.institution, (0, 0))
        found[row.institution] = rows + row.detail.get("rows", 0), parked + row.detail.get("parked", 0)
    return found


def last_answers(tx: Tx) -> dict[str, str]:
    """Institution → when its last answer came that was read."""
    query = select(batch.c.institution, func.max(batch.c.answered_at)).where(batch.c.answered_at.is_not(None))
    return {row[0]: row[1] for row in tx.execute(query.group_by(batch.c.institution))}


def programmes(tx: Tx, begins: str, ends: str) -> Sequence[AnyRow]:
    """Region × programme → households received between two moments, re-reviews (appeals) among them, and those with a report by now."""
    here = and_(inquiry.c.received_at >= begins, inquiry.c.received_at < ends, inquiry.c.withdrawn_at.is_(None))
    again = func.sum(case((inquiry.c.appeal, 1), else_=0)).label("appeals")
    reported = func.count(inquiry.c.concluded_at).label("reported")
    query = select(inquiry.c.region, inquiry.c.programme, func.count().label("households"), again, reported).where(here)
    return tx.execute(query.group_by(inquiry.c.region, inquiry.c.programme).order_by(inquiry.c.region, inquiry.c.programme)).all()


def reports_made(tx: Tx, begins: str, ends: str) -> Sequence[AnyRow]:
    """Region × programme → households whose report was made between two moments, by the newest version; with gaps among them."""
    here = and_(report.c.made_at >= begins, report.c.made_at < ends)
    newest = (
        select(report.c.inquiry, func.max(report.c.version).label("version")).where(here).group_by(report.c.inquiry).subquery()
    )
    joined = newest.join(report, and_(report.c.inquiry == newest.c.inquiry, report.c.version == newest.c.version)).join(
        inquiry, inquiry.c.id == newest.c.inquiry
    )
    gaps = func.sum(case((report.c.complete, 0), else_=1)).label("with_gaps")
    query = select(inquiry.c.region, inquiry.c.programme, func.count().label("reports"), gaps).select_from(joined)
    return tx.execute(query.group_by(inquiry.c.region, inquiry.c.programme)).all()


# ---------------------------------------------------------------- months that are closed
def revisions(tx: Tx, month: str) -> Sequence[AnyRow]:
    """The closed figures of a month, first to last revision."""
    return tx.execute(select(closed_month).where(closed_month.c.month == month).order_by(closed_month.c.revision)).all()


def closed(tx: Tx) -> dict[str, int]:
    """Month → its newest revision."""
    query = select(closed_month.c.month, func.max(closed_month.c.revision)).group_by(closed_month.c.month)
    return {row[0]: int(row[1]) for row in tx.execute(query)}


def close(tx: Tx, month: str, revision: int, now: datetime, by: str, reason: str, cells: Mapping[str, Any]) -> None:
    """Keep the figures of a month; they never change."""
    values = {"month": month, "revision": revision, "closed_at": moment(now), "closed_by": by, "reason": reason}
    tx.execute(insert(closed_month).values(**values, cells=dict(cells)))
