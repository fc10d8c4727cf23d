"""A spreadsheet written in memory: texts stay texts, amounts have the digits of their currency, two languages in every head.

Nothing that came from a bank or a sheet can become a formula, a link or a number; account numbers keep their zeros.
"""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import xlsxwriter

from reconciliation.money import exponent, format_minor

_EXACT_DIGITS = 15  # a spreadsheet keeps no more digits of a number; a longer amount is written as text
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_A4 = 9
DARK, PALE, AMBER, _EDGE = "#1F3A5F", "#E8EEF5", "#FFF3D6", "#B7C3D0"
_USUAL = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
_CELL = {"border": 1, "border_color": _EDGE, "text_wrap": True}
_HEAD = _CELL | {"bold": True, "bg_color": DARK, "font_color": "#FFFFFF"}


class Amount(NamedTuple):
    """Minor units of a currency; None is an empty cell."""

    minor: int | None
    currency: str


Value = str | int | Amount | None
Row = Mapping[str, Any]


class Column(NamedTuple):
    """One column of a table: its Chinese and English head, and how a row fills it."""

    zh: str
    en: str
    value: Callable[[Row], Value]


class Book:
    """A workbook that never touches a disk; equal content gives equal bytes."""

    def __init__(self, title: str, footer: str, made_at: datetime) -> None:
        self._stream, self._footer = io.BytesIO(), footer
        never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book: Any = xlsxwriter.Workbook(self._stream, {"in_memory": True, **never})
        self._book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        self._looks: dict[tuple[tuple[str, Any], ...], Any] = {}

    def sheet(self, name: str, widths: Sequence[int], *, landscape: bool = True) -> "Sheet":
        """A further sheet, A4, one page wide; ``widths`` in characters."""
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self._footer.replace('&', '&&')}&R&P / &N")
        sheet.hide_gridlines(2)
        if landscape:
            sheet.set_landscape()
        return Sheet(sheet, self._format, len(widths))

    def bytes(self) -> bytes:
        """The finished file."""
        self._book.close()
        return self._stream.getvalue()

    def _format(self, looks: Mapping[str, Any]) -> Any:
        key = tuple(sorted((_USUAL | dict(looks)).items()))
        if key not in self._looks:
            self._looks[key] = self._book.add_format(dict(key))
        return self._looks[key]


class Sheet:
    """One sheet, written from top to bottom."""

    def __init__(self, sheet: Any, look: Callable[[Mapping[str, Any]], Any], columns: int) -> None:
        self._sheet, self._look, self._columns, self._row = sheet, look, columns, 0

    def line(self, text: str, **looks: Any) -> None:
        """One text across the sheet; a coloured line is coloured to its end."""
        self._text(0, text, looks)
        for column in range(1, self._columns if "bg_color" in looks else 0):
            self._sheet.write_blank(self._row, column, None, self._look(looks))
        self._row += 1

    def title(self, text: str, under: str) -> None:
        self.line(text, bold=True, font_size=15, font_color=DARK)
        self.line(under, font_color="#555555")

    def heading(self, zh: str, en: str) -> None:
        self._row += 1
        self.line(f"{zh} {en}", bold=True, font_size=12, font_color=DARK)

    def facts(self, rows: Iterable[tuple[str, str, Value]]) -> None:
        """Names (Chinese, English under it) and their values."""
        for zh, en, value in rows:
            self._text(0, f"{zh}\n{en}", _CELL | {"bg_color": PALE})
            self._value(1, value, _CELL | {"align": "left"})
            self._row += 1

    def table(self, columns: Sequence[Column], rows: Sequence[Row], *, freeze: bool = False, **looks: Any) -> None:
        """A table with two-line heads; without rows it says so. ``freeze`` keeps the head in sight and on every printed page."""
        if not rows:
            self.line("无 None")
            return
        for place, column in enumerate(columns):
            self._text(place, f"{column.zh}\n{column.en}", _HEAD)
        self._sheet.set_row(self._row, 32)
        if freeze:
            self._sheet.freeze_panes(self._row + 1, 0)
            self._sheet.repeat_rows(self._row)
        for row in rows:
            self._row += 1
            for place, column in enumerate(columns):
                self._value(place, column.value(row), _CELL | looks)
        self._row += 1

    def _value(self, column: int, value: Value, looks: Mapping[str, Any]) -> None:
        if isinstance(value, Amount):
            self._amount(column, value, looks)
        elif isinstance(value, int):
            self._sheet.write_number(self._row, column, value, self._look({**looks, "num_format": "#,##0"}))
        else:
            self._text(column, value or "", looks)

    def _amount(self, column: int, amount: Amount, looks: Mapping[str, Any]) -> None:
        minor, digits = amount.minor, exponent(amount.currency)
        if minor is None:
            self._text(column, "", looks)
        elif len(str(abs(minor))) > _EXACT_DIGITS:
            self._text(column, format_minor(minor, amount.currency), {"align": "right", **looks})
        else:
            places = "#,##0" + (f".{'0' * digits}" if digits else "")
            self._sheet.write_number(self._row, column, minor / 10**digits, self._look({**looks, "num_format": places}))

    def _text(self, column: int, text: str, looks: Mapping[str, Any]) -> None:
        """A text cell; one that an editor could take for a formula when it is typed again is marked as quoted text too."""
        if not text:
            self._sheet.write_blank(self._row, column, None, self._look(looks))
            return
        quoted = {"quote_prefix": True} if text.startswith(_FORMULA_STARTS) else {}
        self._sheet.write_string(self._row, column, text, self._look({**looks, **quoted, "num_format": "@"}))
