"""What a retired month held, and its erasure: persons, places, segments, reports go; counts and the audit stay."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from connector.ledger.appeal_tables import appeal
from connector.ledger.appeals import OPEN
from connector.ledger.proof_tables import data_key, erasure
from connector.ledger.register_tables import death, recipient
from connector.ledger.stop_tables import stopped_member
from connector.ledger.tables import batch, edition, inbound, inquiry, member, report, roster_line, segment
from connector.moments import moment

LEFT = "left"  # in the record of an erasure: objects not removed yet


def months_due(tx: Connection, cutoff: str) -> list[str]:
    """Months before ``cutoff`` (yyyy-MM) that still have living data keys and no open inquiry of that month or earlier.

    An inquiry that an undecided appeal disputes is open.
    """
    months = select(data_key.c.period).where(data_key.c.period < cutoff, data_key.c.wrapped.is_not(None)).distinct()
    closed = or_(inquiry.c.concluded_at.is_not(None), inquiry.c.withdrawn_at.is_not(None))
    disputed = select(appeal.c.original).where(appeal.c.state.in_(OPEN))
    oldest_open = tx.execute(select(func.min(inquiry.c.received_at)).where(or_(~closed, inquiry.c.id.in_(disputed)))).scalar()
    found = sorted(tx.execute(months).scalars())
    return [month for month in found if oldest_open is None or month < oldest_open[:7]]


def counts(tx: Connection, month: str) -> dict[str, int]:
    """How much there is of a month: persons, segments, reports."""
    keys = _keys(month)
    tables = {"persons": member, "segments": segment, "reports": report}
    return {
        name: tx.execute(select(func.count()).select_from(table).where(table.c.data_key.in_(keys))).scalar_one()
        for name, table in tables.items()
    }


def objects_of(tx: Connection, month: str) -> list[str]:
    """What the object store holds of a month: segments, reports, the parcels that went out and came in."""
    keys = _keys(month)
    queries = (
        select(segment.c.object).where(segment.c.data_key.in_(keys)),
        select(report.c.object).where(report.c.data_key.in_(keys)),
        select(batch.c.parcel_digest).where(batch.c.sealed_at.startswith(month)),
        select(inbound.c.digest).where(inbound.c.arrived_at.startswith(month)),
    )
    return sorted({digest for query in queries for digest in tx.execute(query).scalars()})


def erase(tx: Connection, month: str) -> None:
    """Take the rows that were about persons; batches, editions and their counts stay for the figures."""
    keys = _keys(month)
    persons = select(member.c.id).where(member.c.data_key.in_(keys))
    tx.execute(delete(roster_line).where(roster_line.c.member.in_(persons)))
    tx.execute(delete(stopped_member).where(stopped_member.c.member.in_(persons)))
    tx.execute(delete(segment).where(segment.c.data_key.in_(keys)))
    tx.execute(delete(report).where(report.c.data_key.in_(keys)))
    tx.execute(delete(member).where(member.c.data_key.in_(keys)))
    tx.execute(update(inquiry).where(inquiry.c.data_key.in_(keys)).values(sealed=b"", fingerprint=b""))
    tx.execute(delete(death).where(death.c.data_key.in_(keys)))
    tx.execute(update(recipient).where(recipient.c.data_key.in_(keys)).values(sealed=None, data_key=None))
    tx.execute(update(appeal).where(appeal.c.data_key.in_(keys)).values(sealed=b""))
    opened = select(inbound.c.id).where(inbound.c.arrived_at.startswith(month))
    tx.execute(update(edition).where(edition.c.inbound.in_(opened)).values(problems=[]))
    tx.execute(update(inbound).where(inbound.c.arrived_at.startswith(month)).values(problem=None))  # a bank's own file names


def record(tx: Connection, centre: str, region: str, what: str, found: dict[str, Any], now: datetime) -> None:
    """The line that stays: what was erased, when, how much."""
    tx.execute(insert(erasure).values(centre=centre, region=region, what=what, erased_at=moment(now), counts=found))


def unfinished(tx: Connection) -> dict[int, list[str]]:
    """Erasure -> objects it has still to remove; also one whose log was not emptied yet."""
    rows = tx.execute(select(erasure.c.id, erasure.c.counts).order_by(erasure.c.id))
    return {row.id: row.counts[LEFT] for row in rows if LEFT in row.counts}


def finish(tx: Connection, key: int) -> None:
    """Nothing of this erasure is left to do."""
    found = dict(tx.execute(select(erasure.c.counts).where(erasure.c.id == key)).scalar_one())
    found.pop(LEFT, None)
    tx.execute(update(erasure).where(erasure.c.id == key).values(counts=found))


def _keys(month: str) -> Any:
    return select(data_key.c.id).where(data_key.c.period == month)
