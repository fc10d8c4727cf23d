"""Text ⇄ value for whole columns: what converters.py does to a cell, done to a million at once.

Fast finds, slow explains: a function here either gives exactly what the plain converter would give for every cell, or None, and then
the reference goes through the rows one by one and says which is wrong and why. A spelling with few different values (codes, dates,
words) needs no second implementation: each different text goes through the plain converter once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.values.amounts import WRITTEN_MAX, Money, Number, Quantity
from bank_profiles.values.arrays import (
    Flags,
    all_digits,
    any_below_zero,
    byte_lengths,
    exact_sum,
    flags,
    ints,
    largest,
    with_nulls_of,
)
from bank_profiles.values.converters import BadValue, Converter, Masked, Plain
from bank_profiles.values.date_kernels import is_fixed, read_moments
from bank_profiles.values.dates import Clock, Day
from bank_profiles.values.line_refs import LineRef
from bank_profiles.values.number_kernels import read_numbers, write_numbers
from bank_profiles.values.targets import POSITION_DIGITS

__all__ = [
    "any_below_zero", "by_distinct", "exact_sum", "from_minor", "has_kernel", "read_column", "resolution", "to_minor",
    "write_column", "write_money",
]  # fmt: skip

TEXT = pa.string()
if TYPE_CHECKING:
    Column = pa.Array[Any]
_INT64_MAX = 2**63 - 1
_KNOWN_MAX = 1 << 16  # texts remembered of one column: all days of a century and more


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def has_kernel(converter: Converter) -> bool:
    """Is there a way for whole columns, because texts hardly repeat or are read faster than compared?"""
    if isinstance(converter, Day | Clock):
        return is_fixed(converter)
    return isinstance(converter, Plain | Masked | Money | Number | Quantity)


def read_column(converter: Converter, texts: Column) -> Column | None:
    """The values of trimmed texts, null where the text is null (missing); None where some text is not plainly good.

    For the converters that ``has_kernel``; the others go by distinct values.
    Money comes as written (see Money.read): ``to_minor`` follows when the currency of the rows is known.
    """
    match converter:
        case Plain():
            return texts if _are_of(converter, texts) else None
        case Masked():
            return _read_masked(converter, texts)
        case Money():
            return _read_money(converter, texts)
        case Number():
            return read_numbers(converter, texts)
        case Quantity():
            return _read_quantity(converter, texts)
        case Day() | Clock():
            return read_moments(converter, texts)
    raise TypeError(converter)


def _are_of(converter: Plain, texts: Column) -> bool:
    if not isinstance(converter, LineRef):
        return True
    lengths: Any = pc.min_max(byte_lengths(texts))
    shortest, longest = lengths["min"].as_py(), lengths["max"].as_py()
    if converter.alone and longest is not None and shortest >= 1 and longest <= POSITION_DIGITS and all_digits(texts):
        return True
    return pc.all(pc.match_substring_regex(texts, f"^({converter.pattern})$")).as_py() is not False


def _read_money(money: Money, texts: Column) -> Column | None:
    written = read_numbers(money.number, texts)
    if written is None or (money.positive and any_below_zero(written)):
        return None
    return with_nulls_of(written, np.abs(ints(written))) if money.unsigned else written


def to_minor(money: Money, written: Column, currency: Column) -> Column | None:
    """Amounts as written → whole minor units of each row's currency; None where one is not whole or too large."""
    if money.is_minor:
        return written
    amounts, result = ints(written), np.zeros(len(written), np.int64)
    for code, rows in _currencies(currency):
        power = money.power(code)
        chosen = amounts[rows]
        if power >= 0:
            if largest(chosen) * 10**power > _INT64_MAX:
                return None
            result[rows] = chosen * 10**power
        else:
            if (chosen % 10**-power).any():
                return None
            result[rows] = chosen // 10**-power
    return with_nulls_of(written, result)


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


def _read_quantity(quantity: Quantity, texts: Column) -> Column | None:
    written = read_numbers(quantity.number, texts)
    return None if written is None else _as_decimals(written, quantity)


def _as_decimals(written: Column, quantity: Quantity) -> Column:
    """Whole numbers of the last place as decimals, exact."""
    places = quantity.number.places
    step = pa.scalar(Decimal(1).scaleb(-places), pa.decimal128(places + 1, places))
    return cast("Column", pc.multiply(written.cast(pa.decimal128(19, 0)), step).cast(quantity.type))


def _read_masked(masked: Masked, texts: Column) -> Column | None:
    """Only the few texts with a mask are rewritten; mostly there is none, or all have one."""
    hidden: Any = (
        pa.array(np.any([flags(pc.match_substring_regex(texts, run)) for run in masked.runs], axis=0)) if masked.runs else None
    )
    if hidden is None or not hidden.true_count:
        return texts
    rewritten = [text and masked.read(text) for text in texts.filter(hidden).to_pylist()]
    return cast("Column", pc.replace_with_mask(texts, hidden, pa.array(rewritten, TEXT)))


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def write_column(converter: Converter, values: Column, known: dict[Any, Any] | None = None) -> Column | None:
    """The texts of values, null where the value is null; None where one cannot be said. Money has ``write_money``."""
    if isinstance(converter, Plain):
        return values
    if isinstance(converter, Number):
        fits = largest(ints(values)) <= WRITTEN_MAX and not (converter.natural and any_below_zero(values))
        return write_numbers(converter, values) if fits else None
    return by_distinct(values, converter.write, TEXT, known)


def from_minor(money: Money, minor: Column, currency: Column) -> Column | None:
    """Minor units → amounts as written; None where the bank's unit is too coarse for one."""
    if money.is_minor:
        return minor if largest(ints(minor)) <= WRITTEN_MAX else None
    amounts, written = ints(minor), np.zeros(len(minor), np.int64)
    for code, rows in _currencies(currency):
        power = money.power(code)
        chosen = amounts[rows]
        if power >= 0:
            if (chosen % 10**power).any():
                return None
            written[rows] = chosen // 10**power
        else:
            if largest(chosen) * 10**-power > WRITTEN_MAX:
                return None
            written[rows] = chosen * 10**-power
    return with_nulls_of(minor, written) if largest(written) <= WRITTEN_MAX else None


def write_money(money: Money, written: Column, currency: Column) -> Column:
    """Amounts as written → their text; with a point, as many places as the currency has."""
    if not money.number.shows_point:
        return write_numbers(money.number, written)
    texts = pa.nulls(len(written), TEXT)
    for code, rows in _currencies(currency):
        shown = money.shown_places(code)
        chosen = written.filter(pa.array(rows))
        hidden = with_nulls_of(chosen, ints(chosen) // 10 ** (money.number.places - shown))
        texts = pc.replace_with_mask(texts, pa.array(rows), write_numbers(money.number, hidden, shown))
    return texts


# ---- arrays -------------------------------------------------------------------------------------------------------------------------


def _currencies(currency: Column) -> Iterator[tuple[str, Flags]]:
    """Each currency with the rows that have it; rows without one have no amount that could be said."""
    encoded = currency.dictionary_encode()
    index = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for place, code in enumerate(encoded.dictionary.to_pylist()):
        yield str(code), index == place


def _required(column: Column | None) -> Column:
    assert column is not None
    return column
