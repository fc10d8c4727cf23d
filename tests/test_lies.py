"""Lies and omissions planted in answers: what breaks a declared count or sum is caught under its code; the rest stands in docs/undetectable.md."""

import pytest

from bank_profiles.language.profile import Profile
from tests.lies import DOCS, KINDS, noticed, page, profile, wrong

EACH = 2  # of each kind; ``make lies`` tries 1,000 and more


@pytest.fixture(scope="module")
def of() -> Profile:
    return profile()


def test_nothing_is_told_of_an_honest_answer(of: Profile) -> None:
    assert [set(), set()] == [noticed(of, None, f"honest {number}")[0] for number in range(2)]


def test_rule_042_043_every_lie_that_breaks_something_declared_is_caught_under_its_code_and_no_other_is(of: Profile) -> None:
    assert [] == [said for name in KINDS for number in range(EACH) if (said := wrong(of, name, number))]


@pytest.mark.parametrize(("lang", "name"), [("en", "undetectable.md"), ("zh", "undetectable.zh-CN.md")])
def test_what_cannot_be_detected_is_written_down(lang: str, name: str) -> None:
    assert page(lang) == (DOCS / name).read_text("utf-8")
