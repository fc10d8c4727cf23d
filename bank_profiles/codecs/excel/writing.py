"""A workbook being written, in memory: every text a text cell, amounts as numbers with their decimals, titles in their row.

Nothing becomes a formula, a link or a date; the same rows give the same bytes. The writing library has a mode with constant memory,
but it puts rows on a disk while they wait: a workbook that is written is held whole instead.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from bank_profiles.codecs.codec import BadFile, Sheaf
from bank_profiles.codecs.encoding import unprintable
from bank_profiles.codecs.excel.cells import column_of, is_text
from bank_profiles.codecs.excel.sheets import Table, tables_of
from bank_profiles.codecs.texts import bytes_of, controls, must_be_text
from bank_profiles.codecs.titles import columns_of, placing
from bank_profiles.errors import Text
from bank_profiles.language.formats.tables import Says, TitledField, TitledRecord
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money, Quantity
from bank_profiles.values.arrays import character_lengths, flags, ints
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

CELL_CHARACTERS_MAX = 32_767
ROWS_MAX = 1_048_576
_EXACT_DIGITS = 15  # a workbook keeps no more digits of a number: a longer amount is written as text
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDTH = 20
_NO_TIME = datetime(1980, 1, 1)  # noqa: DTZ001  a workbook says nothing about the clock of the machine that made it
_SETTINGS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_SHEET = "Sheet1"  # where the profile names none
_ANYTHING = "*"  # in a mark


class ExcelWriting:
    """One workbook."""

    def __init__(self, layout: FileLayout) -> None:
        self._bytes = io.BytesIO()
        self._book: Any = xlsxwriter.Workbook(self._bytes, _SETTINGS)
        self._book.set_properties({"created": _NO_TIME})
        self._looks: dict[str, Any] = {}
        self._sheets: dict[str, _Sheet] = {}  # by record
        for table in tables_of(layout):
            sheet = _Sheet(table, self._book.add_worksheet(table.sheet or _SHEET), self._look)
            self._sheets.update((record.name, sheet) for record in table.records)

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        if not all(_fits(column) for sheaf in sheaves for column in sheaf.columns):
            return None
        for record, row in _in_order(sheaves):
            self._sheets[record.name].write(record, row)
        return b""

    def end(self) -> bytes:
        self._book.close()
        return self._bytes.getvalue()

    def _look(self, number_format: str, **looks: Any) -> Any:
        key = repr((number_format, sorted(looks.items())))
        if key not in self._looks:
            self._looks[key] = self._book.add_format({"num_format": number_format, **looks})
        return self._looks[key]


@dataclass
class _Sheet:
    """One sheet: its titles are written at once, its rows from top to bottom."""

    table: Table
    sheet: Any
    look: Any
    _columns: list[str] = field(default_factory=list)
    _next: int = 0

    def __post_init__(self) -> None:
        if self.table.has_titles:
            self._titles()

    def _titles(self) -> None:
        self._columns = [column.name for column in columns_of(self.table.records, self.table.spec)]
        before = self.table.placed("preamble")
        wanted = self.table.spec.title_row
        row = (wanted if isinstance(wanted, int) else len(before.fields) + 2 if before else 1) - 1
        self.sheet.set_column(0, max(len(self._columns) - 1, 0), _WIDTH, self.look("@"))
        for at, name in enumerate(self._columns):
            self.sheet.write_string(row, at, name.partition("#")[0], self.look("@", bold=True))
        if self.table.spec.title and row:
            bold = self.look("@", bold=True, align="center")
            if len(self._columns) > 1:
                self.sheet.merge_range(row - 1, 0, row - 1, len(self._columns) - 1, "", bold)
            self.sheet.write_string(row - 1, 0, self.table.spec.title, bold)
        self._next = row + 1

    def write(self, record: RecordLayout, texts: Sequence[str | None]) -> None:
        if placing(record) == "preamble":
            self._labels(record, texts)
            return
        if self._next >= ROWS_MAX:
            raise _full()
        for of, text in zip(record.fields, texts, strict=True):
            if text is not None:
                self._cell(self._next, self._columns.index(of.name), of, text)
        mark = placing(record)
        if isinstance(mark, Says):
            self.sheet.write_string(
                self._next, self._columns.index(mark.column), mark.says.replace(_ANYTHING, ""), self.look("@")
            )
        self._next += 1

    def _labels(self, record: RecordLayout, texts: Sequence[str | None]) -> None:
        """Above the titles: the label, its value in the next cell; or the text a value stands within."""
        sign = record.spec.pairs if isinstance(record.spec, TitledRecord) else ":"
        for row, (of, text) in enumerate(zip(record.fields, texts, strict=True)):
            within = of.spelt.within if isinstance(of.spelt, TitledField) else None
            if within:
                self.sheet.write_string(row, 0, within.replace(_ANYTHING, "").replace("{}", text or ""), self.look("@"))
                continue
            self.sheet.write_string(row, 0, of.name.partition("#")[0] + sign, self.look("@"))
            if text is not None:
                self._cell(row, 1, of, text)

    def _cell(self, row: int, column: int, of: Field, text: str) -> None:
        if _is_number(of, text):
            places = len(text.partition(".")[2])
            self.sheet.write_number(row, column, float(text), self.look("0." + "0" * places if places else "0"))
        else:
            quoted = {"quote_prefix": True} if text.startswith(_FORMULA_STARTS) else {}
            self.sheet.write_string(row, column, text, self.look("@", **quoted))


def _is_number(of: Field, text: str) -> bool:
    """An amount or a quantity that a workbook keeps exactly; a text whose first digit is 0 is a text."""
    if not isinstance(of.converter, Money | Quantity) or is_text(of) or not _PLAIN_NUMBER.fullmatch(text):
        return False
    return len(text.strip("-").replace(".", "").lstrip("0")) <= _EXACT_DIGITS


def given_back(of: Field, texts: Texts) -> Texts:
    """Texts as they will be read: of number cells the shortest decimals."""
    if not isinstance(of.converter, Money | Quantity) or is_text(of):
        return texts
    digits: Any = pc.utf8_ltrim(pc.replace_substring_regex(texts, "[-.]", ""), "0")
    plain = flags(pc.match_substring_regex(texts, f"^({_PLAIN_NUMBER.pattern})$"))
    are_numbers = pa.array(plain & (ints(pc.utf8_length(digits)) <= _EXACT_DIGITS), pa.bool_())
    numbers: Any = texts.filter(are_numbers).cast(pa.float64())
    read = column_of(numbers.to_pylist(), of)
    if read is None:
        return texts
    read = read.dictionary_decode() if isinstance(read, pa.DictionaryArray) else read
    return cast("Texts", pc.replace_with_mask(texts, are_numbers, read))


def _in_order(sheaves: Sequence[Sheaf]) -> Iterator[tuple[RecordLayout, tuple[str | None, ...]]]:
    """The rows of several records among each other."""
    orders = np.concatenate([sheaf.order for sheaf in sheaves]) if sheaves else np.zeros(0, np.int64)
    rows = [
        (sheaf.record, row) for sheaf in sheaves for row in zip(*(column.to_pylist() for column in sheaf.columns), strict=True)
    ]
    return (rows[at] for at in np.argsort(orders, kind="stable"))


# ---- what fits ----------------------------------------------------------------------------------------------------------------------


def _fits(column: Texts) -> bool:
    data = bytes_of(column)
    longest = pc.max(character_lengths(column)).as_py() or 0
    return longest <= CELL_CHARACTERS_MAX and not controls(np.frombuffer(data, np.uint8)) and not unprintable(data)


def fit(text: str) -> None:
    """Raises BadValue for what no cell holds."""
    must_be_text(text)
    if len(text) > CELL_CHARACTERS_MAX:
        what = Text("the text is longer than a cell can be", "文字超过单元格可容纳的长度")
        raise BadValue(
            "too-long", what, Text(f"at most {CELL_CHARACTERS_MAX:,} characters", f"最多 {CELL_CHARACTERS_MAX:,} 个字符")
        )


def _full() -> BadFile:
    return BadFile(
        "sheet-full",
        Text("more rows than a sheet holds", "行数超过工作表上限"),
        Text(f"at most {ROWS_MAX:,}", f"最多 {ROWS_MAX:,} 行"),
        Text("fewer lines at once: limits.lines_max", "减少每批笔数：limits.lines_max"),
    )
