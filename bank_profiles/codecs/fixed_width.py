"""Lines of a fixed number of bytes, columns at byte positions.

Bytes are cut first, decoded second: a Chinese character is two or four bytes wide. A block is one matrix of bytes, a column a slice of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Cut
from bank_profiles.codecs.texts import bytes_of, controls, glued, must_be_text, one_end_a_row
from bank_profiles.codecs.encoding import decode, encode, from_utf8, has_bom, to_utf8
from bank_profiles.errors import Text
from bank_profiles.layout import Field, RecordLayout
from bank_profiles.values.cells import trimmed
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts

Bytes = npt.NDArray[np.uint8]
_LF = 0x0A
_BLANK = 0x20


@dataclass(frozen=True)
class FixedFormat:
    record_bytes: int
    encoding: str

    # ---- line by line ----

    def record_of(self, line: bytes, records: Sequence[RecordLayout]) -> RecordLayout | None:
        if len(line) != self.record_bytes:
            raise self._record_length(len(line))
        for record in records:
            if all(self._says(line, record.fields[i], says) for i, says in record.when.items()):
                return record
        return None

    def _says(self, line: bytes, field: Field, says: str) -> bool:
        cell = self._cell(line, field)
        return isinstance(cell, str) and trimmed(field, cell) == says

    def cells(self, line: bytes, record: RecordLayout) -> Sequence[str | BadValue]:
        if len(line) != self.record_bytes:
            raise self._record_length(len(line))
        return [self._cell(line, field) if field.is_read else "" for field in record.fields]

    def _cell(self, line: bytes, field: Field) -> str | BadValue:
        start, stop = span(field)
        try:
            return decode(line[start:stop], self.encoding)
        except UnicodeDecodeError:
            return BadValue(
                "split-character",
                Text("these bytes do not end with a whole character", "这些字节不是完整的字符"),
                Text(
                    f"whole characters of {self.encoding} within {stop - start} bytes",
                    f"{stop - start} 字节内完整的 {self.encoding} 字符",
                ),
                Text("the bank cut a text in the middle of a character", "银行在字符中间截断了文字"),
            )

    def _record_length(self, found: int) -> BadLine:
        expected = self.record_bytes
        return BadLine(
            "record-length",
            Text(f"{found} bytes, the profile has {expected}", f"{found} 字节，画像为 {expected} 字节"),
            Text(f"{expected} bytes before the line end", f"换行前 {expected} 字节"),
            Text("counted in characters instead of bytes, or cut on the way", "按字符而非字节计数，或传输中被截断"),
            refuses_file=True,
        )

    # ---- whole blocks ----

    def cut(self, block: bytes, records: Sequence[RecordLayout]) -> list[Cut] | None:
        matrix = self._matrix(block)
        if matrix is None:
            return None
        cuts, told = [], np.zeros(len(matrix), bool)
        for record in records:
            rows = ~told
            for i, says in record.when.items():
                rows &= self._marked(matrix, record.fields[i], says)
            told |= rows
            columns = self._columns(matrix if rows.all() else matrix[rows], record) if rows.any() else []
            if columns is None:
                return None
            if columns:
                cuts.append(Cut(record, columns, np.flatnonzero(rows)))
        return cuts if told.all() else None

    def _matrix(self, block: bytes) -> Bytes | None:
        """Lines × bytes, where all lines have the same length and the same line end and no other control character."""
        line_end = b"\r\n" if block[self.record_bytes : self.record_bytes + 2] == b"\r\n" else b"\n"
        width = self.record_bytes + len(line_end)
        if len(block) % width:
            return None
        matrix = np.frombuffer(block, np.uint8).reshape(-1, width)
        ends = (matrix[:, self.record_bytes :] == np.frombuffer(line_end, np.uint8)).all()
        return matrix[:, : self.record_bytes] if ends and controls(matrix) == len(matrix) * len(line_end) else None

    def _marked(self, matrix: Bytes, field: Field, says: str) -> npt.NDArray[np.bool_]:
        """Rows that say this, spelt as we would write it; rows that spell it otherwise are told apart line by line."""
        start, stop = span(field)
        spelt = np.frombuffer(encode(says, self.encoding).ljust(stop - start), np.uint8)
        return np.asarray((matrix[:, start:stop] == spelt).all(axis=1))

    def _columns(self, matrix: Bytes, record: RecordLayout) -> list[Texts | None] | None:
        columns: list[Texts | None] = []
        for field in record.fields:
            texts = self._texts(_without_pad(matrix[:, slice(*span(field))], field)) if field.is_read else None
            if field.is_read and texts is None:
                return None
            columns.append(texts)
        return columns

    def _texts(self, cells: Bytes) -> Texts | None:
        """Rows of bytes → strings."""
        rows, width = cells.shape
        if not cells.size or cells.max() < 0x80:
            return _strings(np.arange(rows + 1, dtype=np.int32) * width, cells)
        lines = np.full((rows, width + 1), _LF, np.uint8)
        lines[:, :width] = cells
        utf8 = to_utf8(lines.tobytes(), self.encoding)  # half a character cannot stand before a line feed
        if utf8 is None or has_bom(utf8):
            return None
        codes = np.frombuffer(utf8, np.uint8)
        is_end = codes == _LF
        starts = np.zeros(rows + 1, np.int32)
        starts[1:] = np.flatnonzero(is_end) - np.arange(rows)
        return _strings(starts, codes[~is_end])

    # ---- writing ----

    def join(self, fields: Sequence[Field], columns: Sequence[Texts], line_end: bytes) -> bytes | None:
        rows = len(columns[0])
        matrix = np.full((rows, self.record_bytes + len(line_end)), _BLANK, np.uint8)
        matrix[:, self.record_bytes :] = np.frombuffer(line_end, np.uint8)
        for field, texts in zip(fields, columns, strict=True):
            if not self._put(matrix[:, slice(*span(field))], texts, field):
                return None
        block = matrix.tobytes()
        return block if one_end_a_row(block, rows, line_end) else None

    def _put(self, cells: Bytes, texts: Texts, field: Field) -> bool:
        """Texts into their place in every row; False where one does not fit. Numbers padded with "0" come at full width."""
        rows, width = cells.shape
        utf8 = bytes_of(glued([texts, ""], "\n"))
        if has_bom(utf8):
            return False
        codes = np.frombuffer(from_utf8(utf8, self.encoding), np.uint8)
        ends = np.flatnonzero(codes == _LF)
        if len(ends) != rows:
            return False
        starts = np.concatenate([[0], ends[:-1] + 1]) if rows else ends
        lengths = ends - starts
        if rows and lengths.max() > width:
            return False
        row = np.repeat(np.arange(rows), lengths)
        within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        shift = np.repeat(width - lengths, lengths) if field.align_right else 0
        cells[row, within + shift] = codes[codes != _LF]
        return True

    def fit(self, field: Field, text: str) -> None:
        must_be_text(text)
        start, stop = span(field)
        if len(encode(text, self.encoding)) > stop - start:
            what = Text("the value is longer than its field", "值超过字段长度")
            raise BadValue("too-long", what, Text(f"at most {stop - start} bytes", f"最多 {stop - start} 字节"))


def span(field: Field) -> tuple[int, int]:
    """Where a field stands in its record; checked when the profile was loaded."""
    assert field.span is not None
    return field.span


def _without_pad(cells: Bytes, field: Field) -> Bytes:
    """A column of bytes, less the blanks at the right that every row has and that will be trimmed anyway."""
    if field.trim in ("both", "right"):
        used = np.flatnonzero(cells.max(axis=0, initial=_BLANK) > _BLANK)  # nothing below a blank came through
        cells = cells[:, : used[-1] + 1 if len(used) else 0]
    return np.ascontiguousarray(cells)


def _strings(starts: npt.NDArray[np.int32], codes: Bytes) -> Texts:
    offsets, data = pa.py_buffer(starts), pa.py_buffer(codes)  # type: ignore[arg-type]
    return pa.StringArray.from_buffers(len(starts) - 1, offsets, data)
