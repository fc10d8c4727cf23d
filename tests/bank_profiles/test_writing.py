"""What is written is read back exactly; what does not fit is refused with its line and field, and never shortened."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnwritableRoster
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import BATCH, FACTS, PROFILES, layout_of, replies, tables, written

ASKED = {
    "name": "示例甲", "id_type": "resident_id", "id_no": "990101199001010018", "as_of": date(2026, 1, 4),
    "window_from": date(2025, 7, 5), "window_to": date(2026, 1, 4), "scope": "deposit,wealth", "authorization_no": "SQ1", "purpose": "低保",
}  # fmt: skip
HELD = {"line_ref": "000001", "account_no": "1", "product": "demand_deposit", "currency": "CNY", "balance_minor": 1}
each_bank = pytest.mark.parametrize("bank", PROFILES)


def _table(kind: str, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=RECORDS[kind])


def _read_back(bank: str, side: Any, files: dict[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in RECORDS}
    for key, data in files.items():
        for piece in FileReading(layout_of(bank, key, side), key, expected=BATCH).rows([data]):
            rows[piece.kind] += piece.table.to_pylist()
    return rows


def _refused(bank: str, **row: Any) -> Any:
    with pytest.raises(UnwritableRoster) as refused:
        written(PROFILES[bank], "inquiry", {"inquiry": _table("inquiry", ASKED, ASKED | row)})
    return refused.value.problems


@settings(max_examples=60, deadline=None)
@given(replies())
@each_bank
def test_every_answer_comes_back_as_it_was_written(bank: str, rows: dict[str, pa.Table]) -> None:
    files = written(PROFILES[bank], "response", rows)

    assert {kind: table.to_pylist() for kind, table in rows.items()} == {
        kind: read for kind, read in _read_back(bank, "response", files).items() if kind in rows
    }


@settings(max_examples=40, deadline=None)
@given(tables("inquiry"))
@each_bank
def test_every_inquiry_comes_back_numbered_by_position(bank: str, asked: pa.Table) -> None:
    read = _read_back(bank, "inquiry", written(PROFILES[bank], "inquiry", {"inquiry": asked}))["inquiry"]

    numbered = [
        row | {"line_ref": f"{place:06d}", "batch_no": FACTS.batch_no} for place, row in enumerate(asked.to_pylist(), start=1)
    ]
    assert numbered == read


@each_bank
def test_the_same_rows_give_the_same_bytes_whatever_the_tables(bank: str) -> None:
    rows = _table("holding", *(HELD | {"account_no": str(number)} for number in range(10)))
    whole = written(PROFILES[bank], "response", {"holding": rows})
    cut = written(PROFILES[bank], "response", {"holding": pa.concat_tables([rows.slice(0, 3), rows.slice(3)])})

    assert whole == cut


@each_bank
def test_a_value_too_long_for_its_field_names_line_and_field_and_not_itself(bank: str) -> None:
    (problem,) = _refused(bank, name="长" * 51)

    assert ("too-long", 3, "000002") == (problem.code, problem.place.line, problem.line_ref)
    assert problem.place.field in ("客户姓名", "姓名")
    assert "长长" not in problem.en + problem.zh


@each_bank
@pytest.mark.parametrize("control", ["\n", "\r", "\x00", "\t", "\x1a", "\x7f", "\ufeff"])
def test_no_text_breaks_out_of_its_line(bank: str, control: str) -> None:
    assert ["control-character"] == [problem.code for problem in _refused(bank, purpose=f"低保{control}")]


def test_the_separator_in_a_value_is_refused() -> None:
    assert ["separator-in-value"] == [problem.code for problem in _refused("hxcb", name="张|三")]


@each_bank
def test_a_word_the_bank_has_no_code_for_is_refused(bank: str) -> None:
    assert ["no-code"] == [problem.code for problem in _refused(bank, scope="deposit,other")]


@each_bank
def test_a_missing_value_that_the_bank_demands_is_refused(bank: str) -> None:
    assert ["missing-value"] == [problem.code for problem in _refused(bank, authorization_no=None)]


@each_bank
def test_all_that_does_not_fit_is_said_at_once(bank: str) -> None:
    problems = _refused(bank, name="长" * 51, id_no="9" * 21, scope="other")

    assert ["no-code", "too-long", "too-long"] == sorted(problem.code for problem in problems)


@each_bank
def test_the_amount_of_a_movement_below_zero_is_not_written(bank: str) -> None:
    moved = {"line_ref": "000001", "account_no": "1", "booked_on": date(2026, 1, 2), "direction": "in", "currency": "CNY"}
    with pytest.raises(UnwritableRoster) as refused:
        written(PROFILES[bank], "response", {"movement": _table("movement", moved | {"amount_minor": -1})})

    assert ["negative-amount"] == [problem.code for problem in refused.value.problems]


def test_characters_of_the_2022_standard_are_written_as_every_edition_reads_them() -> None:
    data = written(PROFILES["hxcb"], "inquiry", {"inquiry": _table("inquiry", ASKED | {"name": "\u9fb4\u9fbb"})})["ask"]

    assert b"|\xfe\x59\xfe\xa0|" in data
