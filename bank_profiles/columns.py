"""Text ⇄ value for whole columns: what converters.py does to a cell, done to a million at once.

Fast finds, slow explains: a function here either gives exactly what the plain converter would give for every cell, or None, and then
the reference goes through the rows one by one and says which is wrong and why. A spelling with few different values (codes, dates,
words) needs no second implementation: each different text goes through the plain converter once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.converters import WRITTEN_MAX, BadValue, Converter, Money, Number, Plain, Quantity, Sign

type_text = pa.string()
if TYPE_CHECKING:
    Column = pa.Array[Any]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_INT64_MAX = 2**63 - 1


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def read_column(converter: Converter, texts: Column) -> Column | None:
    """The values of trimmed texts, null where the text is null (missing); None where some text is not plainly good.

    Money comes as written (see Money.read): ``to_minor`` follows when the currency of the rows is known.
    """
    if isinstance(converter, Plain):
        return texts
    if isinstance(converter, Money):
        written = _read_number(converter.number, texts)
        return None if written is None or (converter.positive and any_below_zero(written)) else written
    if isinstance(converter, Number):
        return _read_number(converter, texts)
    if isinstance(converter, Quantity) and converter.number.point and converter.number.sign is None:
        return _read_quantity(converter, texts)
    return by_distinct(texts, converter.read, converter.type)


def to_minor(money: Money, written: Column, currency: Column) -> Column | None:
    """Amounts as written → whole minor units of each row's currency; None where one is not whole or too large."""
    amounts, result = _ints(written), np.zeros(len(written), np.int64)
    for code, rows in _currencies(currency):
        power = money.power(code)
        chosen = amounts[rows]
        if power >= 0:
            if _largest(chosen) * 10**power > _INT64_MAX:
                return None
            result[rows] = chosen * 10**power
        else:
            if (chosen % 10**-power).any():
                return None
            result[rows] = chosen // 10**-power
    return _with_nulls_of(written, result)


def resolution(money: Money, currency: Column) -> Column:
    """The smallest step each row's amount can show, in minor units; null = exact."""
    return _required(by_distinct(currency, money.resolution, pa.int64()))


def by_distinct(values: Column, convert: Callable[[Any], Any], to: pa.DataType) -> Column | None:
    """Every different value converted once, by the plain converter."""
    encoded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    try:
        converted = [convert(value) for value in encoded.dictionary.to_pylist()]
    except BadValue:
        return None
    return pa.array(converted, to).take(encoded.indices)


def _read_number(number: Number, texts: Column) -> Column | None:
    if pc.all(pc.match_substring_regex(texts, number.pattern)).as_py() is False:
        return None
    try:
        if number.point:
            values = _scaled(texts.cast(pa.decimal128(38, number.places)))
        elif number.sign is None:
            values = texts.cast(pa.int64())
        else:
            values = _unsigned(texts).cast(pa.int64())
    except pa.ArrowInvalid:  # more digits than 64 bits hold
        return None
    if values is None or _largest(_ints(values)) > WRITTEN_MAX:
        return None
    if number.sign is None:
        return values
    negative = pc.ends_with(texts, "-") if number.sign == "trailing" else pc.starts_with(texts, "-")
    return _with_nulls_of(values, np.where(_flags(negative), -_ints(values), _ints(values)))


def _unsigned(texts: Column) -> Column:
    return pc.utf8_trim(texts, "+-")


def _scaled(decimals: Column) -> Column | None:
    """Decimals as whole numbers of their last place: the low half of the 128 bits, where the high half is only its sign."""
    data = decimals.buffers()[1]
    if data is None:
        return decimals.cast(pa.int64())
    halves = np.frombuffer(memoryview(data), np.int64).reshape(-1, 2)[decimals.offset : decimals.offset + len(decimals)]
    low = np.where(_valid(decimals), halves[:, 0], 0)
    if (np.where(_valid(decimals), halves[:, 1], 0) != low >> 63).any():
        return None
    return _with_nulls_of(decimals, low)


