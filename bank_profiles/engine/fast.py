"""A piece of a file → tables of records, column by column; or None, and then the reference reader says what is wrong with which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Cut
from bank_profiles.encodings import size
from bank_profiles.engine.hashing import hashed_column
from bank_profiles.engine.heralds import facts_said, is_herald, may_go_together
from bank_profiles.engine.nesting import Nest, Nesting
from bank_profiles.engine.taken import Flags, Ints, Taken, Weight
from bank_profiles.layouts.cells import SPACES, read_cell
from bank_profiles.layouts.derived import with_derived_columns
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout, Total
from bank_profiles.values.amounts import Money
from bank_profiles.values.arrays import byte_lengths, has_any
from bank_profiles.values.converters import Plain
from bank_profiles.values.identifying import IDENTIFYING, are_numbered, seen_column
from bank_profiles.values.kernels import by_distinct, read_column, resolution, to_minor
from bank_profiles.values.targets import column_of
from reconciliation.exchange import OUTCOME, RECORDS

if TYPE_CHECKING:
    Column = pa.Array[Any]

_TRIM = {"both": pc.utf8_trim, "left": pc.utf8_ltrim, "right": pc.utf8_rtrim}


def read_cuts(
    cuts: Sequence[Cut], layout: FileLayout, nesting: Nesting, facts: dict[str, Any], batch_no: str | None
) -> list[Taken] | None:
    """Everything the rows of a piece say; None where one of them is not plainly good, and then nothing has happened.

    ``facts``: what headers said, to which rows add the batch they are about; ``batch_no``: the one it must be, where it is known.
    """
    nests = nesting.nests(cuts)
    if nests is None or not may_go_together(layout, [cut.record for cut in cuts]):
        return None
    made = [_with_derived(cut, facts) for cut in cuts]
    cuts = [cut for cut in made if cut is not None]
    if len(cuts) < len(made):
        return None
    by_name = {cut.record.name: cut for cut in cuts}
    taken = []
    for cut in cuts:
        nest = nests[cut.record.name]
        carried = nesting.carried(cut.record, nest, by_name)
        rows = None if carried is None else _take(cut, carried, nest, layout, facts, batch_no)
        if rows is None:
            return None
        taken.append(rows)
    nesting.went_by(cuts, nests)
    for rows in taken:
        facts.update(rows.facts)
    if batches := [rows.about for rows in taken if rows.about is not None]:
        facts["batch_no"] = max(batches)[1]
    return taken


def _with_derived(cut: Cut, facts: Mapping[str, Any]) -> Cut | None:
    columns = with_derived_columns(cut.record, cut.columns, facts)
    return None if columns is None else replace(cut, columns=columns)


def _take(
    cut: Cut, carried: Sequence[Column], nest: Nest, layout: FileLayout, facts: Mapping[str, Any], batch_no: str | None
) -> Taken | None:
    record, count = cut.record, len(cut.lines)
    texts = [*cut.columns, *carried]
    outcomes, rest = _said_outcomes(record, texts, cut.lines)
    values = _columns(record, texts, rest, batch_no)
    if values is None or outcomes is None:
        return None
    weights = _weights(layout, record, cut.columns, values, rest, count)
    if weights is None:
        return None
    said = {i: _or_zero(values[i]) for i, field in enumerate(record.fields) if field.total is not None and i in values}
    about = _about(cut, values, rest)
    told = facts_said(record, values) if is_herald(layout, record) else {}
    tables = dict(outcomes)
    if record.kind is not None:
        lines = cut.lines if rest is None else cut.lines[rest]
        table = _table(record, record.kind, values, len(lines), facts)
        if table is None:
            return None
        if len(lines) or not outcomes:
            tables[record.kind] = (table, lines)
    return Taken(record, cut.lines, nest.first, nest.under, tables, weights, said, about, told)


def _about(cut: Cut, values: Mapping[int, Column], rest: Flags | None) -> tuple[int, str] | None:
    """The batch that the last row says it is about, and where that row stands among all rows."""
    order = cut.lines if cut.order is None else cut.order
    order = order if rest is None else order[rest]
    for index, field in enumerate(cut.record.fields):
        if field.batch_of_inquiry and index in values and values[index].null_count < len(values[index]):
            at = int(np.flatnonzero(values[index].is_valid())[-1])
            return int(order[at]), str(values[index][at].as_py())
    return None


def _or_zero(said: Column) -> Column:
    """Who says nothing of a number says that there is nothing."""
    return said.fill_null(0) if pa.types.is_integer(said.type) else said


def _columns(
    record: RecordLayout, texts: Sequence[Column | None], rest: Flags | None, batch_no: str | None
) -> dict[int, Column] | None:
    """The values of each column that is read, by its index; the carried ones stand behind the record's own."""
    values: dict[int, Column] = {}
    for index, (field, column) in enumerate(zip(read_fields(record), texts, strict=True)):
        if column is None or not (field.converter or field.says is not None):
            continue
        read = read_column_of(field, column if rest is None else column.filter(pa.array(rest)))
        if read is None or (field.batch_of_inquiry and batch_no is not None and not _is_all(read, batch_no)):
            return None
        values[index] = read
    return values


