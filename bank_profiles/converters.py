"""Text ⇄ value, one cell at a time: the legal meaning of every spelling a profile can name.

columns.py does the same to whole columns and must never differ from what stands here. A text that is not of its spelling raises
BadValue; nothing is guessed, rounded or cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Literal, Protocol

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.profile import Unit
from reconciliation.errors import UnknownCurrency
from reconciliation.money import exponent

WRITTEN_MAX = 10**18 - 1  # an amount as written, point taken out; what 64 bits hold with room for every check
DECIMAL_PLACES = 8  # of units, prices and rates: decimal128(30, 8)
Sign = Literal["leading", "trailing"]


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
_CACHED_TEXTS = 1 << 16  # dates repeat: a century of days and more


@lru_cache(maxsize=64)
def _pattern(spelling: str) -> re.Pattern[str]:
    def expression(part: str) -> str:
        if part not in _NAMES:
            return re.escape(part)
        return f"(?P<{_NAMES[part]}>[0-9]{{{'1,2' if len(part) == 1 else len(part)}}})"

    return re.compile("".join(expression(part) for part in _PART.findall(spelling)))


@lru_cache(maxsize=_CACHED_TEXTS)
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


# ---- numbers ------------------------------------------------------------------------------------------------------------------------


def _signed(negative: bool, digits: str, sign: Sign | None) -> str:
    mark = "-" if negative else "" if sign is None else "+"
    return digits + mark if sign == "trailing" else mark + digits


@dataclass(frozen=True)
class Number:
    """A decimal number kept as a whole number of its ``places``-th decimal place: 12.5 with 2 places is 1250.

    ``point``: the text shows the point; else the last ``places`` digits are implied to stand behind it.
    """

    places: int
    point: bool
    sign: Sign | None = None
    type: "pa.DataType" = field(default_factory=pa.int64)

    @cached_property
    def pattern(self) -> str:
        """As a regular expression of RE2, for Arrow; Python's is the same but for the mark of the end."""
        digits = rf"[0-9]+(\.[0-9]{{1,{self.places}}})?" if self.point else "[0-9]+"
        return {None: rf"^-?{digits}$", "leading": rf"^[+-]{digits}$", "trailing": rf"^{digits}[+-]$"}[self.sign]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern.strip("^$"))

    def read(self, text: str) -> int:
        if not self._expression.fullmatch(text):
            raise self._bad(text)
        whole, _, behind = text.strip("+-").partition(".")
        value = int(whole + behind.ljust(self.places if self.point else 0, "0"))
        if value > WRITTEN_MAX:
            raise self._bad(text)
        return -value if "-" in text else value

    def write(self, value: int, shown: int | None = None) -> str:
        """``shown``: how many of the places are written where there is a point (default: all); the others must be zeros."""
        digits = str(abs(value))
        if self.point:
            digits = digits.zfill(self.places + 1)
            behind = digits[-self.places :][:shown]
            digits = digits[: -self.places] + ("." + behind if behind else "")
        return _signed(value < 0, digits, self.sign)

    def _bad(self, text: str) -> BadValue:
        if "." in text and not self.point:
            what = Text("“{value}” has a decimal point, but this column is whole digits", "“{value}” 带小数点，但本列应为整数")
        else:
            what = Text("“{value}” is not a number as agreed", "“{value}” 不是约定格式的数字")
        sign_en = {None: "", "leading": " after a sign", "trailing": " before a sign"}[self.sign]
        sign_zh = {None: "", "leading": "，前有正负号", "trailing": "，后有正负号"}[self.sign]
        en = f"digits with at most {self.places} places behind a point" if self.point else "plain digits"
        zh = f"数字，小数不超过 {self.places} 位" if self.point else "纯数字"
        return BadValue("not-a-number", what, Text(f"{en}{sign_en}, at most 18", f"{zh}{sign_zh}，不超过 18 位"))


COUNT = Number(places=0, point=False)


@dataclass(frozen=True)
class Quantity:
    """Units, prices, rates: exact decimals that are not money."""

    number: Number
    type: "pa.DataType" = field(default_factory=lambda: pa.decimal128(30, DECIMAL_PLACES))

    def read(self, text: str) -> Decimal:
        return Decimal(self.number.read(text)).scaleb(-self.number.places).quantize(Decimal(1).scaleb(-DECIMAL_PLACES))

    def write(self, value: Decimal) -> str:
        written = value.scaleb(self.number.places)
        if written != int(written) or abs(written) > WRITTEN_MAX:
            raise finer_than_spelling()
        text = self.number.write(int(written))
        return text.rstrip("0").rstrip(".") if self.number.point and self.number.sign != "trailing" else text


