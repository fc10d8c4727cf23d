"""Text ⇄ value, one cell at a time: the legal meaning of every spelling a profile can name. (Numbers and money: amounts.py.)

columns.py does the same to whole columns and must never differ from what stands here. A text that is not of its spelling raises
BadValue; nothing is guessed, rounded or cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from typing import Any, Protocol

import pyarrow as pa

from bank_profiles.errors import Text
from reconciliation.errors import UnknownCurrency
from reconciliation.money import exponent


class BadValue(Exception):
    """A text that is not of its spelling, or a value that a spelling cannot say. ``{value}`` in ``what`` is filled in, masked."""

    def __init__(self, code: str, what: Text, expected: Text, hint: Text | None = None, *, refuses_file: bool = False) -> None:
        super().__init__(code)
        self.code, self.what, self.expected, self.hint, self.refuses_file = code, what, expected, hint, refuses_file


class Converter(Protocol):
    """One spelling. ``read`` and ``write`` never see a missing value."""

    @property
    def type(self) -> "pa.DataType": ...  # of the values

    def read(self, text: str) -> Any: ...

    def write(self, value: Any) -> str: ...


# ---- text and words -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """Text as it stands: names, account numbers, summaries. Leading zeros count."""

    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Codes:
    """Bank's code ⇄ our word. ``refuses_file``: what an unknown code does (map ``other: stop``), else its row is parked."""

    name: str
    to_word: Mapping[str, str]
    to_code: Mapping[str, str]
    refuses_file: bool
    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        try:
            return self.to_word[text]
        except KeyError:
            raise self._unknown("unknown-code", self.to_word) from None

    def write(self, value: str) -> str:
        try:
            return self.to_code[value]
        except KeyError:
            raise self._unknown("no-code", self.to_code) from None

    def _unknown(self, code: str, known: Mapping[str, str]) -> BadValue:
        what = Text(f"“{{value}}” is not in map {self.name}", f"“{{value}}” 不在对照表 {self.name} 中")
        listed = " ".join(known)
        hint = Text("ask the bank what it means, then add it to the map", "请向银行确认含义后补入对照表")
        return BadValue(code, what, Text(listed, listed), hint, refuses_file=self.refuses_file and code == "unknown-code")


def own_words(words: Sequence[str]) -> Codes:
    """Our own words as they are, for a bank that writes them."""
    same = {word: word for word in words}
    return Codes("words", same, same, refuses_file=True)


@dataclass(frozen=True)
class CodeList:
    """Several codes in one column; our value is the words, sorted, joined by ","."""

    codes: Codes
    separator: str
    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        return ",".join(sorted({self.codes.read(part.strip()) for part in text.split(self.separator)}))

    def write(self, value: str) -> str:
        return self.separator.join(self.codes.write(word) for word in value.split(","))


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 code as it is."""

    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        try:
            exponent(text)
        except UnknownCurrency:
            what = Text("“{value}” is no currency of ISO 4217", "“{value}” 不是 ISO 4217 币种")
            raise BadValue("unknown-code", what, Text("CNY, USD, …", "CNY、USD ……"), refuses_file=True) from None
        return text

    write = read


# ---- dates and times ----------------------------------------------------------------------------------------------------------------

_PART = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|.", re.DOTALL)
_NAMES = {"yyyy": "year", "MM": "month", "M": "month", "dd": "day", "d": "day", "HH": "hour", "mm": "minute", "ss": "second"}


@lru_cache(maxsize=64)
def _pattern(spelling: str) -> re.Pattern[str]:
    def expression(part: str) -> str:
        if part not in _NAMES:
            return re.escape(part)
        return f"(?P<{_NAMES[part]}>[0-9]{{{'1,2' if len(part) == 1 else len(part)}}})"

    return re.compile("".join(expression(part) for part in _PART.findall(spelling)))


def _moment(text: str, spellings: tuple[str, ...]) -> dict[str, int]:
    """The numbers a text says by the first spelling it has; BadValue where it has none of them."""
    for spelling in spellings:
        if match := _pattern(spelling).fullmatch(text):
            return {name: int(digits) for name, digits in match.groupdict().items()}
    raise _bad_moment("date-format", spellings)


def _bad_moment(code: str, spellings: tuple[str, ...]) -> BadValue:
    if code == "date-format":
        what = Text("“{value}” is not written as agreed", "“{value}” 不符合约定的写法")
    else:
        what = Text("“{value}” does not exist in the calendar or on the clock", "“{value}” 不是真实存在的日期或时间")
    listed = Text(" or ".join(spellings), " 或 ".join(spellings))
    return BadValue(code, what, listed, Text("ask the bank to correct it", "请银行更正"))


def _spelt(spelling: str, **numbers: int) -> str:
    parts = _PART.findall(spelling)
    return "".join(str(numbers.get(_NAMES[p], 0)).zfill(len(p)) if p in _NAMES else p for p in parts)


@dataclass(frozen=True)
class Day:
    """A date that exists, in one of several spellings; the first is written."""

    spellings: tuple[str, ...]
    type: "pa.DataType" = field(default_factory=pa.date32)

    def read(self, text: str) -> date:
        said = _moment(text, self.spellings)
        try:
            return date(said["year"], said["month"], said["day"])
        except ValueError:
            raise _bad_moment("impossible-date", self.spellings) from None

    def write(self, value: date) -> str:
        return _spelt(self.spellings[0], year=value.year, month=value.month, day=value.day)


@dataclass(frozen=True)
class Clock:
    """A time of day, the bank's local time."""

    spellings: tuple[str, ...]
    type: "pa.DataType" = field(default_factory=lambda: pa.time32("s"))

    def read(self, text: str) -> time:
        said = _moment(text, self.spellings)
        try:
            return time(said["hour"], said["minute"], said.get("second", 0))
        except ValueError:
            raise _bad_moment("impossible-date", self.spellings) from None

    def write(self, value: time) -> str:
        return _spelt(self.spellings[0], hour=value.hour, minute=value.minute, second=value.second)
