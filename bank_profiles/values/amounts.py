"""Money and other amounts, one cell at a time: whole minor units of the row's currency, exact to the last one."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.language.words import SignWord, Unit
from bank_profiles.values.converters import BadValue, finer_than_spelling
from bank_profiles.values.numbers import COUNT, WRITTEN_DIGITS_MAX, WRITTEN_MAX, Number
from reconciliation.money import exponent

__all__ = [
    "COUNT",
    "WRITTEN_DIGITS_MAX",
    "WRITTEN_MAX",
    "Money",
    "Number",
    "Quantity",
    "finer_than_spelling",
    "money",
    "quantity",
]

DECIMAL_PLACES = 8  # of units, prices and rates: decimal128(30, 8)


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
UNIT_POWER: dict[Unit, int] = {"li": -3, "fen": -2, "yuan": 0, "wan": 4, "yi": 8}
_CURRENCY_DIGITS_MAX = 4  # ISO 4217: CLF and UYW


@dataclass(frozen=True)
class Money:
    """An amount in the bank's unit ⇄ whole minor units of the row's currency, exact.

    ``number.read`` gives the amount as written, as a whole number of its last decimal place: check sums run over these.
    """

    unit: Unit
    number: Number
    positive: bool = False  # of a movement: its direction stands in another column, so no sign may
    unsigned: bool = False  # of a movement: its sign was made a direction
    coarse: bool = False  # the bank promised how many places it shows at most
    type: "pa.DataType" = field(default_factory=pa.int64)

    def read(self, text: str) -> int:
        try:
            written = self.number.read(text)
        except BadValue as bad:
            raise self._no_amount(bad, text) from None
        if self.positive and written < 0:
            what = Text("“{value}” is below zero; the direction carries the sign", "“{value}” 为负；应由收支方向表示正负")
            raise BadValue("negative-amount", what, Text("an amount without minus", "不带负号的金额"))
        return abs(written) if self.unsigned else written

    def _no_amount(self, bad: BadValue, text: str) -> BadValue:
        """Why a text is no amount; a point where the unit is small tells that the unit has changed."""
        unit = _WHOLE.get(self.unit)
        pointed = re.fullmatch(r"-?[0-9]+\.[0-9]+", self.number.bare(text)) is not None
        if unit is None or self.number.places or not pointed:
            return BadValue("not-money", bad.what, bad.expected, bad.hint or _UNIT_HINT)
        what = Text(
            f"“{{value}}” has a decimal point, but this column is in {unit.en}", f"“{{value}}” 带小数点，而本列以{unit.zh}为单位"
        )
        return BadValue("not-money", what, _WHOLE_EXPECTED, _MOVED_HINT)

    @property
    def is_minor(self) -> bool:
        """Written as it is kept, whatever the currency."""
        return self.unit == "minor" and self.number.places == 0

    def power(self, currency: str) -> int:
        """``minor = written × 10**power``."""
        digits = 0 if self.unit == "minor" else UNIT_POWER[self.unit] + exponent(currency)
        return digits - self.number.places

    @property
    def weight(self) -> int:
        """``written × 10**weight`` is comparable between columns of different units; no currency has a part in a check sum."""
        return UNIT_POWER["fen" if self.unit == "minor" else self.unit] - self.number.places

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
        return int(10**power) if power > 0 and (self.coarse or not self.number.shows_point) else None

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
        """How many places behind the point are written: yuan of CNY 2, of JPY 0; wan of CNY 6; of a unit below the smallest, none."""
        return max(0, min(self.power(currency) + self.number.places, self.number.places))


# Units without a point.
_WHOLE: dict[Unit, Text] = {
    "minor": Text("the currency's smallest unit (分)", "币种的最小单位（分）"),
    "fen": Text("分", "分"),
    "li": Text("厘", "厘"),
}
_WHOLE_EXPECTED = Text("a whole number of them, for example 123456", "整数，例如 123456")
_MOVED_HINT = Text(
    "has the bank moved to 元? If so, a new edition with unit: yuan",
    "银行是否已改用元？若是，请登记 unit: yuan 的新版本",
)
_UNIT_HINT = Text(
    "if many rows are like this, the bank has probably changed its unit: that is a new edition of the profile",
    "若大量行如此，银行可能更改了单位：应登记画像的新版本",
)


def shows_point(unit: Unit) -> bool:
    """Small units are written whole, the larger ones with decimals."""
    return unit in ("yuan", "wan", "yi")


def free_places(unit: Unit) -> int:
    """Places behind a point that suffice for the last minor unit of every currency."""
    return UNIT_POWER[unit] + _CURRENCY_DIGITS_MAX


def money(unit: Unit, decimals: int | None = None, sign: SignWord | None = None, *, positive: bool = False) -> Money:
    """An amount as most banks write it: with a point where the unit is large, unless decimals are implied."""
    point = decimals is None and shows_point(unit)
    return Money(unit, Number(free_places(unit) if point else decimals or 0, point, sign), positive)


def quantity(decimals: int | None = None, sign: SignWord | None = None) -> Quantity:
    """Units, prices or rates as most banks write them."""
    return Quantity(Number(DECIMAL_PLACES if decimals is None else decimals, decimals is None, sign))
