"""A workbook as an example writes it down: sheets of cells, texts and numbers."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from bank_profiles.language.service import NumberCell

_SETTINGS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_NO_TIME = datetime(1980, 1, 1)  # noqa: DTZ001  the same cells give the same bytes


def workbook(sheets: Mapping[str, Sequence[Sequence[str | NumberCell | None]]]) -> bytes:
    stream = io.BytesIO()
    book: Any = xlsxwriter.Workbook(stream, _SETTINGS)
    book.set_properties({"created": _NO_TIME})
    as_text = book.add_format({"num_format": "@"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, NumberCell):
                    sheet.write_number(row, column, float(cell.number))
                elif cell is not None:
                    sheet.write_string(row, column, cell, as_text)
    book.close()
    return stream.getvalue()