def read_fields(record: RecordLayout) -> list[Field]:
    """The fields of a row: its own, those made of them, then those it carries."""
    return [*record.columns, *(each.field for each in record.carried)]


def _is_all(column: Column, text: str) -> bool:
    return column.null_count == 0 and pc.all(pc.equal(column, pa.scalar(text))).as_py() is not False


def read_column_of(field: Field, texts: Column) -> Column | None:
    """The column of one field: as read_cell would give it for every row."""
    if texts.null_count and (field.required or field.says is not None):
        return None
    if field.repeats:
        to = pa.null() if field.converter is None else field.converter.type
        return by_distinct(texts, lambda text: read_cell(field, text), to, field.known)
    if isinstance(texts, pa.DictionaryArray):
        texts = texts.dictionary_decode()
    if field.trim != "none" and has_any(texts, SPACES):
        texts = _TRIM[field.trim](texts, SPACES)
    if _may_be_missing(texts, field.missing):
        is_missing = pc.is_in(texts, pa.array([*field.missing, None], pa.string()))
        if field.required and pc.any(is_missing).as_py():
            return None
        texts = pc.if_else(is_missing, pa.scalar(None, pa.string()), texts)
    if field.longest is not None and not short_enough(texts, field.longest, field.encoding):
        return None
    if field.target in IDENTIFYING:
        plain = seen_column(texts, field.target)
        if plain is None or (field.answers and not are_numbered(plain)):
            return None
        texts = plain
    return read_column(field.converter or Plain(), texts)


def _may_be_missing(texts: Column, missing: tuple[str, ...]) -> bool:
    """Is any text as short as one that means "missing"? Spares the look at columns that are always filled."""
    shortest = pc.min(byte_lengths(texts)).as_py()
    return bool(missing) and shortest is not None and shortest <= max(len(text.encode()) for text in missing)


