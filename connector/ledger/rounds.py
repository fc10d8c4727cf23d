"""Rounds of the register: which were made, who was asked in each, who was left out and why."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, or_, select, update

from connector.ledger.inquiries import in_parts
from connector.ledger.register_tables import recipient, register_round, round_household
from connector.ledger.registers import RECEIVES, Home
from connector.ledger.rows import AnyRow
from connector.ledger.tables import authorization, inquiry, member
from connector.moments import moment


def find(tx: Connection, centre: str, programme: str, period: str) -> AnyRow | None:
    """The round of a programme in a period (2026-12, 2026-Q4, 2026), if it was begun."""
    here = and_(register_round.c.centre == centre, register_round.c.programme == programme, register_round.c.period == period)
    return tx.execute(select(register_round).where(here)).one_or_none()


def every(tx: Connection, centre: str) -> Sequence[AnyRow]:
    """All rounds, oldest first."""
    return tx.execute(select(register_round).where(register_round.c.centre == centre).order_by(register_round.c.id)).all()


def begin(tx: Connection, **columns: Any) -> int:
    """Write down a round before anybody is asked in it; its id."""
    return int(tx.execute(insert(register_round).values(**columns).returning(register_round.c.id)).scalar_one())


def finish(tx: Connection, key: int, now: datetime) -> None:
    """Every household has been asked, or left out with a reason."""
    tx.execute(update(register_round).where(register_round.c.id == key).values(finished_at=moment(now)))


def candidates(
    tx: Connection, centre: str, programme: str, key: int | None, *, left_out: bool, after: int, limit: int
) -> Sequence[AnyRow]:
    """Households on the register of a programme, by id above ``after``, that have no row in this round yet.

    ``left_out``: those the round left out too. ``key``: None where the round is not begun.
    """
    done = select(round_household.c.recipient).where(round_household.c.round == key)
    if left_out:
        done = done.where(round_household.c.code.is_(None))
    here = and_(
        recipient.c.centre == centre,
        recipient.c.programme == programme,
        recipient.c.state.in_(RECEIVES),
        recipient.c.id > after,
        recipient.c.id.not_in(done),
    )
    return tx.execute(select(recipient).where(here).order_by(recipient.c.id).limit(limit)).all()


def note(tx: Connection, key: int, codes: Mapping[int, str], asked: Mapping[int, int]) -> None:
    """What became of households (recipient ids): why left out, or by which inquiry asked; what was noted before is replaced."""
    rows = [{"round": key, "recipient": each, "code": code, "inquiry": None} for each, code in codes.items()]
    rows += [{"round": key, "recipient": each, "code": None, "inquiry": by} for each, by in asked.items()]
    for some in in_parts([*codes, *asked]):
        here = and_(round_household.c.round == key, round_household.c.recipient.in_(some))
        tx.execute(round_household.delete().where(here))
    if rows:
        tx.execute(insert(round_household), rows)


def counts(tx: Connection, key: int | None) -> dict[str | None, int]:
    """How many households were left out for each reason; None: how many were asked."""
    query = select(round_household.c.code, func.count()).where(round_household.c.round == key)
    return {code: int(homes) for code, homes in tx.execute(query.group_by(round_household.c.code))}


def of_recipients(tx: Connection, keys: Collection[int]) -> dict[int, list[AnyRow]]:
    """Household (recipient id) → its rounds, oldest first: period, code, inquiry."""
    found: dict[int, list[AnyRow]] = {}
    columns = (round_household.c.recipient, register_round.c.period, round_household.c.code, round_household.c.inquiry)
    query = select(*columns).join(register_round, register_round.c.id == round_household.c.round)
    for some in in_parts(keys):
        for row in tx.execute(query.where(round_household.c.recipient.in_(some)).order_by(register_round.c.id)):
            found.setdefault(row.recipient, []).append(row)
    return found


def last_inquiries(tx: Connection, centre: str, homes: Collection[Home]) -> dict[Home, AnyRow]:
    """Household → the newest inquiry about it, appeals aside: what its round copies. One refused by gather or withdrawn counts too:
    its papers say whether they still hold."""
    newest = (
        select(func.max(inquiry.c.id))
        .where(inquiry.c.centre == centre, inquiry.c.appeal.is_(False))
        .group_by(inquiry.c.household_no, inquiry.c.programme)
    )
    found: dict[Home, AnyRow] = {}
    for some in in_parts({number for number, _ in homes}):
        query = select(inquiry).where(inquiry.c.id.in_(newest.where(inquiry.c.household_no.in_(some))))
        found |= {(row.household_no, row.programme): row for row in tx.execute(query)}
    return {home: row for home, row in found.items() if home in homes}


def members(tx: Connection, inquiries: Collection[int]) -> dict[int, list[AnyRow]]:
    """Inquiry → its members in order, with number and state of the paper each signed."""
    query = select(
        member, authorization.c.number.label("authorization_no"), authorization.c.state.label("authorization_state")
    ).join(authorization, authorization.c.id == member.c.authorization)
    found: dict[int, list[AnyRow]] = {}
    for some in in_parts(inquiries):
        for row in tx.execute(query.where(member.c.inquiry.in_(some)).order_by(member.c.inquiry, member.c.place)):
            found.setdefault(row.inquiry, []).append(row)
    return found


def unsettled(tx: Connection, centre: str) -> dict[tuple[str, str], int]:
    """(programme, period) → households left out of it, of each programme's newest round."""
    newest = select(func.max(register_round.c.id)).where(register_round.c.centre == centre).group_by(register_round.c.programme)
    out = func.sum(case((round_household.c.code.is_not(None), 1), else_=0))
    query = (
        select(register_round.c.programme, register_round.c.period, out.label("out"))
        .join(round_household, round_household.c.round == register_round.c.id)
        .where(register_round.c.id.in_(newest), or_(round_household.c.code.is_(None), round_household.c.code != ""))
        .group_by(register_round.c.programme, register_round.c.period)
    )
    return {(row.programme, row.period): int(row.out) for row in tx.execute(query) if row.out}
