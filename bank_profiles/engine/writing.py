"""Tables of records → one file as blocks of bytes, by the same layout that reads it. Nothing is cut short, rounded or replaced.

Whole columns become text and then lines or elements. Where a value does not fit, the plain converters go through the rows and say
which and why, and nothing of the file counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadLine, MakesLines, Sheaf
from bank_profiles.encodings import size
from bank_profiles.engine.fast import is_herald, short_enough
from bank_profiles.engine.taken import Ints, Taken, Weight
from bank_profiles.engine.totals import Tally
from bank_profiles.engine.weaving import NoParent, Woven, weave
from bank_profiles.errors import Problem, RowProblem, Text, UnwritableRoster
from bank_profiles.layout import Field, FileLayout, RecordLayout, Total, turned_name
from bank_profiles.values.amounts import Money, Number
from bank_profiles.values.converters import BadValue, Converter, Plain
from bank_profiles.values.kernels import any_below_zero, from_minor, write_column, write_money
from bank_profiles.values.targets import column_of
from bank_profiles.values.turning import turned

if TYPE_CHECKING:
    Column = pa.Array[Any]

ROWS_AT_ONCE = 1 << 15  # some ten megabytes of lines: bounds memory whatever the size of the tables


class FileWriting:
    """One file being written. ``facts`` are what header and trailer may say (targets.WRITTEN_FACTS)."""

    def __init__(self, layout: FileLayout, file: str, facts: Mapping[str, Any]) -> None:
        self.layout, self.file, self.facts = layout, file, facts
        self._codec = codec_for(layout)
        self._tally = Tally(layout)
        self._line = 0  # rows written so far
        self._spelt: dict[str, dict[Any, Any]] = {}  # texts of values written before, by record and field

    def blocks(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[bytes]:
        """``tables``: rows by record kind, in exchange.RECORDS' columns. Raises UnwritableRoster: then no block of it may be used."""
        heads, tails = self._heralds()
        portions: Iterable[list[Woven]] = ([_turned(woven) for woven in portion] for portion in self._portions(tables))
        if any(field.total for record in heads for field in record.fields):
            portions = list(portions)  # the first line counts those that follow
            for portion in portions:
                self._count(portion)
        else:
            portions = self._counting(portions)
        for record in heads:
            yield self._alone(record)
        for portion in portions:
            yield self._written(portion)
        for record in tails:
            yield self._alone(record)
        if end := self._codec.end():
            yield end

    def _heralds(self) -> tuple[list[RecordLayout], list[RecordLayout]]:
        """Headers and trailers: by their place, else by whether the profile has them before or behind the rows."""
        records = list(self.layout.records)
        body = [i for i, record in enumerate(records) if not is_herald(self.layout, record)]
        first = body[0] if body else len(records)
        heads: list[RecordLayout] = []
        tails: list[RecordLayout] = []
        for index, record in enumerate(records):
            if is_herald(self.layout, record):
                ahead = record.place in ("first", "preamble") or (record.place is None and index < first)
                (heads if ahead else tails).append(record)
        return heads, tails

    # ---- rows ----

    def _portions(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[list[Woven]]:
        """Flat files flow; a nested one is woven whole."""
        records = [r for r in self.layout.records if not is_herald(self.layout, r) and not r.is_continuation]
        if any(record.inside for record in records):
            try:
                woven = weave(self.layout, records, tables)
            except NoParent as lost:
                raise UnwritableRoster([self._no_parent(lost)]) from None
            if several := [self._several(each) for each in woven if each.record.place is not None and each.table.num_rows > 1]:
                raise UnwritableRoster(several)
            yield woven
            return
        written: set[str] = set()
        for record in records:
            if record.kind and record.kind not in written:
                written.add(record.kind)
                for table in tables.get(record.kind, ()):
                    for start in range(0, table.num_rows, ROWS_AT_ONCE):
                        part = table.slice(start, ROWS_AT_ONCE).combine_chunks()
                        yield [Woven(record, part, None, np.arange(part.num_rows))]

    def _counting(self, portions: Iterable[list[Woven]]) -> Iterator[list[Woven]]:
        for portion in portions:
            self._count(portion)
            yield portion

    def _written(self, portion: Sequence[Woven]) -> bytes:
        sheaves = [self._sheaf(woven, portion) for woven in portion]
        whole = [sheaf for sheaf in sheaves if sheaf is not None]
        block = self._composed(whole) if len(whole) == len(sheaves) else None
        if block is None:  # some value does not fit: which, and why?
            whole = [self._row_by_row(woven, portion) for woven in portion]
            block = self._composed(whole)
            assert block is not None, "the plain converters wrote what the codec cannot join"
        self._line += sum(woven.table.num_rows for woven in portion)
        if isinstance(self._codec, MakesLines):
            self._tally.rows.update(self._codec.made)
            self._codec.made.clear()
        return block

    def _composed(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        try:
            return self._codec.compose(sheaves)
        except BadLine as bad:
            place = self._codec.place(self.file, self._line + 1, None, None)
            problem = Problem(
                code=bad.code, place=place, what=bad.what, expected=bad.expected, hint=bad.hint, rule=self.layout.rule
            )
            raise UnwritableRoster([problem]) from None

    def _sheaf(self, woven: Woven, portion: Sequence[Woven]) -> Sheaf | None:
        columns: list[Column] = []
        for field in woven.record.fields:
            texts = self._texts(field, woven, portion)
            finished = None if texts is None else _finished(field, texts, in_lines=self._in_lines)
            if finished is None:
                return None
            columns.append(finished)
        return Sheaf(woven.record, columns, woven.order, woven.parents)

    def _texts(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column | None:
        """The texts of one column, null where there is no value; None where one cannot be said."""
        table, rows = woven.table, woven.table.num_rows
        if field.says is not None:
            return pa.repeat(pa.scalar(field.says), rows)
        if field.total is not None:
            return self._said_totals(field, woven, portion)
        name = _column_name(woven, field)
        if name is None:
            known = self._said(field)
            return pa.repeat(pa.scalar(known, pa.string()), rows)
        values, converter = _column(table, name), self._converter(field, woven.record)
        if isinstance(converter, Money):
            currency = _currency(table)
            written = _as_written(converter, values, currency)
            return None if written is None else write_money(converter, written, currency)
        return write_column(converter or Plain(), values, self._spelt.setdefault(f"{woven.record.name}/{field.name}", {}))

    def _converter(self, field: Field, record: RecordLayout) -> Converter | None:
        """Of a field that is only handed down, that of the rows it is handed to."""
        if field.turned is not None:
            return field.turned.converter
        if field.converter is not None or record.kind is not None:
            return field.converter
        handed = (each.field for other in self.layout.records for each in other.carried if each.record == record.name)
        return next((each.converter for each in handed if each.target == field.target), None)

    @property
    def _in_lines(self) -> bool:
        return self.layout.spec.format in ("delimited", "fixed")

    # ---- totals ----

    def _count(self, portion: Sequence[Woven]) -> None:
        """Rows written, and what they weigh in the totals over the whole file."""
        for woven in portion:
            count = woven.table.num_rows
            weights = {
                total: Weight(self._weights(total, woven))
                for total in self.layout.totals
                if woven.record.name in total.records and total.under is None and (total.kind != "count" or total.where)
            }
            self._tally.add(Taken(woven.record, np.zeros(count, np.int64), 0, {}, {}, weights))

    def _weights(self, total: Total, woven: Woven) -> Ints:
        """What each row adds to a total, as its own column spells it."""
        table, field = woven.table, woven.record.fields[total.column]
        amounts = np.ones(table.num_rows, np.int64)
        converter = self._converter(field, woven.record)
        if total.kind == "sum" and isinstance(converter, Money):
            values = _column(table, cast(str, _column_name(woven, field)))
            written = _as_written(converter, values, _currency(table))
            amounts = np.zeros(table.num_rows, np.int64) if written is None else _ints(written)  # None is told row by row
        elif total.kind == "hash":
            digits = pc.utf8_slice_codeunits(self._plain_texts(woven, field), *_slice(total))
            amounts = _ints(digits.cast(pa.int64()))
        for index, text in total.where:
            amounts = np.where(
                _flags(pc.equal(self._plain_texts(woven, woven.record.fields[index]), pa.scalar(text))), amounts, 0
            )
        return amounts

    def _plain_texts(self, woven: Woven, field: Field) -> Any:
        texts = self._texts(field, woven, ())
        return pa.nulls(woven.table.num_rows, pa.string()) if texts is None else texts

    def _said_totals(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column:
        """A total among the rows: over those of the portion that stand under the same row."""
        total = cast(Total, field.total)
        sums = np.zeros(woven.table.num_rows, np.int64)
        for other in portion:
            if other.record.name in total.records and total.under is not None:
                outer = _outer(portion, other, total.under)
                under = np.zeros(max((int(outer.max()) + 1 if len(outer) else 0), 1), np.int64)
                np.add.at(under, outer, self._weights(total, other))
                mine = _outer(portion, woven, total.under)
                inside = mine < len(under)
                sums[inside] += under[mine[inside]]
        if total.kind == "hash" and total.modulo:
            sums %= 10**total.modulo
        if isinstance(field.converter, Money):
            return cast("Column", pa.array([field.converter.write(total_sum) for total_sum in sums.tolist()], pa.string()))
        return cast("Column", pa.array(-(-sums // total.per)).cast(pa.string()))

    # ---- what is wrong with which row ----

    def _row_by_row(self, woven: Woven, portion: Sequence[Woven]) -> Sheaf:
        problems: list[RowProblem] = []
        texts: list[list[str | None]] = [[] for _ in woven.record.fields]
        totals = {f.name: self._said_totals(f, woven, portion).to_pylist() for f in woven.record.fields if f.total}
        for number, row in enumerate(woven.table.to_pylist()):
            for index, field in enumerate(woven.record.fields):
                try:
                    value = totals[field.name][number] if field.name in totals else self._value(row, woven, field)
                    texts[index].append(self._text(field, value))
                except BadValue as bad:
                    problems.append(self._problem(woven.record, field, bad, self._line + number + 1, row.get("line_ref")))
        if problems:
            raise UnwritableRoster(problems)
        return Sheaf(woven.record, [pa.array(column, pa.string()) for column in texts], woven.order, woven.parents)

    def _value(self, row: Mapping[str, Any], woven: Woven, field: Field) -> str | None:
        """The text of one cell; None where there is no value. Raises BadValue."""
        name = _column_name(woven, field)
        if field.says is not None:
            return None
        if name is None:
            return self._said(field)
        value = row[name]
        if value is None:
            return None
        converter = self._converter(field, woven.record)
        if isinstance(converter, Money):
            if converter.positive and value < 0:
                what = Text("the amount is below zero; the direction carries the sign", "金额为负；应由收支方向表示正负")
                raise BadValue("negative-amount", what, Text("an amount without minus", "不带负号的金额"))
            return converter.write(converter.from_minor(value, row["currency"]), row["currency"])
        return converter.write(value) if converter else str(value)

    def _text(self, field: Field, value: str | None) -> str | None:
        """One cell, ready to be joined; BadValue where it does not fit."""
        if value is None and field.required and field.says is None and field.total is None:
            what = Text("there is no value, and the bank demands one", "无值，而银行要求必填")
            raise BadValue("missing-value", what, Text("a value in every row", "每行都应有值"))
        if value is None and field.says is None and not self._in_lines:
            return None
        text = constant(field) if value is None else value
        if value is not None and field.pad == "0" and field.span:
            text = text.zfill(field.span[1] - field.span[0])
        if field.longest is not None and size(text, field.encoding) > field.longest:
            what = Text("the value is longer than the bank takes", "值超过银行允许的长度")
            raise BadValue("too-long", what, Text(f"at most {field.longest} bytes", f"最多 {field.longest} 字节"))
        self._codec.fit(field, text)
        return text

    def _problem(self, record: RecordLayout, field: Field, bad: BadValue, line: int, line_ref: str | None = None) -> RowProblem:
        place = self._codec.place(self.file, line, record, field)
        what = Text(*(text.replace("“{value}”", "…").replace("{value}", "…") for text in bad.what))
        hint = bad.hint or Text(
            "correct the row, or ask the bank for a wider field. Nothing was written",
            "请更正该行，或请银行放宽字段。未写出任何内容",
        )
        return RowProblem(
            code=bad.code, place=place, what=what, expected=bad.expected, hint=hint, rule=field.rule, line_ref=line_ref
        )

    def _no_parent(self, lost: NoParent) -> Problem:
        outer = lost.record.inside or ""
        return Problem(
            code="no-parent",
            place=self._codec.place(self.file, lost.row + 1, lost.record, None),
            what=Text(
                f"a row of “{lost.record.name}” belongs to no “{outer}”", f"“{lost.record.name}”中有一行不属于任何“{outer}”"
            ),
            expected=Text(f"a row of “{outer}” with the same carried fields", f"“{outer}”中应有相同承接字段的行"),
            rule=lost.record.rule,
        )

    def _several(self, woven: Woven) -> Problem:
        """What a header says of all rows differs among them."""
        name, rows = woven.record.name, woven.table.num_rows
        return Problem(
            code="several-in-one-file",
            place=self._codec.place(self.file, 1, woven.record, None),
            what=Text(
                f"“{name}” stands once in a file, and the rows belong to {rows}",
                f"“{name}”在文件中只有一处，而数据分属 {rows} 处",
            ),
            expected=Text(f"rows of one “{name}”", f"同一“{name}”的数据"),
            hint=Text("write a file for each", "请分文件写出"),
            rule=woven.record.rule,
        )

    # ---- header and trailer ----

    def _alone(self, record: RecordLayout) -> bytes:
        """A header or trailer, its totals over the rows as they were written."""
        texts, problems = [], []
        self._line += 1
        for field in record.fields:
            try:
                texts.append(self._text(field, self._said(field)))
            except BadValue as bad:
                problems.append(self._problem(record, field, bad, self._line))
        if problems:
            raise UnwritableRoster(problems)
        columns = [pa.array([text], pa.string()) for text in texts]
        block = self._codec.compose([Sheaf(record, columns, np.zeros(1, np.int64))])
        assert block is not None, "every cell was found to fit"
        return block

    def _said(self, field: Field) -> str | None:
        total = field.total
        if total is not None and total.kind == "digest":
            return self._codec.digest(total.digest or "")
        if total is not None and isinstance(field.converter, Money | Number):
            return field.converter.write(self._tally.to_write(field, self._all_lines()))
        value = self.facts.get("batch_no" if field.batch_of_inquiry else field.target or "")
        return None if value is None or field.converter is None else field.converter.write(value)

    def _all_lines(self) -> int:
        """How many lines the file will have."""
        heads, tails = self._heralds()
        own = [record.name for record in self.layout.records if not record.shares_line]
        return sum(self._tally.rows[name] for name in own) + len(heads) + len(tails)


def constant(field: Field) -> str:
    """What stands in a column that has no value: its constant, or the first of the texts that mean "missing"."""
    return field.says if field.says is not None else (field.missing or ("",))[0]


def _finished(field: Field, texts: Column, *, in_lines: bool) -> Column | None:
    """Zeros before numbers, the text for "missing"; None where a value is missing that must be there, or is too long."""
    if field.required and texts.null_count:
        return None
    if field.pad == "0" and field.span:
        texts = pc.utf8_zero_fill(texts, width=field.span[1] - field.span[0])  # type: ignore[attr-defined]
    if field.longest is not None and not short_enough(texts, field.longest, field.encoding):
        return None
    return texts.fill_null(constant(field)) if in_lines else texts


def _as_written(money: Money, minor: Column, currency: Column) -> Column | None:
    return None if money.positive and any_below_zero(minor) else from_minor(money, minor, currency)


def _turned(woven: Woven) -> Woven:
    """With what columns are written from that others are made of."""
    return replace(woven, table=turned(woven.table, list(woven.record.turns.items()))) if woven.record.turns else woven


def _column_name(woven: Woven, field: Field) -> str | None:
    """The column of the rows' table that a field is written from; None: a fact of the file, or nothing."""
    if field.turned is not None:
        return turned_name(field)
    if field.target is None:
        return None
    name = column_of(woven.record.kind, field.target) if woven.record.kind else field.target
    return name if name in woven.table.column_names else None


def _outer(portion: Sequence[Woven], woven: Woven, name: str) -> Ints:
    """For each row the index of the row of the outer record it stands in; of the outer record itself its own."""
    at = np.arange(woven.table.num_rows)
    while woven.record.name != name:
        assert woven.parents is not None
        at = woven.parents[at]
        woven = next(other for other in portion if other.record.name == woven.record.inside)
    return at


def _slice(total: Total) -> tuple[int, int | None]:
    return (total.take[0] - 1, total.take[0] - 1 + total.take[1]) if total.take else (0, None)


def _column(table: pa.Table, name: str) -> Column:
    chunks = table.column(name).chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.array([], table.schema.field(name).type)


def _currency(table: pa.Table) -> Column:
    return _column(table, "currency") if "currency" in table.column_names else pa.nulls(table.num_rows, pa.string())


def _ints(column: Column) -> Ints:
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def _flags(column: Any) -> Any:
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False))