def _read_quantity(quantity: Quantity, texts: Column) -> Column | None:
    if pc.all(pc.match_substring_regex(texts, quantity.number.pattern)).as_py() is False:
        return None
    try:
        values = texts.cast(quantity.type)
    except pa.ArrowInvalid:
        return None
    written = _scaled(values)
    return None if written is None or _largest(_ints(written)) > WRITTEN_MAX else values


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def write_column(converter: Converter, values: Column) -> Column | None:
    """The texts of values, null where the value is null; None where one cannot be said. Money has ``write_money``."""
    if isinstance(converter, Plain):
        return values
    if isinstance(converter, Number):
        return _write_number(values, converter.sign) if _largest(_ints(values)) <= WRITTEN_MAX else None
    return by_distinct(values, converter.write, type_text)


def from_minor(money: Money, minor: Column, currency: Column) -> Column | None:
    """Minor units → amounts as written; None where the bank's unit is too coarse for one."""
    amounts, written = _ints(minor), np.zeros(len(minor), np.int64)
    for code, rows in _currencies(currency):
        power = money.power(code)
        chosen = amounts[rows]
        if power >= 0:
            if (chosen % 10**power).any():
                return None
            written[rows] = chosen // 10**power
        else:
            if _largest(chosen) * 10**-power > WRITTEN_MAX:
                return None
            written[rows] = chosen * 10**-power
    return _with_nulls_of(minor, written) if _largest(written) <= WRITTEN_MAX else None


def write_money(money: Money, written: Column, currency: Column) -> Column:
    """Amounts as written → their text; with a point, as many places as the currency has."""
    if not money.number.point:
        return _write_number(written, money.number.sign)
    texts = pa.nulls(len(written), type_text)
    for code, rows in _currencies(currency):
        shown = money.shown_places(code)
        chosen = written.filter(pa.array(rows))
        hidden = _with_nulls_of(chosen, _ints(chosen) // 10 ** (money.number.places - shown))
        texts = pc.replace_with_mask(texts, pa.array(rows), _write_number(hidden, money.number.sign, shown))
    return texts


def _write_number(values: Column, sign: Sign | None, shown: int = 0) -> Column:
    """Digits with ``shown`` of them behind a point, and the sign where the bank wants it."""
    amounts = _ints(values)
    size = np.abs(amounts)
    digits = _with_nulls_of(values, size // 10**shown).cast(type_text)
    if shown:
        behind = pc.utf8_lpad(pa.array(size % 10**shown).cast(type_text), shown, "0")
        digits = pc.binary_join_element_wise(digits, behind, ".")
    marks = pa.array(["-", "" if sign is None else "+"]).take(pa.array((amounts >= 0).astype(np.int8), pa.int8()))
    pieces = (digits, marks) if sign == "trailing" else (marks, digits)
    return cast("Column", pc.binary_join_element_wise(*pieces, ""))


# ---- arrays -------------------------------------------------------------------------------------------------------------------------


def _currencies(currency: Column) -> Iterator[tuple[str, Flags]]:
    """Each currency with the rows that have it; rows without one have no amount that could be said."""
    encoded = currency.dictionary_encode()
    index = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for place, code in enumerate(encoded.dictionary.to_pylist()):
        yield str(code), index == place


def _valid(column: Column) -> Flags:
    return _flags(column.is_valid())


def _flags(column: Any) -> Flags:
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), bool)


def _ints(column: Column) -> Ints:
    """The numbers of a column, 0 for null."""
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def exact_sum(column: Column) -> int:
    """A sum that 64 bits need not hold; null counts nothing."""
    numbers = _ints(column)
    return (int((numbers >> 32).sum()) << 32) + int((numbers & 0xFFFFFFFF).sum())


def _largest(numbers: Ints) -> int:
    return max(abs(int(numbers.min())), abs(int(numbers.max()))) if len(numbers) else 0


def any_below_zero(column: Column) -> bool:
    return bool((_ints(column) < 0).any())


def _with_nulls_of(column: Column, numbers: Ints) -> Column:
    return pa.array(numbers, pa.int64(), mask=~_valid(column) if column.null_count else None)


def _required(column: Column | None) -> Column:
    assert column is not None
    return column
