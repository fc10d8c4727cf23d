"""Dates and times as banks spell them, there and back; a day that does not exist is refused, a year that is not said is never guessed."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.values.converters import BadValue
from bank_profiles.values.dates import Clock, Day, with_year


@given(st.dates())
def test_days_come_back(day: date) -> None:
    for spelling in ("yyyyMMdd", "yyyy-MM-dd", "yyyy年M月d日"):
        assert day == Day((spelling,)).read(Day((spelling,)).write(day))


@given(st.times())
def test_times_of_day_come_back(moment: time) -> None:
    moment = moment.replace(microsecond=0)
    assert moment == Clock(("HHmmss",)).read(Clock(("HHmmss",)).write(moment))


def test_spellings_are_tried_in_order_and_the_first_is_written() -> None:
    day = Day(("yyyy-MM-dd", "yyyy年M月d日", "yyyyMMdd"))

    assert [date(2015, 6, 1)] * 3 == [day.read(text) for text in ("2015-06-01", "2015年6月1日", "20150601")]
    assert "2015-06-01" == day.write(date(2015, 6, 1))


@pytest.mark.parametrize(
    ("converter", "text", "day"),
    [
        (Day(("yyMMdd",), 50), "491231", date(2049, 12, 31)),
        (Day(("yyMMdd",), 50), "500101", date(1950, 1, 1)),
        (Day(("0CyyMMdd",)), "01260105", date(2026, 1, 5)),
        (Day(("d/M'yyyy",)), "2/10'2020", date(2020, 10, 2)),
        (Day(("yyyy-MM-ddTHH:mm:ssX",)), "2026-01-04T23:30:00Z", date(2026, 1, 5)),
        (Day(("yyyy-MM-ddTHH:mm:ss.SX",)), "2026-01-04T23:30:00.123456-05:00", date(2026, 1, 5)),
        (Day(("yyyy-MM-ddX",)), "2026-01-04+01:00", date(2026, 1, 4)),
        (Day(("yyyy/MM/dd  HH:mm:ss",)), "2025/12/03  14:06:51", date(2025, 12, 3)),
        (Day(("yyyyMMddHHmmss",)), "20260105093000", date(2026, 1, 5)),
    ],
)
def test_rule_047_days_are_read_as_banks_write_them(converter: Day, text: str, day: date) -> None:
    assert day == converter.read(text)


def test_a_fraction_of_a_second_is_dropped_only_where_the_spelling_says_so() -> None:
    assert time(9, 30, 1) == Clock(("HH:mm:ss.S",)).read("09:30:01.999")
    with pytest.raises(BadValue):
        Clock(("HH:mm:ss",)).read("09:30:01.999")


def test_a_year_that_two_digits_cannot_say_is_not_written() -> None:
    assert "260105" == Day(("yyMMdd",), 50).write(date(2026, 1, 5))
    with pytest.raises(BadValue) as bad:
        Day(("yyMMdd",), 50).write(date(2076, 1, 5))

    assert "too-fine" == bad.value.code


@pytest.mark.parametrize(
    ("text", "anchor", "near", "day"),
    [
        ("12/29", date(2024, 1, 31), False, date(2023, 12, 29)),
        ("01/31", date(2024, 1, 31), False, date(2024, 1, 31)),
        ("01/03", date(2010, 12, 31), True, date(2011, 1, 3)),
        ("12/31", date(2011, 1, 3), True, date(2010, 12, 31)),
        ("02/29", date(2026, 1, 5), False, date(2024, 2, 29)),
    ],
)
def test_a_year_that_is_not_written_comes_from_another_date(text: str, anchor: date, near: bool, day: date) -> None:
    assert day == with_year(text, ("MM/dd",), anchor, near=near)


@pytest.mark.parametrize("text", ["02/30", "13/01"])
def test_rule_047_an_impossible_day_without_its_year_is_refused(text: str) -> None:
    with pytest.raises(BadValue) as bad:
        with_year(text, ("MM/dd",), date(2026, 1, 5), near=False)

    assert "impossible-date" == bad.value.code


@pytest.mark.parametrize("text", ["20260229", "20260431", "20261301", "00000101"])
def test_a_day_that_does_not_exist_is_said_to_be_impossible(text: str) -> None:
    with pytest.raises(BadValue) as bad:
        Day(("yyyyMMdd",)).read(text)

    assert "impossible-date" == bad.value.code
