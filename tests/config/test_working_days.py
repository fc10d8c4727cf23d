"""The working days are those of the State Council's lists; a year without one is provisional, a later list rules over an earlier one."""

from datetime import date, timedelta

import pytest

from config.working_days import NATIONAL, Calendar, YearList

CALENDAR = Calendar.of()

# (received, working days, due): computed from the published lists; the day after receipt is day 1
VECTORS = [
    ("2026-02-13", 3, "2026-02-25"),
    ("2026-02-13", 5, "2026-02-27"),
    ("2026-02-14", 10, "2026-03-06"),
    ("2026-04-30", 5, "2026-05-11"),
    ("2026-09-18", 3, "2026-09-22"),
    ("2026-09-30", 5, "2026-10-13"),
    ("2025-12-31", 3, "2026-01-06"),
    ("2025-09-26", 5, "2025-10-10"),
    ("2025-01-24", 5, "2025-02-07"),
]
# off (first..last), working weekend days, as the notices of the State Council list them
PUBLISHED = {
    2024: (
        "01-01..01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10..06-10 09-15..09-17 10-01..10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01..01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}


def days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


def published(year: int) -> set[date]:
    """The working days of a year by its list."""
    spans, weekends = PUBLISHED[year]
    off = [[date.fromisoformat(f"{year}-{end}") for end in span.split("..")] for span in spans.split()]
    extra = {date.fromisoformat(f"{year}-{day}") for day in weekends.split()}
    return {d for d in days(year) if d in extra or (d.weekday() < 5 and not any(a <= d <= b for a, b in off))}


@pytest.mark.parametrize(("received", "count", "due"), VECTORS)
def test_rule_064_deadlines_are_the_computed_ones(received: str, count: int, due: str) -> None:
    counted = CALENDAR.add(date.fromisoformat(received), count)

    assert (date.fromisoformat(due), False) == (counted.day, counted.provisional)


@pytest.mark.parametrize("year", PUBLISHED)
def test_rule_064_every_day_of_a_built_in_year_is_that_of_its_published_list(year: int) -> None:
    assert published(year) == {day for day in days(year) if CALENDAR.is_workday(day)}
    assert CALENDAR.confirmed(year)


@pytest.mark.parametrize("year", [2025, 2026])
def test_rule_064_both_years_have_248_working_days(year: int) -> None:
    assert len([day for day in days(year) if CALENDAR.is_workday(day)]) == 248


def test_rule_065_a_count_into_a_year_without_a_list_is_provisional() -> None:
    assert [False, True] == [CALENDAR.add(date(2026, 12, 28), count).provisional for count in (3, 4)]
    assert not CALENDAR.confirmed(2027)


def test_rule_065_what_is_expected_of_such_a_year_is_the_law_and_the_moon() -> None:
    assert not CALENDAR.is_workday(date(2027, 2, 8))  # 春节
    assert CALENDAR.is_workday(date(2027, 3, 2))


def test_rule_065_a_list_that_is_taken_in_makes_its_year_certain_and_changes_its_days() -> None:
    taken = YearList(NATIONAL, 2027, 1, frozenset({date(2027, 1, 4)}), frozenset({date(2027, 1, 2)}), "国办")
    calendar = Calendar.of([taken])

    assert (date(2027, 1, 5), False) == (calendar.add(date(2026, 12, 31), 3).day, calendar.add(date(2026, 12, 31), 3).provisional)


def test_the_newest_version_of_a_list_rules() -> None:
    first = YearList(NATIONAL, 2027, 1, frozenset({date(2027, 3, 2)}), frozenset(), "first")
    second = YearList(NATIONAL, 2027, 2, frozenset(), frozenset(), "second")

    assert Calendar.of([second, first]).is_workday(date(2027, 3, 2))


def test_a_list_may_change_the_last_days_of_the_year_before() -> None:
    taken = YearList(NATIONAL, 2027, 1, frozenset({date(2026, 12, 31)}), frozenset({date(2026, 12, 27)}), "国办")
    calendar = Calendar.of([taken])

    assert [True, False] == [calendar.is_workday(date(2026, 12, 27)), calendar.is_workday(date(2026, 12, 31))]


def test_a_regions_own_day_is_off_there_and_nowhere_else() -> None:
    taken = YearList("54", 2026, 1, frozenset({date(2026, 2, 18), date(2026, 8, 12)}), frozenset(), "雪顿节")
    shut = YearList("540102", 2026, 1, frozenset(), frozenset({date(2026, 8, 12)}), "灾后上班")

    assert [False, True, True] == [
        Calendar.of([taken, shut], region).is_workday(date(2026, 8, 12)) for region in ("540121", "540102", "350203")
    ]
    assert not Calendar.of([taken], "540102").confirmed(2027)


def test_counting_back_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        CALENDAR.add(date(2026, 1, 1), -1)


def test_how_many_working_days_lie_between_is_the_count_back() -> None:
    for received, count, due in VECTORS:
        assert count == CALENDAR.between(date.fromisoformat(received), date.fromisoformat(due))
