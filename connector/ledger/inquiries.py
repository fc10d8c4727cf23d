"""Sheets taken in, the households they asked about, and their persons: written once, found again by keyed indexes."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, insert, select

from connector.ledger.rows import AnyRow
from connector.ledger.tables import inquiry, intake, member

T = TypeVar("T")

AT_ONCE = 5000  # values in one IN list; SQLite allows 32766, PostgreSQL 65535

_STANDING = inquiry.c.withdrawn_at.is_(None)
_OPEN = and_(_STANDING, inquiry.c.concluded_at.is_(None))


def intake_of(tx: Connection, centre: str, digest: str) -> AnyRow | None:
    """The intake of the file with this digest, if this centre took it in before."""
    return tx.execute(select(intake).where(intake.c.centre == centre, intake.c.digest == digest)).one_or_none()


def add_intake(tx: Connection, **columns: Any) -> int:
    """Write down one sheet; its id."""
    return int(tx.execute(insert(intake).values(**columns).returning(intake.c.id)).scalar_one())


def standing(tx: Connection, centre: str, household_keys: Collection[str]) -> list[AnyRow]:
    """The inquiries of these households that were not withdrawn, oldest first."""
    columns = (
        inquiry.c.id,
        inquiry.c.household_key,
        inquiry.c.application_date,
        inquiry.c.fingerprint,
        inquiry.c.gathered_at,
        inquiry.c.concluded_at,
    )
    query = select(*columns).where(inquiry.c.centre == centre, _STANDING).order_by(inquiry.c.id)
    return [row for some in in_parts(household_keys) for row in tx.execute(query.where(inquiry.c.household_key.in_(some)))]


def open_of_persons(tx: Connection, centre: str, person_indexes: Collection[bytes]) -> list[AnyRow]:
    """In which open inquiries of this centre these persons stand: (person_index, inquiry, household_key, appeal)."""
    query = (
        select(member.c.person_index, inquiry.c.id.label("inquiry"), inquiry.c.household_key, inquiry.c.appeal)
        .join(inquiry, member.c.inquiry == inquiry.c.id)
        .where(inquiry.c.centre == centre, _OPEN)
    )
    return [row for some in in_parts(person_indexes) for row in tx.execute(query.where(member.c.person_index.in_(some)))]


def add_inquiries(tx: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write inquiries; their ids in the order given."""
    if not rows:
        return []
    written = tx.execute(insert(inquiry).returning(inquiry.c.id, sort_by_parameter_order=True), rows)
    return [int(key) for key in written.scalars()]


def add_members(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write the persons of inquiries."""
    if rows:
        tx.execute(insert(member), rows)


def in_parts(values: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """Values a few thousand at a time, each once, in a fixed order where they have one."""
    all_values = list(dict.fromkeys(values))
    return (all_values[at : at + size] for at in range(0, len(all_values), size))
