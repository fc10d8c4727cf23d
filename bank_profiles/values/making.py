"""How a column is made of others: parts of texts, texts glued, the first that is there, a sign or a year from elsewhere.

Each way is given what stands in the columns it reads, trimmed, None (null) where nothing is given; it gives the text of the column that
is made, one cell at a time in plain Python, and the same for whole columns or None where some row is not plainly good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import Text
from bank_profiles.values.amounts import Money
from bank_profiles.values.arrays import flags, glued, ints
from bank_profiles.values.converters import BadValue, Converter
from bank_profiles.values.dates import with_year
from bank_profiles.values.kernels import by_distinct
from bank_profiles.values.number_kernels import read_numbers

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Parts = Sequence[str | None]
TEXT = pa.string()
_BETWEEN = "\x1f"  # unit separator: no cell holds a control character
OTHER_WAY = {"in": "out", "out": "in"}


class Way(Protocol):
    """One way of making a text."""

    def text(self, parts: Parts) -> str | None: ...  # raises BadValue

    def column(self, parts: Sequence[Texts]) -> Texts | None: ...


# ---- texts --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copy:
    """The same text once more: one column fills two fields."""

    def text(self, parts: Parts) -> str | None:
        return parts[0]

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        return parts[0]


@dataclass(frozen=True)
class PartOf:
    """Some characters of a text; a shorter text has fewer of them, or none."""

    start: int  # 1-based
    length: int

    def text(self, parts: Parts) -> str | None:
        return None if parts[0] is None else parts[0][self.start - 1 : self.start - 1 + self.length]

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        return pc.utf8_slice_codeunits(parts[0], self.start - 1, self.start - 1 + self.length)


@dataclass(frozen=True)
class Join:
    """Texts one behind the other; what is missing adds nothing."""

    def text(self, parts: Parts) -> str | None:
        given = [part for part in parts if part is not None]
        return "".join(given) if given else None

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        whole = glued(*(part.fill_null("") for part in parts))
        given = np.any([flags(part.is_valid()) for part in parts], axis=0)
        return cast("Texts", pc.if_else(pa.array(given, pa.bool_()), whole, pa.scalar(None, TEXT)))


@dataclass(frozen=True)
class FirstOf:
    """The first text that is not missing."""

    def text(self, parts: Parts) -> str | None:
        return next((part for part in parts if part is not None), None)

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        return pc.coalesce(*parts)


# ---- signs and directions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WithSign:
    """An amount, and the text that says its sign. A sign without an amount says nothing."""

    minus: tuple[str, ...]
    plus: tuple[str, ...]

    def text(self, parts: Parts) -> str | None:
        amount, sign = parts
        if amount is None:
            return None
        if (sign or "") in self.minus:
            return f"-{amount}"
        if (sign or "") in self.plus:
            return amount
        listed = " ".join((*self.minus, *self.plus)).strip()
        what = Text("what stands in the sign's column is no sign", "符号列的内容不是约定的符号")
        raise BadValue("unknown-sign", what, Text(listed, listed), Text("ask the bank what it means", "请向银行确认含义"))

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        amount, sign = parts
        known = pa.array([*self.minus, *self.plus])
        which = pc.index_in(sign.fill_null(""), known)
        if flags(pc.and_(which.is_null(), amount.is_valid())).any():
            return None
        marks = pa.array(["-"] * len(self.minus) + [""] * len(self.plus)).take(which)
        return cast("Texts", pc.if_else(amount.is_valid(), glued(marks.fill_null(""), amount), pa.scalar(None, TEXT)))


@dataclass(frozen=True)
class OneAmount:
    """The amount of a row that has a column for each direction: exactly one of them is filled."""

    names: tuple[str, ...]

    def text(self, parts: Parts) -> str | None:
        given = [part for part in parts if part is not None]
        if len(given) > 1:
            listed = " / ".join(self.names)
            raise BadValue(
                "two-amounts",
                Text("more than one of the columns for in and out is filled", "收入与支出两列同时有值"),
                Text(f"one of {listed}", f"{listed} 之一"),
                Text(
                    'if the bank writes 0 in the other one:   missing: ["", "0.00"]',
                    '若银行在另一列写 0：   missing: ["", "0.00"]',
                ),
            )
        return given[0] if given else None

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        filled = np.sum([flags(part.is_valid()) for part in parts], axis=0)
        return None if (filled > 1).any() else pc.coalesce(*parts)


@dataclass(frozen=True)
class Going:
    """The direction of a movement: that of the column its amount stands in, the other one where the amount is below zero.

    An amount that cannot be read is complained of where it is read; here it goes its column's way.
    """

    ways: tuple[tuple[str, Money], ...]

    def text(self, parts: Parts) -> str | None:
        for part, (way, money) in zip(parts, self.ways, strict=True):
            if part is not None:
                return OTHER_WAY[way] if _is_below_zero(money, part) else way
        return None

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        found: Any = pa.nulls(len(parts[0]), TEXT)
        for part, (way, money) in zip(parts, self.ways, strict=True):
            amounts = read_numbers(money.number, part)
            if amounts is None:
                return None
            turned = pa.array((ints(amounts) < 0).astype(np.int8), pa.int8(), mask=~flags(part.is_valid()))
            found = pc.coalesce(found, pa.array([way, OTHER_WAY[way]]).take(turned))
        return cast("Texts", found)


def _is_below_zero(money: Money, text: str) -> bool:
    try:
        return money.number.read(text) < 0
    except BadValue:
        return False


# ---- years --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WithYear:
    """A date written without its year, made whole by another date (the second part), which is spelt as ``anchor`` says. In ISO."""

    spellings: tuple[str, ...]
    near: bool
    anchor: Converter

    def text(self, parts: Parts) -> str | None:
        text, known = parts
        if text is None:
            return None
        if known is None:
            what = Text(
                "“{value}” has no year, and the date that would say it is missing", "“{value}” 无年份，而用于确定年份的日期缺失"
            )
            raise BadValue("no-year", what, Text("the other date in every row", "每行都有该日期"))
        return with_year(text, self.spellings, self.anchor.read(known), near=self.near).isoformat()

    def column(self, parts: Sequence[Texts]) -> Texts | None:
        pairs = glued(parts[0], parts[1].fill_null(""), between=_BETWEEN)
        return by_distinct(pairs, lambda pair: pair and self._of_pair(pair), TEXT)

    def _of_pair(self, pair: str) -> str | None:
        text, _, known = pair.partition(_BETWEEN)
        return self.text([text, known or None])
