"""Delimited tables with titles, and files that say themselves which columns they have: written, read again, and refused where wrong."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.layouts.layout import FileLayout
from reconciliation.exchange import RECORDS
from tests.contracts.codec_contract import file_layout

TABLE = """
format: delimited
separator: ","
quote: '"'
title_row: found
stop_at: {column: 账号, says: 合计}
records:
  cover:
    place: preamble
    fields:
      批次号: batch_no
      日期: {to: day, within: "导出日期：{}（北京）", format: yyyyMMdd}
      笔数: {equals: {count: row}}
  row:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields:
      序号: line_ref
      户名: holder_name
      账号: {to: account_no, also: [卡号]}
      余额: balance
      余额#2: {to: available, optional: true}
  total:
    place: {column: 账号, says: 合计}
    fields:
      余额: {equals: {sum: row.balance}}
"""
OF_ONE_ACCOUNT = """
format: delimited
separator: "|"
title_row: 4
records:
  account:
    place: preamble
    fields:
      账号: account_no
      笔数: {equals: {count: entry}}
  entry:
    gives: movement
    implies: found
    inside: account
    carry: [account_no]
    always: {line_ref: 000001, direction: in, currency: CNY}
    fields:
      日期: {to: booked_on, format: yyyyMMdd}
      金额: amount
"""
DESCRIBED = """
format: self_describing
version: {field: 版本, reads: [20, 21], writes: 21}
records:
  header:
    place: first
    fields:
      标识: {const: OFDCFDAT}
      版本: {to: skip, width: 4}
      日期: {to: day, format: yyyyMMdd}
      列: {columns: 3}
      笔数: {width: 8, pad: "0", equals: {count: row}}
  row:
    gives: holding
    implies: found
    always: {product: fund, currency: CNY}
    fields:
      LineRef: {width: 6, to: line_ref}
      InvestorName: {width: 20, widths: {21: 12}, to: holder_name}
      AccountNo: {width: 6, to: account_no}
      Balance: {width: 8, pad: "0", to: balance}
  end: {place: last, fields: {结束: {const: OFDCFEND}}}
