"""Money is whole minor units of an ISO 4217 currency: exact integers, never a float, sums only within one currency.

A CNY value is ``minor / 10^digits × rate`` in fen, half up (halves away from zero), for each account and movement by itself.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from babel.core import get_global

from reconciliation.errors import UnknownCurrency

CNY = "CNY"
_INT64_MAX = 2**63 - 1

# The tables of CLDR (babel) follow the coins in use; where these differ, ISO 4217 is what banks write.
_ISO_DIGITS = dict.fromkeys(["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"], 2) | {"IQD": 3}


@cache
def exponent(currency: str) -> int:
    """The digits after the point of a currency (ISO 4217): CNY 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    if currency not in get_global("all_currencies"):
        raise UnknownCurrency(
            f"{currency!r} is no ISO 4217 currency; correct the currency table of the bank's profile",
            f"{currency!r} 不是 ISO 4217 币种代码；请更正该银行画像中的币种对照",
        )
    fractions = get_global("currency_fractions")
    return int(_ISO_DIGITS.get(currency, fractions.get(currency, fractions["DEFAULT"])[0]))


def to_cny_fen(minor: int, currency: str, rate: Decimal) -> int:
    """The CNY fen of an amount at ``rate`` CNY for one unit of the currency. CNY itself is not converted."""
    if currency == CNY:
        return minor
    numerator, denominator = _fen_per_minor(currency, rate)
    return divide_half_up(minor * numerator, denominator)


def to_cny_fen_column(minor: "pa.Int64Array", currency: "pa.StringArray", rates: Mapping[str, Decimal]) -> npt.NDArray[np.int64]:
    """``to_cny_fen`` of whole columns (int64 and string, no nulls). ``rates`` holds each currency but CNY.

    Raises OverflowError when a value does not fit 64 bits.
    """
    amounts = np.asarray(minor.to_numpy(zero_copy_only=False), dtype=np.int64)
    codes = currency.dictionary_encode()
    index = codes.indices.to_numpy(zero_copy_only=False)
    fen = amounts.copy()
    for place, code in enumerate(map(str, codes.dictionary.to_pylist())):
        if code != CNY:
            chosen = index == place
            fen[chosen] = _convert(amounts[chosen], *_fen_per_minor(code, rates[code]))
    return fen


def divide_half_up(numerator: int, denominator: int) -> int:
    """A quotient of integers (denominator above 0) as the nearest integer, halves away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def format_minor(minor: int, currency: str) -> str:
    """An amount as people write it: ``format_minor(-123456, "CNY")`` is ``-1,234.56``."""
    digits = exponent(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def yuan_to_fen(yuan: str | Decimal) -> int:
    """Fen of a decimal number of yuan (a threshold, a standard), half up to the fen."""
    numerator, denominator = Decimal(yuan).as_integer_ratio()
    return divide_half_up(numerator * 100, denominator)


def _fen_per_minor(currency: str, rate: Decimal) -> tuple[int, int]:
    numerator, denominator = rate.as_integer_ratio()
    return numerator * 100, denominator * 10 ** exponent(currency)


def _convert(amounts: npt.NDArray[np.int64], numerator: int, denominator: int) -> npt.NDArray[np.int64]:
    """Half up in 64 bits where the product fits them, else in Python's integers: exact either way."""
    largest = max((abs(int(amounts.min())), abs(int(amounts.max()))), default=0) if len(amounts) else 0
    if 2 * largest * numerator + denominator <= _INT64_MAX:
        whole = (2 * np.abs(amounts) * numerator + denominator) // (2 * denominator)
        return np.where(amounts < 0, -whole, whole)
    return np.array([divide_half_up(int(amount) * numerator, denominator) for amount in amounts], dtype=np.int64)
