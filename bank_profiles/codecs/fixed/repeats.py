"""Groups that stand several times in one record, side by side: each is a row of its own record. A COBOL OCCURS, also DEPENDING ON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import BadLine, Ints
from bank_profiles.codecs.fixed.cells import Codes, FixedCells, Row, span
from bank_profiles.errors import Text
from bank_profiles.language.formats.fixed import FixedRecord
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import FileLayout, RecordLayout

if TYPE_CHECKING:
    Texts = pa.Array[Any]

_DIGITS_MAX = 9
FILLED_WITH: Mapping[str, str] = {"zeros": "0", "blanks": " "}


@dataclass(frozen=True)
class Group:
    """One repeated record. ``first``: its first group's place in order behind its outer row; ``step``: places each one takes."""

    record: RecordLayout
    at: int
    width: int
    times: int
    counted_by: int | None  # index of a column of the outer record
    shrinks: bool
    absent: tuple[str, ...]
    first: int
    step: int


class Repeats:
    """The groups of all records of a file, by the record they stand in."""

    def __init__(self, layout: FileLayout, cells: FixedCells) -> None:
        self._layout, self._cells = layout, cells
        self._within: dict[str, tuple[Group, ...]] = {}
        for record in layout.records:
            self.within(record)

    def within(self, outer: RecordLayout) -> tuple[Group, ...]:
        if outer.name not in self._within:
            self._within[outer.name] = tuple(self._groups(outer))
        return self._within[outer.name]

    def _groups(self, outer: RecordLayout) -> Iterator[Group]:
        first = 1
        for record in self._layout.records:
            repeat = repeat_of(record)
            if repeat is None or record.inside != outer.name:
                continue
            step = self.places(record)
            counted_by = next((i for i, field in enumerate(outer.fields) if field.name == repeat.counted_by), None)
            yield Group(record, repeat.at - 1, repeat.width, repeat.times, counted_by, repeat.shrinks, repeat.absent, first, step)
            first += repeat.times * step

    def places(self, record: RecordLayout) -> int:
        """How many places in the order of rows one row of a record takes, with all that may stand in it."""
        return 1 + sum(group.times * group.step for group in self.within(record))

    @cached_property
    def most_places(self) -> int:
        return max((self.places(record) for record in self._layout.records), default=1)

    # ---- row by row ----

    def rows(self, row: Row, outer: RecordLayout) -> Iterator[tuple[RecordLayout, Row]]:
        """The groups of a record, each with those inside it behind it. Raises BadLine."""
        for group in self.within(outer):
            number = group.times if group.counted_by is None else self.count(row, outer, group)
            for k in range(number):
                part = row[group.at + k * group.width : group.at + (k + 1) * group.width]
                if not self._is_absent(part, group):
                    yield group.record, part
                    yield from self.rows(part, group.record)

    def count(self, row: Row, outer: RecordLayout, group: Group) -> int:
        """How many groups the outer record says it has. Raises BadLine."""
        field = outer.fields[cast(int, group.counted_by)]
        cell = self._cells.text(row[slice(*span(field))], field)
        digits = cell.strip(SPACES) if isinstance(cell, str) else ""
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX else -1
        if not 0 <= number <= group.times:
            raise _bad_count(field.name, group)
        return number

    def _is_absent(self, part: Row, group: Group) -> bool:
        if group.counted_by is not None or not group.absent:
            return False
        return {ord(code) if isinstance(code, str) else code for code in part} <= {self._filler(word) for word in group.absent}

    def _filler(self, word: str) -> int:
        return int(self._cells.spelt(FILLED_WITH[word])[0])

    # ---- whole pieces ----

    def counts(self, matrix: Codes, outer: RecordLayout, group: Group) -> Ints | None:
        """How many groups each row says it has; None where one does not say it plainly."""
        if group.counted_by is None:
            return np.full(len(matrix), group.times, np.int64)
        field = outer.fields[group.counted_by]
        texts = self._cells.texts(matrix[:, slice(*span(field))], field)
        if texts is None:
            return None
        digits = pc.utf8_trim(texts, SPACES)
        if not pc.all(pc.match_substring_regex(digits, f"^[0-9]{{1,{_DIGITS_MAX}}}$")).as_py():
            return None
        numbers = np.asarray(digits.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)
        return numbers if (numbers <= group.times).all() else None

    def cut(self, matrix: Codes, outer: RecordLayout, group: Group) -> tuple[Codes, Ints, Ints] | None:
        """The groups of all rows as rows of their own: their codes, the index of each one's row, its place behind it."""
        counts = self.counts(matrix, outer, group)
        if counts is None:
            return None
        rows = len(matrix)
        parts: Any = np.ascontiguousarray(matrix[:, group.at : group.at + group.times * group.width])
        parts = parts.reshape(rows * group.times, group.width)
        there = np.arange(group.times) < counts[:, None]
        if group.counted_by is None and group.absent:
            nothing = np.zeros(parts.shape, bool)
            for word in group.absent:
                nothing |= parts == self._filler(word)
            there &= ~nothing.all(axis=1).reshape(rows, group.times)
        of_row, place = np.nonzero(there)
        return parts[there.ravel()], of_row, group.first + place * group.step

    # ---- lengths ----

    def shrinking(self, outer: RecordLayout) -> Group | None:
        """The last group of a record, where the record ends behind it."""
        return next((group for group in self.within(outer) if group.shrinks), None)


def repeat_of(record: RecordLayout) -> Any:
    return record.spec.repeat if isinstance(record.spec, FixedRecord) else None


def _bad_count(column: str, group: Group) -> BadLine:
    return BadLine(
        "bad-count",
        Text(f"“{column}” does not say how many “{group.record.name}” there are", f"“{column}”未给出“{group.record.name}”的个数"),
        Text(f"a number from 0 to {group.times}", f"0 至 {group.times} 的数"),
        Text("shifted, or another layout? The whole file is refused", "错位，或布局不同？整个文件已拒收"),
        refuses_file=True,
    )


def too_many(group: Group, found: int) -> BadLine:
    return BadLine(
        "too-many-groups",
        Text(f"{found} “{group.record.name}” belong into one record", f"一条记录内需放 {found} 个“{group.record.name}”"),
        Text(f"at most {group.times}", f"最多 {group.times} 个"),
        Text("the bank's layout has no room for more. Nothing was written", "银行布局无更多位置。未写出任何内容"),
    )


def count_differs(column: str, group: Group, found: int) -> BadLine:
    return BadLine(
        "count-differs",
        Text(
            f"“{column}” does not say the {found} “{group.record.name}” in its record",
            f"“{column}”与记录内“{group.record.name}”的个数 {found} 不符",
        ),
        Text(f"{found}", f"{found}"),
        Text(
            f"let it be computed:   {{equals: {{count: {group.record.name}}}}}",
            f"由系统计算：   {{equals: {{count: {group.record.name}}}}}",
        ),
    )


def ranks(parents: Ints, order: Sequence[int] | Ints) -> Ints:
    """For each row its place among those of the same parent, in order."""
    sorting = np.lexsort((np.asarray(order), parents))
    sorted_parents = parents[sorting]
    firsts = np.searchsorted(sorted_parents, sorted_parents, side="left")
    places = np.empty(len(parents), np.int64)
    places[sorting] = np.arange(len(parents)) - firsts
    return places
