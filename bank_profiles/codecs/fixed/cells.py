"""A field's place in a fixed record ⇄ its text: one cell, and a whole column of them, which mean the same.

Counted in bytes (the default), a record is cut first and decoded second: a Chinese character is two or four bytes wide. Counted in
characters, it is decoded first. So a record is a row of codes: bytes, or characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from bank_profiles.codecs.encoding import from_utf8, to_utf8, unprintable, written
from bank_profiles.codecs.texts import bytes_of, controls, must_be_text
from bank_profiles.encodings import ENCODINGS, decode, encode
from bank_profiles.errors import Text
from bank_profiles.layouts.layout import Field
from bank_profiles.values.arrays import glued, strings
from bank_profiles.values.converters import BadValue
from bank_profiles.values.stored import stored

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts

Codes = npt.NDArray[Any]  # of uint8, or of uint32 where characters are counted
Row = bytes | str  # one record, in bytes or in characters
_LF = 0x0A
_ASCII = 0x80
_FEW = 256  # rows
NUL = "\0"  # zero bytes behind a text are blanks


@dataclass(frozen=True)
class FixedCells:
    encoding: str
    in_chars: bool = False

    # ---- records as codes ----

    def row(self, line: bytes) -> Row:
        """Raises UnicodeDecodeError, where the file is counted in characters."""
        return decode(line, self.encoding) if self.in_chars else line

    def codes(self, data: bytes) -> Codes | None:
        """None where the data is not of its encoding."""
        if not self.in_chars:
            return np.frombuffer(data, np.uint8)
        try:
            return np.frombuffer(decode(data, self.encoding).encode("utf-32-le"), np.uint32)
        except UnicodeDecodeError:
            return None

    def spelt(self, text: str) -> Codes:
        return np.frombuffer(text.encode("utf-32-le"), np.uint32) if self.in_chars else np.frombuffer(self._bytes(text), np.uint8)

    def _bytes(self, text: str) -> bytes:
        return encode(text, self.encoding)

    def blanks(self, number: int) -> Row:
        return " " * number if self.in_chars else self._bytes(" ") * number

    def padded(self, row: Row, length: int) -> Row:
        """With blanks behind it, where it is shorter."""
        if len(row) >= length:
            return row
        return row.ljust(length) if isinstance(row, str) else row.ljust(length, self._bytes(" "))

    @cached_property
    def blank(self) -> int:
        return int(self.spelt(" ")[0])

    def room(self, rows: int, width: int) -> Codes:
        """Rows of blanks, to be filled."""
        return np.full((rows, width), self.blank, np.uint32 if self.in_chars else np.uint8)

    def padding(self, rows: int, width: int, field: Field) -> Codes:
        """Rows of what fills this field where its text is shorter."""
        room = self.room(rows, width)
        room[:] = self.spelt(field.pad)[0] if _pads(field) or field.pad == NUL else self.blank
        return room

    def written(self, codes: Codes) -> bytes:
        return encode(codes.tobytes().decode("utf-32-le"), self.encoding) if self.in_chars else codes.tobytes()

    # ---- one cell ----

    def text(self, cell: Row, field: Field) -> str | BadValue:
        if isinstance(cell, bytes) and (form := stored(field.spelt, self.encoding)):
            try:
                return form.read(cell)
            except BadValue as bad:
                return bad
        if isinstance(cell, str):
            return _unpadded(cell, field)
        try:
            return _unpadded(decode(cell, self.encoding), field)
        except UnicodeDecodeError:
            return _split_character(self.encoding, len(cell))

    def fit(self, text: str, field: Field) -> None:
        """Raises BadValue where a text cannot stand in this field."""
        must_be_text(text)
        if form := stored(field.spelt, self.encoding):
            form.write(text)
            return
        width = span(field)[1] - span(field)[0]
        if len(text if self.in_chars else written(text, self.encoding)) > width:
            unit = Text("characters", "字符") if self.in_chars else Text("bytes", "字节")
            what = Text("the value is longer than its field", "值超过字段长度")
            raise BadValue("too-long", what, Text(f"at most {width} {unit.en}", f"最多 {width} {unit.zh}"))

    # ---- a column of them ----

    def texts(self, cells: Codes, field: Field) -> Texts | None:
        """Rows of codes → strings; None where one of them is not plainly good."""
        if form := stored(field.spelt, self.encoding):
            return form.read_column(np.ascontiguousarray(cells))
        if field.pad == NUL:
            cells = np.where(_behind(cells == 0), np.asarray(self.blank, cells.dtype), cells)
        texts = self._strings(self._without_blanks(cells, field))
        if texts is not None and _pads(field):
            trim = pc.utf8_ltrim if field.align_right else pc.utf8_rtrim
            texts = trim(texts, field.pad)
        return texts

    def _without_blanks(self, cells: Codes, field: Field) -> Codes:
        """A column less the blanks at the right that every row has and that will be trimmed anyway."""
        if field.trim in ("both", "right") and cells.size:
            used = self._used(cells[:_FEW])  # the first rows tell most: what they leave blank is mostly blank in all
            behind = cells[:, used:]
            if (behind != self.blank).any():
                used += self._used(behind)
            cells = cells[:, :used]
        return np.ascontiguousarray(cells)

    def _used(self, cells: Codes) -> int:
        """So many columns reach to the last one in which some row has something."""
        used = np.flatnonzero((cells != self.blank).any(axis=0))
        return int(used[-1]) + 1 if len(used) else 0

    def _strings(self, cells: Codes) -> Texts | None:
        rows, width = cells.shape
        if not cells.size or (self._is_ascii and cells.max() < _ASCII):
            plain = cells.astype(np.uint8, copy=False)
            return None if controls(plain) else strings(np.arange(rows + 1, dtype=np.int32) * width, plain.ravel())
        lines = self.room(rows, width + 1)
        lines[:, :width] = cells
        lines[:, width] = self.spelt("\n")[0]
        utf8 = self._utf8(lines)  # half a character cannot stand before a line feed
        codes = np.frombuffer(utf8 or b"", np.uint8)
        if utf8 is None or unprintable(utf8) or controls(codes) != rows:
            return None
        ends = np.flatnonzero(codes == _LF)
        starts = np.zeros(rows + 1, np.int32)
        starts[1:] = ends - np.arange(rows)
        return strings(starts, codes[codes != _LF]) if len(ends) == rows else None

    def _utf8(self, lines: Codes) -> bytes | None:
        return lines.tobytes().decode("utf-32-le").encode() if self.in_chars else to_utf8(lines.tobytes(), self.encoding)

    @cached_property
    def _is_ascii(self) -> bool:
        """Do ASCII characters have their own codes? Not in EBCDIC."""
        return self.in_chars or ENCODINGS[self.encoding].family == "ascii"

    def put(self, room: Codes, texts: Texts, field: Field) -> bool:
        """Texts into their place in every row; False where one does not fit. Numbers padded with "0" come at full width."""
        if form := stored(field.spelt, self.encoding):
            numbers = form.write_column(texts)
            if numbers is not None:
                room[:] = numbers
            return numbers is not None
        rows, width = room.shape
        utf8 = bytes_of(glued(texts, "", between="\n"))
        codes = self._from_utf8(utf8)
        if codes is None or unprintable(utf8) or controls(np.frombuffer(utf8, np.uint8)) != rows:
            return False
        line_feed = self.spelt("\n")[0]
        ends = np.flatnonzero(codes == line_feed)
        if len(ends) != rows:
            return False
        starts = np.concatenate([[0], ends[:-1] + 1]) if rows else ends
        lengths = ends - starts
        if rows and lengths.max() > width:
            return False
        room[:] = self.padding(rows, width, field)
        row = np.repeat(np.arange(rows), lengths)
        within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        shift = np.repeat(width - lengths, lengths) if field.align_right else 0
        room[row, within + shift] = codes[codes != line_feed]
        return True

    def given_back(self, field: Field, texts: Texts) -> Texts:
        """Texts as they will be read once they stand in their place. Blanks that a reader takes away are not worth the way."""
        is_stored = stored(field.spelt, self.encoding) is not None
        if field.span is None or (field.pad in (" ", "0") and field.trim == "both" and not is_stored):
            return texts
        room = self.room(len(texts), field.span[1] - field.span[0])
        read = self.texts(room, field) if self.put(room, texts, field) else None
        return texts if read is None else read

    def _from_utf8(self, utf8: bytes) -> Codes | None:
        data = from_utf8(utf8, self.encoding)
        if data is None or not self.in_chars:
            return None if data is None else np.frombuffer(data, np.uint8)
        return np.frombuffer(utf8.decode().encode("utf-32-le"), np.uint32)


def span(field: Field) -> tuple[int, int]:
    """Where a field stands in its record or group; checked when the profile was loaded."""
    assert field.span is not None
    return field.span


def _pads(field: Field) -> bool:
    """Is it padded with what is neither a blank, which trim takes away, nor a zero, which may be part of a number or identifier?"""
    return field.pad not in (" ", "0", NUL)


def _behind(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of each row those flags behind which there are only flags."""
    return np.logical_and.accumulate(flags[:, ::-1], axis=1)[:, ::-1]


def _unpadded(text: str, field: Field) -> str:
    if field.pad == NUL:
        kept = text.rstrip(NUL)
        return kept.ljust(len(text))
    if not _pads(field):
        return text
    return text.lstrip(field.pad) if field.align_right else text.rstrip(field.pad)


def _split_character(encoding: str, width: int) -> BadValue:
    return BadValue(
        "split-character",
        Text("these bytes do not end with a whole character", "这些字节不是完整的字符"),
        Text(f"whole characters of {encoding} within {width} bytes", f"{width} 字节内完整的 {encoding} 字符"),
        Text("the bank cut a text in the middle of a character", "银行在字符中间截断了文字"),
    )
