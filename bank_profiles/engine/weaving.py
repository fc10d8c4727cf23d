"""Rows on their way out: which row is written inside which, and in what order. The counterpart of nesting.py.

A row goes inside the row of the outer record that has the same carried fields: an entry with line_ref and account_no inside that
account. Where the outer record gives no rows of its own (a level), its rows are the different carried values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.engine.sharing import rows_of
from bank_profiles.engine.taken import Ints
from bank_profiles.layouts.layout import FileLayout, RecordLayout
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS

if TYPE_CHECKING:
    Column = pa.Array[Any]

_BETWEEN = "\x1f"  # stands in no value


@dataclass(frozen=True)
class Woven:
    """The rows of one record: their table, the outer row of each (by index), their place among all rows."""

    record: RecordLayout
    table: pa.Table
    parents: Ints | None
    order: Ints


class NoParent(Exception):
    """A row has no row it could stand inside of. ``row``: its index."""

    def __init__(self, record: RecordLayout, row: int) -> None:
        super().__init__(record.name)
        self.record, self.row = record, row


def weave(layout: FileLayout, records: Sequence[RecordLayout], tables: Mapping[str, Iterable[pa.Table]]) -> list[Woven]:
    """All rows of the records, nested. Raises NoParent."""
    given = {record.name: _given(record, tables.get(record.kind, ())) for record in records if record.kind}
    outer_first = sorted(records, key=lambda record: len(layout.around(record.name)))
    rows: dict[str, pa.Table] = {}
    parents: dict[str, Ints | None] = {}
    for record in outer_first:
        if record.kind is None and record.inside is not None and not _has_inner(layout, record):
            rows[record.name], parents[record.name] = _one_each(rows[record.inside])  # a header or trailer of each outer row
            continue
        rows[record.name] = given[record.name] if record.kind else _level(layout, record, given)
        parents[record.name] = None
        if record.inside is not None:
            parents[record.name] = _parents(record, rows[record.name], rows[record.inside])
    orders = _orders(outer_first, parents, {name: table.num_rows for name, table in rows.items()})
    return [Woven(record, rows[record.name], parents[record.name], orders[record.name]) for record in outer_first]


def _has_inner(layout: FileLayout, record: RecordLayout) -> bool:
    return any(other.inside == record.name for other in layout.records)


def _one_each(outer: pa.Table) -> tuple[pa.Table, Ints]:
    return outer, np.arange(outer.num_rows)


def _given(record: RecordLayout, tables: Iterable[pa.Table]) -> pa.Table:
    empty = RECORDS[record.kind or ""].empty_table()
    return pa.concat_tables([empty, *rows_of(record, tables)], promote_options="default").combine_chunks()


def _level(layout: FileLayout, record: RecordLayout, given: Mapping[str, pa.Table]) -> pa.Table:
    """The rows of a record that gives none: the different values that those inside it carry, in the order they come."""
    inner = [other for other in layout.records if record.name in layout.around(other.name) and other.name in given]
    wanted = [*(field.target for field in record.fields if field.target), *(each.field.target or "" for each in record.carried)]
    found: list[pa.Table] = []
    for other in inner:
        table = given[other.name]
        names = [name for name in wanted if column_of(other.kind or "", name) in table.column_names]
        found.append(pa.table({name: table.column(column_of(other.kind or "", name)).combine_chunks() for name in names}))
    if not found or not found[0].num_columns:
        return pa.table({"": pa.nulls(1)})
    together = pa.concat_tables(found, promote_options="default").combine_chunks()
    keys = _keys(together, together.column_names)
    return together.take(pc.index_in(keys.unique(), keys))


def _parents(record: RecordLayout, rows: pa.Table, outer_rows: pa.Table) -> Ints:
    shared = [name for name in record.spec.carry if name in rows.column_names and name in outer_rows.column_names]
    shared = shared or [
        name for name in ("line_ref", "account_no") if name in rows.column_names and name in outer_rows.column_names
    ]
    if not shared:
        if outer_rows.num_rows != 1 and rows.num_rows:
            raise NoParent(record, 0)
        return np.zeros(rows.num_rows, np.int64)
    at = pc.index_in(_keys(rows, shared), _keys(outer_rows, shared))
    if at.null_count:
        raise NoParent(record, int(np.flatnonzero(np.asarray(at.is_null()))[0]))
    return np.asarray(at.to_numpy(zero_copy_only=False), np.int64)


def _keys(table: pa.Table, names: Sequence[str]) -> Column:
    columns: list[Any] = [table.column(name).combine_chunks().cast(pa.string()).fill_null("") for name in names]
    return cast("Column", columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, _BETWEEN))


def _orders(records: Sequence[RecordLayout], parents: Mapping[str, Ints | None], rows: Mapping[str, int]) -> dict[str, Ints]:
    """Numbers that put a row behind the one it is inside of, and before the next of that kind."""
    paths: dict[str, list[Ints]] = {}
    for rank, record in enumerate(records):
        above = parents[record.name]
        before = [] if above is None or record.inside is None else [step[above] for step in paths[record.inside]]
        paths[record.name] = [*before, np.full(rows[record.name], rank), np.arange(rows[record.name])]
    depth = max(map(len, paths.values()), default=0)
    steps = [
        np.concatenate([path[level] if level < len(path) else np.full(rows[name], -1) for name, path in paths.items()])
        for level in range(depth)
    ]
    place = np.empty(sum(rows.values()), np.int64)
    place[np.lexsort(steps[::-1])] = np.arange(len(place))
    orders, start = {}, 0
    for name in paths:
        orders[name] = place[start : start + rows[name]]
        start += rows[name]
    return orders
