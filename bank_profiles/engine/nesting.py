"""Which row each row is inside of: the last one of the outer record before it. What is carried down comes from there.

The order of a file says it alone: in lines the parent stands before its entries, in trees around them, and every codec numbers its
rows so that a row comes before those inside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import Cut
from bank_profiles.codecs.texts import forbidden_in_text
from bank_profiles.engine.shelving import Shelf, carried, found, key_of
from bank_profiles.engine.taken import Ints
from bank_profiles.layouts.cells import may_be_shared, shared
from bank_profiles.layouts.layout import FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Cell = str | BadValue | None


@dataclass(frozen=True)
class Last:
    """The last row of a record that others stand inside of: its ordinal, its cells, and the rows it is itself inside of."""

    ordinal: int
    cells: Sequence[Cell]
    under: Mapping[str, int]


@dataclass(frozen=True)
class Nest:
    """The rows of one record within a piece, and the rows around them."""

    first: int
    under: Mapping[str, Ints]  # by outer record: its ordinal
    at: Mapping[str, Ints]  # by outer record: index of its row within the piece, -1 for the last one before it


@dataclass
class Nesting:
    """How many rows of each record went by, and the last of each that may have others inside; ``None`` after its parent ended."""

    layout: FileLayout
    counts: dict[str, int] = field(default_factory=dict)
    last: dict[str, Last] = field(default_factory=dict)

    @cached_property
    def shelves(self) -> dict[str, Shelf]:
        """By outer record: its rows, where others name them by a key."""
        shelves: dict[str, Shelf] = {}
        for record in self.layout.records:
            if record.keys and record.inside:
                keyed = tuple(there for _, there in record.keys)
                wanted = [*keyed, *(each.index for each in record.carried)]
                known = shelves.get(record.inside)
                shelves[record.inside] = Shelf(dict.fromkeys([*(known.places if known else ()), *wanted]), keyed)
        return shelves

    # ---- whole pieces ----

    def nests(self, cuts: Sequence[Cut]) -> dict[str, Nest] | None:
        """By record; None where a row has no row around it that it should have."""
        orders = {cut.record.name: _order(cut) for cut in cuts}
        nests: dict[str, Nest] = {}
        by_name = {cut.record.name: cut for cut in cuts}
        for name in sorted(orders, key=lambda name: len(self.layout.around(name))):
            record = by_name[name].record
            if record.keys and record.inside:
                keyed = self._named(by_name[name], record.inside, by_name.get(record.inside), nests)
                if keyed is None:
                    return None
                nests[name] = keyed
                continue
            under: dict[str, Ints] = {}
            at: dict[str, Ints] = {}
            for outer in self.layout.around(name):
                before = orders.get(outer, np.empty(0, np.int64))
                at[outer] = np.searchsorted(before, orders[name], side="right") - 1
                under[outer] = at[outer] + self.counts.get(outer, 0)
            if any((ordinals < 0).any() for ordinals in under.values()) or not self._agree(name, under, at, nests):
                return None
            nests[name] = Nest(self.counts.get(name, 0), under, at)
        return nests

    def _named(self, inner: Cut, name: str, outer: Cut | None, nests: Mapping[str, Nest]) -> Nest | None:
        """The rows around rows that name them by a key."""
        shelf = self.shelves[name]
        ordinals = found(shelf, inner, outer)
        if ordinals is None:
            return None
        under = {name: ordinals}
        for farther in self.layout.around(name):
            ours = nests[name].under[farther] if name in nests else np.empty(0, np.int64)
            under[farther] = np.concatenate([np.array(shelf.under.get(farther, []), np.int64), ours])[ordinals]
        return Nest(self.counts.get(inner.record.name, 0), under, {name: ordinals - self.counts.get(name, 0)})

    def _agree(self, name: str, under: Mapping[str, Ints], at: Mapping[str, Ints], nests: Mapping[str, Nest]) -> bool:
        """Is the parent of each row inside the same rows as the row itself? Else the parent ended, and another has not begun."""
        around = self.layout.around(name)
        if len(around) < 2:
            return True
        parent, *others = around
        here = np.concatenate([[-1], np.arange(len(nests[parent].under[others[0]]))]) if parent in nests else np.array([-1])
        for outer in others:
            before = self.last[parent].under[outer] if parent in self.last else -1
            ours = nests[parent].under[outer] if parent in nests else np.empty(0, np.int64)
            parents = np.concatenate([[before], ours])[here + 1]
            if (parents[at[parent] + 1] != under[outer]).any():
                return False
        return True

    def carried(self, record: RecordLayout, nest: Nest, cuts: Mapping[str, Cut]) -> list[Texts] | None:
        """The texts that the rows of a record carry from those around them; None where the last one before could not be read."""
        if record.keys and record.inside:
            return carried(self.shelves[record.inside], record, nest.under[record.inside], cuts.get(record.inside))
        columns: list[Texts] = []
        for each in record.carried:
            there = cuts[each.record].columns[each.index] if each.record in cuts else None
            before = self.last[each.record].cells[each.index] if each.record in self.last else None
            at = nest.at[each.record]
            if (isinstance(before, BadValue) or (before and forbidden_in_text(before))) and (at < 0).any():
                return None
            texts = _decoded(there) if there is not None else pa.array([], pa.string())
            first = pa.array([None if isinstance(before, BadValue) else before], pa.string())
            if not may_be_shared(texts) or not may_be_shared(first):
                return None
            columns.append(pa.concat_arrays([first, texts]).take(at + 1))
        return columns

    def went_by(self, cuts: Sequence[Cut], nests: Mapping[str, Nest]) -> None:
        """Remembers the last rows of a piece, once it is taken."""
        for cut in cuts:
            name = cut.record.name
            if name in self._outer and len(cut.lines):
                cells = [None if column is None else column[-1].as_py() for column in cut.columns]
                under = {outer: int(ordinals[-1]) for outer, ordinals in nests[name].under.items()}
                self.last[name] = Last(nests[name].first + len(cut.lines) - 1, cells, under)
            if name in self.shelves:
                self._shelve(cut, nests[name])
            self.counts[name] = self.counts.get(name, 0) + len(cut.lines)

    def _shelve(self, cut: Cut, nest: Nest) -> None:
        shelf = self.shelves[cut.record.name]
        wanted = {index: cut.columns[index] for index in shelf.places}
        texts = {index: [None] * len(cut.lines) if column is None else column.to_pylist() for index, column in wanted.items()}
        for row in range(len(cut.lines)):
            cells = [texts[index][row] if index in texts else None for index in range(len(cut.columns))]
            shelf.put(cells, {outer: int(ordinals[row]) for outer, ordinals in nest.under.items()})

    # ---- row by row ----

    def enter(self, record: RecordLayout, cells: Sequence[Cell]) -> tuple[dict[str, int], list[Cell]] | None:
        """The ordinals of the rows around a row, and the cells it carries; None where one that should be around it is not there."""
        around = self.layout.around(record.name)
        under: dict[str, int] = {}
        if record.keys and record.inside:
            return self._enter_named(record, record.inside, cells)
        for outer in around:
            if outer not in self.last:
                return None
            under[outer] = self.counts[outer] - 1
        if around and any(self.last[around[0]].under[outer] != under[outer] for outer in around[1:]):
            return None
        handed = [shared(self.last[each.record].cells[each.index]) for each in record.carried]
        ordinal = self.counts.get(record.name, 0)
        self.counts[record.name] = ordinal + 1
        if record.name in self._outer:
            self.last[record.name] = Last(ordinal, cells, under)
        if record.name in self.shelves:
            self.shelves[record.name].put(cells, under)
        return under, handed

    def _enter_named(self, record: RecordLayout, outer: str, cells: Sequence[Cell]) -> tuple[dict[str, int], list[Cell]] | None:
        shelf = self.shelves[outer]
        ordinal = shelf.find(key_of([cells[own] for own, _ in record.keys]))
        if ordinal is None:
            return None
        under = {outer: ordinal} | {farther: its[ordinal] for farther, its in shelf.under.items()}
        self.counts[record.name] = self.counts.get(record.name, 0) + 1
        return under, [shared(shelf.cells[each.index][ordinal]) for each in record.carried]

    @property
    def _outer(self) -> frozenset[str]:
        return frozenset(record.inside for record in self.layout.records if record.inside)


def _order(cut: Cut) -> Ints:
    return cut.lines if cut.order is None else cut.order


def _decoded(texts: Texts) -> Texts:
    return texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
