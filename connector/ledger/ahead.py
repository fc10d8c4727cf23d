"""What is still to be done at each bank: lines that wait for a place, packages that wait to go, packages the bank holds. For the forecast."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from connector.ledger import media
from connector.ledger.figure_tables import tally
from connector.ledger.register_tables import register_round, round_household
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import batch, inquiry, member, roster, roster_line, unasked
from connector.lifecycle import State
from connector.moments import moment

_NOT_YET = ("not_answered", "pending", "technical_failure")


def open_batches(tx: Tx) -> Sequence[AnyRow]:
    """Batches the bank has not answered, urgent ones first: columns of the batch, ``kind``, ``programme`` of its roster, ``on_medium``."""
    columns = [column for column in batch.c if column.name != "vector"]
    ended = [State.ANSWERED, State.RECALLED, State.REJECTED]
    carried = batch.c.id.in_(media.carried()).label("on_medium")
    joined = select(*columns, roster.c.kind, roster.c.programme, roster.c.urgent, carried).join(
        roster, roster.c.id == batch.c.roster
    )
    return tx.execute(joined.where(batch.c.state.not_in(ended)).order_by(roster.c.urgent.desc(), batch.c.id)).all()


def left_out(tx: Tx, rosters: Collection[int] | None = None) -> dict[str, int]:
    """Institution → lines of answered batches that are still without an answer: they come by themselves or are asked again."""
    rows = tx.execute(select(batch.c.institution, batch.c.roster, batch.c.counts).where(batch.c.state == State.ANSWERED))
    found: dict[str, int] = {}
    for row in rows:
        if rosters is None or row.roster in rosters:
            silent = sum(row.counts.get(word, 0) for word in _NOT_YET)
            found[row.institution] = found.get(row.institution, 0) + silent
    return {institution: lines for institution, lines in found.items() if lines}


def uncut(tx: Tx) -> Sequence[tuple[AnyRow, str, int]]:
    """(roster, institution, lines) that have neither a package nor a reason not to be asked; urgent rosters first."""
    done: dict[tuple[int, str], int] = {}
    live = select(batch.c.roster, batch.c.institution, func.sum(batch.c.lines)).where(batch.c.state != State.RECALLED)
    noted = select(unasked.c.roster, unasked.c.institution, func.count()).group_by(unasked.c.roster, unasked.c.institution)
    for query in (live.group_by(batch.c.roster, batch.c.institution), noted):
        for key, institution, lines in tx.execute(query):
            done[key, institution] = done.get((key, institution), 0) + int(lines)
    rows = tx.execute(select(roster).order_by(roster.c.urgent.desc(), roster.c.id)).all()
    waits = ((row, code, row.lines - done.get((row.id, code), 0)) for row in rows for code in row.institutions)
    return [(row, code, lines) for row, code, lines in waits if lines > 0]


def ungathered(tx: Tx, intake: int | None = None) -> int:
    """Persons of inquiries that have no place in a roster yet (of one intake)."""
    here = and_(inquiry.c.gathered_at.is_(None), inquiry.c.withdrawn_at.is_(None))
    if intake is not None:
        here = and_(here, inquiry.c.intake == intake)
    return tx.execute(
        select(func.count()).select_from(member.join(inquiry, member.c.inquiry == inquiry.c.id)).where(here)
    ).scalar_one()


def find_round(tx: Tx, centre: str, key: int) -> AnyRow | None:
    """One round of this centre by its number."""
    here = and_(register_round.c.id == key, register_round.c.centre == centre)
    return tx.execute(select(register_round).where(here)).one_or_none()


def rosters_of_round(tx: Tx, key: int) -> set[int]:
    """The rosters that hold a household of this round."""
    asked = select(round_household.c.inquiry).where(round_household.c.round == key, round_household.c.inquiry.is_not(None))
    query = select(roster_line.c.roster).join(member, member.c.id == roster_line.c.member).where(member.c.inquiry.in_(asked))
    return set(tx.execute(query.distinct()).scalars())


def answered_since(tx: Tx, since: datetime) -> Sequence[Mapping[str, Any]]:
    """Batches delivered since a moment that were answered: institution, delivered_at, lines, and the last whole answer's moment."""
    query = select(tally.c.institution, tally.c.delivered_at, tally.c.spans, batch.c.lines).join(
        batch, batch.c.id == tally.c.batch
    )
    rows = tx.execute(query.where(tally.c.delivered_at >= moment(since)).order_by(tally.c.batch))
    return [
        {
            "institution": row.institution,
            "delivered_at": row.delivered_at,
            "lines": row.lines,
            "whole_at": max(at for at, _ in row.spans),
        }
        for row in rows
        if row.spans
    ]
