"""Control totals: counted and added up over the rows as received (or as written), never over what was taken of them.

A check sum is no money: it adds amounts as they are spelt, whatever their currency, because that is what the bank's program did.
A total bounds the rows under the nearest record that both stand in: those of its account, of its group, of the whole file.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pyarrow as pa

from bank_profiles.engine.differences import Difference
from bank_profiles.engine.taken import Flags, Ints, Taken, Weight
from bank_profiles.layouts.layout import LINES, Field, FileLayout, RecordLayout, Total
from bank_profiles.values.amounts import Money, finer_than_spelling
from bank_profiles.values.numbers import WRITTEN_DIGITS_MAX

LEAST = {"one": 1, "at_least_one": 1, "optional": 0, "any": 0}
MOST = {"one": 1, "optional": 1, "at_least_one": sys.maxsize, "any": sys.maxsize}
_EVERYTHING = np.iinfo(np.int64).max


Comparing = Callable[[RecordLayout, Field, Any, Ints, Any, Flags], Iterator[Difference]]


@dataclass
class Group:
    """A total kept for each row of the record it is under, until that row is closed by the next one."""

    weights: list[tuple[Ints, Weight]] = field(default_factory=list)  # ordinals of the outer row, what was added under it
    said: list[tuple[RecordLayout, int, Ints, Any, Ints]] = field(
        default_factory=list
    )  # record, field index, ordinals, said, lines

    def close(self, compared: Comparing, before: int) -> Iterator[Difference]:
        """Compares what was said under all outer rows before this ordinal, and forgets them."""
        ordinals = np.concatenate([at for at, _ in self.weights] or [np.empty(0, np.int64)])
        amounts = np.concatenate([weight.amounts for _, weight in self.weights] or [np.empty(0, np.int64)])
        bad = np.concatenate([_flags(weight) for _, weight in self.weights] or [np.empty(0, bool)])
        start = int(min([ordinals.min()] if len(ordinals) else [0]))
        sums, unreadable = by_group(ordinals - start, amounts, bad)
        for record, index, at, values, lines in self.said:
            closed = at < before
            groups = at[closed] - start
            there = (groups >= 0) & (groups < len(sums))
            counted = np.zeros(len(groups), object)
            counted[there] = sums[groups[there]]
            lost = np.zeros(len(groups), bool)
            lost[there] = unreadable[groups[there]]
            yield from compared(record, record.fields[index], values.filter(pa.array(closed)), lines[closed], counted, lost)
        self._keep(ordinals, amounts, bad, before)

    def _keep(self, ordinals: Ints, amounts: Ints, bad: Flags, before: int) -> None:
        still = ordinals >= before
        self.weights = [(ordinals[still], Weight(amounts[still], bad[still]))] if still.any() else []
        kept = []
        for record, index, at, values, lines in self.said:
            opened = at >= before
            if opened.any():
                kept.append((record, index, at[opened], values.filter(pa.array(opened)), lines[opened]))
        self.said = kept


@dataclass
class Occurrences:
    """How often a record stands under each row of the one it is inside of, until that row is closed."""

    under: list[Ints] = field(default_factory=list)  # ordinals of the outer row, one for each inner row
    outer: list[tuple[Ints, Ints]] = field(default_factory=list)  # ordinals and lines of the outer rows

    def close(self, record: RecordLayout, before: int) -> Iterator[tuple[RecordLayout, int]]:
        """Under which outer rows before this ordinal, by their line, it stands too seldom or too often."""
        inner = np.concatenate([*self.under, np.empty(0, np.int64)])
        ordinals = np.concatenate([at for at, _ in self.outer] or [np.empty(0, np.int64)])
        lines = np.concatenate([at for _, at in self.outer] or [np.empty(0, np.int64)])
        ended = ordinals < before
        start = int(ordinals.min()) if len(ordinals) else 0
        counted = np.bincount(inner - start, minlength=len(ordinals))[ordinals - start] if len(ordinals) else ordinals
        wrong = ended & ((counted < LEAST[record.occurs]) | (counted > MOST[record.occurs]))
        for line in lines[wrong]:
            yield record, int(line)
        self.under, self.outer = [inner[inner >= before]], [(ordinals[~ended], lines[~ended])]


@dataclass
class Tally:
    """What has gone by of one file."""

    layout: FileLayout
    rows: Counter[str] = field(default_factory=Counter)
    sums: Counter[Total] = field(default_factory=Counter)
    unreadable: Counter[Total] = field(default_factory=Counter)
    groups: dict[Total, Group] = field(default_factory=dict)
    said: list[tuple[RecordLayout, int, Any, Ints]] = field(default_factory=list)  # of totals over the whole file
    occurrences: dict[str, Occurrences] = field(default_factory=dict)  # by the inner record

    def add(self, taken: Taken) -> None:
        """Rows received: what they weigh, and what the totals among them say."""
        self.rows[taken.record.name] += taken.rows
        self._occur(taken)
        for total, weight in taken.weights.items():
            if total.under is None:
                self.sums[total] += _exact(weight.amounts)
                self.unreadable[total] += int(_flags(weight).sum())
            else:
                self.groups.setdefault(total, Group()).weights.append((_within(taken, total.under), weight))
        for index, values in taken.said.items():
            total = cast(Total, taken.record.fields[index].total)
            if total.under is None:
                self.said.append((taken.record, index, values, taken.lines))
            else:
                said = (taken.record, index, _within(taken, total.under), values, taken.lines)
                self.groups.setdefault(total, Group()).said.append(said)

    def _occur(self, taken: Taken) -> None:
        for record in self.layout.records:
            if record.inside is None or record.occurs == "any":
                continue
            seen = self.occurrences.setdefault(record.name, Occurrences())
            if record.name == taken.record.name and record.inside in taken.under:  # as they are written nobody counts them
                seen.under.append(taken.under[record.inside])
            elif record.inside == taken.record.name:
                seen.outer.append((_within(taken, taken.record.name), taken.lines))

    def misplaced(self, counts: dict[str, int], *, all_of_it: bool = False) -> Iterator[tuple[RecordLayout, int]]:
        """Records that stand too seldom or too often inside a row that has ended, and the line of that row."""
        for name, seen in self.occurrences.items():
            record = self.layout.record(name)
            if all_of_it or not record.keys:
                yield from seen.close(record, _EVERYTHING if all_of_it else counts.get(record.inside or "", 0) - 1)

    def closed(self, counts: dict[str, int], *, all_of_it: bool = False) -> Iterator[Difference]:
        """Differences under outer rows that have ended. ``counts``: rows of each record so far; the last one is still open."""
        for total, group in self.groups.items():
            if all_of_it or not self._is_named(total):
                yield from group.close(self._compared, _EVERYTHING if all_of_it else counts.get(total.under or "", 0) - 1)

    def _is_named(self, total: Total) -> bool:
        """Do its rows name the row they are under by a key? They may stand anywhere, so it is open until the file ends."""
        return any(self.layout.record(name).keys for name in total.records if name != LINES)

    def of_file(self, lines: int, digest: Any) -> Iterator[Difference]:
        """Differences over the whole file, at its end. ``lines``: how many there were; ``digest``: name → hex."""
        for record, index, values, at in self.said:
            total = cast(Total, record.fields[index].total)
            if total.kind == "digest":
                yield from _digests(record, record.fields[index], values, at, str(digest(total.digest)))
                continue
            counted = np.full(len(at), self.value(total, lines), object)
            lost = np.full(len(at), bool(self.unreadable[total]))
            yield from self._compared(record, record.fields[index], values, at, counted, lost)

    def value(self, total: Total, lines: int = 0) -> int:
        """Of a total over the whole file, as the column added up spells it."""
        if total.kind == "count":
            counted = lines if total.records == (LINES,) else self._count(total)
            return counted
        return self.sums[total]

    def _count(self, total: Total) -> int:
        return self.sums[total] if total.where else sum(self.rows[name] for name in total.records)

    def _compared(
        self, record: RecordLayout, field: Field, values: Any, lines: Ints, counted: Any, lost: Flags
    ) -> Iterator[Difference]:
        """Both sides in the finer of the two spellings."""
        here, there, weight = _scales(self.layout, field)
        said = np.array(values.fill_null(0).to_pylist(), object) * there
        counted = _rounded(cast(Total, field.total), counted) * here
        for row in np.flatnonzero(np.array(values.is_valid()) & ((said != counted) | lost)):
            yield Difference(record, field, int(lines[row]), int(counted[row]), int(said[row]), bool(lost[row]), weight)

    def to_write(self, field: Field, lines: int) -> int:
        """What a total of the whole file must say, as its own column writes it. Raises BadValue where its unit is too coarse."""
        return as_said(self.layout, field, self.value(cast(Total, field.total), lines))

    def missing(self) -> list[RecordLayout]:
        """Outermost records that stand too seldom or too often."""
        return [r for r in self.layout.records if r.inside is None and not LEAST[r.occurs] <= self.rows[r.name] <= MOST[r.occurs]]


def _digests(record: RecordLayout, field: Field, values: Any, lines: Ints, digest: str) -> Iterator[Difference]:
    for said, line in zip(values.to_pylist(), lines.tolist(), strict=True):
        if said is not None and said.lower() != digest:
            yield Difference(record, field, line, 0, said, unreadable=False)


def _scales(layout: FileLayout, field: Field) -> tuple[int, int, int]:
    """What to multiply the amounts added up and the total with to compare them, and what both then weigh in yuan."""
    total = cast(Total, field.total)
    if total.kind != "sum":
        return 1, 1, 0
    here = cast(Money, layout.record(total.records[0]).fields[total.column].converter).weight
    there = cast(Money, field.converter).weight
    weight = min(here, there)
    return 10 ** (here - weight), 10 ** (there - weight), weight


def _rounded(total: Total, counted: Any) -> Any:
    """A hash keeps its last digits; a count in blocks counts the last one whole."""
    if total.kind == "hash" and total.modulo:
        return counted % 10**total.modulo
    return -(-counted // total.per)


def as_said(layout: FileLayout, field: Field, counted: int) -> int:
    """What was counted, as the total's own column writes it. Raises BadValue where its unit is too coarse, or the number too long."""
    here, there, _ = _scales(layout, field)
    said, rest = divmod(_rounded(cast(Total, field.total), counted) * here, there)
    if rest or abs(said) >= 10**WRITTEN_DIGITS_MAX:
        raise finer_than_spelling()
    return int(said)


def _within(taken: Taken, outer: str) -> Ints:
    """The ordinal of the outer row each row is in; of the outer record itself its own."""
    return np.arange(taken.first, taken.first + taken.rows) if outer == taken.record.name else taken.under[outer]


def by_group(groups: Ints, amounts: Ints, bad: Flags) -> tuple[Any, Flags]:
    """Exact sums and marks by group number; sums as Python numbers, 64 bits need not hold them."""
    size = int(groups.max()) + 1 if len(groups) else 0
    high, low, marks = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, bool)
    np.add.at(high, groups, amounts >> 32)
    np.add.at(low, groups, amounts & 0xFFFFFFFF)
    np.logical_or.at(marks, groups, bad)
    return high.astype(object) * 2**32 + low.astype(object), marks


def _flags(weight: Weight) -> Flags:
    return np.zeros(len(weight.amounts), bool) if weight.unreadable is None else weight.unreadable


def _exact(amounts: Ints) -> int:
    return (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
