"""Tables of records → one file as blocks of bytes, by the same layout that reads it. Nothing is cut short, rounded or replaced.

Whole columns become text and then lines. Where a value does not fit, the plain converters go through the rows and say which and why,
and nothing of the file counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs import codec_for
from bank_profiles.engine.fast import short_enough
from bank_profiles.engine.totals import Tally
from bank_profiles.errors import DataPlace, RowProblem, Text, UnwritableRoster
from bank_profiles.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money, Number
from bank_profiles.values.converters import BadValue, Plain
from bank_profiles.values.kernels import any_below_zero, exact_sum, from_minor, write_column, write_money
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS

if TYPE_CHECKING:
    Column = pa.Array[Any]

ROWS_AT_ONCE = 1 << 15  # some ten megabytes of lines: bounds memory whatever the size of the tables


class FileWriting:
    """One file being written. ``facts`` are what header and trailer may say (targets.WRITTEN_FACTS)."""

    def __init__(self, layout: FileLayout, file: str, facts: Mapping[str, Any]) -> None:
        self.layout, self.file, self.facts = layout, file, facts
        self._codec = codec_for(layout)
        self._tally = Tally(layout)
        self._line = 0  # lines written so far
        self._spelt: dict[str, dict[Any, Any]] = {}  # texts of values written before, by field

    def blocks(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[bytes]:
        """``tables``: rows by record kind, in exchange.RECORDS' columns. Raises UnwritableRoster: then no block of it may be used."""
        head, tail = self.layout.head, self.layout.tail
        if head is not None:
            self._line = 1
        body: Iterable[bytes] = self._body(tables)
        if head is not None:
            if any(field.total for field in head.fields):
                body = list(body)  # the first line counts those that follow
            yield self._alone(head, 1)
        yield from body
        if tail is not None:
            yield self._alone(tail, self._line + 1)

    # ---- rows ----

    def _body(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[bytes]:
        written: set[str] = set()
        for record in self.layout.bodies:
            if record.kind and record.kind not in written:
                written.add(record.kind)
                for table in tables.get(record.kind, ()):
                    for start in range(0, table.num_rows, ROWS_AT_ONCE):
                        yield self._rows(record, record.kind, table.slice(start, ROWS_AT_ONCE).combine_chunks())

    def _rows(self, record: RecordLayout, kind: str, table: pa.Table) -> bytes:
        columns, sums = self._columns(record, kind, table)
        block = None if columns is None else self._codec.join(record.fields, columns, self.layout.line_end)
        if block is None:  # some value does not fit: which, and why?
            columns, sums = self._row_by_row(record, kind, table)
            block = self._codec.join(record.fields, columns, self.layout.line_end)
            assert block is not None, "the plain converters wrote what the codec cannot join"
        self._tally.add(record, table.num_rows, sums)
        self._line += table.num_rows
        return block

    def _columns(self, record: RecordLayout, kind: str, table: pa.Table) -> tuple[list[Column] | None, dict[str, int]]:
        columns: list[Column] = []
        sums: dict[str, int] = {}
        currency = _currency(kind, table)
        for field in record.fields:
            if field.says is not None or field.target is None:
                columns.append(pa.repeat(pa.scalar(constant(field)), table.num_rows))
                continue
            values = _column(table, column_of(kind, field.target))
            if isinstance(field.converter, Money):
                written = _written(field.converter, values, currency)
                if written is None:
                    return None, {}
                sums[field.target] = exact_sum(written)
                texts: Column | None = write_money(field.converter, written, currency)
            else:
                texts = write_column(field.converter or Plain(), values, self._spelt.setdefault(field.name, {}))
            finished = None if texts is None else _finished(field, texts)
            if finished is None:
                return None, {}
            columns.append(finished)
        return columns, {target: sums[target] for target in self._tally.summed(record)}

    # ---- what is wrong with which row ----

    def _row_by_row(self, record: RecordLayout, kind: str, table: pa.Table) -> tuple[list[Column], dict[str, int]]:
        problems: list[RowProblem] = []
        texts: list[list[str]] = [[] for _ in record.fields]
        sums = dict.fromkeys(self._tally.summed(record), 0)
        for number, row in enumerate(table.to_pylist(), start=self._line + 1):
            for index, field in enumerate(record.fields):
                try:
                    texts[index].append(self._text(field, _value(row, kind, field)))
                    if field.target in sums:
                        sums[field.target] += _as_written(row, kind, field)
                except BadValue as bad:
                    problems.append(self._problem(field, bad, number, row.get("line_ref")))
        if problems:
            raise UnwritableRoster(problems)
        return [pa.array(column, pa.string()) for column in texts], sums

    def _text(self, field: Field, value: Any) -> str:
        """One cell, ready to be joined; BadValue where it does not fit."""
        text = constant(field) if value is None else value
        if value is None and field.required and field.says is None and field.total is None:
            what = Text("there is no value, and the bank demands one", "无值，而银行要求必填")
            raise BadValue("missing-value", what, Text("a value in every row", "每行都应有值"))
        if value is not None and field.pad == "0" and field.span:
            text = text.zfill(field.span[1] - field.span[0])
        if field.longest is not None and len(text.encode(field.encoding, "replace")) > field.longest:
            what = Text("the value is longer than the bank takes", "值超过银行允许的长度")
            raise BadValue("too-long", what, Text(f"at most {field.longest} bytes", f"最多 {field.longest} 字节"))
        self._codec.fit(field, text)
        return text

    def _problem(self, field: Field, bad: BadValue, line: int, line_ref: str | None = None) -> RowProblem:
        place = DataPlace(self.file, line, field.number, field.name)
        what = Text(*(text.replace("“{value}”", "…").replace("{value}", "…") for text in bad.what))
        hint = bad.hint or Text(
            "correct the row, or ask the bank for a wider field. Nothing was written",
            "请更正该行，或请银行放宽字段。未写出任何内容",
        )
        return RowProblem(
            code=bad.code, place=place, what=what, expected=bad.expected, hint=hint, rule=field.rule, line_ref=line_ref
        )

    # ---- header and trailer ----

    def _alone(self, record: RecordLayout, line: int) -> bytes:
        """A header or trailer, its totals over the rows as they were written."""
        texts, problems = [], []
        for field in record.fields:
            try:
                texts.append(self._text(field, self._said(field)))
            except BadValue as bad:
                problems.append(self._problem(field, bad, line))
        if problems:
            raise UnwritableRoster(problems)
        block = self._codec.join(record.fields, [pa.array([text], pa.string()) for text in texts], self.layout.line_end)
        assert block is not None, "every cell was found to fit"
        return block

    def _said(self, field: Field) -> str | None:
        if field.total is not None and isinstance(field.converter, Money | Number):
            return field.converter.write(self._tally.value(field))
        value = self.facts.get("batch_no" if field.batch_of_inquiry else field.target or "")
        return None if value is None or field.converter is None else field.converter.write(value)


def constant(field: Field) -> str:
    """What stands in a column that has no value: its constant, or the first of the texts that mean "missing"."""
    return field.says if field.says is not None else (field.missing or ("",))[0]


def _finished(field: Field, texts: Column) -> Column | None:
    """Zeros before numbers, the text for "missing"; None where a value is missing that must be there, or is too long."""
    if field.required and texts.null_count:
        return None
    if field.pad == "0" and field.span:
        texts = pc.utf8_zero_fill(texts, width=field.span[1] - field.span[0])  # type: ignore[attr-defined]
    if field.longest is not None and not short_enough(texts, field.longest, field.encoding):
        return None
    return texts.fill_null(constant(field))


def _written(money: Money, minor: Column, currency: Column) -> Column | None:
    return None if money.positive and any_below_zero(minor) else from_minor(money, minor, currency)


def _column(table: pa.Table, name: str) -> Column:
    chunks = table.column(name).chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def _currency(kind: str, table: pa.Table) -> Column:
    if "currency" in RECORDS[kind].names:
        return _column(table, "currency")
    return pa.nulls(table.num_rows, pa.string())


def _value(row: Mapping[str, Any], kind: str, field: Field) -> str | None:
    """The text of one cell; None where there is no value. Raises BadValue."""
    if field.target is None or field.says is not None or row[column_of(kind, field.target)] is None:
        return None
    value = row[column_of(kind, field.target)]
    if isinstance(field.converter, Money):
        return field.converter.write(_as_written(row, kind, field), row["currency"])
    return field.converter.write(value) if field.converter else str(value)


def _as_written(row: Mapping[str, Any], kind: str, field: Field) -> int:
    value = row[column_of(kind, field.target or "")]
    if value is None or not isinstance(field.converter, Money):
        return 0
    if field.converter.positive and value < 0:
        what = Text("the amount is below zero; the direction carries the sign", "金额为负；应由收支方向表示正负")
        raise BadValue("negative-amount", what, Text("an amount without minus", "不带负号的金额"))
    return field.converter.from_minor(value, row["currency"])
