"""A cell of a workbook → text: numbers in their shortest decimals, dates as their column spells them, and what no cell may be.

A workbook keeps 15 digits of a number. More of them, or digits in a column of numbers that are names (accounts), are lost already.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.encoding import unprintable
from bank_profiles.codecs.texts import bytes_of, controls
from bank_profiles.errors import ProfilePlace, Text
from bank_profiles.language.formats.excel import ExcelField
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import Field
from bank_profiles.values.arrays import sizes
from bank_profiles.values.converters import BadValue
from bank_profiles.values.dates import Clock, Day, write_moment

if TYPE_CHECKING:
    Texts = pa.Array[Any]

EXACT_BELOW = 1e15  # from here on a number has digits a workbook does not keep
_DIGITS = 15
_TINY = 1e-4  # below it shortest decimals may be written with an exponent
_NO_DAY = date(1900, 1, 1)


def text_of(cell: Any, field: Field) -> str | BadValue | None:
    """The text of one cell, as its column has it; None where it is empty."""
    kind = type(cell)
    if kind is str:
        return cell or None
    if is_text(field) and kind in (float, int):
        return _number_cell()
    if kind is float or kind is int:
        return _decimal(float(cell), _point(field))
    if kind is bool:
        return "TRUE" if cell else "FALSE"
    return _moment(cell, field)


def is_text(field: Field) -> bool:
    """May only texts stand in this column?"""
    return isinstance(field.spelt, ExcelField) and field.spelt.cell == "text"


def shown(cell: Any) -> str:
    """A cell as text where no column says what it is: titles, marks, labels."""
    text = text_of(cell, _ANY)
    return text if isinstance(text, str) else ""


def _point(field: Field) -> str:
    """The sign texts of this column have before their decimals: a number cell is read as such a text."""
    return str(getattr(getattr(field.converter, "number", field.converter), "point", "."))


def _decimal(number: float, point: str) -> str | BadValue:
    if not math.isfinite(number) or abs(number) >= EXACT_BELOW:
        return _too_many_digits()
    digits = f"{number:.{_DIGITS}g}"
    if "e" in digits:
        digits = f"{Decimal(digits):f}"
    return "0" if digits == "-0" else digits.replace(".", point)


def _moment(cell: Any, field: Field) -> str | BadValue:
    """A date cell is a date, whatever spellings of texts the column lists."""
    if isinstance(cell, timedelta):
        return _no_day()
    day = cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else _NO_DAY
    clock = cell.time() if isinstance(cell, datetime) else cell if isinstance(cell, time) else time()
    if isinstance(field.converter, Day | Clock) and not (isinstance(field.converter, Day) and isinstance(cell, time)):
        return write_moment(field.converter.spellings[0], field.converter.pivot, day, clock)
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    return day.isoformat() if clock == time() else cell.isoformat(" ", "seconds")


# ---- whole columns ------------------------------------------------------------------------------------------------------------------


def column_of(cells: Sequence[Any], field: Field) -> Texts | None:
    """The same for a column; None where some cell is not plainly good."""
    try:
        texts: Texts = pa.array(cells, pa.string())
    except pa.ArrowException:
        kinds = set(map(type, cells))
        if is_text(field) and kinds & {float, int}:
            return None
        mixed = _floats(cells) if kinds == {float} and _point(field) == "." else [text_of(cell, field) for cell in cells]
        if mixed is None or (isinstance(mixed, list) and any(isinstance(text, BadValue) for text in mixed)):
            return None
        texts = pa.array(mixed, pa.string()) if isinstance(mixed, list) else mixed
    texts = _empty_as_null(texts)
    if not _printable(texts):
        texts = pc.utf8_trim(texts, SPACES) if field.trim == "both" else texts
        if not _printable(texts):
            return None
    return texts.dictionary_encode() if field.repeats else texts


def _floats(cells: Sequence[Any]) -> Texts | None:
    """Shortest decimals; the few with more digits or an exponent one by one."""
    numbers = np.array(cells, np.float64)
    if not np.isfinite(numbers).all() or np.abs(numbers).max() >= EXACT_BELOW:
        return None
    texts = pa.array(numbers).cast(pa.string())
    long = sizes(texts) > _DIGITS
    odd = np.flatnonzero(long | ((np.abs(numbers) < _TINY) & ((numbers != 0) | np.signbit(numbers))))
    if not len(odd):
        return texts
    listed = texts.to_pylist()
    for at in odd:
        listed[at] = str(_decimal(cells[int(at)], "."))
    return pa.array(listed, pa.string())


def _empty_as_null(texts: Texts) -> Texts:
    return pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts) if (sizes(texts) == 0).any() else texts


def _printable(texts: Texts) -> bool:
    """No control character and no byte order mark."""
    data = bytes_of(texts)
    return not controls(np.frombuffer(data, np.uint8)) and not unprintable(data)


# ---- what no cell may be ------------------------------------------------------------------------------------------------------------


def _number_cell() -> BadValue:
    return BadValue(
        "number-cell",
        Text(
            "this is a number cell; Excel keeps 15 digits and no leading zero, the rest is already lost",
            "该单元格为数字；Excel 只保留15位、不留前导零，其余已丢失",
        ),
        Text("a text cell", "文本单元格"),
        Text("the bank must send it again, the column formatted as text before typing", "请银行先将该列设为文本格式再录入后重发"),
    )


def _too_many_digits() -> BadValue:
    return BadValue(
        "number-cell",
        Text(
            "the number has more than 15 digits; Excel keeps only 15, the rest is already lost",
            "数字超过15位；Excel 只保留15位，其余已丢失",
        ),
        Text("a text cell", "文本单元格"),
        Text("the bank must send it again, the column formatted as text before typing", "请银行先将该列设为文本格式再录入后重发"),
    )


def failed() -> BadValue:
    """A formula whose result is an error: #REF!, #N/A."""
    return BadValue(
        "error-cell",
        Text("the formula in this cell has failed", "该单元格的公式出错"),
        Text("a value", "数值或文字"),
        Text("the bank must correct the sheet, and send values instead of formulas", "请银行更正，并以数值代替公式后重发"),
    )


def unvalued() -> BadValue:
    """A program wrote the formula and left the value to whoever opens the sheet: nothing is computed here."""
    return BadValue(
        "formula-without-value",
        Text("a formula stands here without a stored value", "此处是公式，未存储其值"),
        Text("a value", "数值或文字"),
        Text("the bank must open and save the sheet, or send values", "请银行打开并保存后重发，或直接发送数值"),
    )


def _no_day() -> BadValue:
    return BadValue(
        "date-format",
        Text("this cell is a length of time, no date", "该单元格为时长，不是日期"),
        Text("a date or a text", "日期或文本"),
        Text("ask the bank to correct it", "请银行更正"),
    )


_ANY = Field("", 0, ProfilePlace("", 0), "")  # a column nothing is known of
