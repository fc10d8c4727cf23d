"""What was read of one record within a piece, by either reader: its rows, what they weigh in the totals, what the totals say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.layouts.layout import RecordLayout, Total

if TYPE_CHECKING:
    Column = pa.Array[Any]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weight:
    """What each received row of a record adds to a total; ``unreadable`` marks rows of which nobody can say it."""

    amounts: Ints
    unreadable: Flags | None = None


@dataclass(frozen=True)
class Taken:
    """All lists and arrays that are "by row" have one entry for each row received, parked ones included.

    ``tables``: by kind, the good rows with the line of each. ``under``: by record around this one, the ordinal of the row each is in.
    ``said``: by index of a field with a total, what it says; 0 where it says nothing; null where it cannot be read (the row is parked).
    """

    record: RecordLayout
    lines: Ints
    first: int  # ordinal of the first row: how many of this record came before
    under: Mapping[str, Ints]
    tables: Mapping[str, tuple[pa.Table, Ints]] = field(default_factory=dict)
    weights: Mapping[Total, Weight] = field(default_factory=dict)
    said: Mapping[int, Column] = field(default_factory=dict)
    about: tuple[int, str] | None = None  # the place of the last row that names the batch of the inquiry, and the batch
    facts: Mapping[str, Any] = field(default_factory=dict)  # what rows of a header say of the whole file

    @property
    def rows(self) -> int:
        return len(self.lines)
