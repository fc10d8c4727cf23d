"""Names are rendered in fixed widths and read back to what they say; nothing is ever cut."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.checks.overlap import could_collide
from bank_profiles.errors import ProfilePlace, UnwritableRoster
from bank_profiles.filenames import NameValues, recognise, render, some_name, tokens

PATTERN = "CX_{bank}_{date:yyyyMMdd}_{seq:4}.zip"
VALUES = NameValues(
    bank="902307450222",
    batch_no="202611210000001",
    day=date(2026, 11, 21),
    made_at=datetime(2026, 11, 21, 9, 5, 7, tzinfo=UTC),
    seq=7,
)


def test_a_name_says_bank_day_and_sequence() -> None:
    assert "CX_902307450222_20261121_0007.zip" == render(PATTERN, VALUES)


def test_a_name_is_read_back_to_what_it_says() -> None:
    expected = {"bank": "902307450222", "day": date(2026, 11, 21), "seq": 7}
    assert expected == recognise(PATTERN, "CX_902307450222_20261121_0007.zip")


def test_every_token_is_written_and_recognised() -> None:
    pattern = "{bank:12}-{batch:15}-{date:yyyy-MM-dd}-{time:HHmmss}-{seq:3}"

    name = render(pattern, VALUES)

    assert "902307450222-202611210000001-2026-11-21-090507-007" == name
    expected = {
        "bank": "902307450222",
        "batch_no": "202611210000001",
        "day": date(2026, 11, 21),
        "made_time": time(9, 5, 7),
        "seq": 7,
    }
    assert expected == recognise(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (PATTERN, "CX_902307450222_20260231_0007.zip"),  # no such day
        (PATTERN, "CX_902307450222_20261121_007.zip"),
        (PATTERN, "CX_902307450222_20261121_00007.zip"),
        (PATTERN, "CX_902307450222_20261121_0007.zip.tmp"),
        (PATTERN, "../CX_902307450222_20261121_0007.zip"),
        (PATTERN, "CX_902307450222_20261121_0007.zip\n"),
        (PATTERN, "CX_902307450222_２０２６１１２１_0007.zip"),
        ("{bank}_{bank}.txt", "1_2.txt"),  # one thing said in two ways
        ("*.txt", "a/b.txt"),
        ("*.txt", "a" * 300 + ".txt"),
    ],
)
def test_what_is_not_quite_the_pattern_is_not_recognised(pattern: str, name: str) -> None:
    assert recognise(pattern, name) is None


def test_a_star_takes_any_text_of_a_name() -> None:
    assert {"day": date(2026, 1, 5)} == recognise("*反馈*{date:yyyyMMdd}*.zip", "东山反馈-20260105-补.zip")


@pytest.mark.parametrize(
    ("pattern", "values", "code"),
    [
        ("{seq:2}.txt", NameValues(seq=100), "name-too-long"),
        ("{seq:2}.txt", NameValues(seq=0), "name-too-long"),
        ("{bank:6}.txt", NameValues(bank="902307450222"), "name-too-long"),
        ("{bank:14}.txt", NameValues(bank="902307450222"), "name-value"),
        ("{batch}.txt", NameValues(batch_no="../../etc"), "name-value"),
        ("{batch}.txt", NameValues(), "name-value"),
        ("{date:yyyyMMdd}.txt", NameValues(), "name-value"),
        ("x" * 256, NameValues(), "name-too-long"),
        ("{package}.p7m", NameValues(package="x" * 254), "name-too-long"),
        ("*.txt", NameValues(), "name-value"),
        ("{part:2}.txt", NameValues(part=100), "name-too-long"),
        ("{bank:6<0}.txt", NameValues(bank="902307450222"), "name-too-long"),
        ("{bank:17<0}.txt", NameValues(bank="313000000010"), "name-value"),  # could not be told from its filling
        ("{batch:17>0}.txt", NameValues(batch_no="0102"), "name-value"),
    ],
)
def test_rule_019_a_value_too_long_for_a_name_fails_and_is_never_cut(pattern: str, values: NameValues, code: str) -> None:
    with pytest.raises(UnwritableRoster) as refused:
        render(pattern, values, ProfilePlace("banks/x/1.yaml", 7))

    assert [(code, 7)] == [(p.code, p.rule and p.rule.line) for p in refused.value.problems]


@pytest.mark.parametrize(
    "pattern",
    [
        "{bank:17<}",
        "{bank:<0}",
        "{bank:17<|}",
        "{seq:4>0}",
        "{part}",
        "{random}",
        "{digest:4}",
        "{date}",
        "{date:yyMMdd}",
        "{date:yyyyMd}",
        "{seq}",
        "{seq:x}",
        "{bank:0}",
        "{host}",
        "a/b",
        "{",
        "a}b",
        "****",
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        tokens(pattern)


def test_b1_a_name_can_never_become_a_path() -> None:
    assert all(recognise(pattern, "../x") is None for pattern in ("{file}", "{package}", "*", "{batch}"))


@given(
    bank=st.from_regex(r"\A[0-9]{1,14}\Z"),
    day=st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    seq=st.integers(min_value=1, max_value=9999),
)
def test_whatever_is_rendered_is_recognised(bank: str, day: date, seq: int) -> None:
    assert {"bank": bank, "day": day, "seq": seq} == recognise(PATTERN, render(PATTERN, NameValues(bank=bank, day=day, seq=seq)))


def test_a_sample_name_is_of_its_pattern() -> None:
    assert recognise(
        "R{bank:12}{batch:15}{date:yyyyMMdd}{time:HHmm}{seq:6}*.dat",
        some_name("R{bank:12}{batch:15}{date:yyyyMMdd}{time:HHmm}{seq:6}*.dat"),
    )


def test_challenge_e7_a_short_value_is_filled_up_only_where_the_token_says_so() -> None:
    pattern = "CXQQ{bank:17<0}{batch:30>0}.zip"

    name = render(pattern, NameValues(bank="313000000011", batch_no="202601050000010"))

    assert "CXQQ31300000001100000" + "000000000000000202601050000010.zip" == name
    assert {"bank": "313000000011", "batch_no": "202601050000010"} == recognise(pattern, name)


@given(bank=st.from_regex(r"\A[0-9A-Za-z]{1,17}\Z"), side=st.sampled_from("<>"), fill=st.sampled_from("0_-X"))
def test_whatever_is_filled_up_is_read_back_or_not_written(bank: str, side: str, fill: str) -> None:
    pattern = f"{{bank:17{side}{fill}}}.zip"
    try:
        name = render(pattern, NameValues(bank=bank))
    except UnwritableRoster:
        assert fill in bank
        return
    assert {"bank": bank} == recognise(pattern, name)


def test_letters_between_are_read_in_either_case_and_no_letter_of_another_alphabet() -> None:
    assert {"seq": 7} == recognise("FK_{seq:4}.TXT", "fk_0007.txt")
    assert None is recognise("K{seq:4}.txt", "\u212a0007.txt")  # the sign for kelvin


_TOKENS = (
    "{bank}",
    "{bank:12}",
    "{batch:14>0}",
    "{seq:2}",
    "{part:1}",
    "{date:yyyyMMdd}",
    "{time:HHmm}",
    "*",
    "A",
    "b_",
    ".txt",
    "1",
    "0",
)
_PATTERNS = st.lists(st.sampled_from(_TOKENS), min_size=1, max_size=4).map("".join).filter(lambda pattern: pattern.count("*") < 3)


@given(one=_PATTERNS, other=_PATTERNS, star=st.text("Ab_1.tx", max_size=3), seq=st.integers(1, 9))
def test_two_patterns_that_share_a_name_are_said_to_collide(one: str, other: str, star: str, seq: int) -> None:
    values = NameValues(VALUES.bank, "B1", VALUES.day, VALUES.made_at, seq, seq)
    name = render(one.replace("*", star), values)

    assert could_collide(one, one)
    assert could_collide(one, other) == could_collide(other, one)
    assert could_collide(one, other) or recognise(other, name) is None


def test_names_that_no_sample_shows_to_collide_are_known() -> None:
    assert could_collide("A{bank}.txt", "{batch}1.txt")
    assert not could_collide("A{bank:3}.txt", "{batch:3}.txt")


def test_names_that_could_be_taken_for_each_other_are_known() -> None:
    assert (True, False) == (
        could_collide("FK_*.txt", "FK_{seq:4}_ZH.txt"),
        could_collide("FK_{seq:4}_JG.txt", "FK_{seq:4}_ZH.txt"),
    )
