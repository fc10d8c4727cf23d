"""What a bank writes where a profile expects a name - a key, an element, a sheet, a heading - may be a person: it is masked, in places too."""

import json

import pytest

from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import Problem, UnreadableFile
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.masking import shown_word
from tests.contracts.codec_contract import file_layout

NUMBER, PERSON = "6217000010001234567", "示例甲乙"
HOLDING = "gives: holding, implies: found, always: {product: demand_deposit, currency: CNY}"
KEYED = file_layout(
    f'format: json\nrecords: {{account: {{{HOLDING}, strict: true, each: "acc/*", fields: {{"*": account_no, ref: line_ref, bal: balance}}}}}}',
    "utf-8",
)
TREE = file_layout(
    f"format: xml\nroot: Doc\nrecords: {{a: {{{HOLDING}, each: Row, fields: {{No: line_ref, Ac: account_no, Bal: balance}}}}}}",
    "utf-8",
)
TITLED = file_layout(
    f'format: delimited\nseparator: ","\ntitle_row: 1\nrecords: {{a: {{{HOLDING}, fields: {{ref: line_ref, no: account_no, bal: balance}}}}}}',
    "utf-8",
)
COUNTED = file_layout(
    'format: delimited\nseparator: "|"\nrecords:\n'
    f"  a: {{{HOLDING}, when: {{kind: R}}, fields: {{kind: skip, ref: line_ref, no: account_no, bal: balance}}}}\n"
    "  t: {place: last, when: {kind: T}, fields: {kind: skip, rows: {equals: {count: a}}}}",
    "utf-8",
)


@pytest.mark.parametrize("word", ["Balance", "ns1:Acct_No", "@id", "000001", "余额（元）", "对方账号", "Sheet1"])
def test_a_word_that_looks_like_the_name_of_a_field_is_shown(word: str) -> None:
    assert word == shown_word(word)


@pytest.mark.parametrize(
    ("word", "masked"),
    [
        (NUMBER, "6217***********4567"), ("99010119900101001X", "9901**********001X"), ("13800000000", "1**********"),
        (PERSON, "示***"), (f"{PERSON}的余额", "示******"), ("A6217000", "A*******"), ("Jia Shili", "J********"), ("", ""),
    ],
)  # fmt: skip
def test_any_other_word_is_masked(word: str, masked: str) -> None:
    assert masked == shown_word(word)


def _told(layout: FileLayout, text: str, *, masked: bool = True) -> list[Problem]:
    """Every problem of a file, of rows or of the whole."""
    file = FileReading(layout, "f", masked=masked)
    try:
        list(file.rows([text.encode()]))
    except UnreadableFile as refused:
        return list(refused.problems)
    return list(file.problems)


@pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
@pytest.mark.parametrize(
    ("account", "code"),
    [({"ref": "000001", "bal": "x"}, "not-money"), ({"ref": "000001", "bal": ["1", "2"]}, "several-values"),
     ({"ref": "000001", "bal": "1.00", PERSON: "1"}, "json-unknown-member")],
)  # fmt: skip
def test_a_key_of_the_data_is_masked_in_the_place(
    account: dict[str, object], code: str, slow_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    (problem,) = _told(KEYED, json.dumps({"acc": {NUMBER: account}}))

    assert code == problem.code
    assert "acc/6217***********4567" in problem.en
    for said in (problem.en, problem.zh, json.dumps(problem.as_json(), ensure_ascii=False)):
        assert NUMBER not in said
        assert PERSON not in said


def test_a_foreign_element_is_told_without_the_person_in_its_name() -> None:
    (problem,) = _told(TREE, f"<{PERSON}/>")

    assert ("wrong-root", "found 示***", "此处为 示***") == (problem.code, problem.what.en, problem.what.zh)
    assert f"found {PERSON}" == _told(TREE, f"<{PERSON}/>", masked=False)[0].what.en
    (problem,) = _told(TREE, f'<Doc xmlns="urn:cx:{NUMBER}"/>')
    assert "Doc stands here in another namespace" == problem.what.en


def test_a_foreign_heading_is_told_without_the_person_in_it() -> None:
    (problem,) = _told(TITLED, f"ref,no,bal,{PERSON}\n1,2,3,4\n")

    assert "column-unknown" == problem.code
    assert "the profile does not know column 4, “示***”" == problem.what.en
    assert PERSON not in problem.en + problem.zh
    assert "“备注”" in _told(TITLED, "ref,no,bal,备注\n1,2,3,4\n")[0].what.en


@pytest.mark.parametrize(("says", "told"), [("3", "the total says 3"), ("99010119900101123", "the total says ***")])
def test_a_count_that_is_longer_than_any_count_is_not_shown(says: str, told: str) -> None:
    (problem,) = _told(COUNTED, f"R|000001|1|100\nT|{says}\n")

    assert "total-differs" == problem.code
    assert told in problem.what.en
    assert says in _told(COUNTED, f"R|000001|1|100\nT|{says}\n", masked=False)[0].what.en.replace(",", "")
