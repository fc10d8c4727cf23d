"""Whole columns of days and times of one fixed spelling: the digits of every byte column at once; as dates.py does it to a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.values.arrays import byte_matrix, valid
from bank_profiles.values.date_formats import TOKENS, has_clock, has_day, pieces
from bank_profiles.values.dates import Clock, Day

if TYPE_CHECKING:
    Column = pa.Array[Any]
Numbers = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


def is_fixed(converter: Day | Clock) -> bool:
    """One spelling, each number of which has its place."""
    spelling = converter.spellings[0]
    fits = has_day(spelling) if isinstance(converter, Day) else has_clock(spelling)
    return len(converter.spellings) == 1 and fits and all(TOKENS[p].width for p in pieces(spelling) if p in TOKENS)


def read_moments(converter: Day | Clock, texts: Column) -> Column | None:
    """Days since 1970, or seconds since midnight; None where some text is not of the spelling or not in the calendar."""
    numbers = _numbers(converter.spellings[0], texts)
    if numbers is None:
        return None
    days = _days(numbers, converter.pivot) if has_day(converter.spellings[0]) else None
    seconds = _seconds(numbers)
    if (has_day(converter.spellings[0]) and days is None) or seconds is None:
        return None
    values = np.zeros(len(texts), np.int32)
    values[valid(texts)] = seconds if days is None or isinstance(converter, Clock) else days
    return pa.array(values, pa.int32(), mask=~valid(texts) if texts.null_count else None).cast(converter.type)


def _numbers(spelling: str, texts: Column) -> dict[str, Numbers] | None:
    """What stands in each place of the texts that are there."""
    places = list(_places(spelling))
    matrix = byte_matrix(texts, sum(width for _, _, width in places))
    if matrix is None:
        return None
    columns = iter(np.ascontiguousarray(matrix.T))  # a few long rows are much faster than many short ones
    numbers: dict[str, Numbers] = {}
    for piece, says, width in places:
        number = np.zeros(len(matrix), np.int32)
        for at in range(width):
            column = next(columns)
            if says is None:
                if (column != piece.encode()[at]).any():
                    return None
                continue
            digits = column - np.uint8(ord("0"))  # other bytes wrap around to something large
            if (digits > (1 if says == "century" else 9)).any():
                return None
            number *= np.int32(10)
            number += digits
        if says is not None:
            numbers[says] = number
    return numbers


def _places(spelling: str) -> Iterator[tuple[str, str | None, int]]:
    """Each piece with what it says and how many bytes it has."""
    for piece in pieces(spelling):
        token = TOKENS.get(piece)
        yield piece, token and token.says, (token.width or 0) if token else len(piece.encode())


def _days(numbers: dict[str, Numbers], pivot: int | None) -> Numbers | None:
    months = _years(numbers, pivot) * 100 + numbers["month"]
    day = numbers["day"]
    if not ((day >= 1) & (day <= _MONTH_DAYS[months])).all():
        return None
    found: Numbers = _MONTH_START[months] + day - np.int32(1)
    return found


def _years(numbers: dict[str, Numbers], pivot: int | None) -> Numbers:
    if "year" in numbers:
        return numbers["year"]
    short = numbers["year of century"]
    if "century" in numbers:
        return short + 1900 + 100 * numbers["century"]
    return short + np.where(short < (pivot or 0), 2000, 1900).astype(np.int32)


def _seconds(numbers: dict[str, Numbers]) -> Numbers | None:
    midnight: Numbers = np.zeros(1, np.int32)
    hour, minute, second = (numbers.get(name, midnight) for name in ("hour", "minute", "second"))
    if any((number >= most).any() for number, most in ((hour, 24), (minute, 60), (second, 60))):
        return None
    return hour * np.int32(3600) + minute * np.int32(60) + second


def _months() -> tuple[Numbers, Numbers]:
    """By yyyyMM: the first day of the month (days since 1970), and how many it has (0: there is no such month)."""
    starts = np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
    number = np.arange(len(starts) - 1)
    index = (number // 12 + 1) * 100 + number % 12 + 1
    start, days = np.zeros(1_000_000, np.int32), np.zeros(1_000_000, np.int32)
    start[index], days[index] = starts[:-1], np.diff(starts)
    return start, days


_MONTH_START, _MONTH_DAYS = _months()
