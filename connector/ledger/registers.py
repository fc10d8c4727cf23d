"""The register of recipients as it stands: households by number and programme, and the papers that end with their aid."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from connector.authorization import ASKABLE
from connector.ledger.inquiries import in_parts
from connector.ledger.register_tables import recipient, recipient_person, register_sheet
from connector.ledger.rows import AnyRow
from connector.ledger.tables import authorization, inquiry, member
from connector.moments import moment

ON, ENDING, STOPPED, REFUSED = "on", "ending", "stopped", "refused"  # ENDING: until the day its aid ends
RECEIVES = (ON, ENDING)
Home = tuple[str, str]  # (household number, programme)


# ---------------------------------------------------------------- sheets
def sheet_of(tx: Connection, centre: str, month: str, digest: str) -> AnyRow | None:
    """The taking of the file with this digest as the register of a month, if there was one."""
    here = and_(register_sheet.c.centre == centre, register_sheet.c.month == month, register_sheet.c.digest == digest)
    return tx.execute(select(register_sheet).where(here)).one_or_none()


def newest_month(tx: Connection, centre: str) -> str | None:
    """The month of the newest register taken (2026-12); none before the first."""
    month: str | None = tx.execute(select(func.max(register_sheet.c.month)).where(register_sheet.c.centre == centre)).scalar_one()
    return month


def add_sheet(tx: Connection, **columns: Any) -> int:
    """Write down one taking; its id."""
    return int(tx.execute(insert(register_sheet).values(**columns).returning(register_sheet.c.id)).scalar_one())


# ---------------------------------------------------------------- households
def known(tx: Connection, centre: str, homes: Iterable[Home]) -> dict[Home, AnyRow]:
    """The rows of these households, those that have one."""
    wanted = set(homes)
    found: dict[Home, AnyRow] = {}
    for some in in_parts(number for number, _ in wanted):
        query = select(recipient).where(recipient.c.centre == centre, recipient.c.household_no.in_(some))
        found |= {(row.household_no, row.programme): row for row in tx.execute(query)}
    return {home: found[home] for home in wanted if home in found}


def receiving(tx: Connection, centre: str) -> int:
    """How many households are on the register."""
    query = select(func.count()).where(recipient.c.centre == centre, recipient.c.state.in_(RECEIVES))
    return tx.execute(query).scalar_one()


def listing(tx: Connection, centre: str, household_no: str | None = None) -> Sequence[AnyRow]:
    """The households of the register (or one, in every programme), by number."""
    query = select(recipient).where(recipient.c.centre == centre)
    if household_no is not None:
        query = query.where(recipient.c.household_no == household_no)
    return tx.execute(query.order_by(recipient.c.household_no, recipient.c.programme)).all()


def standing(tx: Connection, centre: str) -> list[AnyRow]:
    """(programme, state, month, households) of the whole register, in order."""
    columns = (recipient.c.programme, recipient.c.state, recipient.c.month)
    query = select(*columns, func.count().label("households")).where(recipient.c.centre == centre)
    return list(tx.execute(query.group_by(*columns).order_by(*columns)))


def add(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Households not known before; their ids in the order given."""
    if not rows:
        return []
    written = tx.execute(insert(recipient).returning(recipient.c.id, sort_by_parameter_order=True), [dict(row) for row in rows])
    return [int(key) for key in written.scalars()]


def change(tx: Connection, keys: Collection[int], **values: Any) -> None:
    """Set columns of these households."""
    for some in in_parts(keys):
        tx.execute(update(recipient).where(recipient.c.id.in_(some)).values(**values))


def set_persons(tx: Connection, persons: Mapping[int, Collection[bytes]]) -> None:
    """Who lives in these households, as the register says now."""
    for some in in_parts(persons):
        tx.execute(delete(recipient_person).where(recipient_person.c.recipient.in_(some)))
    rows = [{"recipient": key, "person_index": index} for key, indexes in persons.items() for index in sorted(indexes)]
    if rows:
        tx.execute(insert(recipient_person), rows)


def persons(tx: Connection, keys: Collection[int]) -> dict[int, set[bytes]]:
    """Household → its persons (keyed indexes), where the register names any."""
    found: dict[int, set[bytes]] = {}
    for some in in_parts(keys):
        for row in tx.execute(select(recipient_person).where(recipient_person.c.recipient.in_(some))):
            found.setdefault(row.recipient, set()).add(bytes(row.person_index))
    return found


def over(tx: Connection, centre: str, today: date) -> Sequence[AnyRow]:
    """Households whose last day of aid has come."""
    here = and_(recipient.c.centre == centre, recipient.c.state == ENDING, recipient.c.ends_on <= today)
    return tx.execute(select(recipient).where(here).order_by(recipient.c.id)).all()


def settle(tx: Connection, keys: Collection[int], state: str, *, who: str, now: datetime) -> None:
    """These households are in this state from now on."""
    change(tx, keys, state=state, state_at=moment(now), state_by=who)


# ---------------------------------------------------------------- their papers
def papers(tx: Connection, centre: str, homes: Mapping[Home, date]) -> dict[Home, list[int]]:
    """Household → its authorizations in force, all signed on or before the day given: a paper signed after aid ended is another's."""
    first = func.min(member.c.signed_on)
    query = (
        select(authorization.c.id, authorization.c.household_no, authorization.c.programme, first.label("signed_on"))
        .join(member, member.c.authorization == authorization.c.id)
        .where(authorization.c.centre == centre, authorization.c.state.in_([*ASKABLE]))
        .group_by(authorization.c.id, authorization.c.household_no, authorization.c.programme)
    )
    found: dict[Home, list[int]] = {}
    for some in in_parts(number for number, _ in homes):
        for row in tx.execute(query.where(authorization.c.household_no.in_(some))):
            home = (row.household_no, row.programme)
            if home in homes and row.signed_on <= homes[home]:
                found.setdefault(home, []).append(int(row.id))
    return found


def named(tx: Connection, centre: str, homes: Collection[Home]) -> dict[Home, set[bytes]]:
    """Household → the persons (keyed indexes) its papers in force name; one without such a paper is not in it."""
    columns = (authorization.c.household_no, authorization.c.programme, member.c.person_index)
    query = (
        select(*columns)
        .join(member, member.c.authorization == authorization.c.id)
        .where(authorization.c.centre == centre, authorization.c.state.in_([*ASKABLE]))
    )
    found: dict[Home, set[bytes]] = {}
    for some in in_parts(number for number, _ in homes):
        for row in tx.execute(query.where(authorization.c.household_no.in_(some))):
            if (row.household_no, row.programme) in homes:
                found.setdefault((row.household_no, row.programme), set()).add(bytes(row.person_index))
    return found


def members_under(tx: Connection, keys: Collection[int]) -> list[AnyRow]:
    """Everybody of the inquiries that cite these papers and were not withdrawn, asked whole or not at all: (id, inquiry, gathered_at)."""
    found: dict[int, AnyRow] = {}
    for some in in_parts(keys):
        citing = (
            select(member.c.inquiry)
            .join(inquiry, inquiry.c.id == member.c.inquiry)
            .where(member.c.authorization.in_(some), inquiry.c.withdrawn_at.is_(None))
        )
        query = select(member.c.id, member.c.inquiry, inquiry.c.gathered_at).join(inquiry, inquiry.c.id == member.c.inquiry)
        found |= {row.id: row for row in tx.execute(query.where(member.c.inquiry.in_(citing)))}
    return [found[key] for key in sorted(found)]
