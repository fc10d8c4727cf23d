"""Whole columns of numbers: texts → whole numbers of their last decimal place, and back; as numbers.py does it to a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.values.arrays import Flags, all_digits, flags, glued, ints, largest, valid, with_nulls_of
from bank_profiles.values.numbers import BLANKS, OVERPUNCHED, WRITTEN_MAX, Number

if TYPE_CHECKING:
    Column = pa.Array[Any]


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def read_numbers(number: Number, texts: Column) -> Column | None:
    """Null where the text is null; None where some text is not of the spelling."""
    if texts.null_count * 2 > len(texts) > texts.null_count:  # a column that is hardly ever filled
        present = read_numbers(number, texts.drop_null())
        return None if present is None else _spread(present, texts)
    texts = _bare(number, texts)
    if _is_plain(number, texts):
        return _in_bounds(_whole(texts))  # Arrow's own cast refuses a "-" that does not stand in front
    if pc.all(pc.match_substring_regex(texts, f"^(?:{number.pattern})$")).as_py() is False:
        return None
    if number.sign is None and not number.plus:  # a "-" in front is understood by the cast
        return _numbers(number, texts)
    negative, size = _negative(number, texts), _numbers(number, _unsigned(number, texts))
    return None if size is None else with_nulls_of(size, np.where(negative, -ints(size), ints(size)))


def _spread(present: Column, over: Column) -> Column:
    """The numbers of those that are there, among those that are not."""
    numbers = np.zeros(len(over), np.int64)
    numbers[valid(over)] = ints(present)
    return with_nulls_of(over, numbers)


def _numbers(number: Number, texts: Column) -> Column | None:
    digits = _plain_digits(number, texts)
    return _in_bounds(_decimals(digits, number.places) if number.shows_point and number.places else _whole(digits))


def _bare(number: Number, texts: Column) -> Column:
    for mark in number.strip:
        behind = pc.if_else(pc.starts_with(texts, mark), pc.utf8_slice_codeunits(texts, len(mark)), texts)
        before = pc.utf8_slice_codeunits(behind, 0, -len(mark))
        texts = pc.if_else(pc.ends_with(behind, mark), before, behind)
    return pc.utf8_trim(texts, BLANKS) if number.strip else texts


def _is_plain(number: Number, texts: Column) -> bool:
    """Nothing but digits, and "-" where one may stand: told by the bytes alone."""
    if number.shows_point and number.places:
        return False
    if number.natural:
        return all_digits(texts)
    return all_digits(texts, or_minus=number.sign is None) and number.sign not in ("leading", "trailing")


def _negative(number: Number, texts: Column) -> Flags:
    if number.sign == "overpunch":
        return flags(pc.is_in(pc.utf8_slice_codeunits(texts, -1), pa.array(list(OVERPUNCHED[10:]))))
    before = pc.or_(pc.starts_with(texts, "-"), pc.starts_with(texts, "("))
    return flags(pc.or_(before, pc.ends_with(texts, "-")))


def _unsigned(number: Number, texts: Column) -> Column:
    if number.sign != "overpunch":
        return pc.utf8_trim(texts, "+-()")
    last = pc.utf8_slice_codeunits(texts, -1)
    over = pc.index_in(last, pa.array(list(OVERPUNCHED)))
    digits = pa.array([str(index % 10) for index in range(len(OVERPUNCHED))])
    digit = pc.coalesce(digits.take(over), last)
    before = pc.utf8_slice_codeunits(texts, 0, -1)
    return glued(before, digit)


def _plain_digits(number: Number, texts: Column) -> Column:
    """Without groups, a "." for the point, nothing behind the digits."""
    if number.grouping:
        texts = pc.replace_substring(texts, number.grouping, "")
    if number.point != "." and number.shows_point:
        texts = pc.utf8_rtrim(pc.replace_substring(texts, number.point, "."), ".")
    return texts


def _whole(texts: Column) -> Column | None:
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:  # more digits than 64 bits hold
        return None


def _decimals(texts: Column, places: int) -> Column | None:
    try:
        return scaled(texts.cast(pa.decimal128(38, places)))
    except pa.ArrowInvalid:
        return None


def _in_bounds(values: Column | None) -> Column | None:
    return None if values is None or largest(ints(values)) > WRITTEN_MAX else values


def scaled(decimals: Column) -> Column | None:
    """Decimals as whole numbers of their last place: the low half of the 128 bits, where the high half is only its sign."""
    data = decimals.buffers()[1]
    if data is None:
        return decimals.cast(pa.int64())
    halves = np.frombuffer(memoryview(data), np.int64).reshape(-1, 2)[decimals.offset : decimals.offset + len(decimals)]
    low = np.where(valid(decimals), halves[:, 0], 0)
    if (np.where(valid(decimals), halves[:, 1], 0) != low >> 63).any():
        return None
    return with_nulls_of(decimals, low)


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def write_numbers(number: Number, values: Column, shown: int = 0) -> Column:
    """Digits with ``shown`` of them behind a point, and the sign where the bank wants it."""
    amounts = ints(values)
    size, below_zero = np.abs(amounts), amounts < 0
    digits = with_nulls_of(values, size // 10**shown).cast(pa.string())
    if number.grouping:
        digits = _grouped(digits, number.grouping)
    if shown:
        behind = pc.utf8_lpad(pa.array(size % 10**shown).cast(pa.string()), shown, "0")
        digits = glued(digits, behind, between=number.point)
    return _signed(number, digits, below_zero)


def _grouped(digits: Column, mark: str) -> Column:
    """A mark between each three digits, counted from the right: filled up on the left, cut in threes, the filling taken away."""
    filled = pc.utf8_lpad(digits, 21, " ")
    cut = pc.replace_substring_regex(filled, "(.{3})", "\\1,")
    return pc.replace_substring(pc.utf8_trim(cut, " ,"), ",", mark)


def _signed(number: Number, digits: Column, below_zero: Flags) -> Column:
    if number.sign == "overpunch":
        last = pc.utf8_slice_codeunits(digits, -1).cast(pa.int8())
        index = pa.array(ints(last) + 10 * below_zero, pa.int8(), mask=~valid(digits))
        before = pc.utf8_slice_codeunits(digits, 0, -1)
        return glued(before, pa.array(list(OVERPUNCHED)).take(index))
    which = pa.array(below_zero.astype(np.int8), pa.int8())
    before, behind = (pa.array(marks).take(which) for marks in _MARKS[number.sign])
    return glued(before, digits, behind)


# What stands before and behind the digits: of numbers not below zero, then of those below.
_MARKS: dict[str | None, tuple[list[str], list[str]]] = {
    None: (["", "-"], ["", ""]),
    "leading": (["+", "-"], ["", ""]),
    "trailing": (["", ""], ["+", "-"]),
    "trailing_minus": (["", ""], ["", "-"]),
    "brackets": (["", "("], ["", ")"]),
}
