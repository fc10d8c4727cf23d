"""Days and times of day, one cell at a time: read by the first spelling that fits, never by guess, and only where they exist.

A time with a zone is taken in China's own (UTC+8, without summer time): "2026-01-04T23:30:00Z" is the 5th, 07:30. Without a zone it is
the bank's local time, as it stands.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue, finer_than_spelling
from bank_profiles.values.date_formats import TOKENS, has_clock, pieces, said

CHINA = timedelta(hours=8)
CHINA_WRITTEN = "+08:00"
_ZONE_MAX = timedelta(hours=14)  # Line Islands; there is none farther east
_LEAP_YEAR = 2000  # stands for a year that is not said: it has every day


@dataclass(frozen=True)
class Day:
    """A date that exists, in one of several spellings; the first is written. ``pivot``: two-digit years below it are 20yy."""

    spellings: tuple[str, ...]
    pivot: int | None = None
    type: "pa.DataType" = field(default_factory=pa.date32)

    def read(self, text: str) -> date:
        return read_moment(text, self.spellings, self.pivot).date()

    def write(self, value: date) -> str:
        return write_moment(self.spellings[0], self.pivot, value, time())


@dataclass(frozen=True)
class Clock:
    """A time of day. A spelling without one says none: of a column that gives day and time, and is sometimes only a day."""

    spellings: tuple[str, ...]
    pivot: int | None = None
    type: "pa.DataType" = field(default_factory=lambda: pa.time32("s"))

    def read(self, text: str) -> time | None:
        spelling, _ = _fitting(text, self.spellings)
        return read_moment(text, (spelling,), self.pivot).time() if has_clock(spelling) else None

    def write(self, value: time) -> str:
        return write_moment(self.spellings[0], self.pivot, date(_LEAP_YEAR, 1, 1), value)


def read_moment(text: str, spellings: tuple[str, ...], pivot: int | None = None) -> datetime:
    """Day and time that a text says; BadValue where it has none of the spellings, or says what does not exist.

    What is not said is midnight, or the first day of a leap year.
    """
    spelling, parts = _fitting(text, spellings)
    number = {name: int(digits) for name, digits in parts.items() if name not in ("zone", "fraction")}
    try:
        moment = datetime(  # noqa: DTZ001  local to the bank
            _year(number, pivot),
            number.get("month", 1),
            number.get("day", 1),
            number.get("hour", 0),
            number.get("minute", 0),
            number.get("second", 0),
        )
        return moment + CHINA - _offset(parts["zone"]) if "zone" in parts and "hour" in parts else moment
    except (ValueError, OverflowError):
        raise _bad("impossible-date", _IMPOSSIBLE, (spelling,)) from None


def write_moment(spelling: str, pivot: int | None, day: date, clock: time) -> str:
    """The text of a day and a time; BadValue where two digits of the year would be read as another one."""
    numbers = {
        "year": day.year,
        "year of century": day.year % 100,
        "century": day.year // 100 - 19,
        "month": day.month,
        "day": day.day,
        "hour": clock.hour,
        "minute": clock.minute,
        "second": clock.second,
        "fraction": 0,
    }
    if _year_written(spelling, day.year, pivot) != day.year:
        raise finer_than_spelling()
    return "".join(_written(piece, numbers) for piece in pieces(spelling))


def _written(piece: str, numbers: dict[str, int]) -> str:
    if piece not in TOKENS:
        return piece
    token = TOKENS[piece]
    return CHINA_WRITTEN if token.says == "zone" else str(numbers[token.says]).zfill(token.width or 1)


def _year_written(spelling: str, year: int, pivot: int | None) -> int:
    """The year that will be read where this one is written."""
    if "century" in said(spelling):
        return year if 1900 <= year < 2100 else -1
    return _year({"year of century": year % 100}, pivot) if "year of century" in said(spelling) else year


def _year(number: dict[str, int], pivot: int | None) -> int:
    if "year" in number:
        return number["year"]
    if "year of century" not in number:
        return _LEAP_YEAR
    short = number["year of century"]
    if "century" in number:
        return 1900 + 100 * number["century"] + short
    if pivot is None:
        raise ValueError("a two-digit year without pivot")  # the checks let no such profile pass
    return short + (2000 if short < pivot else 1900)


def _offset(zone: str) -> timedelta:
    """What to take from the local time for UTC; ValueError where no place on earth has it."""
    if zone == "Z":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if int(digits[2:]) > 59 or size > _ZONE_MAX:
        raise ValueError(zone)
    return size if zone[0] == "+" else -size


# ---- spellings ----------------------------------------------------------------------------------------------------------------------


def _fitting(text: str, spellings: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The first spelling that fits, and what stands in its places."""
    for spelling in spellings:
        if match := _pattern(spelling).fullmatch(text):
            names = [TOKENS[piece].says for piece in pieces(spelling) if piece in TOKENS]
            return spelling, dict(zip(names, match.groups(), strict=True))
    raise _bad("date-format", Text("“{value}” is not written as agreed", "“{value}” 不符合约定的写法"), spellings)


@lru_cache(maxsize=256)
def _pattern(spelling: str) -> re.Pattern[str]:
    return re.compile(
        "".join(f"({TOKENS[piece].expression})" if piece in TOKENS else re.escape(piece) for piece in pieces(spelling))
    )


_IMPOSSIBLE = Text("“{value}” does not exist in the calendar or on the clock", "“{value}” 不是真实存在的日期或时间")


def _bad(code: str, what: Text, spellings: tuple[str, ...]) -> BadValue:
    listed = Text(" or ".join(spellings), " 或 ".join(spellings))
    return BadValue(code, what, listed, Text("ask the bank to correct it", "请银行更正"))


# ---- a year that is not written -----------------------------------------------------------------------------------------------------


def with_year(text: str, spellings: tuple[str, ...], anchor: date, *, near: bool) -> date:
    """The day that a text without a year means: the latest not after ``anchor``, or (``near``) the one nearest to it."""
    moment = read_moment(text, spellings)
    days = [day for year in range(anchor.year - 8, anchor.year + 9) if (day := _day(year, moment.month, moment.day))]
    fitting = days if near else [day for day in days if day <= anchor]
    if not fitting:  # before the first year of the calendar
        raise _bad("impossible-date", _IMPOSSIBLE, spellings)
    return min(fitting, key=lambda day: abs(day - anchor))


def _day(year: int, month: int, day: int) -> date | None:
    """None for 29 February of most years."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
