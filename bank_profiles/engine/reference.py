"""The reader in plain Python: the legal meaning of a layout, row by row, and the one that says what is wrong.

fast.py must give the same for every piece it takes; the tests hold it to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Codec, Item
from bank_profiles.codecs.encoding import wrong_encoding
from bank_profiles.engine.explain import Explainer
from bank_profiles.engine.fast import read_fields, standing_for
from bank_profiles.engine.hashing import NOT_DIGITS, hashed
from bank_profiles.engine.heralds import is_herald
from bank_profiles.engine.nesting import Cell, Nesting
from bank_profiles.engine.parking import Parking
from bank_profiles.engine.taken import Taken, Weight
from bank_profiles.errors import Problem, Text
from bank_profiles.layouts.cells import SPACES, read_cell, trimmed
from bank_profiles.layouts.derived import with_derived_cells
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout, Total
from bank_profiles.values.amounts import Money
from bank_profiles.values.converters import BadValue
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS

REFUSALS_MAX = 100  # a file that is refused so often is told well enough
_ENDING = ("wrong-encoding", "missing-record", "mostly-unreadable")  # behind these nothing can be judged
BadCell = tuple[Field, str, BadValue]
Row = dict[str, Any]


@dataclass
class _Rows:
    """What was read of one record so far; lists have one entry for each row received, ``good`` only for good ones."""

    first: int
    lines: list[int] = field(default_factory=list)
    under: list[dict[str, int]] = field(default_factory=list)
    good: dict[str, list[tuple[Row, int]]] = field(default_factory=dict)
    weights: list[dict[Total, int | None]] = field(default_factory=list)
    said: list[dict[int, Any]] = field(default_factory=list)


@dataclass
class ReferenceReader:
    """Reads rows of one file. ``parking`` gathers the problems of parked rows; ``refusals`` those that refuse the file."""

    codec: Codec
    layout: FileLayout
    nesting: Nesting
    explainer: Explainer
    parking: Parking
    batch_no: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    refusals: list[Problem] = field(default_factory=list)
    told: set[str] = field(default_factory=set)  # headers and trailers that are there, and no good

    def read(self, items: Iterable[Item]) -> list[Taken]:
        """The rows of a piece, good and bad."""
        rows: dict[str, _Rows] = {}
        for item in items:
            if isinstance(item.bad, UnicodeDecodeError):
                wrong = wrong_encoding(self.layout.encoding, item.line, item.bad.start + 1, item.bad.object)
                self.refusals.append(self.explainer.file(wrong, self.layout.rule_for(wrong.code)))
            elif item.record is None:
                self.refusals.append(self._no_record(item))
            elif item.record.place is not None and (lost := self._lost(item, item.record)):
                self.refusals.append(lost)
            else:
                before = self.parking.problems
                self._row(item, item.record, rows)
                if self.parking.problems > before:
                    most = self.parking.row(item, item.record, sum(self.nesting.counts.values()))
                    self.refusals += [most] if most else []
            if self.is_hopeless:
                break
        return [self._taken(self.layout.record(name), found) for name, found in rows.items()]

    @property
    def is_hopeless(self) -> bool:
        """Is the rest of the file without meaning, or told well enough? However many lines follow, they are not named."""
        return len(self.refusals) >= REFUSALS_MAX or (bool(self.refusals) and self.refusals[-1].code in _ENDING)

    # ---- what stands where ----

    def _no_record(self, item: Item) -> Problem:
        if isinstance(item.bad, BadLine):
            return self.explainer.line(item.bad, self._place(item), self.layout.rule)
        return self.explainer.unknown_record(self._place(item), self.layout.bodies)

    def _lost(self, item: Item, record: RecordLayout) -> Problem | None:
        """A header or trailer that is not where it should be: another line stands in its place."""
        if isinstance(item.bad, BadLine):
            if item.bad.refuses_file:
                self.told.add(record.name)
                return self.explainer.line(item.bad, self._place(item), record.rule)
            return self.explainer.missing_record(record, self._place(item))
        for field_, cell in zip(record.fields, item.cells, strict=True):
            if field_.says is not None and (not isinstance(cell, str) or trimmed(field_, cell) != field_.says):
                return self.explainer.missing_record(record, self._place(item))
        return None

    # ---- one row ----

    def _row(self, item: Item, record: RecordLayout, rows: dict[str, _Rows]) -> None:
        bad_line = item.bad if isinstance(item.bad, BadLine) else None
        cells: Sequence[Cell] = [_UNREADABLE] * (len(record.fields) + len(record.derived))
        if bad_line is None:
            cells = with_derived_cells(record, item.cells, self.facts)
        found = rows.setdefault(record.name, _Rows(self.nesting.counts.get(record.name, 0)))
        entered = self.nesting.enter(record, cells)
        if entered is None:
            self.refusals.append(self.explainer.no_parent(record, self._place(item)))
            return
        under, carried = entered
        found.lines.append(item.line)
        found.under.append(under)
        if bad_line is not None:
            self._complain_of_line(item, record, bad_line)
            found.weights.append(dict.fromkeys(self._weighing[record.name]))
            found.said.append({})
            return
        self._cells(item, record, [*cells, *carried], found)

    def _cells(self, item: Item, record: RecordLayout, cells: Sequence[Cell], found: _Rows) -> None:
        outcome = self._said_outcome(record, cells)
        wanted = ("line_ref",) if outcome else None
        values, bad = read_cells(record, cells, wanted)
        weights = {total: self._weight(total, record, cells, values) for total in self._weighing[record.name]}
        bad += _not_digits(record, cells, weights, {field_.name for field_, _, _ in bad})
        found.weights.append(weights)
        found.said.append({i: _or_zero(values, i) for i, each in enumerate(record.fields) if each.total and not outcome})
        fields = read_fields(record)
        by_target = {target: value for i, value in values.items() if (target := fields[i].target)}
        row: Row = {"line_ref": by_target.get("line_ref"), "outcome": outcome} if outcome else {}
        if record.kind and not bad and not outcome:
            row, bad = in_minor_units(record, record.kind, standing_for(record, record.kind, self.facts) | by_target, cells)
        kind = "outcome" if outcome else record.kind
        if kind and not bad:
            found.good.setdefault(kind, []).append((row, item.line))
        self._complain(item, record, bad, by_target.get("line_ref"))
        self._batch(item, record, values)
        if is_herald(self.layout, record):
            self.facts |= {target: value for target, value in by_target.items() if value is not None}

    def _complain_of_line(self, item: Item, record: RecordLayout, bad: BadLine) -> None:
        if bad.refuses_file or record.name in self._controlling:
            self.refusals.append(self.explainer.line(bad, self._place(item), record.rule))
        else:
            self.parking.line(item, record, bad)

    def _complain(self, item: Item, record: RecordLayout, bad: Sequence[BadCell], line_ref: Any) -> None:
        for field_, raw, why in bad:
            lost = field_.total is not None  # a control that cannot be read must not simply be gone
            if why.refuses_file or lost or record.kind is None:
                place = self.codec.place(self.explainer.name, item.line, record, field_)
                self.refusals.append(self.explainer.cell(field_, raw, why, place, line_ref))
            else:
                self.parking.cell(item, record, field_, raw, why, line_ref)

    def _batch(self, item: Item, record: RecordLayout, values: Mapping[int, Any]) -> None:
        for index, field_ in enumerate(record.fields):
            if field_.batch_of_inquiry and index in values:
                if self.batch_no is not None and values[index] != self.batch_no:
                    place = self.codec.place(self.explainer.name, item.line, record, field_)
                    self.refusals.append(self.explainer.other_batch(field_, place))
                elif values[index] is not None:
                    self.facts["batch_no"] = values[index]

    def _said_outcome(self, record: RecordLayout, cells: Sequence[Cell]) -> str | None:
        """The outcome a text of the row stands for ("查无开户信息" as an account number)."""
        for column, meanings in record.spec.says_outcome.items():
            cell = next(cell for cell, field_ in zip(cells, record.columns, strict=False) if field_.name == column)
            if isinstance(cell, str) and (word := meanings.get(cell.strip(SPACES))):
                return word
        return None

    # ---- totals ----

    @cached_property
    def _controlling(self) -> frozenset[str]:
        """The records that say a total."""
        return frozenset(record.name for record in self.layout.records if any(each.total is not None for each in record.fields))

    @cached_property
    def _weighing(self) -> dict[str, list[Total]]:
        """By record: the totals that a row of it adds to, beyond being counted."""
        weighed = [total for total in self.layout.totals if total.kind != "count" or total.under is not None or total.where]
        return {record.name: [total for total in weighed if record.name in total.records] for record in self.layout.records}

    def _weight(self, total: Total, record: RecordLayout, cells: Sequence[Cell], values: Mapping[int, Any]) -> int | None:
        """What a row adds; None where nobody can say."""
        for index, text in total.where:
            cell = cells[index]
            if not isinstance(cell, str) or trimmed(record.fields[index], cell) != text:
                return 0
        if total.kind == "count":
            return 1
        if self._said_outcome(record, cells):
            return 0
        if total.kind == "sum":
            return (values[total.column] or 0) if total.column in values else None
        return hashed(total, record.fields[total.column], cells[total.column])

    # ---- together ----

    def _taken(self, record: RecordLayout, rows: _Rows) -> Taken:
        around = self.layout.around(record.name)
        under = {name: np.array([each[name] for each in rows.under], np.int64) for name in around}
        weights = {total: _weights([each[total] for each in rows.weights]) for total in self._weighing[record.name]}
        said = {
            i: pa.array([each.get(i) for each in rows.said], each_field.converter.type if each_field.converter else None)
            for i, each_field in enumerate(record.fields)
            if each_field.total is not None
        }
        tables = {kind: _table(kind, good) for kind, good in rows.good.items()}
        return Taken(record, np.array(rows.lines, np.int64), rows.first, under, tables, weights, said)

    def _place(self, item: Item) -> Any:
        return self.codec.place(self.explainer.name, item.line, item.record, None)


def _or_zero(values: Mapping[int, Any], index: int) -> Any:
    """Who says nothing of a number says that there is nothing; what cannot be read says neither."""
    return 0 if index in values and values[index] is None else values.get(index)


def _not_digits(
    record: RecordLayout, cells: Sequence[Cell], weights: Mapping[Total, int | None], told: set[str]
) -> Iterator[BadCell]:
    """Cells whose digits a total adds up, and which hold something else. ``told``: columns of which something is said already."""
    for total, amount in weights.items():
        field_, cell = record.fields[total.column], cells[total.column]
        if total.kind == "hash" and amount is None and field_.name not in told:
            told.add(field_.name)
            yield field_, cell if isinstance(cell, str) else "", cell if isinstance(cell, BadValue) else NOT_DIGITS


_UNREADABLE = BadValue(
    "row-around-unreadable",
    Text("the row this one belongs to cannot be read", "该行所属的上级行无法读取"),
    Text("a row around it that can be read", "可读取的上级行"),
    Text("see the problem of that row", "见该上级行的问题"),
)


def _weights(amounts: Sequence[int | None]) -> Weight:
    unreadable = np.array([amount is None for amount in amounts], bool)
    return Weight(np.array([amount or 0 for amount in amounts], np.int64), unreadable)


def _table(kind: str, good: Sequence[tuple[Row, int]]) -> tuple[pa.Table, Any]:
    schema = RECORDS[kind]
    columns = [pa.array([row.get(f.name) for row, _ in good], f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema), np.array([line for _, line in good], np.int64)


def read_cells(
    record: RecordLayout, cells: Sequence[Cell], wanted: Sequence[str] | None = None
) -> tuple[dict[int, Any], list[BadCell]]:
    """The values of a row by index of the field (money as written), and every cell that is bad. ``wanted``: only these targets."""
    values: dict[int, Any] = {}
    bad: list[BadCell] = []
    told: set[int] = set()  # what is bad in a column is not told again of those made of it
    for index, (field_, raw) in enumerate(zip(read_fields(record), cells, strict=True)):
        if not (field_.converter or field_.says is not None) or (wanted is not None and field_.target not in wanted):
            continue
        try:
            values[index] = read_cell(field_, raw)
        except BadValue as why:
            told.add(index)
            if field_.made is None or told.isdisjoint(field_.made.reads):
                bad.append((field_, raw if isinstance(raw, str) else why.text, why))
    return values, bad


def in_minor_units(record: RecordLayout, kind: str, values: Row, cells: Sequence[Cell]) -> tuple[Row, list[BadCell]]:
    """A row as the record's table has it: amounts in minor units of its currency, under the names with ``_minor``."""
    row: Row = {}
    bad: list[BadCell] = []
    raw = {each.target: cell for each, cell in zip(read_fields(record), cells, strict=True)}
    for target, value in values.items():
        field_ = record.by_target.get(target)
        money = field_.converter if field_ else None
        if field_ is None or not isinstance(money, Money):
            row[target] = value
            continue
        try:
            row[column_of(kind, target)] = None if value is None else money.to_minor(value, values["currency"])
        except BadValue as why:
            bad.append((field_, str(raw[target]), why))
        if target == "balance":
            row["resolution_minor"] = money.resolution(values["currency"])
    return row, bad