"""
FACTS = {"batch_no": "B1", "day": date(2026, 1, 5)}
HOLDING = {"line_ref": "000001", "product": "demand_deposit", "currency": "CNY"}
MOVEMENT = {"line_ref": "000001", "direction": "in", "currency": "CNY", "booked_on": date(2026, 1, 5)}


def written(layout: FileLayout, kind: str, rows: list[dict[str, Any]]) -> bytes:
    table = pa.Table.from_pylist(rows, schema=RECORDS[kind])
    return b"".join(FileWriting(layout, "f.csv", FACTS).blocks({kind: [table]}))


def read(layout: FileLayout, data: bytes, kind: str) -> tuple[list[Mapping[str, Any]], FileReading]:
    file = FileReading(layout, "f.csv")
    found = [{name: said for name, said in row.items() if said is not None} for each in file.rows([data]) if each.kind == kind
             for row in each.table.to_pylist()]  # fmt: skip
    return found, file


def refused(layout: FileLayout, data: bytes) -> list[tuple[str, int | None]]:
    with pytest.raises(UnreadableFile) as bad:
        list(FileReading(layout, "f.csv").rows([data]))
    return [(problem.code, getattr(problem.place, "line", None)) for problem in bad.value.problems]


# ---- tables -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 700])
def test_a_table_is_read_as_it_was_written(number: int) -> None:
    layout = file_layout(TABLE)
    rows = [
        HOLDING | {"account_no": f"62{i}", "holder_name": '张,"三', "balance_minor": i, "available_minor": 1}
        for i in range(number)
    ]
    found, file = read(layout, written(layout, "holding", rows), "holding")

    assert rows == found
    assert (FACTS, []) == (file.facts, file.warnings)


@pytest.mark.parametrize("sign", [":", "：", "=", "＝"])
def test_a_label_is_written_with_the_sign_of_the_profile_and_read_with_either(sign: str) -> None:
    layout = file_layout(TABLE.replace("    place: preamble\n", f'    place: preamble\n    pairs: "{sign}"\n'))
    data = written(layout, "holding", [HOLDING | {"account_no": "62", "holder_name": "张三", "balance_minor": 1}])
    other = {":": "：", "：": ":", "=": "＝", "＝": "="}[sign]
    label = "批次号".encode("gb18030")

    assert label + sign.encode("gb18030") in data
    assert (
        FACTS == read(layout, data.replace(label + sign.encode("gb18030"), label + other.encode("gb18030")), "holding")[1].facts
    )


def test_columns_stand_in_any_order_under_any_of_their_titles() -> None:
    text = '批次号：B1\n导出日期：20260105（北京）\n笔数：1\n余额 ,卡　号,序号,户名\n7,62,000001,"a,b"\n,合　计,,\n'
    text = text.replace(
        '余额 ,卡　号,序号,户名\n7,62,000001,"a,b"\n,合　计,,', '余额 ,卡　号,序号,户名\n7,62,000001,"a,b"\n7,合　计,,'
    )
    found, _ = read(file_layout(TABLE), text.encode("gb18030"), "holding")

    assert [HOLDING | {"account_no": "62", "holder_name": "a,b", "balance_minor": 7}] == found


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("序号,", "序,", ("column-missing", 4)),
        ("余额,余额", "余额,余额,利率", ("column-unknown", 4)),
        ("合计,3", "合计,4", ("total-differs", 7)),
        ("笔数:2", "笔数:3", ("total-differs", 3)),
        (",,合计,3,\n", "", ("missing-record", 6)),
    ],
)
def test_what_is_wrong_with_a_table_has_its_place(old: str, new: str, wrong: tuple[str, int]) -> None:
    layout = file_layout(TABLE)
    rows = [HOLDING | {"account_no": f"62{i}", "holder_name": "甲", "balance_minor": i} for i in (1, 2)]
    text = written(layout, "holding", rows).decode("gb18030")

    assert old in text
    assert wrong in refused(layout, text.replace(old, new).encode("gb18030"))


def test_a_mark_that_stands_twice_refuses_the_file() -> None:
    layout = file_layout(TABLE.replace("stop_at: {column: 账号, says: 合计}\n", ""))
    text = written(layout, "holding", []).decode("gb18030")

    assert [("mark-again", 6)] == refused(layout, (text + ",,合计,0,\n").encode("gb18030"))


def test_rows_have_what_the_lines_before_the_table_say_and_one_file_is_of_one_account() -> None:
    layout = file_layout(OF_ONE_ACCOUNT)
    rows = [MOVEMENT | {"account_no": "6217", "amount_minor": i} for i in (1, 2)]
    data = written(layout, "movement", rows)

    assert "账号:6217\n笔数:2\n\n日期|金额\n20260105|1\n20260105|2\n" == data.decode("gb18030")
    assert rows == read(layout, data, "movement")[0]
    with pytest.raises(UnwritableRoster, match="several-in-one-file"):
        written(layout, "movement", [*rows, rows[0] | {"account_no": "9"}])


# ---- columns the file names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2000])
def test_a_self_describing_file_is_read_as_it_was_written(number: int) -> None:
    layout = file_layout(DESCRIBED)
    rows = [HOLDING | {"product": "fund", "account_no": "6217", "holder_name": "张三", "balance_minor": i} for i in range(number)]
    found, file = read(layout, written(layout, "holding", rows), "holding")

    assert rows == found
    assert ({"day": FACTS["day"]}, []) == (file.facts, file.warnings)


def test_a_file_has_its_own_columns_in_its_own_order_as_wide_as_its_version_says() -> None:
    lines = ["OFDCFDAT", "20", "20260105", "004", "BALANCE", "lineref", "AccountNo", "InvestorName", "00000001"]
    row = "0000012300000162170 " + "张三".ljust(18)
    found, _ = read(file_layout(DESCRIBED), "\r\n".join([*lines, row, "OFDCFEND"]).encode("gb18030"), "holding")

    assert [HOLDING | {"product": "fund", "account_no": "62170", "holder_name": "张三", "balance_minor": 123}] == found


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("\nAccountNo\n", "\nAccountName\n", ("unknown-column", 7)),
        ("\nAccountNo\n", "\nLineRef\n", ("unknown-column", 7)),
        ("\n004\n", "\n005\n", ("bad-count", 4)),
        ("\n004\n", "\n003\n", ("column-missing", 4)),
        ("\n21  \n", "\n22  \n", ("unknown-version", 2)),
        ("\n21  \n", "\n20  \n", ("record-length", 10)),
        ("\n00000002\n", "\n00000003\n", ("total-differs", 9)),
        ("OFDCFDAT", "OFDCFIDX", ("missing-record", 1)),
        ("OFDCFEND\n", "", ("missing-record", 11)),
    ],
)
def test_what_is_wrong_with_a_self_describing_file_has_its_place(old: str, new: str, wrong: tuple[str, int]) -> None:
    layout = file_layout(DESCRIBED)
    rows = [HOLDING | {"product": "fund", "account_no": "6217", "holder_name": "张三", "balance_minor": i} for i in (1, 2)]
    text = written(layout, "holding", rows).decode("gb18030")

    assert old in text
    assert wrong in refused(layout, text.replace(old, new).encode("gb18030"))


def test_a_header_that_ends_too_early_is_told() -> None:
    layout = file_layout(DESCRIBED)
    whole = written(layout, "holding", []).decode("gb18030").split("\n")

    for lines in range(1, 9):
        assert ("header-short", lines) in refused(layout, "\n".join([*whole[:lines], ""]).encode("gb18030"))
