"""Columns of values → columns of text, as the bank spells them; and what rows weigh in the totals, as the same columns spell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Sheaf
from bank_profiles.engine.fast import short_enough
from bank_profiles.engine.hashing import hashed, hashed_column, not_digits
from bank_profiles.engine.sharing import is_silent, with_outcomes
from bank_profiles.engine.taken import Flags, Ints
from bank_profiles.engine.totals import as_said, by_group
from bank_profiles.engine.weaving import Woven
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout, Total, turned_name
from bank_profiles.values.amounts import Money
from bank_profiles.values.arrays import flags
from bank_profiles.values.converters import BadValue, Converter, Plain
from bank_profiles.values.kernels import any_below_zero, from_minor, write_column, write_money
from bank_profiles.values.numbers import Number
from bank_profiles.values.targets import column_of

if TYPE_CHECKING:
    Column = pa.Array[Any]


class Spelling:
    """How the rows of one file are spelt. ``said``: what a field says that no column of the rows gives (a fact of the file)."""

    def __init__(self, layout: FileLayout, said: Callable[[Field], str | None]) -> None:
        self.layout, self.said = layout, said
        self._spelt: dict[str, dict[Any, Any]] = {}  # texts of values written before, by record and field

    @property
    def in_lines(self) -> bool:
        """Formats with lines write a text for what is missing; trees and sheets leave it out."""
        return self.layout.spec.format in ("delimited", "fixed", "self_describing")

    def sheaf(self, woven: Woven, portion: Sequence[Woven]) -> Sheaf | None:
        columns: list[Column] = []
        for field in woven.record.fields:
            texts = self.texts(field, woven, portion)
            finished = None if texts is None else _finished(field, texts, is_silent(woven.table), in_lines=self.in_lines)
            if finished is None:
                return None
            columns.append(finished)
        if next(not_digits(self.layout, woven.record, columns, is_silent(woven.table)), None):
            return None
        return Sheaf(woven.record, columns, woven.order, woven.parents)

    def texts(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column | None:
        """The texts of one column, null where there is no value; None where one cannot be said."""
        texts = self._of_values(field, woven, portion)
        return None if texts is None else with_outcomes(woven.record, field, woven.table, texts)

    def _of_values(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column | None:
        table, rows = woven.table, woven.table.num_rows
        if field.says is not None:
            return pa.repeat(pa.scalar(field.says), rows)
        if field.total is not None:
            return self._totals_that_fit(field, woven, portion)
        if (keys := self.key_texts(field, woven, portion)) is not None:
            return keys
        name = column_name(woven, field)
        if name is None:
            known = self.said(field)
            return pa.repeat(pa.scalar(known, pa.string()), rows)
        values, converter = _column(table, name), self.converter(field, woven.record)
        if isinstance(converter, Money):
            currency = _currency(table)
            written = as_written(converter, values, currency)
            return None if written is None else write_money(converter, written, currency)
        return write_column(converter or Plain(), values, self._spelt.setdefault(f"{woven.record.name}/{field.name}", {}))

    def key_texts(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column | None:
        """Of a key: what the row named says there; and where that is nothing of ours, a number of its own for each row to be named."""
        index = woven.record.fields.index(field) if field in woven.record.fields else -1
        outer = next((other for other in portion if other.record.name == woven.record.inside), None)
        for own, there in woven.record.keys if outer is not None and woven.parents is not None else ():
            if own == index and outer is not None and woven.parents is not None:
                texts = self.texts(outer.record.fields[there], outer, portion)
                return None if texts is None else texts.take(pa.array(woven.parents.tolist(), pa.int64()))
        named = {there for other in portion if other.record.inside == woven.record.name for _, there in other.record.keys}
        if index in named and field.target is None:
            return cast("Column", pa.array(np.arange(1, woven.table.num_rows + 1)).cast(pa.string()))
        return None

    def converter(self, field: Field, record: RecordLayout) -> Converter | None:
        """Of a field that is only handed down, that of the rows it is handed to."""
        if field.turned is not None:
            return field.turned.converter
        if field.converter is not None or record.kind is not None:
            return field.converter
        handed = (each.field for other in self.layout.records for each in other.carried if each.record == record.name)
        return next((each.converter for each in handed if each.target == field.target), None)

    # ---- totals ----

    def weights(self, total: Total, woven: Woven) -> Ints:
        """What each row adds to a total, as its own column spells it."""
        table, field = woven.table, woven.record.fields[total.column]
        amounts = np.ones(table.num_rows, np.int64)
        converter = self.converter(field, woven.record)
        if total.kind == "sum" and isinstance(converter, Money):
            values = _column(table, cast(str, column_name(woven, field)))
            written = as_written(converter, values, _currency(table))
            amounts = np.zeros(table.num_rows, np.int64) if written is None else _ints(written)  # None is told row by row
        elif total.kind == "hash":
            amounts = self._hashed(total, field, woven)
        if total.kind != "count" and (silent := is_silent(table)) is not None:
            amounts = np.where(silent, 0, amounts)
        for index, text in total.where:
            amounts = np.where(flags(pc.equal(self._plain_texts(woven, woven.record.fields[index]), pa.scalar(text))), amounts, 0)
        return amounts

    def _hashed(self, total: Total, field: Field, woven: Woven) -> Ints:
        texts = _filled(field, self._plain_texts(woven, field))
        found = hashed_column(total, field, texts)
        if found is None:  # what is not digits is told when its row is written
            found = np.array([hashed(total, field, text) or 0 for text in texts.to_pylist()], np.int64)
        return found

    def _totals_that_fit(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column | None:
        try:
            return self.said_totals(field, woven, portion)
        except BadValue:
            return None

    def _plain_texts(self, woven: Woven, field: Field) -> Any:
        texts = self.texts(field, woven, ())
        return pa.nulls(woven.table.num_rows, pa.string()) if texts is None else texts

    def said_totals(self, field: Field, woven: Woven, portion: Sequence[Woven]) -> Column:
        """A total among the rows: over those of the portion that stand under the same row. Raises BadValue where it cannot be said."""
        total = cast(Total, field.total)
        sums = np.zeros(woven.table.num_rows, object)
        for other in portion:
            if other.record.name in total.records and total.under is not None:
                weights = self.weights(total, other)
                under, _ = by_group(_outer(portion, other, total.under), weights, np.zeros(len(weights), bool))
                mine = _outer(portion, woven, total.under)
                inside = mine < len(under)
                sums[inside] += under[mine[inside]]
        said = [as_said(self.layout, field, counted) for counted in sums.tolist()]
        written = field.converter.write if isinstance(field.converter, Money | Number) else str
        texts: Any = pa.array([written(each) for each in said], pa.string())
        name = column_name(woven, field)
        if name is not None:  # a count the row does not have, of nothing, is not written either
            nothing = pa.array([not each for each in said], pa.bool_())
            texts = pc.if_else(pc.and_(_column(woven.table, name).is_null(), nothing), None, texts)
        return cast("Column", texts)


def constant(field: Field) -> str:
    """What stands in a column that has no value: its constant, or the first of the texts that mean "missing"."""
    return field.says if field.says is not None else (field.missing or ("",))[0]


def _finished(field: Field, texts: Column, silent: Flags | None, *, in_lines: bool) -> Column | None:
    """Zeros before numbers, the text for "missing"; None where a value is missing that must be there, or is too long."""
    if field.required and texts.null_count and (silent is None or (flags(texts.is_null()) & ~silent).any()):
        return None
    texts = _filled(field, texts)
    if field.longest is not None and not short_enough(texts, field.longest, field.encoding):
        return None
    return texts.fill_null(constant(field)) if in_lines else texts


def _filled(field: Field, texts: Column) -> Column:
    """Zeros before a number, as wide as its column."""
    if field.pad != "0" or not field.span:
        return texts
    return cast("Column", pc.utf8_zero_fill(texts, width=field.span[1] - field.span[0]))  # type: ignore[attr-defined]


def as_written(money: Money, minor: Column, currency: Column) -> Column | None:
    return None if money.positive and any_below_zero(minor) else from_minor(money, minor, currency)


def column_name(woven: Woven, field: Field) -> str | None:
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


def _column(table: pa.Table, name: str) -> Column:
    chunks = table.column(name).chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.array([], table.schema.field(name).type)


def _currency(table: pa.Table) -> Column:
    return _column(table, "currency") if "currency" in table.column_names else pa.nulls(table.num_rows, pa.string())


def _ints(column: Column) -> Ints:
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
