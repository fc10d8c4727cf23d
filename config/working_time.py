"""Working hours: how many lie between two moments, and the moment after so many of them (screens.md 6.3)."""

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from config.working_days import Calendar

Span = tuple[time, time]
OFFICE: tuple[Span, ...] = ((time(9), time(12)), (time(13), time(18)))
_DAY = timedelta(days=1)
_NONE = timedelta()


@dataclasses.dataclass(frozen=True)
class WorkingTime:
    """The hours of a region's offices on its working days. ``hours``: spans of one day, in order, none into the next."""

    calendar: Calendar
    zone: ZoneInfo
    hours: tuple[Span, ...] = OFFICE

    def on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans worked on a day; none on a day off."""
        if not self.calendar.is_workday(day):
            return []
        return [(datetime.combine(day, start, self.zone), datetime.combine(day, end, self.zone)) for start, end in self.hours]

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; nothing where ``end`` is not later."""
        last = end.astimezone(self.zone).date()
        days = takewhile(lambda day: day <= last, self._days(start))
        return sum((_common(span, (start, end)) for day in days for span in self.on(day)), _NONE)

    def after(self, start: datetime, work: timedelta) -> datetime:
        """The first moment by which ``work`` has been worked since ``start``; in the site's zone. Raises ValueError below nothing."""
        if work < _NONE:
            raise ValueError("working time is counted forward")
        if work == _NONE:
            return start.astimezone(self.zone)
        for day in self._days(start):
            for begins, ends in self.on(day):
                here = _common((begins, ends), (start, ends))
                if here >= work:
                    return max(begins, start).astimezone(self.zone) + work
                work -= here
        raise AssertionError("days do not end")

    def share(self, day: date, start: datetime, end: datetime) -> float:
        """How much of a day's working time lies between two moments, 0 to 1; 0 on a day off."""
        spans = self.on(day)
        whole = sum((end - begin for begin, end in spans), _NONE)
        return sum((_common(span, (start, end)) for span in spans), _NONE) / whole if whole else 0.0

    def _days(self, start: datetime) -> Iterator[date]:
        day = start.astimezone(self.zone).date()
        while True:
            yield day
            day += _DAY


def _common(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> timedelta:
    return max(_NONE, min(one[1], other[1]) - max(one[0], other[0]))
