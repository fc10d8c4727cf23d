"""A profile holds only so much of each thing, so that checking it is done at once whatever somebody wrote (tests/bombs.py has the clock)."""

from pathlib import Path

import pytest

from bank_profiles.checks.second_look import check
from bank_profiles.errors import Problem
from bank_profiles.language.limits import JUDGED_MAX, LEVELS_MAX
from bank_profiles.language.yaml_text import load

NESTED = (Path(__file__).parent / "profiles" / "nested.yaml").read_text()
ENTRY = "        entry:\n"
DAY = "日期: booked_on"


def _problems(old: str, new: str) -> list[Problem]:
    assert old in NESTED
    return check(load(NESTED.replace(old, new, 1).encode(), "p.yaml"), "p.yaml")[1]


def _levels(count: int) -> str:
    """Levels in each other inside a person, who is the first."""
    outer = ["person", *(f"level{number}" for number in range(1, count))]
    fields = "fields: {类型: skip}"
    rows = [f"        level{n}: {{inside: {outer[n - 1]}, when: {{类型: x{n}}}, {fields}}}\n" for n in range(1, count + 1)]
    return "".join(rows)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (DAY, f"日期: {{to: booked_on, formats: [{', '.join(f'yyyyMMdd-{n}' for n in range(21))}]}}", "formats holds 21"),
        (DAY, f"{DAY}\n" + "".join(f"            c{n}: skip\n" for n in range(1_000)), "fields holds 1,005"),
        (ENTRY, _levels(100) + ENTRY, "records holds 10"),
        ("answers: [", "answers: [" + "deposit, " * 200, "answers holds 20"),
        ("maps:\n", "maps:\n" + "".join(f"  m{n}: {{codes: {{a: found}}}}\n" for n in range(200)), "maps holds 20"),
    ],
)
def test_more_than_any_bank_has_is_refused_where_it_stands(old: str, new: str, where: str) -> None:
    (problem,) = _problems(old, new)

    assert "too-many" == problem.code
    assert where in problem.what.en
    assert problem.place.line > 1


def test_records_stand_in_each_other_sixteen_deep_and_not_deeper() -> None:
    deep = [problem.code for problem in _problems(ENTRY, _levels(LEVELS_MAX) + ENTRY)]
    deeper = [problem.code for problem in _problems(ENTRY, _levels(LEVELS_MAX + 1) + ENTRY)]

    assert (0, 1) == (deep.count("too-many"), deeper.count("too-many"))


def test_after_five_hundred_mistakes_the_others_are_not_looked_for() -> None:
    columns = "".join(f"            c{n}: zz{n}\n" for n in range(900))

    problems = _problems(DAY, f"{DAY}\n{columns}".rstrip("\n"))

    assert (JUDGED_MAX, True) == (len(problems), any(each.severity == "error" for each in problems))
