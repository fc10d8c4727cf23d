"""The figures of the workbooks in samples_excel.py, recomputed from raw cells: zip and XML for xlsx, cells as decimals for xls."""

import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

from tests.bank_profiles.samples_excel import SAMPLES

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _sums(name: str) -> dict[str, Any]:
    return next({"rows": dict(s.rows), "sums": dict(s.sums), "file": s.file} for s in SAMPLES if s.profile.endswith(name))


def _binary(samples: Path, file: str) -> list[list[Any]]:
    with (samples / "samples" / file).open("rb") as opened:
        return CalamineWorkbook.from_filelike(opened).get_sheet_by_index(0).to_python(skip_empty_area=False)


def _fen(cell: Any) -> int:
    return int(abs(Decimal(str(cell))) * 100)


def test_the_two_columns_of_amounts_of_one_bank_add_up(samples: Path) -> None:
    told = _sums("/ccb")
    rows = [row for row in _binary(samples, told["file"]) if re.fullmatch("[0-9]{8}", str(row[0]))]

    assert told["rows"]["movement"] == len(rows)
    assert told["sums"]["movement.amount_minor"] == sum(_fen(row[3]) + _fen(row[4]) for row in rows)
    assert told["sums"]["movement.balance_after_minor"] == sum(_fen(row[5]) for row in rows)


def test_amounts_of_a_card_add_up_without_their_signs(samples: Path) -> None:
    told = _sums("/citic")
    rows = [row for row in _binary(samples, told["file"]) if str(row[0]).startswith("2024-")]

    assert told["rows"]["movement"] == len(rows)
    assert told["sums"]["movement.amount_minor"] == sum(_fen(row[6]) for row in rows)


def _sheet(samples: Path, file: str, number: int) -> dict[str, str]:
    """Cell by cell, from the XML alone."""
    with zipfile.ZipFile(samples / "samples" / file) as package:
        shared = ElementTree.fromstring(package.read("xl/sharedStrings.xml"))
        texts = ["".join(each.text or "" for each in text.iter(f"{_MAIN}t")) for text in shared.findall(f"{_MAIN}si")]
        sheet = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{number}.xml"))
    cells = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        value = cell.findtext(f"{_MAIN}v")
        if value is not None:
            cells[cell.attrib["r"]] = texts[int(value)] if cell.get("t") == "s" else value
    return cells


def test_both_sheets_of_a_wallet_add_up_to_the_same(samples: Path) -> None:
    told = _sums("/wechat-book")
    for number in (1, 2):
        cells = _sheet(samples, told["file"], number)
        rows = [row for row in range(19, 46) if cells[f"E{row}"] in ("收入", "支出")]

        assert told["rows"]["movement"] == len(rows)
        assert told["sums"]["movement.amount_minor"] == sum(round(Decimal(cells[f"F{row}"].strip("¥")), 2) * 100 for row in rows)
