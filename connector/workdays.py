"""Working days and deadlines: data by year; a deadline into a year without a confirmed list is provisional and says so."""

import dataclasses
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from bank_profiles.language.service import Service

# The years whose list the State Council has published; holidays' data agree with it, make-up working days (调休) included.
CONFIRMED_YEARS = frozenset({2024, 2025, 2026})


@dataclasses.dataclass(frozen=True)
class Deadline:
    """When an answer is due, and whether the calendar on the way there is certain."""

    at: datetime
    provisional: bool


@lru_cache(maxsize=1)
def _china() -> "holidays.HolidayBase":
    return holidays.country_holidays("CN", years=range(2024, 2030))


def is_workday(day: date) -> bool:
    """A working day in China: weekdays that are no holiday, and make-up days."""
    return bool(_china().is_working_day(day))


def due(service: Service, at: datetime, zone: ZoneInfo, workdays: int | None = None) -> Deadline:
    """When a bank must have answered what it got (or should have got) at ``at``; ``workdays`` where the site has its own count."""
    if workdays is not None:
        return deadline(at, workdays, "workdays", zone)
    within = service.reply_within
    return deadline(at, within.number, within.unit, zone)


def deadline(sent_at: datetime, count: int, unit: str, zone: ZoneInfo) -> Deadline:
    """``count`` workdays end with that day; seconds, minutes, hours and days run from the moment of sending."""
    if not unit.startswith("workday"):
        return Deadline(sent_at + timedelta(**{unit: count}), provisional=False)
    day = sent_at.astimezone(zone).date()
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    end = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)
    return Deadline(end, provisional=day.year not in CONFIRMED_YEARS)
