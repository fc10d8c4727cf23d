"""A text that is not of its spelling: the message names the spelling it is of, and never lists hundreds of codes."""

import orjson
import pytest

from bank_profiles.errors import UnwritableRoster
from bank_profiles.language.shared_maps import shared_codes
from bank_profiles.rows_json import from_json
from bank_profiles.values.amounts import Money, money
from bank_profiles.values.converters import BadValue, Codes
from bank_profiles.values.numbers import Number


def told(converter: Money | Codes, text: str) -> BadValue:
    with pytest.raises(BadValue) as bad:
        converter.read(text)
    return bad.value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("5000.00-", "trailing_minus"),
        ("(5.00)", "brackets"),
        ("+5.00", "leading"),
        ("5.00+", "trailing"),
        ("5-", "trailing_minus"),
    ],
)
def test_another_sign_is_named_as_the_profile_would_spell_it(text: str, word: str) -> None:
    bad = told(money("yuan"), text)

    assert "not-money" == bad.code
    assert bad.hint is not None
    assert bad.hint.en.endswith(f"sign: {word}")
    assert f"sign: {word} " in bad.hint.zh


@pytest.mark.parametrize("text", ["5.0.0-", "((5))", "-5-", "abc-", "-"])
def test_what_is_no_number_has_no_sign_either(text: str) -> None:
    bad = told(money("yuan"), text)

    assert bad.hint is not None
    assert "sign:" not in bad.hint.en


def test_too_many_decimals_are_counted() -> None:
    bad = told(Money("wan", Number(4, True)), "1.23456")

    assert "“{value}” has 5 decimals, agreed are at most 4" == bad.what.en
    assert "“{value}” 有 5 位小数，约定不超过 4 位" == bad.what.zh


def test_a_long_list_of_codes_is_told_by_a_few() -> None:
    known = {**shared_codes("iso4217"), "RMB": "CNY"}
    bad = told(Codes("currency", known, {}, refuses_file=True), "RNB")

    assert f"one of its {len(known)} codes, such as CNY, USD, 156, 840" == bad.expected.en
    assert bad.hint is not None
    assert "codes: {RMB: CNY}" in bad.hint.en
    assert "codes: {RMB: CNY}" in bad.hint.zh


def test_a_word_of_ours_without_a_code_is_added_by_whoever_writes() -> None:
    with pytest.raises(BadValue) as bad:
        Codes("id_type", {"01": "passport"}, {"passport": "01"}, refuses_file=True).write("hmt_residence_permit")

    assert bad.value.hint is not None
    assert "add a code for it to the map. Nothing was written" == bad.value.hint.en
    assert "passport" == bad.value.expected.en
    assert "“hmt_residence_permit” is not in map id_type" == bad.value.what.en


@pytest.mark.parametrize("text", ["张三", "Zhang San", "99010119900101001X"])
def test_what_is_no_word_of_ours_stays_hidden(text: str) -> None:
    with pytest.raises(BadValue) as bad:
        Codes("id_type", {"01": "passport"}, {"passport": "01"}, refuses_file=True).write(text)

    assert "“{value}” is not in map id_type" == bad.value.what.en


def test_a_day_that_is_not_iso_is_told_with_its_row_and_field() -> None:
    rows = {
        "schema": "rows/1",
        "side": "inquiry",
        "facts": {},
        "rows": {"inquiry": [{"line_ref": "000001", "as_of": "2026/03/01"}]},
    }
    rows["rows"]["inquiry"][0] |= {"batch_no": "1", "name": "甲", "id_type": "passport", "id_no": "E1"}  # type: ignore[index]
    with pytest.raises(UnwritableRoster) as refused:
        from_json(orjson.dumps(rows), "rows.json")
    (problem,) = refused.value.problems

    assert ("bad-rows", "rows.json inquiry 1 as_of") == (problem.code, problem.place.text("en"))
    assert problem.expected is not None
    assert "an ISO day (2026-03-01)" == problem.expected.en
