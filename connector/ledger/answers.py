"""What came back: arrived files, answer editions, sealed segments, reports. Editions are only ever appended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from connector.ledger import counting
from connector.ledger.rows import AnyRow
from connector.ledger.tables import (
    authorization,
    batch,
    edition,
    inbound,
    inquiry,
    member,
    report,
    roster,
    roster_line,
    segment,
    unasked,
)
from connector.lifecycle import State
from connector.moments import moment


# ---------------------------------------------------------------- files that arrived
def taken(tx: Connection, institution: str, name: str, size: int) -> AnyRow | None:
    """The newest file of this name and size we took, acknowledged or not."""
    here = and_(inbound.c.institution == institution, inbound.c.name == name, inbound.c.size == size)
    return tx.execute(select(inbound).where(here).order_by(inbound.c.id.desc()).limit(1)).one_or_none()


def known_digest(tx: Connection, institution: str, digest: str) -> AnyRow | None:
    """An earlier arrival of the same bytes that was not refused, if any."""
    here = and_(
        inbound.c.institution == institution, inbound.c.digest == digest, inbound.c.state.not_in(["refused", "quarantined"])
    )
    return tx.execute(select(inbound).where(here).order_by(inbound.c.id).limit(1)).one_or_none()


def arrived(tx: Connection, institution: str, name: str, digest: str) -> AnyRow | None:
    """What became of these bytes under this name: their newest arrival; none while they were not taken."""
    here = and_(inbound.c.institution == institution, inbound.c.name == name, inbound.c.digest == digest)
    return tx.execute(select(inbound).where(here).order_by(inbound.c.id.desc()).limit(1)).one_or_none()


def add_inbound(
    tx: Connection,
    institution: str,
    name: str,
    size: int,
    digest: str,
    state: str,
    now: datetime,
    modified: int | None = None,
    road: str | None = None,
) -> int:
    """A file is ours: stored, synced, and now named by the ledger."""
    row = {"institution": institution, "name": name, "size": size, "digest": digest, "state": state, "modified": modified}
    key = tx.execute(insert(inbound).values(**row, road=road, arrived_at=moment(now))).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key for a new row")
    return int(key[0])


def set_inbound(tx: Connection, key: int, **values: Any) -> None:
    """Change what is known of an arrived file."""
    tx.execute(update(inbound).where(inbound.c.id == key).values(**values))


def find_inbound(tx: Connection, key: int) -> AnyRow | None:
    """One arrived file by its id."""
    return tx.execute(select(inbound).where(inbound.c.id == key)).one_or_none()


def to_settle(tx: Connection, institution: str) -> Sequence[AnyRow]:
    """Files that nobody opened yet, oldest first."""
    here = and_(inbound.c.institution == institution, inbound.c.state == "arrived")
    return tx.execute(select(inbound).where(here).order_by(inbound.c.id)).all()


def still_to_settle(tx: Connection, key: int) -> AnyRow | None:
    """A file by its number, if nobody opened it yet; in a write transaction that stays true until the commit."""
    return tx.execute(select(inbound).where(inbound.c.id == key, inbound.c.state == "arrived")).one_or_none()


def inbounds(tx: Connection, institution: str | None = None) -> Sequence[AnyRow]:
    """All arrived files (of one bank)."""
    query = select(inbound).order_by(inbound.c.id)
    return tx.execute(query if institution is None else query.where(inbound.c.institution == institution)).all()


# ---------------------------------------------------------------- editions and their segments
def editions(tx: Connection, batch_id: int) -> Sequence[AnyRow]:
    """The editions of a batch, first to last."""
    return tx.execute(select(edition).where(edition.c.batch == batch_id).order_by(edition.c.number)).all()


def add_edition(tx: Connection, batch_id: int, number: int, facts: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Append an edition. ``facts``: what is counted of it beside its outcomes (``counting.answered``)."""
    tx.execute(insert(edition).values(batch=batch_id, number=number, **values))
    counting.answered(tx, batch_id, {**values, "number": number}, facts or {})