def short_enough(texts: Column, longest: int, encoding: str) -> bool:
    """No character takes more than twice its bytes of UTF-8 in any encoding; the few texts near the limit are measured."""
    near = texts.filter(pc.greater(byte_lengths(texts), pa.scalar(longest // 2)))
    return all(text is None or size(text, encoding) <= longest for text in near.unique().to_pylist())


# ---- rows ---------------------------------------------------------------------------------------------------------------------------


def _table(record: RecordLayout, kind: str, values: Mapping[int, Column], rows: int, facts: Mapping[str, Any]) -> pa.Table | None:
    """Columns in the order of the record's schema; amounts become minor units once the currency of each row is known."""
    schema = RECORDS[kind]
    fields = read_fields(record)
    by_target = {target: column for index, column in values.items() if (target := fields[index].target)}
    constants = standing_for(record, kind, facts)
    columns = {name: pa.repeat(pa.scalar(value, schema.field(name).type), rows) for name, value in constants.items()}
    currency = by_target.get("currency", columns.get("currency"))
    for target, column in by_target.items():
        money = record.by_target[target].converter
        if isinstance(money, Money):
            minor = to_minor(money, column, cast("Column", currency))
            if minor is None:
                return None
            columns[column_of(kind, target)] = minor
            if target == "balance":
                columns["resolution_minor"] = resolution(money, cast("Column", currency))
        else:
            columns[target] = column
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=schema)


def standing_for(record: RecordLayout, kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that no field of the record fills: what the profile says always holds, and what the header said for the whole file."""
    known = {name: value for name, value in facts.items() if name in RECORDS[kind].names and name not in record.by_target}
    return known | dict(record.always)


def _said_outcomes(
    record: RecordLayout, texts: Sequence[Column | None], lines: Ints
) -> tuple[dict[str, tuple[pa.Table, Ints]] | None, Flags | None]:
    """Rows whose text says there is nothing ("查无开户信息" for an account): outcomes of their lines. And a mask of all other rows."""
    words: Any = None
    for column, meanings in record.spec.says_outcome.items():
        index = next(i for i, field in enumerate(record.columns) if field.name == column)
        spelt = cast("Column", texts[index])
        spelt = spelt.dictionary_decode() if isinstance(spelt, pa.DictionaryArray) else spelt
        at = pc.index_in(_TRIM["both"](spelt, SPACES), pa.array(list(meanings)))
        found = pa.array(list(meanings.values())).take(at)
        words = found if words is None else pc.coalesce(words, found)
    if words is None or words.null_count == len(words):
        return {}, None
    fields = read_fields(record)
    there = next(i for i, field in enumerate(fields) if field.target == "line_ref")
    mask = words.is_valid()
    ref = read_column_of(fields[there], cast("Column", texts[there]).filter(mask))
    if ref is None:
        return None, None
    columns = {"line_ref": ref, "outcome": words.filter(mask)}
    rows = len(ref)
    table = pa.Table.from_arrays([columns.get(f.name, pa.nulls(rows, f.type)) for f in OUTCOME], schema=OUTCOME)
    said = np.asarray(mask.to_numpy(zero_copy_only=False), bool)
    return {"outcome": (table, lines[said])}, ~said


# ---- what rows weigh in totals ------------------------------------------------------------------------------------------------------


def _weights(
    layout: FileLayout,
    record: RecordLayout,
    texts: Sequence[Column | None],
    values: Mapping[int, Column],
    rest: Flags | None,
    count: int,
) -> dict[Total, Weight] | None:
    weights: dict[Total, Weight] = {}
    for total in layout.totals:
        if record.name not in total.records or (total.kind == "count" and total.under is None and not total.where):
            continue
        amounts = np.ones(count, np.int64)
        if total.kind == "sum":
            amounts = _spread(_ints(values[total.column]), rest, count)
        elif total.kind == "hash":
            column = cast("Column", texts[total.column])
            hashed = hashed_column(total, record.fields[total.column], column if rest is None else column.filter(pa.array(rest)))
            if hashed is None:
                return None
            amounts = _spread(hashed, rest, count)
        for index, text in total.where:
            amounts = np.where(_says(record.fields[index], cast("Column", texts[index]), text), amounts, 0)
        weights[total] = Weight(amounts)
    return weights


def _spread(amounts: Ints, rest: Flags | None, count: int) -> Ints:
    """Rows that say "nothing" add nothing."""
    if rest is None:
        return amounts
    spread = np.zeros(count, np.int64)
    spread[rest] = amounts
    return spread


def _says(field: Field, texts: Column, text: str) -> Flags:
    texts = texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
    spelt = texts if field.trim == "none" else _TRIM[field.trim](texts, SPACES)
    return np.asarray(pc.equal(spelt, pa.scalar(text)).fill_null(False).to_numpy(zero_copy_only=False))


def _ints(column: Column) -> Ints:
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
