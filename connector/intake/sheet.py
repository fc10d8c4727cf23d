"""An intake sheet as columns of text: xlsx, or csv in UTF-8 or GB18030; what a cell means is decided elsewhere.

Columns are found by their titles in any order. A date cell becomes ``yyyy-MM-dd``, a numeric cell its digits; a formula is
never computed, the value kept beside it is read. Row numbers are those the operator sees: the header is row 1.
"""

import codecs
import csv
import hashlib
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.excel.book import Book
from bank_profiles.codecs.excel.columns import letters
from connector.intake.columns import COLUMNS, Cell, Column
from connector.intake.errors import SheetError
from reconciliation.identity import normalise_text

BYTES_MAX = 256 * 2**20  # a province's month in one file; more is a mistake
UNPACKED_MAX = 2**31  # what an xlsx of that size may hold unpacked; more is a bomb
ROWS_MAX = 1_048_576  # the rows of an Excel sheet
CELL_MAX = 300  # characters; longer than any name, number or list of classes
COLUMNS_MAX = 200

TITLES = {field: column.title for field, column in COLUMNS.items()}
SHEET_NAME = "核对申请"  # read when a workbook has it, else its first sheet


class Layout:
    """The columns a kind of sheet has, found by their titles, and the name of its page in a workbook."""

    def __init__(self, columns: Mapping[str, Column], page: str) -> None:
        self.page = page
        self.titles = {field: column.title for field, column in columns.items()}
        self.optional = frozenset(field for field, column in columns.items() if column.cell is Cell.NO_COLUMN)
        self.field = {_normal_title(title): field for field, title in self.titles.items()}


@dataclass(frozen=True, repr=False)
class Sheet:
    """``columns[field]`` are the cells of a column, one a row; ``rows`` their row numbers; ``places`` the column letters."""

    columns: dict[str, list[str]]
    rows: list[int]
    places: dict[str, str]  # field -> A, B, … of the columns that are there, in the sheet's order
    ignored: int  # columns with other titles
    digest: str  # SHA-256 of the file

    def __len__(self) -> int:
        return len(self.rows)


def read_file(path: Path) -> bytes:
    """The bytes of a file, as far as ``read_sheet`` needs them to take it or to refuse it for its size."""
    with path.open("rb") as file:
        return file.read(BYTES_MAX + 1)


def read_sheet(content: bytes, layout: Layout | None = None) -> Sheet:
    """The sheet in a file's bytes; its kind is told from the bytes. Raises SheetError. ``layout``: by default a household sheet's."""
    layout = layout or HOUSEHOLDS
    if len(content) > BYTES_MAX:
        raise SheetError.of("sheet-too-large", limit=f"{BYTES_MAX // 2**20} MiB")
    lines = _workbook_lines(content, layout) if content.startswith(b"PK\x03\x04") else _csv_lines(content, layout)
    header = next(lines, [])
    found = _find_columns(header, layout)
    rows, kept = [], []
    for number, cells in enumerate(lines, 2):
        if number > ROWS_MAX:
            raise SheetError.of("sheet-too-large", limit=f"{ROWS_MAX} rows")
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise SheetError.of("row-too-long", row=number)
        if any(cells):
            rows.append(number)
            kept.append(cells)
    return Sheet(
        columns={field: _column(kept, found.get(field)) for field in layout.titles},
        rows=rows,
        places={field: letters(at) for field, at in sorted(found.items(), key=lambda pair: pair[1])},
        ignored=sum(1 for title in header if title) - len(found),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _normal_title(title: str) -> str:
    return normalise_text(title).replace(" ", "")


HOUSEHOLDS = Layout(COLUMNS, SHEET_NAME)
OPTIONAL = HOUSEHOLDS.optional


def _find_columns(header: Sequence[str], layout: Layout) -> dict[str, int]:
    """Field -> place. A cell of the first row is never repeated in a message: it may be a person's."""
    if len(header) > COLUMNS_MAX:
        raise SheetError.of("sheet-too-large", limit=f"{COLUMNS_MAX} columns")
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        field = layout.field.get(_normal_title(title))
        if field in found:
            raise SheetError.of("column-twice", title=layout.titles[field], place=letters(at))
        if field is not None:
            found[field] = at
    if missing := [title for field, title in layout.titles.items() if field not in found and field not in layout.optional]:
        raise SheetError.of("column-missing", titles="、".join(missing))
    return found


def _column(lines: list[Sequence[str]], at: int | None) -> list[str]:
    if at is None:
        return [""] * len(lines)
    return [line[at] if at < len(line) else "" for line in lines]


# ---------------------------------------------------------------- csv
def _csv_lines(content: bytes, layout: Layout) -> Iterator[Sequence[str]]:
    text = _decode(content, layout)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error:
        raise SheetError.of("quotes-broken", row=reader.line_num) from None


def _decode(content: bytes, layout: Layout) -> str:
    """UTF-8 (with BOM or without) or GB18030, told by the first line and then held to for the whole file."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\xd0\xcf\x11\xe0")) or b"\x00" in content:
        raise SheetError.of("not-a-sheet")
    encoding = _encoding_of(content.partition(b"\n")[0], layout)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as broken:
        row = content.count(b"\n", 0, broken.start) + 1
        raise SheetError.of("wrong-encoding", encoding=encoding.removesuffix("-sig"), row=row, byte=broken.start) from None


def _encoding_of(first_line: bytes, layout: Layout) -> str:
    """The encoding in which it has a title we know; failing that, one it can be read in: then its titles are what is wrong."""
    if first_line.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    readable = []
    for encoding in ("utf-8", "gb18030"):
        try:
            cells = first_line.decode(encoding).split(",")
        except UnicodeDecodeError:
            continue
        if any(_normal_title(cell).strip('"') in layout.field for cell in cells):
            return encoding
        readable.append(encoding)
    if not readable:
        raise SheetError.of("wrong-encoding", encoding="utf-8 / gb18030", row=1, byte=0)
    return readable[0]


# ---------------------------------------------------------------- xlsx
def _workbook_lines(content: bytes, layout: Layout) -> Iterator[Sequence[str]]:
    try:
        book = Book([content], BYTES_MAX, UNPACKED_MAX)
        sheet = book.sheet(layout.page if layout.page in book.names else None)
        before = [""] * sheet.left
        for cells in sheet.rows:
            yield before + [cell if type(cell) is str else _text(cell) for cell in cells]
    except BadFile as bad:
        limits = {"sheet-too-large": f"{COLUMNS_MAX} columns", "file-too-large": f"{UNPACKED_MAX // 2**20} MiB"}
        code = "sheet-too-large" if bad.code in limits else "not-a-sheet"
        raise SheetError.of(code, limit=limits.get(bad.code)) from None


def _text(cell: Any) -> str:
    """A cell that is not text: a date as ``yyyy-MM-dd``, a number as its digits."""
    writer = _WRITERS.get(type(cell), str)
    return writer(cell)


def _digits(number: float) -> str:
    """Excel keeps 15 digits. A longer number in a numeric cell has lost its last ones: it is shown as Excel shows it, 1.1E+17,
    and refused as a number of a person, never completed with zeros."""
    if not math.isfinite(number) or abs(number) >= 1e15:
        return f"{number:E}"
    return str(int(number)) if number == int(number) else repr(number)


_WRITERS: dict[type, Callable[[Any], str]] = {
    float: _digits,
    int: lambda number: _digits(float(number)),
    bool: lambda truth: str(truth).upper(),
    datetime: lambda moment: moment.date().isoformat(),
    date: date.isoformat,
}
