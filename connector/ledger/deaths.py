"""Lists of deaths: whom of ours they name, found by the keyed index alone, and who is held back while a list waits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from connector.authorization import ASKABLE
from connector.ledger.inquiries import in_parts
from connector.ledger.people_tables import approval
from connector.ledger.register_tables import death, death_list
from connector.ledger.rows import AnyRow
from connector.ledger.tables import authorization, inquiry, member, roster_line
from connector.moments import moment

HELD, STOPPED, DIFFERS, ANOTHER = "held", "stopped", "differs", "another"  # DIFFERS: the name does; ANOTHER: a person said so


def list_of(tx: Connection, centre: str, digest: str) -> AnyRow | None:
    """The list with this digest, if it was taken."""
    return tx.execute(select(death_list).where(death_list.c.centre == centre, death_list.c.digest == digest)).one_or_none()


def find_list(tx: Connection, key: int) -> AnyRow | None:
    """A list by its number."""
    return tx.execute(select(death_list).where(death_list.c.id == key)).one_or_none()


def lists(tx: Connection, centre: str) -> Sequence[AnyRow]:
    """All lists, newest first."""
    return tx.execute(select(death_list).where(death_list.c.centre == centre).order_by(death_list.c.id.desc())).all()


def agreed(tx: Connection, centre: str) -> list[int]:
    """The lists that two persons agreed and that were not carried out yet."""
    here = and_(death_list.c.centre == centre, death_list.c.done_at.is_(None), approval.c.state == "agreed")
    query = select(death_list.c.id).join(approval, approval.c.id == death_list.c.approval).where(here)
    return list(tx.execute(query.order_by(death_list.c.id)).scalars())


def add_list(tx: Connection, **columns: Any) -> int:
    """Write down a list; its number."""
    return int(tx.execute(insert(death_list).values(**columns).returning(death_list.c.id)).scalar_one())


def set_list(tx: Connection, key: int, **values: Any) -> None:
    """Change columns of a list."""
    tx.execute(update(death_list).where(death_list.c.id == key).values(**values))


def add(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down the persons of ours a list names."""
    if rows:
        tx.execute(insert(death), [dict(row) for row in rows])


def of_list(tx: Connection, key: int, *states: str) -> Sequence[AnyRow]:
    """The persons of ours a list names (in these states), by row."""
    query = select(death).where(death.c.list == key)
    return tx.execute((query.where(death.c.state.in_(states)) if states else query).order_by(death.c.row)).all()


def settle(tx: Connection, keys: Collection[int], state: str, *, who: str, now: datetime) -> None:
    """What was decided of these."""
    for some in in_parts(keys):
        values = {"state": state, "state_at": moment(now), "state_by": who}
        tx.execute(update(death).where(death.c.id.in_(some)).values(**values))


# ---------------------------------------------------------------- whom they name
def newest_records(tx: Connection, centre: str, indexes: Collection[bytes]) -> dict[bytes, AnyRow]:
    """Person → the newest record kept of them here (inquiry, place, sealed, data_key), those who have one."""
    newest = select(func.max(member.c.id)).where(member.c.centre == centre).group_by(member.c.person_index)
    found: dict[bytes, AnyRow] = {}
    for some in in_parts(indexes):
        query = select(member).where(member.c.id.in_(newest.where(member.c.person_index.in_(some))))
        found |= {bytes(row.person_index): row for row in tx.execute(query)}
    return found


def papers(tx: Connection, centre: str, indexes: Collection[bytes]) -> list[int]:
    """The authorizations in force that these persons signed."""
    query = (
        select(authorization.c.id)
        .join(member, member.c.authorization == authorization.c.id)
        .where(authorization.c.centre == centre, authorization.c.state.in_([*ASKABLE]))
        .distinct()
    )
    return sorted(
        {key for some in in_parts(indexes) for key in tx.execute(query.where(member.c.person_index.in_(some))).scalars()}
    )


def asked_about(tx: Connection, centre: str, indexes: Collection[bytes]) -> list[int]:
    """These persons in every inquiry that was gathered and not withdrawn (member ids)."""
    query = (
        select(member.c.id)
        .join(inquiry, inquiry.c.id == member.c.inquiry)
        .where(member.c.centre == centre, inquiry.c.gathered_at.is_not(None), inquiry.c.withdrawn_at.is_(None))
    )
    return [key for some in in_parts(indexes) for key in tx.execute(query.where(member.c.person_index.in_(some))).scalars()]


