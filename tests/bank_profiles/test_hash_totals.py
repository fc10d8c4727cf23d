"""Hash totals add up digits and nothing else: what else stands in the column is said of its row, when read and when written."""

from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from reconciliation.exchange import RECORDS
from tests.contracts.codec_contract import file_layout

BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
LAYOUT = file_layout(
    """
format: delimited
separator: "|"
records:
  account:
    gives: holding
    implies: found
    when: {类型: A}
    always: {product: demand_deposit, currency: CNY}
    says_outcome: {账号: {查无: no_record}}
    fields: {类型: skip, 序号: line_ref, 账号: account_no, 余额: balance, 主账号: parent_account_no}
  trailer:
    place: last
    fields: {账号校验: {equals: {hash: account.账号}}, 主账号校验: {equals: {hash: account.主账号, take: [2, 3]}}}
""",
    "utf-8",
)
HELD = {"line_ref": "000001", "account_no": "62170001", "product": "demand_deposit", "currency": "CNY", "balance_minor": 100}


def _read(text: str) -> tuple[list[dict[str, Any]], list[tuple[str, int | None, str | None]]]:
    file = FileReading(LAYOUT, "f.txt")
    try:
        rows = [row for piece in file.rows([text.encode()]) for row in piece.table.to_pylist()]
    except UnreadableFile as refused:
        return [], [(problem.code, problem.place.line, problem.place.field) for problem in refused.problems]  # type: ignore[union-attr]
    return rows, [(problem.code, problem.place.line, problem.place.field) for problem in file.problems]


def _written(*rows: dict[str, Any]) -> str:
    tables = {"holding": [pa.Table.from_pylist(list(rows), schema=RECORDS["holding"])]}
    return b"".join(FileWriting(LAYOUT, "f.txt", {}).blocks(tables)).decode()


@BOTH
def test_a_cell_of_letters_is_named_with_its_row_and_refuses_the_file(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = _read("A|000001|62170001|100|\nA|000001|6217X002|100|\n62170001|0\n")

    assert ([], [("not-a-number", 2, "账号"), ("total-unreadable", 3, "账号校验")]) == (rows, problems)


@BOTH
def test_a_cell_that_means_missing_and_a_row_that_says_nothing_add_nothing(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = _read("A|000001|62170001|100|\nA|000002|查无||\n62170001|0\n")

    assert (3, []) == (len(rows), problems)


@pytest.mark.parametrize(
    ("row", "field"),
    [({"account_no": "NRA6217"}, "账号"), ({"parent_account_no": "6A17"}, "主账号"), ({"account_no": "9" * 19}, "账号")],
)
def test_rows_that_cannot_be_added_up_are_refused_by_row_and_field_when_written(row: dict[str, Any], field: str) -> None:
    with pytest.raises(UnwritableRoster) as refused:
        _written(HELD, HELD | row)

    assert [("not-a-number", 2, field, "000001")] == [
        (problem.code, problem.place.line, problem.place.field, problem.line_ref)  # type: ignore[attr-defined, union-attr]
        for problem in refused.value.problems
    ]


def test_what_is_written_is_read() -> None:
    text = _written(HELD, HELD | {"account_no": "0009", "parent_account_no": "81234"})

    assert "62170010|123" == text.splitlines()[-1]
    assert [] == _read(text)[1]


INNER = file_layout(
    """
format: delimited
separator: "|"
records:
  answer: {gives: outcome, when: {类型: P}, fields: {类型: skip, 序号: line_ref, 结果: outcome}}
  account:
    gives: holding
    inside: answer
    carry: [line_ref]
    when: {类型: A}
    always: {product: demand_deposit, currency: CNY}
    fields: {类型: skip, 账号: account_no, 余额: balance}
  end:
    inside: answer
    times: one
    when: {类型: Z}
    fields: {类型: skip, 校验: {equals: {hash: account.账号, modulo: 5}}, 余额: {unit: yuan, equals: {sum: account.balance}}}
""",
    "utf-8",
)


def test_totals_within_a_row_are_exact_and_in_their_own_unit() -> None:
    tables = {
        "outcome": [pa.Table.from_pylist([{"line_ref": "000001", "outcome": "found"}], schema=RECORDS["outcome"])],
        "holding": [
            pa.Table.from_pylist(
                [HELD | {"account_no": "9" * 18, "balance_minor": 10**13} for _ in range(12)], schema=RECORDS["holding"]
            )
        ],
    }

    written = b"".join(FileWriting(INNER, "f.txt", {}).blocks(tables)).decode()

    assert f"Z|{12 * (10**18 - 1) % 10**5}|{12 * 10**11}.00" == written.splitlines()[-1]
    assert 13 == sum(piece.table.num_rows for piece in FileReading(INNER, "f.txt").rows([written.encode()]))
