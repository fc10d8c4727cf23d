"""A block of lines → tables of records, column by column; or None, and then the reference reader says what is wrong with which line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Codec, Cut
from bank_profiles.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money
from bank_profiles.values.cells import SPACES, read_cell
from bank_profiles.values.converters import Plain
from bank_profiles.values.kernels import by_distinct, exact_sum, read_column, resolution, to_minor
from bank_profiles.values.targets import column_of
from reconciliation.exchange import RECORDS

if TYPE_CHECKING:
    Column = pa.Array[Any]

_TRIM = {"both": pc.utf8_trim, "left": pc.utf8_ltrim, "right": pc.utf8_rtrim}


@dataclass(frozen=True)
class Taken:
    """Rows of one record: how many lines there were (``rows``), their table (None where the record gives none), and the check sums.

    ``lines``: number of each table row's line, counted from the first of the file; a parked row has a line but no row here.
    """

    record: RecordLayout
    rows: int
    table: pa.Table | None
    lines: npt.NDArray[np.int64]
    sums: Mapping[str, int | None]


def read_block(codec: Codec, layout: FileLayout, block: bytes, line: int, facts: Mapping[str, Any]) -> list[Taken] | None:
    """Everything the body lines of a block say; None where one of them is not plainly good. ``line``: number of the first."""
    cuts = codec.cut(block, layout.bodies)
    if cuts is None:
        return None
    taken = []
    for cut in cuts:
        rows = _take(cut, layout, line, facts)
        if rows is None:
            return None
        taken.append(rows)
    return taken


def _take(cut: Cut, layout: FileLayout, line: int, facts: Mapping[str, Any]) -> Taken | None:
    record, values = cut.record, dict[str, "Column"]()
    for field, texts in zip(record.fields, cut.columns, strict=True):
        if texts is not None:
            column = _values(field, texts)
            if column is None:
                return None
            if field.target:
                values[field.target] = column
    sums = {target: exact_sum(values[target]) for name, target in layout.summed if name == record.name}
    lines = cut.lines + line
    if record.kind is None:
        return Taken(record, len(lines), None, lines, sums)
    table = _table(record, record.kind, values, len(lines), facts)
    return None if table is None else Taken(record, len(lines), table, lines, sums)


def _values(field: Field, texts: Column) -> Column | None:
    """The column of one field: as read_cell would give it for every row."""
    if field.repeats:
        to = pa.null() if field.converter is None else field.converter.type
        return by_distinct(texts, lambda text: read_cell(field, text), to, field.known)
    if field.trim != "none":
        texts = _TRIM[field.trim](texts, SPACES)
    if _may_be_missing(texts, field.missing):
        is_missing = pc.is_in(texts, pa.array(field.missing, pa.string()))
        if field.required and pc.any(is_missing).as_py():
            return None
        texts = pc.if_else(is_missing, pa.scalar(None, pa.string()), texts)
    if field.longest is not None and not short_enough(texts, field.longest, field.encoding):
        return None
    return read_column(field.converter or Plain(), texts)


def _may_be_missing(texts: Column, missing: tuple[str, ...]) -> bool:
    """Is any text as short as one that means "missing"? Spares the look at columns that are always filled."""
    shortest = pc.min(pc.binary_length(texts)).as_py()  # type: ignore[call-overload]
    return bool(missing) and shortest is not None and shortest <= max(len(text.encode()) for text in missing)


def short_enough(texts: Column, longest: int, encoding: str) -> bool:
    """No character takes more than twice its bytes of UTF-8 in GB18030; the few texts near the limit are measured."""
    near = texts.filter(pc.greater(pc.binary_length(texts), longest // 2))  # type: ignore[call-overload]
    return all(text is None or len(text.encode(encoding)) <= longest for text in near.unique().to_pylist())


def _table(record: RecordLayout, kind: str, values: dict[str, Column], rows: int, facts: Mapping[str, Any]) -> pa.Table | None:
    """Columns in the order of the record's schema; amounts become minor units once the currency of each row is known."""
    schema = RECORDS[kind]
    constants = standing_for(record, kind, facts)
    columns = {name: pa.repeat(pa.scalar(value, schema.field(name).type), rows) for name, value in constants.items()}
    currency = values.get("currency", columns.get("currency"))
    for target, column in values.items():
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
