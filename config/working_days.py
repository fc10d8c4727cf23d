"""The working-day calendar: lists by year, make-up days included; what lies beyond the confirmed years is provisional and says so.

Saturday and Sunday are off unless a list names them working (调休上班); the listed days are off. The State Council publishes a year's
list about two months ahead, so a deadline into the next year is provisional until that list is taken in. Source: domain.md 5.
"""

import dataclasses
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property, lru_cache

import holidays

NATIONAL = ""  # the region of the State Council's own list; others are prefixes of a division code: 54, 6501, 350203
CONFIRMED_HERE = range(
    2024, 2027
)  # the published lists the library was compared with, day by day (tests/config/test_working_days.py)
_DAY = timedelta(days=1)
_SATURDAY = 5
_WEEKEND_MOST = 400  # no run of days off is longer; a list that says so is not one


@dataclasses.dataclass(frozen=True)
class YearList:
    """One year's list for one region, as published or as a place added to it (an extra holiday, a closure after a storm).

    ``version``: 0 is built in. ``source``: the notice it is from; none of what is only expected.
    ``off`` and ``working``: days of that year, or of the last week of the year before, which a list may change too.
    """

    region: str
    year: int
    version: int
    off: frozenset[date]
    working: frozenset[date]
    source: str
    confirmed: bool = True


@dataclasses.dataclass(frozen=True)
class Counted:
    """Where a count of working days ended, and whether a year on the way is without a confirmed list."""

    day: date
    provisional: bool


@dataclasses.dataclass(frozen=True)
class Calendar:
    """The working days of one region. Lists of a year rule in order: what is expected, the national one, then the narrower places."""

    lists: tuple[YearList, ...] = ()
    region: str = NATIONAL

    @classmethod
    def of(cls, imported: Iterable[YearList] = (), region: str = NATIONAL) -> "Calendar":
        """The built-in years with the imported lists over them, the highest version of each; other regions' lists are left out."""
        newest: dict[tuple[str, int], YearList] = {(NATIONAL, year): built_in(year) for year in CONFIRMED_HERE}
        for one in sorted(imported, key=lambda each: each.version):
            newest[one.region, one.year] = one
        ours = (one for one in newest.values() if region.startswith(one.region))
        return cls(tuple(sorted(ours, key=lambda one: (one.year, len(one.region)))), region)

    def confirmed(self, year: int) -> bool:
        """Is this year's national list known?"""
        return year in self._confirmed

    def is_workday(self, day: date) -> bool:
        """A weekday that is not listed off, or a day listed as working."""
        said = self._said.get(day)
        if said is not None:
            return said
        if day.year not in self._confirmed:
            return _expected(day)
        return day.weekday() < _SATURDAY

    def add(self, day: date, count: int) -> Counted:
        """The ``count``-th working day after ``day``: the day after it is the first that may count; 0 gives ``day`` itself.

        Raises ValueError for a negative count, or when no working day follows for more than a year.
        """
        if count < 0:
            raise ValueError("working days are counted forward")
        end, idle = day, 0
        while count:
            end += _DAY
            works = self.is_workday(end)
            count -= works
            idle = 0 if works else idle + 1
            if idle > _WEEKEND_MOST:
                raise ValueError(f"no working day within {_WEEKEND_MOST} days after {day}")
        return Counted(end, not self.certain(day, end))

    def next_workday(self, day: date) -> date:
        """The first working day after ``day``."""
        return self.add(day, 1).day

    def workday_from(self, day: date) -> date:
        """``day`` itself where it is a working day, else the next one."""
        return day if self.is_workday(day) else self.next_workday(day)

    def between(self, day: date, end: date) -> int:
        """How many working days follow ``day``, to ``end`` inclusive; 0 where ``end`` is not after it."""
        return sum(self.is_workday(day + _DAY * step) for step in range(1, (end - day).days + 1))

    def certain(self, day: date, end: date) -> bool:
        """Is the list of every year from ``day`` to ``end`` known?"""
        return all(self.confirmed(year) for year in range(day.year, end.year + 1))

    @cached_property
    def _confirmed(self) -> frozenset[int]:
        return frozenset(one.year for one in self.lists if one.region == NATIONAL and one.confirmed)

    @cached_property
    def _said(self) -> dict[date, bool]:
        """What the lists say of a day, the later and narrower word over the earlier."""
        said: dict[date, bool] = {}
        for one in self.lists:
            said |= dict.fromkeys(one.off, False) | dict.fromkeys(one.working, True)
        return said


@lru_cache(maxsize=64)
def built_in(year: int) -> YearList:
    """What the library ``holidays`` holds of a year: published and compared for CONFIRMED_HERE, else only expected."""
    off, working = set[date](), set[date]()
    china = _china()
    day = date(year, 1, 1)
    while day.year == year:
        works, week = bool(china.is_working_day(day)), day.weekday() < _SATURDAY
        if works != week:
            (working if works else off).add(day)
        day += _DAY
    known = year in CONFIRMED_HERE
    source = f"国务院办公厅关于{year}年部分节假日安排的通知" if known else ""
    return YearList(NATIONAL, year, 0, frozenset(off), frozenset(working), source, known)


def _expected(day: date) -> bool:
    """A day of a year without a list: the festivals whose days are known from the law and the moon."""
    year = built_in(day.year)
    return day in year.working or (day.weekday() < _SATURDAY and day not in year.off)


@lru_cache(maxsize=1)
def _china() -> "holidays.HolidayBase":
    return holidays.country_holidays("CN")
