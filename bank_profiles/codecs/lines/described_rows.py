"""Rows of fixed width whose columns a header names: cut and put together as it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Cut
from bank_profiles.codecs.encoding import decode, written
from bank_profiles.codecs.fixed.cells import FixedCells
from bank_profiles.codecs.lines.cutting import count_lines
from bank_profiles.codecs.texts import must_be_text
from bank_profiles.errors import Text
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts


@dataclass(frozen=True)
class Column:
    """A column of this file: which field of the record it is, and its bytes."""

    index: int
    start: int
    stop: int


@dataclass
class DescribedRows:
    """Rows of the columns the header names."""

    cells_of: FixedCells
    columns: list[Column] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.columns[-1].stop if self.columns else 0

    def record_of(self, line: bytes, records: Sequence[RecordLayout]) -> RecordLayout | None:  # noqa: ARG002 - there is one
        return records[0]

    def cells(self, line: bytes, record: RecordLayout) -> Sequence[str | BadValue | None]:
        if record.place == "last":
            return [decode(line, self.cells_of.encoding)]
        if len(line) != self.width:
            raise _row_length(len(line), self.width)
        cells: list[str | BadValue | None] = [None] * len(record.fields)
        for each in self.columns:
            cells[each.index] = self.cells_of.text(line[each.start : each.stop], record.fields[each.index])
        return cells

    def cut(self, block: bytes, records: Sequence[RecordLayout]) -> list[Cut] | None:
        """One matrix of bytes, where all rows have the same length and the same line end."""
        line_end = b"\r\n" if block[self.width : self.width + 2] == b"\r\n" else b"\n"
        width, rows = self.width + len(line_end), count_lines(block)
        if len(block) != rows * width:
            return None
        matrix = np.frombuffer(block, np.uint8).reshape(rows, width)
        if not (matrix[:, self.width :] == np.frombuffer(line_end, np.uint8)).all():
            return None
        record = records[0]
        columns: list[Texts | None] = [pa.nulls(rows, pa.string()) if each.is_read else None for each in record.fields]
        for each in self.columns:
            if record.fields[each.index].is_read:
                texts = self.cells_of.texts(matrix[:, each.start : each.stop], record.fields[each.index])
                if texts is None:
                    return None
                columns[each.index] = texts
        return [Cut(record, columns, np.arange(rows, dtype=np.int64))]

    def join(self, fields: Sequence[Field], columns: Sequence[Texts], line_end: bytes) -> bytes | None:
        rows = len(columns[0])
        matrix = self.cells_of.room(rows, self.width + len(line_end))
        matrix[:, self.width :] = np.frombuffer(line_end, np.uint8)
        for each in self.columns:
            if not self.cells_of.put(matrix[:, each.start : each.stop], columns[each.index], fields[each.index]):
                return None
        return self.cells_of.written(matrix)

    def fit(self, field: Field, text: str) -> None:
        if field.span is not None:
            self.cells_of.fit(text, field)
        else:
            must_be_text(text)
            written(text, self.cells_of.encoding)


def _row_length(found: int, expected: int) -> BadLine:
    return BadLine(
        "record-length",
        Text(f"{found} bytes, the columns of this file have {expected}", f"{found} 字节，本文件各列共 {expected} 字节"),
        Text(f"{expected} bytes before the line end", f"换行前 {expected} 字节"),
        Text("another width in the bank's edition, or cut on the way", "银行版本的列宽不同，或传输中被截断"),
        refuses_file=True,
    )
