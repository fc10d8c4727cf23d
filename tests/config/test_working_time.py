"""Working hours are counted inside the offices' hours of working days, forward and back alike."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.working_days import Calendar
from config.working_time import WorkingTime

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = WorkingTime(Calendar.of(), ZONE)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_a_make_up_sunday_is_worked_11_5_hours_from_friday_to_monday() -> None:
    assert timedelta(hours=11.5) == HOURS.between(at("2026-09-18 16:00"), at("2026-09-21 10:30"))


def test_noon_nights_and_days_off_do_not_count() -> None:
    assert timedelta() == HOURS.between(at("2026-09-18 12:00"), at("2026-09-18 13:00"))
    assert timedelta() == HOURS.between(at("2026-09-18 18:00"), at("2026-09-20 09:00"))
    assert timedelta() == HOURS.between(at("2026-09-21 10:30"), at("2026-09-18 16:00"))


def test_the_moment_after_so_many_hours_lies_in_the_hours() -> None:
    assert at("2026-09-21 10:30") == HOURS.after(at("2026-09-18 16:00"), timedelta(hours=11.5))
    assert at("2026-09-18 12:00") == HOURS.after(at("2026-09-18 09:00"), timedelta(hours=3))
    assert at("2026-09-19 03:00") == HOURS.after(at("2026-09-19 03:00"), timedelta())


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 60 * 24 * 700), work=st.integers(1, 60 * 200))
def test_what_lies_between_is_what_was_added(start: int, work: int) -> None:
    begin = at("2025-01-01 00:00") + MINUTE * start
    end = HOURS.after(begin, MINUTE * work)

    assert MINUTE * work == HOURS.between(begin, end)
    assert MINUTE * (work - 1) == HOURS.between(begin, end - MINUTE)  # and no moment earlier would do


def test_hours_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        HOURS.after(at("2026-09-18 16:00"), -MINUTE)
