"""The reader in plain Python: the legal meaning of a layout, line by line, and the one that says what is wrong.

fast.py must give the same for every block it takes; the tests hold it to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Codec
from bank_profiles.engine.explain import Explainer
from bank_profiles.engine.fast import Taken, standing_for
from bank_profiles.errors import Problem
from bank_profiles.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money
from bank_profiles.values.cells import read_cell
from bank_profiles.values.converters import BadValue
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS

BadCell = tuple[Field, str, BadValue]


@dataclass
class _Rows:
    """What was read of one record so far."""

    received: int = 0
    good: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    sums: dict[str, int | None] = field(default_factory=dict)

    def add_to_sums(self, summed: Sequence[str], written: Mapping[str, Any] | None) -> None:
        """``written`` lacks the targets that could not be read; None: nothing of the line could be."""
        for target in summed:
            if written is None or target not in written:
                self.sums[target] = None
            elif (so_far := self.sums.setdefault(target, 0)) is not None:
                self.sums[target] = so_far + (written[target] or 0)


@dataclass
class ReferenceReader:
    """Reads lines of one file. ``problems`` gathers those of parked rows; ``refusals`` those that refuse the file."""

    codec: Codec
    layout: FileLayout
    explainer: Explainer
    problems: list[Problem] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)

    def read_block(self, block: bytes, line: int, facts: Mapping[str, Any]) -> list[Taken]:
        """The body lines of a block; ``line`` is the number of the first."""
        rows = {record.name: _Rows() for record in self.layout.bodies}
        for number, text in enumerate(split_lines(block), start=line):
            try:
                self._line(text, number, rows, facts)
            except UnicodeDecodeError as wrong:  # one error, however many lines follow that are no better
                at = (number, wrong.start + 1, self.layout.rule)
                self.refusals.append(self.explainer.wrong_encoding(self.layout.encoding, *at))
                break
        return [self._taken(record, rows[record.name]) for record in self.layout.bodies if rows[record.name].received]

    def _line(self, line: bytes, number: int, rows: dict[str, _Rows], facts: Mapping[str, Any]) -> None:
        record: RecordLayout | None = None
        try:
            record = self.codec.record_of(line, self.layout.bodies)
            if record is None:
                self.refusals.append(self.explainer.unknown_record(number, self.layout.bodies))
                return
            cells = self.codec.cells(line, record)
        except BadLine as bad:
            rule = record.rule if record else self.layout.rule
            (self.refusals if bad.refuses_file or record is None else self.problems).append(
                self.explainer.line(bad, number, rule)
            )
            if record is not None:
                rows[record.name].received += 1
                rows[record.name].add_to_sums(self._summed(record), None)
            return
        self._row(record, cells, number, rows[record.name], facts)

    def _row(
        self, record: RecordLayout, cells: Sequence[str | BadValue], number: int, rows: _Rows, facts: Mapping[str, Any]
    ) -> None:
        written, bad = read_cells(record, cells)
        rows.received += 1
        rows.add_to_sums(self._summed(record), written)
        values = {**standing_for(record, record.kind, facts), **written} if record.kind else {}
        if not bad and record.kind:
            values, bad = in_minor_units(record, record.kind, values, cells)
        if not bad:
            rows.good.append(values)
            rows.lines.append(number)
        line_ref = written.get("line_ref")
        for field_, raw, why in bad:
            problem = self.explainer.cell(field_, raw, why, number, line_ref)
            (self.refusals if why.refuses_file else self.problems).append(problem)

    def _summed(self, record: RecordLayout) -> list[str]:
        return [target for name, target in self.layout.summed if name == record.name]

    def _taken(self, record: RecordLayout, rows: _Rows) -> Taken:
        table = None
        if record.kind:
            schema = RECORDS[record.kind]
            table = pa.Table.from_arrays(
                [pa.array([row.get(f.name) for row in rows.good], f.type) for f in schema], schema=schema
            )
        return Taken(record, rows.received, table, np.array(rows.lines, np.int64), rows.sums)


def read_cells(record: RecordLayout, cells: Sequence[str | BadValue]) -> tuple[dict[str, Any], list[BadCell]]:
    """The values of a line by target (money as written), and every cell that is bad."""
    values: dict[str, Any] = {}
    bad: list[BadCell] = []
    for field_, raw in zip(record.fields, cells, strict=True):
        if not field_.is_read:
            continue
        try:
            if isinstance(raw, BadValue):
                raise raw
            value = read_cell(field_, raw)
        except BadValue as why:
            bad.append((field_, raw if isinstance(raw, str) else "", why))
        else:
            if field_.target:
                values[field_.target] = value
    return values, bad


def in_minor_units(
    record: RecordLayout, kind: str, values: dict[str, Any], cells: Sequence[str | BadValue]
) -> tuple[dict[str, Any], list[BadCell]]:
    """A row as the record's table has it: amounts in minor units of its currency, under the names with ``_minor``."""
    row: dict[str, Any] = {}
    bad: list[BadCell] = []
    for target, value in values.items():
        field_ = record.by_target.get(target)
        money = field_.converter if field_ else None
        if field_ is None or not isinstance(money, Money):
            row[target] = value
            continue
        try:
            row[column_of(kind, target)] = None if value is None else money.to_minor(value, values["currency"])
        except BadValue as why:
            bad.append((field_, str(cells[field_.number - 1]), why))
        if target == "balance":
            row["resolution_minor"] = money.resolution(values["currency"])
    return row, bad


def split_lines(block: bytes) -> Iterator[bytes]:
    """Lines without their line end, which is LF or CR LF."""
    for line in block.split(b"\n")[:-1]:
        yield line.removesuffix(b"\r")
