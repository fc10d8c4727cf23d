"""What is wrong is told once, by its cause, in words that help: other people's names for ours, keys by name, files that are not there."""

from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS, astray, check_profile, load_profile
from bank_profiles.errors import Problem
from bank_profiles.language.shape import did_you_mean

HERE = Path(__file__).parent


def told(tmp_path: Path, path: Path, *edits: tuple[str, str]) -> list[Problem]:
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    return check_profile(tmp_path / "p.yaml")[1]


@pytest.mark.parametrize(
    ("word", "ours"),
    [("gb2312", "gbk"), ("GB18030-2022", "gb18030"), ("utf8", "utf-8"), ("xlsx", "excel"), ("csv", "delimited"), ("rmb", "yuan")],
)
def test_other_peoples_words_are_met_with_ours(word: str, ours: str) -> None:
    hint = did_you_mean(word, ["gbk", "gb18030", "utf-8", "xml", "excel", "delimited", "yuan", "fen"])

    assert hint is not None
    assert ours in hint.en


def test_a_wrong_word_hides_nothing_of_what_else_is_wrong(tmp_path: Path) -> None:
    problems = told(
        tmp_path, BANKS / "hxcb" / "2026.1.yaml", ("format: delimited", "format: csv"), ("to: balance,", "to: balanse,")
    )

    assert {"bad-choice", "unknown-field"} <= {problem.code for problem in problems}


def test_an_unknown_key_of_a_total_is_met_with_the_keys_there_are(tmp_path: Path) -> None:
    problem = told(tmp_path, BANKS / "hxcb" / "2026.1.yaml", ("{equals: {count: entry}}", "{equals: {cuont: entry}}"))[0]

    assert problem.expected is not None
    assert "count" in problem.expected.en
    assert problem.hint is not None


def test_a_wrong_item_of_a_list_is_named_by_the_key_of_the_list(tmp_path: Path) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    channel = text[text.index("channel:") : text.index("\ninquiry:")]
    problems = told(tmp_path, BANKS / "hxcb" / "2026.1.yaml", (channel, "channel: {kind: media, carriers: [usb]}\n"))

    assert "“usb” is not allowed for carriers" in [problem.what.en for problem in problems]


def test_a_file_that_is_not_there_is_told_so_and_where_paths_count_from() -> None:
    problem = check_profile(Path("nodir/x.yaml"))[1][0]

    assert ("no-file", "there is no such file") == (problem.code, problem.what.en)
    assert problem.hint is not None
    assert str(Path.cwd()) in problem.hint.en


def test_a_short_name_of_nothing_is_told_once_however_often_it_is_used(tmp_path: Path) -> None:
    problems = told(tmp_path, HERE / "profiles" / "elements.yaml", (', h: "urn:head"', ', hh: "urn:head"'))
    unknown = [problem for problem in problems if problem.code == "unknown-namespace"]

    assert [problem.what.en.partition(";")[0] for problem in unknown] == ["nothing says which namespace “h:” is"]
    assert "paths use it" in unknown[0].what.en


def test_a_level_that_is_not_there_is_told_without_what_follows_from_it(tmp_path: Path) -> None:
    problems = told(tmp_path, HERE / "profiles" / "elements.yaml", ("inside: ", "inside: no_"))

    assert "total-place" not in {problem.code for problem in problems}
    assert "unknown-record" in {problem.code for problem in problems}


def test_a_file_named_as_another_edition_is_told_when_it_is_named_singly(tmp_path: Path) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    places = [tmp_path / "hxcb" / "2026.1.yaml", tmp_path / "hxcb" / "2027.3.yaml", tmp_path / "other" / "2026.1.yaml"]
    for path in [*places, draft := tmp_path / "draft.yaml"]:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    said = [[p.code for p in astray(load_profile(path), path)] for path in [*places, draft]]

    assert [[], ["wrong-place"], ["wrong-place"], []] == said


def test_a_number_of_a_cell_that_is_too_long_is_told_how_many_digits_a_workbook_keeps(tmp_path: Path) -> None:
    problems = told(tmp_path, BANKS / "dsnx" / "2026.1.yaml", ("有, {number: 2}", "有, {number: 6217000010001234567}"))

    assert [("bad-number", True)] == [(p.code, "15 digits" in p.expected.en if p.expected else False) for p in problems]
