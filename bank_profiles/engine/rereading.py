"""The law of writing: nothing is written that our own reader would not read back as the same value.

Columns of text that are about to be joined are read by the same rules as when they are received (trim, missing, constants, what is made
of them, converters) and compared with the rows; where a column is not plainly good, its rows are looked at one by one.

texts of a sheaf → as the codec will give them back → what is made of them → values   =   the rows?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Codec, GivesBack, Sheaf
from bank_profiles.engine.fast import read_column_of
from bank_profiles.engine.sharing import STANDS_FOR, is_silent
from bank_profiles.engine.taken import Flags, Ints
from bank_profiles.engine.weaving import Woven
from bank_profiles.errors import Text
from bank_profiles.layouts.cells import SPACES, read_cell, trimmed
from bank_profiles.layouts.derived import with_derived_cells, with_derived_columns
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money
from bank_profiles.values.arrays import flags, valid
from bank_profiles.values.converters import BadValue, CodeList, Codes
from bank_profiles.values.identifying import IDENTIFYING, seen
from bank_profiles.values.kernels import to_minor
from bank_profiles.values.making import Copy
from bank_profiles.values.targets import CODE, column_of

if TYPE_CHECKING:
    Column = pa.Array[Any]


@dataclass(frozen=True)
class Reread:
    """A field as it will be read, where its text stands among the columns, and the column of the rows it must be equal to."""

    field: Field
    index: int
    name: str | None


@dataclass(frozen=True)
class Rereading:
    """One file being written. ``facts``: what its first lines say of the whole file, for what is made of them."""

    layout: FileLayout
    codec: Codec
    facts: Mapping[str, Any]

    def differing(self, sheaf: Sheaf, woven: Woven) -> list[tuple[int, Field, BadValue]]:
        """What would be read as something else: the row, the field and why."""
        texts = self._given_back(sheaf)
        return [
            (row, field, why)
            for row in self._doubtful(woven, texts).tolist()
            for field, why in self._row(woven, row, [None if column is None else column[row].as_py() for column in texts])
        ]

    def alone(
        self, record: RecordLayout, texts: Sequence[str | None], facts: Mapping[str, Any]
    ) -> Iterator[tuple[Field, BadValue]]:
        """The same of a header or trailer, which says ``facts``."""
        columns = [self._back(field, pa.array([text], pa.string())) for field, text in zip(record.fields, texts, strict=True)]
        cells = with_derived_cells(record, [column[0].as_py() for column in columns], self.facts)
        for field, cell in zip(record.columns, cells, strict=True):
            if field.converter is not None or field.says is not None:
                given = facts.get(field.target or "") if field.total is None else None
                if (why := _why(field, cell, given, None)) is not None:
                    yield field, why

    def _given_back(self, sheaf: Sheaf) -> list[Column]:
        return [self._back(field, texts) for field, texts in zip(sheaf.record.fields, sheaf.columns, strict=True)]

    def _back(self, field: Field, texts: Column) -> Column:
        return self.codec.given_back(field, texts) if isinstance(self.codec, GivesBack) else texts

    def _fields(self, woven: Woven) -> Iterator[Reread]:
        record, names = woven.record, woven.table.column_names
        for index, field in enumerate(record.columns):
            if field.converter is not None or field.says is not None:
                name = column_of(record.kind, field.target) if record.kind and field.target else field.target
                yield Reread(field, index, name if name in names and field.total is None else None)
        for other in self.layout.records if record.kind is None else ():  # a level: those inside it say what it means
            for each in other.carried:
                if each.record == record.name and each.field.target in names:
                    yield Reread(each.field, each.index, each.field.target)

    # ---- whole columns ----

    def _doubtful(self, woven: Woven, texts: Sequence[Column]) -> Ints:
        """The rows in which something may differ: none of a good portion."""
        record, table = woven.record, woven.table
        columns = with_derived_columns(record, texts, self.facts)
        if columns is None:
            return np.arange(table.num_rows)
        silent = is_silent(table)
        doubtful = np.zeros(table.num_rows, bool)
        for reread in self._fields(woven):
            column = columns[reread.index]
            rows = None if silent is None or reread.field.target == "line_ref" else ~silent
            assert column is not None
            found = _differs(reread, column, table, rows)
            if found is None:
                return np.arange(table.num_rows)
            doubtful |= found
        return np.flatnonzero(doubtful)

    # ---- row by row ----

    def _row(self, woven: Woven, number: int, texts: Sequence[str | None]) -> Iterator[tuple[Field, BadValue]]:
        row = woven.table.slice(number, 1).to_pylist()[0]
        cells = with_derived_cells(woven.record, texts, self.facts)
        for reread in self._fields(woven):
            field, name = reread.field, reread.name
            if row.get(STANDS_FOR) and field.target != "line_ref":
                continue
            given = None if name is None or _is_aid(woven.record, field, row) else row[name]
            if (why := _why(field, cells[reread.index], given, row.get("currency"))) is not None:
                yield field, why


def _differs(reread: Reread, texts: Column, table: pa.Table, rows: Flags | None) -> Flags | None:
    """Which rows are read as something else; None where that cannot be told of the whole column."""
    field, name = reread.field, reread.name
    if rows is not None:
        texts, table = texts.filter(pa.array(rows)), table.filter(pa.array(rows))
    read = read_column_of(field, texts)
    if isinstance(field.converter, Money) and read is not None and name is not None:
        read = to_minor(field.converter, read, _column(table, "currency"))
    if read is None:
        return None
    found = np.zeros(table.num_rows, bool) if name is None else _unlike(_column(table, name), read, _may_add(field))
    if rows is None:
        return found
    spread = np.zeros(len(rows), bool)
    spread[rows] = found
    return spread


def _unlike(given: Column, read: Column, may_add: bool) -> Flags:
    found = ~flags(pc.equal(read, given)) & (valid(given) | (valid(read) & (not may_add)))
    if found.any() and pa.types.is_string(given.type):  # an empty text is no value either
        found &= ~(flags(pc.equal(given, pa.scalar(""))) & ~valid(read))
    return found


def _column(table: pa.Table, name: str) -> Column:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column: Any = table.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _may_add(field: Field) -> bool:
    """May reading say something where the row says nothing? A constant does, and a column that is another one's too."""
    return field.made is not None or field.says is not None