# ---- money --------------------------------------------------------------------------------------------------------------------------

# Powers of ten of the row currency's main unit. "minor" stands for the row currency's own smallest unit.
_UNIT_POWER: dict[Unit, int] = {"li": -3, "fen": -2, "yuan": 0, "wan": 4, "yi": 8}
_CURRENCY_DIGITS_MAX = 4  # ISO 4217: CLF and UYW


@dataclass(frozen=True)
class Money:
    """An amount in the bank's unit ⇄ whole minor units of the row's currency, exact.

    ``number.read`` gives the amount as written, as a whole number of its last decimal place: check sums run over these.
    """

    unit: Unit
    number: Number
    positive: bool = False  # of a movement: its direction carries the sign
    type: "pa.DataType" = field(default_factory=pa.int64)

    def read(self, text: str) -> int:
        try:
            written = self.number.read(text)
        except BadValue as bad:
            raise BadValue("not-money", bad.what, bad.expected, _UNIT_HINT) from None
        if self.positive and written < 0:
            what = Text("“{value}” is below zero; the direction carries the sign", "“{value}” 为负；应由收支方向表示正负")
            raise BadValue("negative-amount", what, Text("an amount without minus", "不带负号的金额"))
        return written

    @property
    def is_minor(self) -> bool:
        """Written as it is kept, whatever the currency."""
        return self.unit == "minor" and self.number.places == 0

    def power(self, currency: str) -> int:
        """``minor = written × 10**power``."""
        digits = 0 if self.unit == "minor" else _UNIT_POWER[self.unit] + exponent(currency)
        return digits - self.number.places

    @property
    def weight(self) -> int:
        """``written × 10**weight`` is comparable between columns of different units; no currency has a part in a check sum."""
        return _UNIT_POWER["fen" if self.unit == "minor" else self.unit] - self.number.places

    def to_minor(self, written: int, currency: str) -> int:
        power = self.power(currency)
        minor, rest = divmod(abs(written) * 10 ** max(power, 0), 10 ** max(-power, 0))
        if rest or minor >= 2**63:
            what = Text(f"“{{value}}” is no whole amount of {currency}", f"“{{value}}” 不是 {currency} 最小单位的整数倍")
            raise BadValue("not-money", what, Text("whole minor units", "最小货币单位的整数倍"), _UNIT_HINT)
        return int(minor if written >= 0 else -minor)

    def resolution(self, currency: str) -> int | None:
        """The smallest step the spelling can show, in minor units; None = exact."""
        power = self.power(currency)
        return int(10**power) if power > 0 and not self.number.point else None

    def from_minor(self, minor: int, currency: str) -> int:
        """The amount as written; BadValue where the bank's unit is too coarse for it."""
        power = self.power(currency)
        written, rest = divmod(abs(minor) * 10 ** max(-power, 0), 10 ** max(power, 0))
        if rest or written > WRITTEN_MAX:
            raise finer_than_spelling()
        return int(written if minor >= 0 else -written)

    def write(self, value: int, currency: str = "CNY") -> str:
        """The text of an amount as written; with a point, as many places as the currency has."""
        return self.number.write(value, self.shown_places(currency))

    def shown_places(self, currency: str) -> int:
        """How many places behind the point are written: yuan of CNY 2, of JPY 0; wan of CNY 6."""
        return self.power(currency) + self.number.places


_UNIT_HINT = Text(
    "if many rows are like this, the bank has probably changed its unit: that is a new edition of the profile",
    "若大量行如此，银行可能更改了单位：应登记画像的新版本",
)


def finer_than_spelling() -> BadValue:
    what = Text("the value is finer or larger than this column can say", "数值的精度或大小超出本列的表示范围")
    return BadValue("too-fine", what, Text("a value that fits; nothing is rounded", "可表示的数值；绝不四舍五入"))


def money(unit: Unit, decimals: int | None, sign: Sign | None, *, positive: bool = False) -> Money:
    """The converter of a money column: small units are whole, larger ones show a point unless decimals are implied."""
    point = decimals is None and unit in ("yuan", "wan", "yi")
    places = _UNIT_POWER[unit] + _CURRENCY_DIGITS_MAX if point else decimals or 0
    return Money(unit, Number(places, point, sign), positive)


def quantity(decimals: int | None, sign: Sign | None) -> Quantity:
    """The converter of a column of units, prices or rates."""
    return Quantity(Number(DECIMAL_PLACES if decimals is None else decimals, decimals is None, sign))
