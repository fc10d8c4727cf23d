"""A year's list of holidays is taken in by two persons; with it every open deadline is looked at again, in the same transaction."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.holiday_list import HolidayList, read_holiday_list
from config.working_days import YearList
from connector.ledger import calendars, people
from connector.ledger.rows import AnyRow, Tx

ACT = "take-calendar"


def ask(tx: Tx, path: Path, *, reason: str, by: str, now: datetime) -> int | None:
    """Ask that the list in this file rules; the number of the request, none where this very file rules already. Raises BadSettings."""
    taken, digest = read_holiday_list(path), hashlib.sha256(path.read_bytes()).hexdigest()
    newest = calendars.newest(tx, taken.region, taken.year)
    if newest is not None and newest.digest == digest:
        return None
    return people.ask(tx, at=now, act=ACT, subject=_subject(taken, digest), reason=reason, by=by)


def carry_out(tx: Tx, request: AnyRow, now: datetime) -> int:
    """Two persons agreed: the list is the next version of its region and year; that version."""
    said = request.subject
    days = [frozenset(date.fromisoformat(day) for day in said[key]) for key in ("holidays", "working")]
    taken = YearList(said["region"], said["year"], 0, days[0], days[1], said["source"])
    return calendars.add(tx, taken, digest=said["digest"], by=request.asked_by, agreed_by=request.decided_by, now=now)


def _subject(taken: HolidayList, digest: str) -> dict[str, Any]:
    days = taken.as_list()
    return {
        "region": taken.region,
        "year": taken.year,
        "source": taken.source,
        "holidays": sorted(day.isoformat() for day in days.off),
        "working": sorted(day.isoformat() for day in days.working),
        "digest": digest,
    }
