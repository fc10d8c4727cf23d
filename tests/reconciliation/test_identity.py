"""Promises of identity.py: one normal form of names and numbers, checked at the door and never printed in clear."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.identity import (
    IdentityNumber,
    IdentityProblem,
    mask,
    normalise_name,
    normalise_text,
    parse_identities,
    parse_identity,
    to15,
    to18,
)

BODIES = st.from_regex(r"[1-8][0-9]{5}(19[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True).filter(
    str.isascii
)


def number_of(id_type: str, text: str) -> str:
    parsed = parse_identity(id_type, text)
    assert isinstance(parsed, IdentityNumber), parsed
    return parsed.person_key


def reason_of(id_type: str, text: str) -> str:
    parsed = parse_identity(id_type, text)
    assert isinstance(parsed, IdentityProblem)
    return parsed.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("王　芳", "王芳"),
        (" 欧阳\u00a0 小 雨\t", "欧阳小雨"),
        ("ＪＯＨＮ　 SMITH", "JOHN SMITH"),
        ("JOHN   SMITH 王", "JOHN SMITH王"),
        ("John Smith", "John Smith"),
        ("买买提・艾力", "买买提·艾力"),
        ("买买提 • 艾力", "买买提·艾力"),
        ("（王）", "（王）"),  # only full-width digits and letters change their width
        ("𫖯㛃䶮", "𫖯㛃䶮"),
    ],
)
def test_a_name_has_one_normal_form(text: str, expected: str) -> None:
    assert expected == normalise_name(text)


def test_text_becomes_half_width_without_outer_spaces() -> None:
    assert normalise_text("　１１０１（０５）　Ｘ\t") == "1101(05) X"


@pytest.mark.parametrize(
    ("id_type", "text", "expected"),
    [
        ("居民身份证", " １１０１０５１９４９１２３１００２ｘ ", "R:11010519491231002X"),
        ("居民身份证", "110105491231002", "R:11010519491231002X"),
        ("户口簿", "11010519491231002x", "R:11010519491231002X"),
        ("resident_id", "11010519491231002X", "R:11010519491231002X"),
        ("外国人永久居留身份证", "usa310080010203", "F:USA310080010203"),
        ("护照", "e00000001", "P:E00000001"),
    ],
)
def test_rule_011_a_number_is_normalised_once(id_type: str, text: str, expected: str) -> None:
    assert expected == number_of(id_type, text)


@pytest.mark.parametrize(
    ("id_type", "text", "expected"),
    [
        ("居民身份证", "110105194912310021", "check"),
        ("居民身份证", "1101051949123100", "form"),
        ("居民身份证", to18("110105000229002"), "birth-date"),  # 29 February 1900 did not exist
        ("港澳台居民居住证", "11010519491231002X", "prefix"),
        ("外国人永久居留身份证", "11010519491231002X", "prefix"),
        ("护照", "ABCDEFG", "form"),
        ("军官证", "11010519491231002X", "type"),
        ("居民身份证", " \u3000", "blank"),
    ],
)
def test_rule_011_a_bad_number_is_a_value_with_its_reason(id_type: str, text: str, expected: str) -> None:
    assert expected == reason_of(id_type, text)


def test_rule_013_an_unknown_area_code_is_never_refused() -> None:
    assert "R:" + to18("000000800101001") == number_of("居民身份证", to18("000000800101001"))


@given(BODIES)
def test_rule_012_an_18_digit_number_and_its_15_digit_alias_are_one_person(body: str) -> None:
    full = to18(body[:6] + body[8:])
    alias = to15(full)

    assert alias is not None
    assert number_of("居民身份证", full) == number_of("居民身份证", alias)


def test_rule_012_a_person_born_after_1999_never_had_15_digits() -> None:
    assert to15("110105200001010015") is None


@given(st.text(max_size=30))
def test_normal_forms_are_stable(text: str) -> None:
    assert normalise_text(text) == normalise_text(normalise_text(text))
    assert normalise_name(text) == normalise_name(normalise_name(text))


@given(BODIES)
def test_an_identity_number_prints_masked_everywhere(body: str) -> None:
    number = parse_identity("居民身份证", body[:6] + body[8:])
    printed = f"{number} {number!r} {number!s} {number:>40} {[number]}"

    assert body[6:] not in printed
    assert body[:6] in printed


def test_a_short_number_stays_mostly_hidden() -> None:
    assert [mask("A1"), mask("G12346"), mask("E00000001")] == ["**", "G1***6", "E0******1"]


def test_a_hundred_thousand_numbers_are_read_in_seconds() -> None:
    texts = [to18(f"110105{50 + i % 49:02d}0101{i // 49 % 1000:03d}") for i in range(100_000)]
    started = time.perf_counter()
    parsed = parse_identities(["居民身份证"] * len(texts), texts)

    assert len(texts) == sum(isinstance(p, IdentityNumber) for p in parsed)
    assert time.perf_counter() - started < 10  # about 0.5 s on a quiet machine; far from the naive 10 s and more
