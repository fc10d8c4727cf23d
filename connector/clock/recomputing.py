"""Open deadlines are looked at again when the calendar or the rules changed; each that moved is written down with both its days.

Idempotent: a second look finds nothing. What a bank holds is counted from the proof of it; what was not sent yet only where it hung on
a year without a list, because a deadline that persons set is theirs.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from connector.appeals.receiving import recheck_due
from connector.hours import deadlines
from connector.hours.deadlines import Deadline
from connector.ledger import appeals, audit, breakers, calendars, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse
from connector.parts import STEPPER, Parts

TAKEN, AGAIN = "calendar-taken", "recomputed"


def recompute(parts: Parts, now: datetime) -> dict[str, int]:
    """The duty: every open batch and appeal by the calendar and the rules as they stand now; how many were looked at and how many moved."""
    with parts.ledger.read() as tx:  # mostly nothing has moved, and nobody need wait for us
        looked, moved = _look(tx, parts)
    if not moved:
        return {"looked": looked, "moved": 0}
    with parts.ledger.begin() as tx:
        return recompute_open(tx, parts, now, why=AGAIN)


def recompute_open(tx: Tx, parts: Parts, now: datetime, *, why: str, who: str = STEPPER) -> dict[str, int]:
    """The same within a transaction; the calendar is read in it. ``why``: what made the clock look."""
    looked, moved = _look(tx, parts)
    for one in moved:
        _write(tx, one, now, why, who)
    return {"looked": looked, "moved": len(moved)}


@dataclasses.dataclass(frozen=True)
class _Moved:
    """A batch, or an appeal, whose deadline is another one."""

    row: AnyRow
    until: Deadline
    appeal: bool = False


def _look(tx: Tx, parts: Parts) -> tuple[int, list[_Moved]]:
    """How many open deadlines there are that the clock may set, and those that moved."""
    parts = dataclasses.replace(parts, calendar=calendars.of_region(tx, parts.region))
    away = defaultdict[str, list[AnyRow]](list)
    for outage in breakers.all_outages(tx, deadlines.LONG_AGO):
        away[outage.institution].append(outage)
    batches = ((row, _due(tx, parts, row, away[row.institution])) for row in calendars.open_batches(tx))
    seen = [_Moved(row, until) for row, until in batches if until is not None]
    listed = appeals.listing(tx, parts.centre, appeals.OPEN)
    seen += [_Moved(row, recheck_due(parts, row.received_on, row), appeal=True) for row in listed]
    return len(seen), [one for one in seen if _stands(one.until) != (one.row.due_at, bool(one.row.provisional))]


def _stands(until: Deadline) -> tuple[str, bool]:
    return moment(until.at), until.provisional


def _due(tx: Tx, parts: Parts, row: AnyRow, away: Sequence[AnyRow]) -> Deadline | None:
    """None where it is not the clock's to say."""
    bank = parts.banks.working.get(row.institution)
    if bank is None:
        return None
    began = deadlines.began_at(parts, row)
    if began is None and row.provisional:
        began = parse(row.sealed_at)
    if began is None:
        return None
    asked, returned = (row.asked_kind, row.asked_programme), calendars.remade_from(tx, row)
    return deadlines.by_its_course(parts, bank, row, began, asked, returned, away)


def _write(tx: Tx, moved: _Moved, now: datetime, why: str, who: str) -> None:
    row, until = moved.row, moved.until
    calendars.note_change(tx, row, after=until.at, provisional=until.provisional, why=why, now=now, appeal=moved.appeal)
    detail = {"before": row.due_at, "after": moment(until.at), "provisional": until.provisional, "why": why}
    if moved.appeal:
        appeals.set_due(tx, row.id, until.at, provisional=until.provisional)
        audit.record(tx, at=now, who=who, what="deadline-moved", centre=row.centre, subject=f"appeal {row.id}", detail=detail)
    else:
        rosters.set_batch(tx, row.id, now=now, due_at=moment(until.at), provisional=until.provisional)
        audit.of_batch(tx, row, at=now, who=who, what="deadline-moved", detail=detail)
