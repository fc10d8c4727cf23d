"""What the second look says about a profile of JSON: one changed word, one message, on its line."""

from pathlib import Path

import pytest

from bank_profiles.checks.second_look import check
from bank_profiles.language.yaml_text import load

TEXT = (Path(__file__).parent / "profiles" / "objects.yaml").read_text("utf-8")

WRONG = [
    ("each: data/accounts\n          carry", "each: data//accounts\n          carry", "bad-path"),
    ("each: accounts/*", "each: accounts/*/x", "bad-path"),
    ("each: accounts/*", "each: accounts", "bad-path"),  # then there is no key to be a column
    ("reqNo: line_ref", "req/./no: line_ref", "bad-path"),
    ("reqNo: line_ref", '"*": line_ref', "bad-path"),
    ("holder/name: holder_name", "holder/*: holder_name", "bad-path"),
    ("retMsg: message", "retCode/text: message", "paths-cross"),
    ("retMsg: message", "retCode#2: message", "path-twice"),
    ("among: bal, when: {type: CLBD}", "among: balance, when: {type: CLBD}", "bad-path"),
    ("among: bal, when: {type: CLBD}", "among: bal", "missing-key"),
    ("among: bal, when: {type: CLBD}", "when: {type: CLBD}", "missing-key"),
    ("when: {kind: H}", "when: {kind: A}", "records-alike"),
    ("when: {kind: H}", "when: {sort: H}", "unknown-column"),
    ("        answer:\n          gives", "        answer:\n          place: first\n          gives", "wrong-word"),
    ('id: "*"', "id: number", "unknown-column"),
    ("refer: {person: person}", "refer: {who: person}", "unknown-column"),
    ("refer: {person: person}", "refer: {person: persons}", "unknown-record"),
    ("refer: {person: person}", "refer: {person: account}", "missing-key"),
    ("opened_on, holder_name]", "opened_on, level]", "carry-unknown"),
    ("      lines: true\n", "      lines: true\n      encoding: cp037\n", "bad-encoding"),
    ("meta/sum: {equals: {sum: account.balance}}", "meta/sum: {equals: {digest: sm3}}", "wrong-word"),
    ("rows: lists", "rows: arrays", "bad-choice"),
    ("as: boolean", "as: yes", "bad-choice"),
    (
        "format: json\n      records:\n        header",
        "format: json\n      root: x\n      records:\n        header",
        "unknown-key",
    ),
]


def codes(text: str) -> list[tuple[str, str]]:
    _, problems = check(load(text.encode(), "objects.yaml"), "objects.yaml")
    return [(problem.code, problem.severity) for problem in problems]


def test_the_profile_itself_is_good_and_only_its_lines_cannot_be_proved_whole() -> None:
    assert [("not-provable", "warning")] * 2 == codes(TEXT)


@pytest.mark.parametrize(("good", "bad", "code"), WRONG, ids=[f"{code}: {bad.strip()}" for _, bad, code in WRONG])
def test_a_word_that_means_nothing_is_told(good: str, bad: str, code: str) -> None:
    assert good in TEXT
    changed = TEXT.replace(good, bad, 1)
    _, problems = check(load(changed.encode(), "objects.yaml"), "objects.yaml")

    errors = [problem for problem in problems if problem.severity == "error"]
    assert code in [problem.code for problem in errors]
    line = TEXT[: TEXT.index(good)].count("\n") + 1
    assert any(line - 3 <= (problem.place.line or 0) <= line + bad.count("\n") + 4 for problem in errors if problem.code == code)
