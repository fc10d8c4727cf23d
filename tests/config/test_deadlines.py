"""Deadline rules are data with the day they hold from; what is wrong in them is named by its place."""

from datetime import date, time
from pathlib import Path

import pytest

from config.deadlines import DeadlineRules, read_deadlines
from config.yaml_file import BadSettings

EXAMPLE = Path(__file__).parents[2] / "config" / "examples" / "deadlines.yaml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "deadlines.yaml"
    path.write_text(text, "utf-8")
    return path


def test_rule_067_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    rule = read_deadlines(tmp_path / "none.yaml").on(date(2026, 9, 18))

    assert (None, 4, 10) == (rule.bank_workdays("new", ""), rule.centre_workdays("new", ""), rule.appeal_workdays("appeal"))
    assert ("delivery", "next_working_day", None) == (rule.clock.after, rule.clock.first_day, rule.clock.cut_off)


def test_the_example_says_what_holds_without_it() -> None:
    ours, none = read_deadlines(EXAMPLE), DeadlineRules()

    assert [rule.model_dump(exclude={"from_", "source"}) for rule in ours.rules] == [
        rule.model_dump(exclude={"from_", "source"}) for rule in none.rules
    ]


def test_rule_067_a_rule_holds_from_its_day(tmp_path: Path) -> None:
    rules = read_deadlines(
        written(
            tmp_path,
            "rules:\n- {from: 2025-01-01}\n- {from: 2026-07-01, clock: {first_day: same_day, cut_off: 17:00, after: receipt}}\n",
        )
    )

    assert [None, time(17), None] == [
        rules.on(day).clock.cut_off for day in (date(2026, 6, 30), date(2026, 7, 1), date(2024, 1, 1))
    ]


def test_rule_016_limits_per_programme_and_kind_the_first_that_fits(tmp_path: Path) -> None:
    rules = read_deadlines(
        written(
            tmp_path,
            """rules:
- from: 2025-01-01
  bank:
  - {kinds: [appeal], workdays: 3}
  - {programmes: [临时救助], workdays: 2}
  - {kinds: [month, quarter, year], workdays: 15}
""",
        )
    )
    rule = rules.on(date(2026, 1, 1))

    assert [3, 2, 15, None] == [
        rule.bank_workdays(*asked) for asked in (("appeal", "临时救助"), ("new", "临时救助"), ("month", "低保"), ("new", "低保"))
    ]
    assert ["临时救助", ""] == [rules.programme_key(programme) for programme in ("临时救助", "低保")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rules: [{from: 2025-01-01, bank: [{workdays: 0}]}]\n", "deadlines.yaml:1:46"),
        ("rules: [{from: 2025-01-01, clock: {cut_off: 25:00}}]\n", "time of day"),
        ("rules: [{from: 2025-01-01, hours: [12:00-09:00]}]\n", "within one day"),
        ("rules: [{from: 2026-01-01}, {from: 2025-01-01}]\n", "begin later"),
        ("rules: []\n", "there must be one"),
        ("rules: [{from: 2025-01-01, bank: [{workdays: 3, kinds: [weekly]}]}]\n", "deadlines.yaml:1:57"),
    ],
)
def test_rule_067_what_is_wrong_is_named_by_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(BadSettings, match=place):
        read_deadlines(written(tmp_path, text))
