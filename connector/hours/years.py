"""The calendar as a person checks it against the notice: each year's days off and make-up days, where they are from, what is missing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from config.working_days import CONFIRMED_HERE, Calendar, YearList, built_in
from connector.ledger import calendars
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts, problem

_DAY = timedelta(days=1)


def shown(tx: Tx, parts: Parts, today: date, year: int | None = None) -> dict[str, Any]:
    """Schema ``calendar/1``: the lists that rule here, every version that was taken in, and the years without a list.

    ``year``: only this one; without it, the built-in years, those taken in and the next.
    """
    calendar, taken = calendars.of_region(tx, parts.region), calendars.imports(tx, year)
    years = {year} if year else {*CONFIRMED_HERE, *(row.year for row in taken), today.year, today.year + 1}
    return {
        "schema": "calendar/1",
        "region": parts.region,
        "years": [_year(calendar, each) for each in sorted(years)],
        "taken": [_import(row) for row in taken],
    }


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """T602 for ``connector status``, once for each year into which open deadlines reach, and this one, where its list is not known."""
    calendar, today = calendars.of_region(tx, parts.region), parts.day(now)
    missing = {each for each in (*calendars.provisional_years(tx), today.year) if not calendar.confirmed(each)}
    return [{**provisional(each), "alarm": each <= today.year} for each in sorted(missing)]


def provisional(year: int) -> dict[str, str]:
    """T602 in words, and what is to be done."""
    return problem(
        "deadline-provisional",
        f"{year} 年放假安排未导入，期限为暂定。通知公布后请导入：connector calendar take 文件",
        f"the {year} holiday list is missing; deadlines in it are provisional. When it is published: connector calendar take FILE",
    )


def _year(calendar: Calendar, year: int) -> dict[str, Any]:
    lists = [one for one in calendar.lists if one.year == year]
    if not calendar.confirmed(year):
        lists = [built_in(year), *lists]
    days = [date(year, 1, 1) + _DAY * n for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    return {
        "year": year,
        "confirmed": calendar.confirmed(year),
        "working_days": sum(map(calendar.is_workday, days)),
        "lists": [_list(one) for one in lists],
    }


def _list(one: YearList) -> dict[str, Any]:
    return {
        "region": one.region,
        "version": one.version,
        "source": one.source,
        "off": spans(one.off),
        "working": sorted(day.isoformat() for day in one.working),
    }


def _import(row: AnyRow) -> dict[str, Any]:
    names = ("region", "year", "version", "source", "digest", "imported_at", "imported_by", "agreed_by")
    return {name: getattr(row, name) for name in names}


def spans(days: Iterable[date]) -> list[str]:
    """Days as a notice writes them: 2026-10-01..2026-10-07, or one alone."""
    found = list[list[date]]()
    for day in sorted(days):
        if found and day - found[-1][-1] == _DAY:
            found[-1].append(day)
        else:
            found.append([day])
    return [span[0].isoformat() if len(span) == 1 else f"{span[0]}..{span[-1]}" for span in found]
