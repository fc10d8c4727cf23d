"""A year's list is read whole or not at all; a day that cannot be is named with its line."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from config.holiday_list import read_holiday_list
from config.working_days import Calendar, built_in
from config.yaml_file import BadSettings

EXAMPLE = Path(__file__).parents[2] / "config" / "examples" / "holidays-2026.yaml"
OFF = "holidays: [2027-01-01..2027-01-03, 2027-02-05..2027-02-11]\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "2027.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_is_the_published_list_of_its_year() -> None:
    ours, known = Calendar.of([read_holiday_list(EXAMPLE).as_list(1)]), built_in(2026)

    assert all(ours.is_workday(day := date(2026, 1, 1) + timedelta(n)) == Calendar((known,)).is_workday(day) for n in range(365))


def test_a_list_may_end_the_year_before(tmp_path: Path) -> None:
    text = "year: 2027\nsource: 国办\n" + OFF + "working: [2026-12-27]\n"

    assert date(2026, 12, 27) in read_holiday_list(written(tmp_path, text)).as_list().working


def test_a_place_may_list_one_day(tmp_path: Path) -> None:
    text = "year: 2027\nregion: '54'\nsource: 自治区通知\nholidays: [2027-08-12]\n"

    assert frozenset({date(2027, 8, 12)}) == read_holiday_list(written(tmp_path, text)).as_list().off


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OFF + "- 2027-10-40\n", "this is not YAML"),
        ("holidays:\n- 2027-01-01..2027-01-08\n- 2027-02-30\n", r"2027.yaml:5:3: holidays.1: 2027-02-30 is no day"),
        ("holidays:\n- 2027-01-01..2027-01-08\n- 2028-02-03\n", r"2027.yaml:5:3: holidays.1: 2028-02-03 is not of the year"),
        ("holidays:\n- 2027-01-01..2027-01-08\n- 2027-01-05\n", r"2027.yaml:5:3: holidays.1: 2027-01-05 stands twice"),
        (OFF + "working:\n- 2027-02-13\n- 2027-02-15\n", r"2027.yaml:6:3: working.1: 2027-02-15 is no Saturday or Sunday"),
        ("holidays: [2027-01-01]\n", "typed in part"),
        (OFF + "notes: []\n", "not a setting known here"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_day(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        read_holiday_list(written(tmp_path, "year: 2027\nsource: 国办发明电\n" + text))