def add_segments(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Name sealed segments that are already in the object store."""
    if rows:
        tx.execute(insert(segment), [dict(row) for row in rows])


def segments(tx: Connection, batch_id: int, number: int) -> Sequence[AnyRow]:
    """The segments of an edition, in order of position."""
    here = and_(segment.c.batch == batch_id, segment.c.edition == number)
    return tx.execute(select(segment).where(here).order_by(segment.c.kind, segment.c.first)).all()


def segment_rows(tx: Connection) -> int:
    """How many rows of holdings and movements are kept."""
    return int(tx.execute(select(func.coalesce(func.sum(segment.c.rows), 0))).scalar_one())


def newest_serial(tx: Connection) -> int:
    """The serial of the newest answer of all; 0 when there is none."""
    return int(tx.execute(select(func.coalesce(func.max(batch.c.answered_serial), 0))).scalar_one())


# ---------------------------------------------------------------- households and their reports
def members_of(tx: Connection, inquiry_id: int) -> Sequence[AnyRow]:
    """The members of a household with their places in rosters."""
    paper = member.join(authorization, member.c.authorization == authorization.c.id)
    joined = paper.join(roster_line, roster_line.c.member == member.c.id, isouter=True)
    columns = (member, authorization.c.number.label("authorization_no"), roster_line.c.roster, roster_line.c.position)
    return tx.execute(select(*columns).select_from(joined).where(member.c.inquiry == inquiry_id).order_by(member.c.place)).all()


def batches_of(tx: Connection, roster_id: int) -> Sequence[AnyRow]:
    """The batches of a roster at all its banks, those recalled left out."""
    here = and_(batch.c.roster == roster_id, batch.c.state != State.RECALLED)
    return tx.execute(select(batch).where(here).order_by(batch.c.institution, batch.c.first)).all()


def roster_row(tx: Connection, roster_id: int) -> AnyRow:
    """A roster: the banks it is asked of, and since when."""
    return tx.execute(select(roster).where(roster.c.id == roster_id)).one()


def unasked_at(tx: Connection, roster: int, position: int) -> Sequence[AnyRow]:
    """The banks this place never went to, and why."""
    here = and_(unasked.c.roster == roster, unasked.c.position == position)
    return tx.execute(select(unasked).where(here).order_by(unasked.c.institution)).all()


def latest_inquiry(tx: Connection, centre: str, household_key: str) -> AnyRow | None:
    """The newest inquiry about a household that was not withdrawn."""
    here = and_(inquiry.c.centre == centre, inquiry.c.household_key == household_key, inquiry.c.withdrawn_at.is_(None))
    return tx.execute(select(inquiry).where(here).order_by(inquiry.c.id.desc()).limit(1)).one_or_none()


def inquiries(tx: Connection, centre: str) -> Sequence[AnyRow]:
    """Every inquiry of a centre that was not withdrawn, oldest first."""
    here = and_(inquiry.c.centre == centre, inquiry.c.withdrawn_at.is_(None))
    return tx.execute(select(inquiry).where(here).order_by(inquiry.c.id)).all()


def latest_report(tx: Connection, inquiry_id: int) -> AnyRow | None:
    """The newest version of a household's report."""
    return tx.execute(
        select(report).where(report.c.inquiry == inquiry_id).order_by(report.c.version.desc()).limit(1)
    ).one_or_none()


def reports_of(tx: Connection, inquiry_id: int) -> Sequence[AnyRow]:
    """Every version of a household's report, first to last."""
    return tx.execute(select(report).where(report.c.inquiry == inquiry_id).order_by(report.c.version)).all()


def add_report(tx: Connection, inquiry_id: int, now: datetime, **values: Any) -> int:
    """Append a version of a report and mark the inquiry concluded; the version."""
    last = tx.execute(select(func.max(report.c.version)).where(report.c.inquiry == inquiry_id)).scalar() or 0
    tx.execute(insert(report).values(inquiry=inquiry_id, version=last + 1, made_at=moment(now), **values))
    tx.execute(update(inquiry).where(inquiry.c.id == inquiry_id).values(concluded_at=moment(now)))
    return int(last) + 1
