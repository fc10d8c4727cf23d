"""Which households may have a report made now: told by their batches alone, so that nobody's dossier is opened in vain.

What is found here is a little more than what is settled; the dossier decides (connector/reports/lines.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, true, update

from connector.ledger import rosters
from connector.ledger.appeals import news_of_corrections
from connector.ledger.rows import AnyRow
from connector.ledger.stop_tables import asked_again, stopped_line
from connector.ledger.tables import batch, inquiry, member, read_mark, report, roster, roster_line, unasked
from connector.lifecycle import State
from connector.moments import moment

NEVER_SENT_MAX = timedelta(days=7)  # a bank whose connection stays broken does not keep a household from its report
_REPORTS = "reports"
_OVER = (State.EXPIRED, State.REJECTED, State.RECALLED)
_PLACES = batch.join(
    roster_line,
    and_(
        roster_line.c.roster == batch.c.roster,
        roster_line.c.position >= batch.c.first,
        roster_line.c.position < batch.c.first + batch.c.lines,
    ),
).join(member, roster_line.c.member == member.c.id)


def to_conclude(tx: Connection, now: datetime, among: Collection[int] | None = None, *, urgent: bool = False) -> Sequence[AnyRow]:
    """Gathered inquiries (of those ``among``, or urgent ones alone) that may be settled and have no report, or one that has not read an answer of theirs.

    Serials are given by the ledger's only writer, so they tell what a report has read; clocks of two processes would not.
    """
    asked = and_(
        inquiry.c.gathered_at.is_not(None),
        inquiry.c.withdrawn_at.is_(None),
        true() if among is None else inquiry.c.id.in_(among),
        inquiry.c.urgent if urgent else true(),
    )
    waiting = _waiting(tx, now)
    fresh = tx.execute(select(inquiry).where(asked, inquiry.c.concluded_at.is_(None)))
    found = {row.id: row for row in fresh if row.id not in waiting}
    newest = select(func.max(report.c.read_to)).where(report.c.inquiry == inquiry.c.id).scalar_subquery()
    told = select(member.c.inquiry).select_from(_PLACES).where(batch.c.answered_serial > read_to(tx))
    news = select(batch.c.id).select_from(_PLACES).where(member.c.inquiry == inquiry.c.id, batch.c.answered_serial > newest)
    corrected = news_of_corrections().where(batch.c.answered_serial > newest)
    for why in (and_(inquiry.c.id.in_(told), news.exists()), corrected.exists()):
        rows = tx.execute(select(inquiry).where(asked, inquiry.c.concluded_at.is_not(None), why))
        found |= {row.id: row for row in rows}
    return [found[key] for key in sorted(found)]


def read_to(tx: Connection) -> int:
    """Every report has read what concerns it, up to this serial of an answer."""
    return int(tx.execute(select(read_mark.c.serial).where(read_mark.c.name == _REPORTS)).scalar() or 0)


def note_read(tx: Connection, serial: int) -> None:
    """A pass over all households made every report it should, as the ledger stood at ``serial``."""
    if tx.execute(update(read_mark).where(read_mark.c.name == _REPORTS).values(serial=serial)).rowcount == 0:
        tx.execute(insert(read_mark).values(name=_REPORTS, serial=serial))


# ---------------------------------------------------------------- who certainly still waits
def _waiting(tx: Connection, now: datetime) -> set[int]:
    """Inquiries without a report of which a line was neither answered nor given up, whatever else is known of it."""
    silent = _silent(tx, now)
    if not silent:
        return set()
    places = (
        select(member.c.inquiry, roster_line.c.roster, roster_line.c.position)
        .select_from(
            roster_line.join(member, roster_line.c.member == member.c.id).join(inquiry, member.c.inquiry == inquiry.c.id)
        )
        .where(inquiry.c.concluded_at.is_(None), inquiry.c.gathered_at.is_not(None))
    )
    return {key for key, of, position in tx.execute(places) if of in silent and silent[of][position]}


def _silent(tx: Connection, now: datetime) -> dict[int, bytearray]:
    """Roster → one byte a position: 1 where a bank has said nothing at all yet, and may still.

    Batches with a stopped line, and those asked about once more, are left to the dossier.
    """
    lines = {row.id: row.lines for row in tx.execute(select(roster.c.id, roster.c.lines).where(roster.c.kind != "again"))}
    found: dict[int, bytearray] = {}
    for of, first, count in [*_open_batches(tx, now), *_uncut(tx, now)]:
        if of in lines:
            found.setdefault(of, bytearray(lines[of]))[first : first + count] = b"\x01" * count
    return found


def _open_batches(tx: Connection, now: datetime) -> Iterable[tuple[int, int, int]]:
    apart = or_(
        exists().where(stopped_line.c.batch == batch.c.id),
        exists().where(asked_again.c.batch == batch.c.id),
    )
    may_come = and_(
        batch.c.state.not_in(_OVER),
        or_(batch.c.due_at.is_(None), batch.c.due_at >= moment(now)),
        or_(batch.c.sent_at.is_not(None), roster.c.made_at >= moment(now - NEVER_SENT_MAX)),
    )
    columns: tuple[Any, ...] = (batch.c.roster, batch.c.first, batch.c.lines, batch.c.counts)
    rows = tx.execute(select(*columns).join(roster, roster.c.id == batch.c.roster).where(may_come, ~apart))
    return [(of, first, lines) for of, first, lines, counts in rows if counts.get("not_answered", 0) == lines]


def _uncut(tx: Connection, now: datetime) -> Iterator[tuple[int, int, int]]:
    """Of rosters of late, what a bank has not been cut for: the whole, or ranges while it is being cut."""
    late = roster.c.made_at >= moment(now - NEVER_SENT_MAX)
    made = tx.execute(select(roster.c.id, roster.c.institutions, roster.c.lines).where(late)).all()
    keys = [row.id for row in made]
    known: dict[tuple[int, str], int] = defaultdict(int)
    live = and_(batch.c.roster.in_(keys), batch.c.state != State.RECALLED)
    cut = (
        select(batch.c.roster, batch.c.institution, func.sum(batch.c.lines))
        .where(live)
        .group_by(batch.c.roster, batch.c.institution)
    )
    noted = select(unasked.c.roster, unasked.c.institution, func.count()).where(unasked.c.roster.in_(keys))
    for query in (cut, noted.group_by(unasked.c.roster, unasked.c.institution)):
        for of, institution, lines in tx.execute(query):
            known[of, institution] += int(lines)
    for row in made:
        for institution in row.institutions:
            if (lines := known[row.id, institution]) == 0:
                yield row.id, 0, row.lines
            elif lines < row.lines:
                yield from ((row.id, position, 1) for position in rosters.free_positions(tx, row.id, institution))
