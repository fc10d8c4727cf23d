"""A window is open when a minute-by-minute scan says so: next opening and next cut-off, over five years and many zones."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.windows import Span, Weekly, Window
from config.working_days import Calendar

CHINA = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
Minutes = npt.NDArray[np.bool_]
CALENDAR = Calendar.of()


def wall(text: str) -> datetime:
    """A local time as a bank announces it."""
    return datetime.fromisoformat(text)


WINDOWS = {
    "office": Window(CHINA, CALENDAR, (time(8, 30), time(17)), cut_off=time(16, 30)),
    "night": Window(CHINA, CALENDAR, (time(20), time(6)), cut_off=time(2)),
    "every day, closed on Sunday night": Window(CHINA, None, None, weekly=(Weekly(6, (time(23), time(4))),)),
    "maintenance over a holiday": Window(
        CHINA,
        CALENDAR,
        (time(9), time(18)),
        closed=((wall("2026-09-30 12:00"), wall("2026-10-09 10:15")), (wall("2025-03-03 09:00"), wall("2025-03-03 18:00"))),
    ),
}


def clock(hour: int, minute: int = 0, *, day: int = 18, month: int = 9, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


# ---------------------------------------------------------------- what it promises
def test_a_day_off_is_closed_and_a_make_up_day_is_open() -> None:
    window = WINDOWS["office"]

    assert [False, True] == [window.is_open(clock(10, day=19)), window.is_open(clock(10, day=20))]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    window = WINDOWS["night"]

    assert window.is_open(clock(3, day=19))  # a Saturday off, of Friday's night
    assert not window.is_open(clock(3, day=20))  # Sunday works, but Saturday's night never began
    assert clock(20, day=20) == window.next_open(clock(3, day=20))


def test_after_the_cut_off_a_window_is_still_open_but_no_longer_in_time() -> None:
    window = WINDOWS["office"]

    assert window.is_open(clock(16, 45))
    assert not window.in_time(clock(16, 45))
    assert clock(16, 30, day=20) == window.next_cut_off(clock(16, 30))


def test_a_line_that_is_always_open_has_no_cut_off() -> None:
    window = Window(CHINA)

    assert (clock(3), None) == (window.next_open(clock(3)), window.next_cut_off(clock(3)))


def test_a_maintenance_that_does_not_end_has_no_next_opening() -> None:
    window = Window(CHINA, closed=((wall("2026-01-01 00:00"), wall("2036-01-01 00:00")),))

    assert window.next_open(clock(3)) is None


# ---------------------------------------------------------------- against a scan of every minute
class Painted:
    """Five years minute by minute, painted day by day from what the window says; nothing of the window's own arithmetic is asked."""

    FIRST, DAYS = date(2024, 1, 1), 5 * 366

    def __init__(self, window: Window) -> None:
        self.open, self.in_time = self._wall(window, late=False), self._wall(window, late=True)
        quarters = [datetime(2024, 1, 2, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range((self.DAYS - 4) * 96)]
        offsets = np.array([_offset(window.zone, at) for at in quarters]).repeat(15)
        self.began = quarters[0]
        place = 1440 + np.arange(len(offsets)) + offsets  # of the wall's minute
        self.open, self.in_time = self.open[place], self.in_time[place]

    def _wall(self, window: Window, *, late: bool) -> Minutes:
        wall = np.zeros((self.DAYS + 2) * 1440, bool)
        begin, end = window.between or (time(), time())
        for number in range(self.DAYS):
            if window.calendar is None or window.calendar.is_workday(self.FIRST + timedelta(number)):
                start, stop = number * 1440 + _minute(begin), number * 1440 + _minute(end)
                stop += 1440 * (stop <= start)
                if late and window.cut_off:
                    last = number * 1440 + _minute(window.cut_off)
                    stop = min(stop, last + 1440 * (last <= start))
                wall[start:stop] = True
        for since, until in window.closed:
            wall[self._place(since) : self._place(until)] = False
        for each in window.weekly:
            for number in range(self.DAYS):
                if (self.FIRST + timedelta(number)).weekday() == each.weekday:
                    start, stop = (number * 1440 + _minute(one) for one in each.between)
                    wall[start : stop + 1440 * (stop <= start)] = False
        return wall

    def _place(self, at: datetime) -> int:
        return int((at - datetime.combine(self.FIRST, time())) / MINUTE)

    def turns(self, minutes: Minutes, *, to: bool) -> list[datetime]:
        """The minutes at which a painted row turns to ``to``."""
        turned = np.flatnonzero((minutes[1:] == to) & (minutes[:-1] != to)) + 1
        return [self.began + MINUTE * int(place) for place in turned]


def _offset(zone: ZoneInfo, at: datetime) -> int:
    return int((at.astimezone(zone).utcoffset() or timedelta()) / MINUTE)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def expect_as_painted(window: Window, *, every: int = 1) -> None:
    """Each ``every``-th turn of five years, and what is said a minute around it."""
    painted = Painted(window)
    ends, begins = painted.turns(painted.in_time, to=False), painted.turns(painted.open, to=True)
    for before, after in list(pairwise(ends))[::every]:
        assert after == window.next_cut_off(before)
        assert after == window.next_cut_off(after - MINUTE)
    for opens in begins[1::every]:
        assert (opens, opens) == (window.next_open(opens), window.next_open(opens - MINUTE))
    chance = random.Random(len(ends))
    for place in chance.sample(range(len(painted.open)), 400):
        at = painted.began + MINUTE * place
        assert (painted.open[place], painted.in_time[place]) == (window.is_open(at), window.in_time(at))


@pytest.mark.parametrize("name", WINDOWS)
def test_next_opening_and_cut_off_agree_with_a_scan_of_every_minute_over_five_years(name: str) -> None:
    expect_as_painted(WINDOWS[name], every=3)


@pytest.mark.parametrize("zone", ["Asia/Urumqi", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_they_agree_where_clocks_are_set_forward_and_back(zone: str) -> None:
    night = Window(ZoneInfo(zone), None, (time(1, 40), time(2, 20)), weekly=(Weekly(6, (time(2, 5), time(2, 10))),))

    expect_as_painted(night, every=23)


clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(between=st.none() | spans, cut_off=st.none() | clocks, weekly=st.none() | st.tuples(st.integers(0, 6), spans))
def test_any_span_agrees_with_the_scan(between: Span | None, cut_off: time | None, weekly: tuple[int, Span] | None) -> None:
    closed = (Weekly(*weekly),) if weekly else ()
    calendar = CALENDAR if between else None

    expect_as_painted(Window(CHINA, calendar, between, weekly=closed, cut_off=cut_off), every=97)
