"""Tables of records: every column is derived from the record's dataclass, so a field is declared once.

In a table a sum of money is an integer of minor units under the field's name with ``_minor``.
"""

import dataclasses
import datetime
import decimal
import types
import typing

import pyarrow as pa

_ARROW = {
    str: pa.string(),
    int: pa.int64(),
    datetime.date: pa.date32(),
    datetime.time: pa.time32("s"),
    decimal.Decimal: pa.decimal128(30, 8),  # units, prices and rates; money is never a decimal
}


def schema_of(record: type) -> pa.Schema:
    """The Arrow schema of a record class: ``X | None`` is a nullable column of X."""
    hints = typing.get_type_hints(record)
    return pa.schema([_column(field.name, hints[field.name]) for field in dataclasses.fields(record)])


def _column(name: str, hint: typing.Any) -> "pa.Field[pa.DataType]":
    options = [o for o in typing.get_args(hint) if o is not type(None)] if isinstance(hint, types.UnionType) else [hint]
    return pa.field(name, _ARROW[options[0]], nullable=len(options) != 1 or isinstance(hint, types.UnionType))
