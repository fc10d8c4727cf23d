"""An example that does not hold says where in the example, what was expected, by which rule: as reading the same file would say it."""

from pathlib import Path

from bank_profiles.catalogue import BANKS, load_profile
from bank_profiles.errors import Problem
from bank_profiles.examples import run_examples


def wrong(tmp_path: Path, *edits: tuple[str, str], bank: str = "hxcb") -> tuple[list[Problem], list[str]]:
    """What is said of the examples of an edited profile, and its lines."""
    text = (BANKS / bank / "2026.1.yaml").read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / f"{bank}.yaml"
    path.write_text(text, "utf-8")
    return run_examples(load_profile(path), tmp_path), text.splitlines()


def test_a_refused_example_says_its_line_its_column_its_rule_and_what_was_expected(tmp_path: Path) -> None:
    problems, lines = wrong(tmp_path, ("        T|2|118456\n", "        T|3|118456\n"))

    assert [problems[0]] == problems
    assert lines.index("        T|3|118456") + 1 == problems[0].place.line
    first, second = problems[0].what.en.split("\n")
    assert first.endswith("was refused: total-differs")
    assert second.startswith("  detail:4 column 2 总笔数: ")
    assert None not in (problems[0].expected, problems[0].hint)
    assert problems[0].rule is not None
    assert "总笔数" in lines[(problems[0].rule.line or 0) - 1]


def test_a_cause_is_told_without_its_consequence(tmp_path: Path) -> None:
    problems, _ = wrong(tmp_path, ("|活期储蓄|156|123456|123456|0|||", "|活期储蓄|156|123456|123456|0||"))

    assert {"was refused: column-count"} == {each.what.en.split("\n")[0].partition("” ")[2] for each in problems}


def test_another_error_than_the_one_expected_is_told_with_both_names(tmp_path: Path) -> None:
    problems, _ = wrong(tmp_path, ("    expect_error: total-differs", "    expect_error: unknown-code"))

    assert ["was refused: total-differs, not unknown-code"] == [p.what.en.split("\n")[0].partition("” ")[2] for p in problems]


def test_a_row_set_aside_unexpectedly_is_told_with_line_column_and_value(tmp_path: Path) -> None:
    problems, lines = wrong(tmp_path, ("    parked: [unknown-code]\n", ""))

    assert ["example-differs"] == [each.code for each in problems]
    assert "|305|新产品|" in lines[(problems[0].place.line or 0) - 1]
    assert "a row was set aside: unknown-code" in problems[0].what.en
    assert "detail:2 column 7 产品代码: “305”" in problems[0].what.en
    assert "有一行被搁置：unknown-code" in problems[0].what.zh


def test_rows_that_were_to_be_set_aside_and_are_not_are_told(tmp_path: Path) -> None:
    problems, lines = wrong(tmp_path, ("    parked: [unknown-code]", "    parked: [unknown-code, date-format]"))

    assert [("    parked: [unknown-code, date-format]", "unknown-code, date-format")] == [
        (lines[(p.place.line or 0) - 1], p.expected and p.expected.en) for p in problems
    ]


def test_a_workbook_is_told_by_the_row_it_is_written_in(tmp_path: Path) -> None:
    old, new = "[000002, 无, {number: 0}]", "[000002, 何故, {number: 0}]"
    problems, lines = wrong(tmp_path, (old, new), bank="dsnx")

    assert [True] == [new in lines[(each.place.line or 0) - 1] for each in problems]
    assert "book ▸ 查询结果!B4: “何故” is not in map" in problems[0].what.en
