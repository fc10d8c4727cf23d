"""Workbooks made for tests, cell by cell, and readings of them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from bank_profiles.catalogue import load_profile
from bank_profiles.engine.reading import FileReading
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from reconciliation.exchange import RECORDS

PROFILE = load_profile(Path(__file__).parent / "profiles" / "sheets.yaml")
BATCH = "202601050000001"


class Formula(NamedTuple):
    """A formula and the value kept beside it."""

    text: str
    value: Any


Cells = Sequence[Sequence[Any]]


def workbook(sheets: Mapping[str, Cells]) -> bytes:
    """Texts, numbers, truths, days, hours and formulas, each as what it is; None is an empty cell."""
    stream = io.BytesIO()
    book: Any = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    day, clock, moment, span = (
        book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss")
    )
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, Formula):
                    sheet.write_formula(row, column, cell.text, None, cell.value)
                elif isinstance(cell, bool):
                    sheet.write_boolean(row, column, cell)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(row, column, cell)
                elif isinstance(cell, timedelta):
                    sheet.write_datetime(row, column, cell, span)
                elif cell is not None:
                    form = moment if isinstance(cell, datetime) else day if isinstance(cell, date) else clock
                    assert isinstance(cell, date | time)
                    sheet.write_datetime(row, column, cell, form)
    book.close()
    return stream.getvalue()


def rewritten(book: bytes, old: bytes, new: bytes) -> bytes:
    """The same workbook with other words in its parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return stream.getvalue()


ANSWERS: Cells = [["批次号：", BATCH], ["共1笔"], ["序号", "结果"], ["000001", "有"]]
TITLES = ("序号", "账（卡）号", "业务种类", "余额（万元）", "开户日")


def answer(accounts: Cells, *, titles: Sequence[str] = TITLES, total: Any = None, more: Cells = ()) -> bytes:
    """A reply with these accounts under a merged title; ``total``: what the last row says."""
    rows: list[Sequence[Any]] = [["账户信息表"], titles, *accounts]
    if total is not None:
        at = next(index for index, title in enumerate(titles) if "余额" in title)
        rows.append(["合计", *[None] * (at - 1), total])
    return workbook({"查询结果": ANSWERS, "账户信息": [*rows, *more]})


def layout_of(key: str) -> FileLayout:
    return layout(PROFILE, "response", key)


class Read(NamedTuple):
    reading: FileReading
    rows: dict[str, list[dict[str, Any]]]
    lines: dict[str, list[int]]


def read(data: bytes, key: str = "book") -> Read:
    """Everything a workbook says. Raises UnreadableFile."""
    reading = FileReading(layout_of(key), "反馈.xlsx", expected={"batch_no": BATCH})
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in RECORDS}
    lines: dict[str, list[int]] = {kind: [] for kind in RECORDS}
    for part in reading.rows(data[i : i + 4096] for i in range(0, len(data), 4096)):
        rows[part.kind] += part.table.to_pylist()
        lines[part.kind] += part.lines.to_pylist()
    return Read(reading, rows, lines)
