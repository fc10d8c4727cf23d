"""Tables of records: every column is derived from the record's dataclass, so a field is declared once.

In a table a sum of money is an integer of minor units under the field's name with ``_minor``.
"""

import dataclasses
import datetime
import decimal
import types
import typing

import pyarrow as pa

_ARROW: dict[type, pa.DataType] = {
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


def _column(name: str, hint: object) -> "pa.Field[pa.DataType]":
    options = typing.get_args(hint) or (hint,)
    kind = next(option for option in options if option is not types.NoneType)
    return pa.field(name, _ARROW[kind], nullable=types.NoneType in options)
