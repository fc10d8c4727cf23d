"""The refused rows given back: a sheet of the same shape, each row with its cell, the reason and what to do. Made in memory.

Every cell is text: nothing in it is a formula, a link or a number, whatever the applicant's file held. The sheet can be brought to
the door again as it is: the added columns have titles the door does not know.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter

from connector.intake.checks import wrong_field
from connector.intake.codes import REASONS, Reason
from connector.intake.rows import Rows
from connector.intake.sheet import HOUSEHOLDS, Layout, Sheet

Codes = Sequence[str | None]  # why each row is refused, None where it is not
ADDED = ("原表单元格 Cell", "原因代码 Code", "原因", "Reason", "如何处理", "What to do")
_OF_ADDED = (16, 30, 52, 60, 44, 52)
_WIDTHS = {  # of columns, in characters; others 12
    "id_type": 16,
    "id_no": 22,
    "authorization_no": 24,
    "guardian_id": 22,
    "scope": 24,
    "entrust_no": 22,
    "entrust_office": 18,
    **dict(zip(ADDED, _OF_ADDED, strict=True)),
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # OWASP: what a spreadsheet program takes for a formula in a csv


def refused_xlsx(rows: Rows, codes: Codes) -> bytes:
    """The refused rows as a workbook."""
    return as_xlsx(rows.sheet, HOUSEHOLDS, _lines(rows, codes))


def refused_csv(rows: Rows, codes: Codes) -> bytes:
    """The refused rows as csv in UTF-8 with BOM."""
    return as_csv(_lines(rows, codes))


def as_xlsx(of: Sheet, layout: Layout, lines: Iterable[Sequence[str]]) -> bytes:
    """Lines as ``given_back`` makes them, as a workbook in the columns of the sheet they are ``of``."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,  # what is opened never touches a disk
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(layout.page)
        text = book.add_format({"num_format": "@"})  # a corrected number stays text, with all its digits
        head = book.add_format({"num_format": "@", "bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DCE6F1"})
        for line, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell, text if line else head)
        for column, field in enumerate([*of.places, *ADDED]):
            sheet.set_column(column, column, _WIDTHS.get(field, 12), text)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """Lines as csv in UTF-8 with BOM; a cell that would be taken for a formula gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for cells in lines:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells])
    return buffer.getvalue().encode("utf-8-sig")


def given_back(of: Sheet, layout: Layout, wrong: Iterable[tuple[int, Reason, str]]) -> Iterator[Sequence[str]]:
    """The titles, then each refused row with the cell that is wrong and why. ``wrong``: (position, reason, field)."""
    fields = list(of.places)
    yield [*(layout.titles[field] for field in fields), *ADDED]
    for at, reason, field in wrong:
        place = f"{of.places.get(field, '')}{of.rows[at]}"
        given = [of.columns[each][at] for each in fields]
        yield [*given, place, f"{reason.no} {reason.slug}", reason.zh, reason.en, reason.do_zh, reason.do_en]


def _lines(rows: Rows, codes: Codes) -> Iterator[Sequence[str]]:
    wrong = [(at, REASONS[code], wrong_field(rows, at, code, REASONS[code].field)) for at, code in enumerate(codes) if code]
    return given_back(rows.sheet, HOUSEHOLDS, wrong)
