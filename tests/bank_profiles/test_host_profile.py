"""A bank with a mainframe: Chinese EBCDIC and stored numbers, written and read, totals and all."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.checks.second_look import check
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.language.profile import Profile
from bank_profiles.language.yaml_text import load
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from reconciliation.exchange import RECORDS


def _profile() -> Profile:
    path = Path(__file__).parent / "profiles" / "host.yaml"
    profile, problems = check(load(path.read_bytes(), path.name), path.name)
    assert profile is not None, problems
    assert [] == problems
    return profile


PROFILE = _profile()
ASK, REPLY = layout(PROFILE, "inquiry", "ask"), layout(PROFILE, "response", "reply")
NAMES = st.text(st.sampled_from("张三李四王亅倈 ·AZ09"), min_size=1, max_size=6).map(str.strip).filter(bool)
LINE = st.integers(1, 999999).map(lambda number: f"{number:06}")
ACCOUNT = st.fixed_dictionaries(
    {
        "line_ref": LINE,
        "holder_name": st.none() | NAMES,
        "account_no": st.integers(0, 10**19 - 1).map(lambda number: f"{number:019}"),
        "product": st.sampled_from(["demand_deposit", "time_deposit"]),
        "currency": st.just("CNY"),
        "balance_minor": st.integers(-(10**13), 10**13),
        "available_minor": st.none() | st.integers(-(10**9 - 1), 10**9 - 1),
        "opened_on": st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        "units": st.integers(-(10**9), 10**9).map(lambda number: Decimal(number).scaleb(-4).quantize(Decimal("0.00000001"))),
    }
)
ANSWER = st.fixed_dictionaries(
    {"line_ref": LINE, "outcome": st.sampled_from(["found", "no_record"]), "message": st.none() | NAMES}
)


def tables(**rows: list[dict[str, Any]]) -> dict[str, list[pa.Table]]:
    return {kind: [pa.Table.from_pylist(some, schema=RECORDS[kind])] for kind, some in rows.items()}


def read(file: FileLayout, data: bytes) -> dict[str, list[dict[str, Any]]]:
    reading, rows = FileReading(file, "reply.dat"), dict[str, list[dict[str, Any]]]()
    for kind, _, table, _ in reading.rows([data]):
        rows.setdefault(kind, []).extend(_bare(row) for row in table.to_pylist())
    assert [] == reading.problems
    return rows


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


@settings(deadline=None, max_examples=60)
@given(answers=st.lists(ANSWER, max_size=4), accounts=st.lists(ACCOUNT, max_size=6), many=st.booleans())
def test_an_answer_is_read_as_it_was_written(answers: list[dict[str, Any]], accounts: list[dict[str, Any]], many: bool) -> None:
    accounts = accounts * 200 if many else accounts  # enough that they are read by columns
    data = b"".join(FileWriting(REPLY, "reply.dat", {}).blocks(tables(outcome=answers, holding=accounts)))
    rows = read(REPLY, data)

    assert len(data) == 70 * (len(answers) + len(accounts) + 1)
    assert [_bare(row) for row in answers] == rows.get("outcome", [])
    assert [_bare(row) for row in accounts] == [
        {name: value for name, value in row.items() if name != "resolution_minor"} for row in rows.get("holding", [])
    ]


def test_an_inquiry_is_written_byte_for_byte_as_the_note_says() -> None:
    person = {
        "line_ref": "000001",
        "name": "张三",
        "id_type": "resident_id",
        "id_no": "990101199001010012",
        "as_of": date(2026, 1, 5),
    }
    data = b"".join(FileWriting(ASK, "ask.dat", {}).blocks(tables(inquiry=[person])))

    assert 160 == len(data)
    assert bytes.fromhex("01" + "0000001f") == data[:5]
    assert (b"\x0e", b"\x0f", b"\x40" * 36) == (data[5:6], data[10:11], data[11:47])
    assert "1990101199001010012".encode("cp037") == data[47:66]
    assert bytes.fromhex("20260105") == data[66:70]
    assert bytes.fromhex("09" + "00000001") == data[80:85]
    assert {"inquiry": [person]} == read(ASK, data)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("name", "𠮷", "unencodable"), ("name", "张" * 21, "too-long"), ("as_of", None, "missing-value")],
)
def test_what_the_file_cannot_say_is_refused_by_its_column(column: str, value: Any, code: str) -> None:
    person = {
        "line_ref": "000001",
        "name": "张三",
        "id_type": "resident_id",
        "id_no": "99",
        "as_of": date(2026, 1, 5),
        column: value,
    }
    with pytest.raises(UnwritableRoster) as bad:
        list(FileWriting(ASK, "ask.dat", {}).blocks(tables(inquiry=[person])))

    assert [code] == [problem.code for problem in bad.value.problems]


def test_a_total_in_binary_is_held_against_the_rows() -> None:
    answers = [{"line_ref": "000001", "outcome": "no_record", "message": None}]
    data = bytearray(b"".join(FileWriting(REPLY, "reply.dat", {}).blocks(tables(outcome=answers))))
    data[70 + 4] = 2  # the trailer's count of answers

    with pytest.raises(UnreadableFile) as bad:
        read(REPLY, bytes(data))
    assert ["total-differs"] == [problem.code for problem in bad.value.problems]
