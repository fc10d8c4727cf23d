"""A bad profile is told everything that is wrong with it, at its line and column, in both languages, each cause once."""

import random
import re
from pathlib import Path
from typing import NamedTuple

import pytest

import bank_profiles
from bank_profiles.checks.second_look import check
from bank_profiles.errors import BadProfile, Problem, listed
from bank_profiles.language.yaml_text import load

HERE = Path(__file__).parent
WING = Path(bank_profiles.__file__).parent


class Case(NamedTuple):
    name: str
    base: str
    old: str
    new: str
    said: str


def _cases() -> list[Case]:
    """profile_messages.txt: "## base: name", the lines taken out ("- "), the lines put in ("+ "), a blank line, what is said."""
    cases = []
    for block in (HERE / "profile_messages.txt").read_text().split("\n## ")[1:]:
        title, *lines = block.split("\n")
        base, name = title.split(": ", 1)
        old = "\n".join(line[2:] for line in lines if line.startswith("- "))
        new = "\n".join(line[2:] for line in lines if line.startswith("+ "))
        said = "\n".join(line for line in lines if not line.startswith(("- ", "+ "))).strip("\n")
        cases.append(Case(name, base, old, new, said))
    return cases


def _problems(base: str, old: str, new: str) -> list[Problem]:
    text = (HERE / "profiles" / f"{base}.yaml").read_text()
    edited = new if old == "*" else text.replace(old, new, 1)
    assert edited != text, "the edit does not touch the profile"
    try:
        _, problems = check(load(edited.encode(), f"{base}.yaml"), f"{base}.yaml")
    except BadProfile as bad:
        return list(bad.problems)
    return problems


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.base}: {case.name}")
def test_every_mistake_is_told_in_both_languages_at_its_place(case: Case) -> None:
    problems = _problems(case.base, case.old, case.new)

    assert f"{listed(problems, 'en')}\n{listed(problems, 'zh')}" == case.said


def test_every_code_a_profile_can_meet_has_its_message_held_here() -> None:
    sources = [*WING.glob("checks/*.py"), *WING.glob("language/*.py")]
    text = "\n".join(path.read_text() for path in sources)
    codes = set(re.findall(r'(?:error|warning)\(\s*"([a-z-]+)"', text)) | set(re.findall(r'code="([a-z0-9-]+)"', text))
    codes |= set(re.findall(r'^    "([a-z-]+)": \(', (WING / "language" / "yaml_text.py").read_text(), re.MULTILINE))
    codes |= set(re.findall(r'\("([a-z]+-[a-z-]+)", Text', (WING / "language" / "shape.py").read_text()))
    held = set(re.findall(r"(?:error|warning) ([a-z0-9-]+)$", (HERE / "profile_messages.txt").read_text(), re.MULTILINE))

    assert codes - held == {
        *("too-large", "not-utf8"),  # test_profile.py
        *("bad-parent", "looser", "no-parent-profile", "not-inherited", "too-many-parents"),  # test_inherit.py
        "examples-lacking",  # test_proving.py
        "bad-value",  # should never be met
    }


@pytest.mark.parametrize("base", ["lined", "fixed", "described", "objects", "sheets"])
def test_a_good_profile_is_told_nothing(base: str) -> None:
    raw = (HERE / "profiles" / f"{base}.yaml").read_bytes()

    profile, problems = check(load(raw, f"{base}.yaml"), f"{base}.yaml")

    assert ([], base) == (problems, profile and profile.profile)


def test_all_mistakes_are_told_at_once_in_order_of_place() -> None:
    text = (HERE / "profiles" / "lined.yaml").read_text()
    for old, new in [("账号: account_no", "账号: acount_no"), ("map: product", "map: products"), ("102: time_deposit", "102: x")]:
        text = text.replace(old, new, 1)

    _, problems = check(load(text.encode(), "lined.yaml"), "lined.yaml")

    assert [("unknown-field", 78), ("unknown-map", 79)] == [(p.code, p.place.line) for p in problems if p.severity == "error"][:2]


def test_a_profile_with_warnings_only_may_be_used() -> None:
    text = (HERE / "profiles" / "lined.yaml").read_text().replace("总笔数: {equals: {count: answer}}", "总笔数: skip", 1)

    profile, problems = check(load(text.encode(), "lined.yaml"), "lined.yaml")

    assert (True, ["warning"]) == (profile is not None, [problem.severity for problem in problems])


def test_a_secret_is_never_repeated_in_its_message() -> None:
    secret = "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6"

    problems = _problems("lined", "source: 测试银行接口说明", f"source: {secret}")

    assert "secret-in-file" in listed(problems, "en")
    assert secret not in listed(problems, "en") + listed(problems, "zh")


@pytest.mark.parametrize("seed", range(80))
def test_no_damage_to_a_profile_ends_in_anything_but_messages(seed: int) -> None:
    dice = random.Random(seed)
    lines = (HERE / "profiles" / f"{dice.choice(['lined', 'fixed'])}.yaml").read_text().split("\n")
    for _ in range(dice.choice([1, 2, 3])):
        at = dice.randrange(len(lines))
        match dice.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, dice.choice(lines))
            case 2:
                lines[at] = lines[at].split(": ")[0] + ": " + dice.choice(["", "[a]", "{a: b}", "x", "-1", "null", '"{"', "yes"])
            case _:
                lines[at] = lines[at].replace(dice.choice(" {:|\"'"), dice.choice("{}[]:,#*&!|0"), 1)
    try:
        _, problems = check(load("\n".join(lines).encode(), "x.yaml"), "x.yaml")
    except BadProfile as bad:
        problems = list(bad.problems)

    assert all(" x.yaml" not in problem.en and "x.yaml" in problem.zh for problem in problems)
