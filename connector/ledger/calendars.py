"""The calendar as the ledger keeps it: every list that was taken in, by region, year and version; which deadlines moved and why."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, exists, func, insert, or_, select

from config.working_days import Calendar, YearList
from connector.ledger.calendar_tables import calendar_year, deadline_change
from connector.ledger.rows import AnyRow
from connector.ledger.stop_tables import asked_again
from connector.ledger.tables import batch, inquiry, roster
from connector.lifecycle import State
from connector.moments import moment, parse


def of_region(tx: Connection, region: str) -> Calendar:
    """The calendar that rules in ``region``: the built-in years under everything that was taken in."""
    return Calendar.of(lists(tx), region)


def lists(tx: Connection, year: int | None = None) -> list[YearList]:
    """Every list that was taken in, every version, the oldest first; of one year where it is given."""
    return [_list(row) for row in imports(tx, year)]


def imports(tx: Connection, year: int | None = None) -> Sequence[AnyRow]:
    """The rows of these lists, with who took them in and when."""
    query = select(calendar_year).order_by(calendar_year.c.year, calendar_year.c.region, calendar_year.c.version)
    return tx.execute(query if year is None else query.where(calendar_year.c.year == year)).all()


def newest(tx: Connection, region: str, year: int) -> AnyRow | None:
    """The list in force of one region and year as it was taken in; none where only the built-in one is."""
    here = (calendar_year.c.region == region, calendar_year.c.year == year)
    return tx.execute(select(calendar_year).where(*here).order_by(calendar_year.c.version.desc()).limit(1)).one_or_none()


def add(tx: Connection, taken: YearList, *, digest: str, by: str, agreed_by: str, now: datetime) -> int:
    """Write a list as the next version of its region and year, whatever ``taken.version`` says; the version."""
    here = (calendar_year.c.region == taken.region, calendar_year.c.year == taken.year)
    last = tx.execute(select(func.max(calendar_year.c.version)).where(*here)).scalar_one_or_none() or 0
    tx.execute(
        insert(calendar_year).values(
            region=taken.region,
            year=taken.year,
            version=last + 1,
            off=sorted(day.isoformat() for day in taken.off),
            working=sorted(day.isoformat() for day in taken.working),
            source=taken.source,
            digest=digest,
            imported_at=moment(now),
            imported_by=by,
            agreed_by=agreed_by,
        )
    )
    return int(last) + 1


def note_change(
    tx: Connection, row: AnyRow, *, after: datetime, provisional: bool, why: str, now: datetime, appeal: bool = False
) -> None:
    """Write down that the deadline of a batch, or of an appeal, as it still stands in ``row``, is another one."""
    tx.execute(
        insert(deadline_change).values(
            batch=None if appeal else row.id,
            appeal=row.id if appeal else None,
            changed_at=moment(now),
            before=row.due_at,
            after=moment(after),
            provisional_before=row.provisional,
            provisional=provisional,
            why=why,
        )
    )


def changes(tx: Connection, key: int | None = None) -> Sequence[AnyRow]:
    """The deadlines that moved, in the order they did; of one batch where it is given."""
    query = select(deadline_change).order_by(deadline_change.c.id)
    return tx.execute(query if key is None else query.where(deadline_change.c.batch == key)).all()


def moved(tx: Connection) -> Sequence[AnyRow]:
    """The same with the number and the bank of each batch, for persons."""
    joined = deadline_change.outerjoin(batch, deadline_change.c.batch == batch.c.id)
    query = select(deadline_change, batch.c.number, batch.c.institution).select_from(joined)
    return tx.execute(query.order_by(deadline_change.c.id)).all()


_OPEN = (State.SEALED, State.SENT, State.ACCEPTED, State.IN_DOUBT, State.HELD)


def open_batches(tx: Connection) -> Sequence[AnyRow]:
    """Every batch whose deadline may still move: it is not answered, over or taken back. With asked_kind and asked_programme."""
    asked = (roster.c.kind.label("asked_kind"), roster.c.programme.label("asked_programme"))
    query = select(batch, *asked).join(roster, batch.c.roster == roster.c.id)
    return tx.execute(query.where(batch.c.state.in_(_OPEN)).order_by(batch.c.id)).all()


def awaited(tx: Connection, institution: str | None = None) -> Sequence[AnyRow]:
    """Batches of which something may still be awaited, the earliest deadline first; not those whose lines were asked again."""
    again = exists().where(asked_again.c.batch == batch.c.id)
    partly = and_(batch.c.state == State.ANSWERED, batch.c.complete_at.is_(None))
    waits = or_(batch.c.state.in_((*_OPEN, State.EXPIRED, State.REJECTED)), partly)
    query = select(batch).where(waits, ~again, batch.c.due_at.is_not(None)).order_by(batch.c.due_at, batch.c.id)
    return tx.execute(query if institution is None else query.where(batch.c.institution == institution)).all()


def unreported(tx: Connection, centre: str) -> Sequence[AnyRow]:
    """Inquiries without their final report, neither withdrawn, first come first."""
    open_ = (inquiry.c.concluded_at.is_(None), inquiry.c.withdrawn_at.is_(None), inquiry.c.appeal.is_(False))
    columns = (inquiry.c.household_no, inquiry.c.received_at, inquiry.c.programme, inquiry.c.check_type)
    return tx.execute(select(*columns).where(inquiry.c.centre == centre, *open_).order_by(inquiry.c.id)).all()


def provisional_years(tx: Connection) -> list[int]:
    """The years in which open deadlines lie that hang on a list not known yet."""
    ends = select(batch.c.due_at).where(batch.c.provisional.is_(True), batch.c.state.in_(_OPEN), batch.c.due_at.is_not(None))
    return sorted({parse(due_at).year for due_at in tx.execute(ends.distinct()).scalars()})


def asked_as(tx: Connection, key: int) -> tuple[str, str]:
    """(kind, programme) of a roster: what its lines' limit hangs on."""
    row = tx.execute(select(roster.c.kind, roster.c.programme).where(roster.c.id == key)).one()
    return str(row.kind), str(row.programme)


def remade_from(tx: Connection, remade: AnyRow) -> list[AnyRow]:
    """The returned batches whose lines ``remade`` asks anew, mended: the last one first."""
    before: list[AnyRow] = []
    earlier = remade.remakes
    while earlier is not None:
        before.append(tx.execute(select(batch).where(batch.c.id == earlier)).one())
        earlier = before[-1].remakes
    return before


def _list(row: AnyRow) -> YearList:
    days = [frozenset(date.fromisoformat(day) for day in one) for one in (row.off, row.working)]
    return YearList(row.region, row.year, row.version, days[0], days[1], row.source)
