"""Numbers and money, one cell at a time: digits with implied or shown decimals, signs, units, exact to the last minor unit."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.language.words import Unit
from bank_profiles.values.converters import BadValue
from reconciliation.money import exponent

WRITTEN_DIGITS_MAX = 18  # of an amount as written, point taken out: what 64 bits hold with room for every check
WRITTEN_MAX = 10**WRITTEN_DIGITS_MAX - 1
DECIMAL_PLACES = 8  # of units, prices and rates: decimal128(30, 8)
Sign = Literal["leading", "trailing"]


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
    natural: bool = False  # never below zero
    type: "pa.DataType" = field(default_factory=pa.int64)

    @cached_property
    def pattern(self) -> str:
        """As a regular expression of RE2, for Arrow; Python's is the same but for the mark of the end."""
        digits = rf"[0-9]+(\.[0-9]{{1,{self.places}}})?" if self.point else "[0-9]+"
        return {
            None: rf"^{digits}$" if self.natural else rf"^-?{digits}$",
            "leading": rf"^[+-]{digits}$",
            "trailing": rf"^{digits}[+-]$",
        }[self.sign]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern.strip("^$"))

    def read(self, text: str) -> int:
        if not self._expression.fullmatch(text):
            raise self._bad(text)
        whole, _, behind = text.strip("+-").partition(".")
        digits = (whole + behind.ljust(self.places if self.point else 0, "0")).lstrip("0")
        if len(digits) > WRITTEN_DIGITS_MAX:
            raise self._bad(text)
        return int(digits or "0") * (-1 if "-" in text else 1)

    def write(self, value: int, shown: int = 0) -> str:
        """Where there is a point: with at least ``shown`` places behind it, more where the value has them."""
        if self.natural and value < 0:
            raise finer_than_spelling()
        digits = str(abs(value))
        if self.point:
            digits = digits.zfill(self.places + 1)
            whole, behind = digits[: -self.places], digits[-self.places :].rstrip("0").ljust(shown, "0")
            digits = f"{whole}.{behind}" if behind else whole
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
        return BadValue(
            "not-a-number",
            what,
            Text(f"{en}{sign_en}, at most {WRITTEN_DIGITS_MAX}", f"{zh}{sign_zh}，不超过 {WRITTEN_DIGITS_MAX} 位"),
        )


COUNT = Number(places=0, point=False, natural=True)


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
        return self.number.write(int(written))


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
    what = Text("the value is finer, larger or smaller than this column can say", "数值的精度或大小超出本列的表示范围")
    return BadValue("too-fine", what, Text("a value that fits; nothing is rounded", "可表示的数值；绝不四舍五入"))


def money(unit: Unit, decimals: int | None, sign: Sign | None, *, positive: bool = False) -> Money:
    """The converter of a money column: small units are whole, larger ones show a point unless decimals are implied."""
    point = decimals is None and unit in ("yuan", "wan", "yi")
    places = _UNIT_POWER[unit] + _CURRENCY_DIGITS_MAX if point else decimals or 0
    return Money(unit, Number(places, point, sign), positive)


def quantity(decimals: int | None, sign: Sign | None) -> Quantity:
    """The converter of a column of units, prices or rates."""
    return Quantity(Number(DECIMAL_PLACES if decimals is None else decimals, decimals is None, sign))
