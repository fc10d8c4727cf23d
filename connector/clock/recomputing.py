"""Open deadlines are looked at again when the calendar or the rules changed; each that moved is written down with both its days.

Idempotent: a second look finds nothing. What a bank holds is counted from the proof of it; what was not sent yet only where it hung on
a year without a list, because a deadline that persons set is theirs.
"""

import dataclasses
from datetime import datetime
from typing import Any

from connector.appeals.receiving import recheck_due
from connector.clock import deadlines
from connector.clock.deadlines import Deadline
from connector.ledger import appeals, audit, calendars, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse
from connector.steps.parts import STEPPER, Parts

TAKEN, AGAIN = "calendar-taken", "recomputed"


def recompute(parts: Parts, now: datetime) -> dict[str, int]:
    """The duty: every open batch and appeal by the calendar and the rules as they stand now; how many were looked at and how many moved."""
    with parts.ledger.begin() as tx:
        return recompute_open(tx, parts, now, why=AGAIN)


def recompute_open(tx: Tx, parts: Parts, now: datetime, *, why: str, who: str = STEPPER) -> dict[str, int]:
    """The same within a transaction; the calendar is read in it. ``why``: what made the clock look."""
    parts = dataclasses.replace(parts, calendar=calendars.of_region(tx, parts.region))
    looked = moved = 0
    for row in calendars.open_batches(tx):
        until = _due(tx, parts, row)
        if until is None:
            continue
        looked += 1
        if (moment(until.at), until.provisional) != (row.due_at, bool(row.provisional)):
            moved += 1
            _write(tx, row, until, now, why, who)
    for row in appeals.listing(tx, parts.centre, appeals.OPEN):
        until = recheck_due(parts, row.received_on, row)
        looked += 1
        if (moment(until.at), until.provisional) != (row.due_at, bool(row.provisional)):
            moved += 1
            _write_appeal(tx, row, until, now, why, who)
    return {"looked": looked, "moved": moved}


def _due(tx: Tx, parts: Parts, row: AnyRow) -> Deadline | None:
    """None where it is not the clock's to say."""
    bank = parts.banks.working.get(row.institution)
    if bank is None:
        return None
    began = deadlines.began_at(parts, row)
    if began is None and row.provisional:
        began = parse(row.sealed_at)
    return None if began is None else deadlines.of_batch(tx, parts, bank, row, began)


def _write(tx: Tx, row: AnyRow, until: Deadline, now: datetime, why: str, who: str) -> None:
    calendars.note_change(tx, row, after=until.at, provisional=until.provisional, why=why, now=now)
    rosters.set_batch(tx, row.id, now=now, due_at=moment(until.at), provisional=until.provisional)
    audit.of_batch(tx, row, at=now, who=who, what="deadline-moved", detail=_detail(row, until, why))


def _write_appeal(tx: Tx, row: AnyRow, until: Deadline, now: datetime, why: str, who: str) -> None:
    calendars.note_change(tx, row, after=until.at, provisional=until.provisional, why=why, now=now, appeal=True)
    appeals.set_due(tx, row.id, until.at, provisional=until.provisional)
    detail = _detail(row, until, why)
    audit.record(tx, at=now, who=who, what="deadline-moved", centre=row.centre, subject=f"appeal {row.id}", detail=detail)


def _detail(row: AnyRow, until: Deadline, why: str) -> dict[str, Any]:
    return {"before": row.due_at, "after": moment(until.at), "provisional": until.provisional, "why": why}