def households(tx: Connection, centre: str, indexes: Collection[bytes]) -> dict[bytes, list[str]]:
    """Person → the numbers of the households they stand in, in order."""
    query = (
        select(member.c.person_index, inquiry.c.household_no)
        .join(inquiry, inquiry.c.id == member.c.inquiry)
        .where(member.c.centre == centre)
        .distinct()
        .order_by(inquiry.c.household_no)
    )
    found: dict[bytes, list[str]] = {}
    for some in in_parts(indexes):
        for row in tx.execute(query.where(member.c.person_index.in_(some))):
            found.setdefault(bytes(row.person_index), []).append(row.household_no)
    return found


# ---------------------------------------------------------------- who is held back
def _held() -> Select[Any]:
    """Persons of lists that wait for a second person, or were agreed and are about to be carried out."""
    waits = and_(death.c.state == HELD, approval.c.state.in_(["waiting", "agreed"]))
    return (
        select(death.c.person_index)
        .join(death_list, death_list.c.id == death.c.list)
        .join(approval, approval.c.id == death_list.c.approval)
        .where(waits)
    )


def held(tx: Connection, indexes: Collection[bytes]) -> set[bytes]:
    """Which of these persons nothing is sent about for now."""
    found: set[bytes] = set()
    for some in in_parts(indexes):
        found.update(bytes(index) for index in tx.execute(_held().where(death.c.person_index.in_(some))).scalars())
    return found


def held_inquiries(tx: Connection) -> set[int]:
    """Inquiries that wait for their place, a person of which is held back."""
    query = (
        select(member.c.inquiry)
        .join(inquiry, inquiry.c.id == member.c.inquiry)
        .where(inquiry.c.gathered_at.is_(None), inquiry.c.withdrawn_at.is_(None), member.c.person_index.in_(_held()))
    )
    return set(tx.execute(query.distinct()).scalars())


def held_positions(tx: Connection, roster: int, first: int = 0, lines: int | None = None) -> set[int]:
    """Positions of a roster (or of a range of it) whose household has a person held back: asked whole or not at all."""
    if tx.execute(_held().limit(1)).first() is None:
        return set()
    homes = select(member.c.inquiry).where(member.c.person_index.in_(_held()))
    query = (
        select(roster_line.c.position)
        .join(member, member.c.id == roster_line.c.member)
        .where(roster_line.c.roster == roster, roster_line.c.position >= first, member.c.inquiry.in_(homes))
    )
    if lines is not None:
        query = query.where(roster_line.c.position < first + lines)
    return {int(position) for position in tx.execute(query).scalars()}


def to_look_at(tx: Connection, centre: str) -> dict[str, int]:
    """How many persons wait for somebody to look: name differs, and held; by state."""
    query = (
        select(death.c.state, func.count())
        .join(death_list, death_list.c.id == death.c.list)
        .outerjoin(approval, approval.c.id == death_list.c.approval)
        .where(death.c.centre == centre, death.c.state.in_([DIFFERS, HELD]))
        .where(or_(death.c.state == DIFFERS, approval.c.state.in_(["waiting", "agreed"])))
    )
    return {state: int(persons) for state, persons in tx.execute(query.group_by(death.c.state))}


def without_paper(tx: Connection, centre: str) -> list[str]:
    """Households with a member who died that have no paper in force since."""
    stopped = select(death.c.person_index).where(death.c.centre == centre, death.c.state == STOPPED)
    homes = (
        select(inquiry.c.household_no)
        .join(member, member.c.inquiry == inquiry.c.id)
        .where(inquiry.c.centre == centre, member.c.person_index.in_(stopped))
    )
    in_force = select(authorization.c.household_no).where(authorization.c.centre == centre, authorization.c.state.in_([*ASKABLE]))
    query = select(inquiry.c.household_no).where(
        inquiry.c.household_no.in_(homes), inquiry.c.household_no.not_in(in_force), inquiry.c.centre == centre
    )
    return list(tx.execute(query.distinct().order_by(inquiry.c.household_no)).scalars())
