"""Columns that are made of other columns of their row, whole columns and cell by cell: they stand behind the record's own.

cells that the codec gives   +   cells made of them   =   what the fields in ``record.columns`` read
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bank_profiles.layouts.cells import present, present_column
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]
Cell = str | BadValue | None


def with_derived_cells(record: RecordLayout, cells: Sequence[Cell], facts: Mapping[str, Any]) -> Sequence[Cell]:
    """The cells of a row, those the codec gives and those made of them. ``facts``: what headers said."""
    if not record.derived:
        return cells
    row = list(cells)
    for field in record.derived:
        row.append(derived_text(field, row, facts))
    return row


def derived_text(field: Field, cells: Sequence[Cell], facts: Mapping[str, Any]) -> Cell:
    """What stands in a column that is made of others; what is bad in those is bad in it."""
    assert field.made is not None
    parts: list[str | None] = []
    for index, source in zip(field.made.reads, field.made.sources, strict=True):
        cell = cells[index]
        if isinstance(cell, BadValue):
            return cell
        parts.append(None if cell is None else present(source, cell))
    if field.made.fact is not None:
        parts.append(_said(facts, field.made.fact))
    try:
        return field.made.way.text(parts)
    except BadValue as bad:
        bad.text = next((part for part in parts if part), "")
        return bad


def with_derived_columns(
    record: RecordLayout, columns: Sequence[Texts | None], facts: Mapping[str, Any]
) -> Sequence[Texts | None] | None:
    """The same for the columns of a piece; None where some row is not plainly good."""
    if not record.derived:
        return columns
    made = list(columns)
    for field in record.derived:
        column = derived_column(field, made, facts)
        if column is None:
            return None
        made.append(column)
    return made


def derived_column(field: Field, columns: Sequence[Texts | None], facts: Mapping[str, Any]) -> Texts | None:
    assert field.made is not None
    parts = []
    for index, source in zip(field.made.reads, field.made.sources, strict=True):
        column = columns[index]
        assert column is not None, "a column that others are made of is read"
        parts.append(present_column(source, column))
    if field.made.fact is not None:
        parts.append(pa.repeat(pa.scalar(_said(facts, field.made.fact), pa.string()), len(parts[0])))
    return field.made.way.column(parts)


def _said(facts: Mapping[str, Any], name: str) -> str | None:
    """A date that a header said, in ISO."""
    day = facts.get(name)
    return day.isoformat() if isinstance(day, date) else None
