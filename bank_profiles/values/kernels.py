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

from bank_profiles.values.amounts import WRITTEN_MAX, Money, Number, Quantity, Sign
from bank_profiles.values.converters import BadValue, Converter, Day, Plain

TEXT = pa.string()
if TYPE_CHECKING:
    Column = pa.Array[Any]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_INT64_MAX = 2**63 - 1
_KNOWN_MAX = 1 << 16  # texts remembered of one column: all days of a century and more


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def has_kernel(converter: Converter) -> bool:
    """Is there a way for whole columns, because texts hardly repeat or are read faster than compared?"""
    if isinstance(converter, Quantity):
        return converter.number.point and converter.number.sign is None
    return isinstance(converter, Plain | Money | Number) or (isinstance(converter, Day) and converter.spellings == ("yyyyMMdd",))


def read_column(converter: Converter, texts: Column) -> Column | None:
    """The values of trimmed texts, null where the text is null (missing); None where some text is not plainly good.

    For the converters that ``has_kernel``; the others go by distinct values.
    Money comes as written (see Money.read): ``to_minor`` follows when the currency of the rows is known.
    """
    if isinstance(converter, Plain):
        return texts
    if isinstance(converter, Money):
        written = _read_number(converter.number, texts)
        return None if written is None or (converter.positive and any_below_zero(written)) else written
    if isinstance(converter, Number):
        return _read_number(converter, texts)
    if isinstance(converter, Quantity):
        return _read_quantity(converter, texts)
    if isinstance(converter, Day):
        return _read_days(texts)
    raise TypeError(converter)


def to_minor(money: Money, written: Column, currency: Column) -> Column | None:
    """Amounts as written → whole minor units of each row's currency; None where one is not whole or too large."""
    if money.is_minor:
        return written
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
    if money.is_minor:
        return pa.nulls(len(currency), pa.int64())
    return _required(by_distinct(currency, money.resolution, pa.int64()))


def by_distinct(
    values: Column, convert: Callable[[Any], Any], to: pa.DataType, known: dict[Any, Any] | None = None
) -> Column | None:
    """Every different value converted once, by the plain converter; ``known`` remembers them from block to block."""
    encoded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    known = {} if known is None or len(known) > _KNOWN_MAX else known
    different = encoded.dictionary.to_pylist()
    try:
        for value in different:
            if value not in known:
                known[value] = convert(value)
    except BadValue:
        return None
    return pa.array([known[value] for value in different], to).take(encoded.indices)


def _read_number(number: Number, texts: Column) -> Column | None:
    if not _is_spelt(number, texts):
        return None
    digits = texts if number.sign is None else _unsigned(texts)
    try:
        values = _scaled(digits.cast(pa.decimal128(38, number.places))) if number.point else digits.cast(pa.int64())
    except pa.ArrowInvalid:  # more digits than 64 bits hold
        return None
    if values is None or _largest(_ints(values)) > WRITTEN_MAX:
        return None
    if number.sign is None:
        return values
    negative = pc.ends_with(texts, "-") if number.sign == "trailing" else pc.starts_with(texts, "-")
    return _with_nulls_of(values, np.where(_flags(negative), -_ints(values), _ints(values)))


def _is_spelt(number: Number, texts: Column) -> bool:
    """Is every text of the number's pattern? Plain digits are told by their bytes alone; Arrow's own cast refuses a "-" elsewhere."""
    if number.point or number.sign is not None:
        return pc.all(pc.match_substring_regex(texts, number.pattern)).as_py() is not False
    return _all_bytes(texts, _DIGIT if number.natural else _DIGIT_OR_MINUS)


def _all_bytes(texts: Column, allowed: Flags) -> bool:
    """Are all bytes of all texts of these?"""
    data = texts.buffers()[2]
    return data is None or not data.size or bool(allowed[np.frombuffer(memoryview(data), np.uint8)].all())


_DIGIT = np.isin(np.arange(256), list(b"0123456789"))
_DIGIT_OR_MINUS = np.isin(np.arange(256), list(b"-0123456789"))


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


def _read_days(texts: Column) -> Column | None:
    """yyyyMMdd → days since 1970: a table says of every yyyyMM when the month begins and how long it is."""
    lengths = pc.unique(pc.binary_length(texts).drop_null()).to_pylist()  # type: ignore[call-overload]
    if not set(lengths) <= {8} or not _all_bytes(texts, _DIGIT):
        return None
    numbers = texts.cast(pa.int32()).fill_null(19700101).to_numpy(zero_copy_only=False)
    months = numbers // 100
    day = numbers - months * 100
    if not ((day >= 1) & (day <= _MONTH_DAYS[months])).all():
        return None
    days = pa.array(_MONTH_START[months] + day - 1, pa.int32(), mask=~_valid(texts) if texts.null_count else None)
    return days.cast(pa.date32())


def _months() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """By yyyyMM: the first day of the month (days since 1970), and how many it has (0: there is no such month)."""
    starts = np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
    number = np.arange(len(starts) - 1)
    index = (number // 12 + 1) * 100 + number % 12 + 1
    start, days = np.zeros(1_000_000, np.int32), np.zeros(1_000_000, np.int32)
    start[index], days[index] = starts[:-1], np.diff(starts)
    return start, days


_MONTH_START, _MONTH_DAYS = _months()


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


def write_column(converter: Converter, values: Column, known: dict[Any, Any] | None = None) -> Column | None:
    """The texts of values, null where the value is null; None where one cannot be said. Money has ``write_money``."""
    if isinstance(converter, Plain):
        return values
    if isinstance(converter, Number):
        fits = _largest(_ints(values)) <= WRITTEN_MAX and not (converter.natural and any_below_zero(values))
        return _write_number(values, converter.sign) if fits else None
    return by_distinct(values, converter.write, TEXT, known)


def from_minor(money: Money, minor: Column, currency: Column) -> Column | None:
    """Minor units → amounts as written; None where the bank's unit is too coarse for one."""
    if money.is_minor:
        return minor if _largest(_ints(minor)) <= WRITTEN_MAX else None
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
    texts = pa.nulls(len(written), TEXT)
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
    digits = _with_nulls_of(values, size // 10**shown).cast(TEXT)
    if shown:
        behind = pc.utf8_lpad(pa.array(size % 10**shown).cast(TEXT), shown, "0")
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
