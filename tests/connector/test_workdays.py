"""Deadlines run over working days, make-up days included, and say when they are only provisional."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from connector.workdays import deadline, is_workday

ZONE = ZoneInfo("Asia/Shanghai")


def test_rule_064_make_up_days_count_and_holidays_do_not() -> None:
    assert [True, False, True] == [is_workday(date(2026, 10, 10)), is_workday(date(2026, 10, 7)), is_workday(date(2026, 10, 8))]


def test_two_workdays_end_with_the_second_one() -> None:
    due = deadline(datetime(2026, 9, 29, 3, tzinfo=UTC), 2, "workdays", ZONE)

    assert datetime(2026, 10, 8, 23, 59, 59, tzinfo=ZONE) == due.at


def test_rule_065_a_deadline_into_an_unconfirmed_year_is_provisional() -> None:
    due = deadline(datetime(2026, 12, 31, 3, tzinfo=UTC), 2, "workdays", ZONE)

    assert due.provisional


def test_seconds_run_from_the_moment_of_sending() -> None:
    sent = datetime(2026, 9, 30, 3, tzinfo=UTC)

    assert 60 == (deadline(sent, 60, "seconds", ZONE).at - sent).total_seconds()
