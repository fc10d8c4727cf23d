"""The way back: what is written into a column that others are made of. The counterpart of making.py, for whole tables of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import Text
from bank_profiles.values.arrays import flags, glued, ints, valid
from bank_profiles.values.converters import BadValue
from bank_profiles.values.date_formats import has_clock
from bank_profiles.values.dates import write_moment

if TYPE_CHECKING:
    Column = pa.Array[Any]


class Turn(Protocol):
    """What a column is written from, made of the columns of the record's table; null where there is nothing to write."""

    def column(self, table: pa.Table) -> Column: ...


@dataclass(frozen=True)
class Same:
    """A column of the table as it is."""

    name: str

    def column(self, table: pa.Table) -> Column:
        return table.column(self.name).combine_chunks()


@dataclass(frozen=True)
class Flow:
    """The amount of a movement with its direction as a sign. ``alone``: without, only of the rows that go this way."""

    way: str
    alone: bool
    amount: str = "amount_minor"
    direction: str = "direction"

    def column(self, table: pa.Table) -> Column:
        amounts = Same(self.amount).column(table)
        goes_so = flags(pc.equal(Same(self.direction).column(table), pa.scalar(self.way)))
        if self.alone:
            return cast("Column", pc.if_else(pa.array(goes_so, pa.bool_()), amounts, pa.scalar(None, amounts.type)))
        return pa.array(np.where(goes_so, ints(amounts), -ints(amounts)), pa.int64(), mask=~valid(amounts))


@dataclass(frozen=True)
class Size:
    """An amount without its sign, which another column says."""

    of: Turn

    def column(self, table: pa.Table) -> Column:
        return pc.abs(self.of.column(table))


@dataclass(frozen=True)
class SignText:
    """What that other column says."""

    of: Turn
    minus: str
    plus: str

    def column(self, table: pa.Table) -> Column:
        amounts = self.of.column(table)
        below = pc.less(amounts, pa.scalar(0, amounts.type))
        return cast("Column", pc.if_else(below, pa.scalar(self.minus), pa.scalar(self.plus)))


@dataclass(frozen=True)
class Moments:
    """Day and time of day as one text in ISO, without the time where it is not known."""

    day: str
    clock: str

    def column(self, table: pa.Table) -> Column:
        days, clocks = (Same(name).column(table).cast(pa.string()) for name in (self.day, self.clock))
        return glued(days, pc.coalesce(clocks, pa.scalar("")), between="T")


@dataclass(frozen=True)
class MomentText:
    """Such a text in the bank's spelling: the first that says both, or where the time is not known, the first that says only a day."""

    spellings: tuple[str, ...]
    pivot: int | None
    type: pa.DataType = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        raise NotImplementedError("only written")

    def write(self, value: str) -> str:
        day, _, clock = value.partition("T")
        spelling = next((s for s in self.spellings if has_clock(s) == bool(clock)), None)
        if spelling is None:
            what = Text("the time is not known, and this column demands one", "时间未知，而本列要求时间")
            raise BadValue(
                "missing-value", what, Text("a time in every row, or a format without one", "每行都有时间，或不含时间的写法")
            )
        return write_moment(spelling, self.pivot, date.fromisoformat(day), time.fromisoformat(clock) if clock else time())


def turned(table: pa.Table, turns: Sequence[tuple[str, Turn]]) -> pa.Table:
    """The table with one column more for each turn."""
    for name, turn in turns:
        table = table.append_column(name, turn.column(table))
    return table
