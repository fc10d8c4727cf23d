"""Lines that are not to go on, and rosters that ask again for what is missing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, select

from connector.ledger import counting
from connector.ledger.inquiries import in_parts
from connector.ledger.rows import AnyRow
from connector.ledger.stop_tables import asked_again, recall_wanted, stopped_line, stopped_member
from connector.ledger.tables import batch, inquiry, member, roster, roster_line, unasked
from connector.lifecycle import State
from connector.moments import moment

WITHDRAWN, DIED, RECALLED = "withdrawn", "died", "recalled"  # why a line is stopped


# ---------------------------------------------------------------- persons
def stop_members(tx: Connection, members: Collection[int], why: str, *, by: str, now: datetime) -> set[int]:
    """Nothing more is asked about these persons (member ids); those of them who were not stopped before."""
    fresh = set(members) - set(stopped_members(tx, members))
    row = {"why": why, "stopped_at": moment(now), "stopped_by": by}
    if fresh:
        tx.execute(insert(stopped_member), [{"member": key, **row} for key in sorted(fresh)])
    return fresh


def stopped_members(tx: Connection, members: Collection[int]) -> dict[int, str]:
    """Which of these persons were stopped, and why."""
    found: dict[int, str] = {}
    for some in in_parts(members):
        query = select(stopped_member.c.member, stopped_member.c.why).where(stopped_member.c.member.in_(some))
        found |= {row.member: row.why for row in tx.execute(query)}
    return found


def stopped_positions(tx: Connection, key: int, first: int = 0, lines: int | None = None) -> dict[int, str]:
    """Positions of a roster (or of a range of it) whose person was stopped, and why."""
    query = (
        select(roster_line.c.position, stopped_member.c.why)
        .join(stopped_member, stopped_member.c.member == roster_line.c.member)
        .where(roster_line.c.roster == key, roster_line.c.position >= first)
    )
    if lines is not None:
        query = query.where(roster_line.c.position < first + lines)
    return {int(row.position): row.why for row in tx.execute(query.order_by(roster_line.c.position))}


def places(tx: Connection, members: Collection[int]) -> Sequence[AnyRow]:
    """Where these persons stand: roster, position, the banks asked (institutions), in order."""
    found: list[AnyRow] = []
    columns = (roster_line.c.roster, roster_line.c.position, roster.c.institutions)
    for some in in_parts(members):
        query = select(*columns).join(roster, roster.c.id == roster_line.c.roster).where(roster_line.c.member.in_(some))
        found.extend(tx.execute(query.order_by(roster_line.c.roster, roster_line.c.position)))
    return found


def live_batches(tx: Connection, rosters: Collection[int]) -> Sequence[AnyRow]:
    """The batches cut from these rosters and not recalled, in order of id; without what their lines came to."""
    columns = [column for column in batch.c if column.name != "counts"]
    found: list[AnyRow] = []
    for some in in_parts(rosters):
        here = and_(batch.c.roster.in_(some), batch.c.state != State.RECALLED)
        found.extend(tx.execute(select(*columns).where(here).order_by(batch.c.id)))
    return found


def noted(tx: Connection, rosters: Collection[int]) -> set[tuple[int, int, str]]:
    """(roster, position, institution) of the lines that never go to a bank, whatever the reason."""
    found: set[tuple[int, int, str]] = set()
    for some in in_parts(rosters):
        query = select(unasked.c.roster, unasked.c.position, unasked.c.institution).where(unasked.c.roster.in_(some))
        found.update((row.roster, row.position, row.institution) for row in tx.execute(query))
    return found


def called_back(tx: Connection, since: str) -> dict[str, int]:
    """Institution → its lines a person called back for good (``recall --lines-too``) since a moment, of households not withdrawn."""
    code = unasked.c.problem["code"].as_string()
    query = (
        select(unasked.c.institution, func.count())
        .join(roster_line, and_(roster_line.c.roster == unasked.c.roster, roster_line.c.position == unasked.c.position))
        .join(member, member.c.id == roster_line.c.member)
        .join(inquiry, inquiry.c.id == member.c.inquiry)
        .where(unasked.c.noted_at >= since, code == "line-recalled", inquiry.c.withdrawn_at.is_(None))
        .group_by(unasked.c.institution)
        .order_by(unasked.c.institution)
    )
    return {str(institution): int(lines) for institution, lines in tx.execute(query)}


def persons_citing(tx: Connection, authorization: int) -> list[int]:
    """Everybody of the households that cite this authorization and were not withdrawn: asked whole or not at all."""
    households = (
        select(member.c.inquiry)
        .join(inquiry, inquiry.c.id == member.c.inquiry)
        .where(member.c.authorization == authorization, inquiry.c.withdrawn_at.is_(None))
    )
    return list(tx.execute(select(member.c.id).where(member.c.inquiry.in_(households)).order_by(member.c.id)).scalars())


# ---------------------------------------------------------------- lines
def mark(tx: Connection, key: int, positions: Collection[int], why: str, now: datetime) -> int:
    """Mark lines of a batch (positions in it, 0-based) that had gone when they were stopped; how many were not marked before."""
    fresh = sorted(set(positions) - marked(tx, key).keys())
    rows = [{"batch": key, "position": position, "why": why, "stopped_at": moment(now)} for position in fresh]
    if rows:
        tx.execute(insert(stopped_line), rows)
        counting.stopped(tx, key, fresh, why, now)
    return len(rows)


def marked(tx: Connection, key: int) -> dict[int, str]:
    """The marked lines of a batch: position in it → why."""
    query = select(stopped_line.c.position, stopped_line.c.why).where(stopped_line.c.batch == key)
    return {int(row.position): row.why for row in tx.execute(query.order_by(stopped_line.c.position))}


def marked_of(tx: Connection, batches: Collection[int]) -> Mapping[int, dict[int, str]]:
    """Batch → its marked lines; batches without one are left out."""
    found: dict[int, dict[int, str]] = {}
    for some in in_parts(batches):
        for row in tx.execute(select(stopped_line).where(stopped_line.c.batch.in_(some))):
            found.setdefault(row.batch, {})[row.position] = row.why
    return found


# ---------------------------------------------------------------- calling back
def want_back(tx: Connection, key: int, why: str, *, lines_too: bool, by: str, now: datetime) -> None:
    """A parcel that lies with a carrier is wanted back. ``lines_too``: its lines are not asked anew."""
    values = {"lines_too": lines_too, "why": why, "asked_at": moment(now), "asked_by": by}
    tx.execute(insert(recall_wanted).values(batch=key, **values))


def wanted_back(tx: Connection, key: int) -> AnyRow | None:
    """That and why a batch is wanted back: batch, lines_too, why, asked_at, asked_by; none where nobody wants it."""
    return tx.execute(select(recall_wanted).where(recall_wanted.c.batch == key)).one_or_none()


# ---------------------------------------------------------------- made anew, asked again
def given_up(tx: Connection, key: int, institution: str, first: int, lines: int) -> Sequence[AnyRow]:
    """The recalled batches of a bank that held lines of this range of a roster, newest first: id, number, problem."""
    meets = and_(batch.c.first < first + lines, batch.c.first + batch.c.lines > first)
    here = and_(batch.c.roster == key, batch.c.institution == institution, batch.c.state == State.RECALLED, meets)
    return tx.execute(select(batch.c.id, batch.c.number, batch.c.problem).where(here).order_by(batch.c.id.desc())).all()


def ask_again(tx: Connection, roster: int, key: int, why: str, *, by: str, now: datetime) -> None:
    """This roster asks about persons of that batch once more."""
    tx.execute(insert(asked_again).values(roster=roster, batch=key, why=why, asked_at=moment(now), asked_by=by))


def again_of(tx: Connection, key: int) -> Sequence[AnyRow]:
    """The rosters that ask again for what this batch left missing, first to last: roster, batch, why, asked_at, asked_by."""
    return tx.execute(select(asked_again).where(asked_again.c.batch == key).order_by(asked_again.c.roster)).all()


def being_asked_again(tx: Connection, key: int) -> set[int]:
    """Persons (member ids) of a batch about whom a further roster asks already."""
    again = select(asked_again.c.roster).where(asked_again.c.batch == key)
    return set(tx.execute(select(roster_line.c.member).where(roster_line.c.roster.in_(again))).scalars())
