"""When a bank can be reached: its days, its hours of the day, its maintenance; when the next window opens and the next cut-off is.

All of it is local wall time of the site. A span that crosses midnight belongs to the day on which it begins, also where the day after
is a day off. Beginnings are inclusive, ends are not.
"""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.working_days import Calendar

Span = tuple[time, time]  # the second may be earlier: it is of the next day, then
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_QUARTER = timedelta(minutes=15)  # no zone changes its offset between the quarters of an hour
_FARTHEST = 500  # days that are looked at: a maintenance longer than this is the end of a bank


@dataclasses.dataclass(frozen=True)
class Weekly:
    """A maintenance of every week: Monday is 0."""

    weekday: int
    between: Span

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The span that begins on ``day``."""
        return _span(day, self.between) if day.weekday() == self.weekday else None


@dataclasses.dataclass(frozen=True)
class Window:
    """``calendar`` none: every day. ``between`` none: the whole day. ``closed``: from and until, in wall time.

    ``cut_off``: the hour until which what a bank gets still counts as got in this window, where that is before the window's end.
    """

    zone: ZoneInfo
    calendar: Calendar | None = None
    between: Span | None = None
    closed: tuple[tuple[datetime, datetime], ...] = ()
    weekly: tuple[Weekly, ...] = ()
    cut_off: time | None = None

    def is_open(self, at: datetime) -> bool:
        """May it be reached at this moment?"""
        wall = self._wall(at)
        return not self.in_maintenance(at) and any(begin <= wall < end for begin, end, _ in self._near(wall.date()))

    def in_time(self, at: datetime) -> bool:
        """Does what goes at this moment still make the cut-off of its window?"""
        wall = self._wall(at)
        return not self.in_maintenance(at) and any(begin <= wall < last for begin, _, last in self._near(wall.date()))

    def in_maintenance(self, at: datetime) -> bool:
        """Has the bank said that it does not work at this moment?"""
        wall = self._wall(at)
        if any(since <= wall < until for since, until in self.closed):
            return True
        spans = (each.on(day) for each in self.weekly for day in (wall.date() - _DAY, wall.date()))
        return any(span[0] <= wall < span[1] for span in spans if span)

    def next_open(self, at: datetime) -> datetime | None:
        """The first moment from ``at`` on, itself included, at which it is open; none where that is not within a year and more."""
        if self.is_open(at):
            return at
        return next((moment for moment in self._turns(at) if moment > at and self.is_open(moment)), None)

    def next_cut_off(self, at: datetime) -> datetime | None:
        """The first moment after ``at`` from which on what goes is too late: the cut-off, the window's end, or a maintenance.

        None where it never is: the window of a line that is always open.
        """
        return next((t for t in self._turns(at) if t > at and self.in_time(t - _TICK) and not self.in_time(t)), None)

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)

    def _near(self, day: date) -> list[tuple[datetime, datetime, datetime]]:
        """The windows that may hold a moment of ``day``."""
        return [window for one in (day - _DAY, day) if (window := self._begins_on(one))]

    def _begins_on(self, day: date) -> tuple[datetime, datetime, datetime] | None:
        """Begin, end and cut-off of the window of a day, in wall time."""
        if self.calendar is not None and not self.calendar.is_workday(day):
            return None
        begin, end = _span(day, self.between or (time(), time()))
        if self.cut_off is None:
            return begin, end, end
        last = datetime.combine(day, self.cut_off)
        if last <= begin:
            last += _DAY
        return begin, end, min(last, end)

    def _turns(self, at: datetime) -> Iterator[datetime]:
        """Every moment from the day before ``at`` on at which something may begin or end, in order, in UTC."""
        first = self._wall(at).date() - _DAY
        for step in range(_FARTHEST):
            yield from sorted(self._turns_of(first + _DAY * step))

    def _turns_of(self, day: date) -> set[datetime]:
        """Those of one day by the wall; of a day on which the clocks change, every quarter of an hour."""
        midnight = datetime.combine(day, time())
        walls = {midnight}
        for span in (*self._near(day), *self.closed, *(each.on(one) for each in self.weekly for one in (day - _DAY, day))):
            walls.update(wall for wall in span or () if wall.date() == day)
        ends = [one.replace(tzinfo=self.zone) for one in (midnight, midnight + _DAY)]
        if ends[0].utcoffset() != ends[1].utcoffset():
            walls.update(midnight + _QUARTER * quarter for quarter in range(96))
        return {wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}


def _span(day: date, between: Span) -> tuple[datetime, datetime]:
    """A span of the wall's hours that begins on ``day``; equal ends are the whole day."""
    begin, end = (datetime.combine(day, clock) for clock in between)
    return begin, end if begin < end else end + _DAY