# ---- one value ----------------------------------------------------------------------------------------------------------------------


def _is_aid(record: RecordLayout, field: Field, row: Mapping[str, Any]) -> bool:
    """Is it the code that is kept beside a word of several? The profile says which of them is written, and the word is what counts."""
    word = (field.target or "").removesuffix(CODE)
    if field.made is None or not isinstance(field.made.way, Copy) or word == field.target:
        return False
    known = record.by_target[word].converter if word in record.by_target else None
    return isinstance(known, Codes) and row.get(word) != known.keeps


def _why(field: Field, cell: str | BadValue | None, given: Any, currency: str | None) -> BadValue | None:
    """Why a cell does not say what is given; None where it does."""
    nothing = given is None or (isinstance(given, str) and not given.strip(SPACES))
    try:
        read = read_cell(field, cell)
        if read is not None and given is not None and isinstance(field.converter, Money):
            read = field.converter.to_minor(read, currency or "")
    except BadValue as bad:
        if bad.code == "missing-value" and nothing:
            return BadValue(bad.code, _NO_VALUE, _VALUE)
        return _READ_AS_MISSING if bad.code == "missing-value" else _unreadable(bad)
    if nothing:
        return (
            None if read is None or read == given or (given is None and (field.target is None or _may_add(field))) else _NOTHING
        )
    if read is None:
        return _READ_AS_MISSING
    return None if _same(field, given, read) else _READ_AS_OTHER


def _same(field: Field, given: Any, read: Any) -> bool:
    if isinstance(field.converter, CodeList):
        return set(given.split(",")) == set(read.split(","))
    if isinstance(given, str):
        given = trimmed(field, given)  # blanks around it are nothing
    if field.target in IDENTIFYING:
        return bool(seen(given) == read)
    return bool(given == read)


_NO_VALUE = Text("there is no value, and the bank demands one", "无值，而银行要求必填")
_VALUE = Text("a value in every row", "每行都应有值")
_SAME = Text("a value that is read back as it was given", "能原样读回的值")
_HINT = Text(
    "correct the row, or what the profile says of this column: trim, missing, take, format, unit, pad. Nothing was written",
    "请更正该行，或更正画像对本列的说法：trim、missing、take、format、unit、pad。未写出任何内容",
)
_READ_AS_OTHER = BadValue(
    "not-read-back",
    Text("as this column is written, it would be read as another value", "按本列写法写出后，将被读成另一个值"),
    _SAME,
    _HINT,
)
_READ_AS_MISSING = BadValue(
    "not-read-back",
    Text("as this column is written, it would be read as missing", "按本列写法写出后，将被读成缺失"),
    _SAME,
    _HINT,
)
_NOTHING = BadValue(
    "not-read-back", Text("nothing is given, and a value would be read", "未给出值，写出后却会读出值"), _SAME, _HINT
)


def _unreadable(bad: BadValue) -> BadValue:
    what = Text(
        f"as this column is written, its reader would set the row aside ({bad.code}): {bad.what.en}",
        f"按本列写法写出后，读取时该行将被搁置（{bad.code}）：{bad.what.zh}",
    )
    return BadValue("not-read-back", what, bad.expected, _HINT)
