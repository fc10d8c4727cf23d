"""A file of lines, read and written: first line, blocks of whole lines, last line. How one line is cut is its format's (LineFormat)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import BadFile, BadLine, Cut, Item, Sheaf
from bank_profiles.codecs.encoding import BOMS, other_encoding, wrong_encoding
from bank_profiles.codecs.lines.cutting import Cutting, LineTooLong, Piece
from bank_profiles.codecs.lines.splitting import TooFewColumns
from bank_profiles.errors import DataPlace, Text
from bank_profiles.layouts.cells import read_cell
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

_PARTS = 8  # a block with something wrong in it is cut into so many, and each tried again


class LineFormat(Protocol):
    """How a line is cut into cells, and cells are put together to a line. Lines come and go without their line end."""

    def record_of(self, line: bytes, records: Sequence[RecordLayout]) -> RecordLayout | None:
        """The record this line is of, told by its markers. Raises BadLine, UnicodeDecodeError."""

    def cells(self, line: bytes, record: RecordLayout) -> Sequence[str | BadValue | None]:
        """The cells of a line, not trimmed. Raises BadLine, UnicodeDecodeError."""

    def cut(self, block: bytes, records: Sequence[RecordLayout]) -> list[Cut] | None:
        """The same for a block of whole lines, numbered from 0; None where some line is not plainly good."""

    def join(self, fields: Sequence[Field], columns: Sequence[Texts], line_end: bytes) -> bytes | None:
        """Lines from columns of text without nulls; None where some text does not fit (``fit`` says which and why)."""

    def fit(self, field: Field, text: str) -> None:
        """Raises BadValue where a text cannot be written into this field; nothing is ever cut short or replaced."""


class LineCodec:
    """The codec of every format that has lines."""

    def __init__(self, layout: FileLayout, form: LineFormat, line_end: str, cutting: Cutting | None = None) -> None:
        """``cutting``: of a format that skips lines or has other line ends."""
        self._layout, self._form = layout, form
        self._line_end = b"\r\n" if line_end == "crlf" else b"\n"
        self._returns = line_end == "cr"  # CR alone: a line feed to all of us, until the very last moment
        self._cutting = cutting or Cutting(layout.head is not None, layout.tail is not None, BOMS[layout.encoding])
        self._digests = {total.digest: hashlib.new(total.digest) for total in layout.totals if total.digest}
        self._written = 0  # lines
        self.last_line = 0

    @property
    def oddities(self) -> list[str]:
        return self._cutting.oddities

    # ---- reading ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        try:
            for piece in self._whole_rows(blocks):
                if piece.where != "skipped":
                    if other := other_encoding(piece.data, self._layout.encoding):
                        raise wrong_encoding(self._layout.encoding, piece.line, None, other=other)
                    self.last_line = int(piece.numbered[-1])
                    yield piece
                if piece.where != "last":  # a digest runs over what stands before it
                    self._digest(piece.data)
        except LineTooLong as endless:
            raise line_too_long(endless.line) from None

    def _whole_rows(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        return self._cutting.pieces(blocks)

    def cut(self, piece: Piece) -> list[Cut] | None:
        if self._alone(piece) is not None:
            return None
        cuts = self._form.cut(piece.data, self._layout.bodies)
        if cuts is None:
            return None
        numbers = piece.numbered
        return [Cut(cut.record, cut.columns, numbers[cut.lines]) for cut in cuts]

    def walk(self, piece: Piece) -> Iterator[Item]:
        alone = self._alone(piece)
        if alone is not None:
            yield self._item(piece.data.removesuffix(b"\n").removesuffix(b"\r"), piece.line, alone)
            return
        for number, line in zip(piece.numbered, split_lines(piece.data), strict=True):
            yield self._item(line, int(number), None)

    def _item(self, line: bytes, number: int, record: RecordLayout | None) -> Item:
        try:
            record = record or self._form.record_of(line, self._layout.bodies)
            return Item(record, number, () if record is None else self._form.cells(line, record))
        except (BadLine, UnicodeDecodeError) as bad:
            return Item(record, number, bad=_cut_off(bad) if self._ends_within(bad, number) else bad)

    def _ends_within(self, bad: Exception, number: int) -> bool:
        """Is it the last line that has not all columns, and no line end either?"""
        return isinstance(bad, TooFewColumns) and number == self.last_line and "no-last-end" in self.oddities

    def _alone(self, piece: Piece) -> RecordLayout | None:
        """The header or trailer that a first or last line is. One that need not be there may be an ordinary line instead."""
        record = {"first": self._layout.head, "last": self._layout.tail}.get(piece.where)
        if record is None or record.occurs != "optional":
            return record
        item = self._item(piece.data.removesuffix(b"\n").removesuffix(b"\r"), piece.line, record)
        return record if item.bad is None and is_of(record, item.cells) else None

    def parts(self, piece: Piece) -> list[Piece]:
        ends = np.flatnonzero(np.frombuffer(piece.data, np.uint8) == 0x0A) + 1
        cuts = [0, *(int(part[-1]) for part in np.array_split(ends, _PARTS) if len(part))]
        parts: list[Piece] = []
        for start, stop in itertools.pairwise(cuts):
            part, piece = piece.split(stop - start)
            parts.append(part)
        return parts

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:  # noqa: ARG002
        if field is None:
            return DataPlace(file, line)
        start, stop = field.span or (None, None)
        return DataPlace(file, line, field.number, field.name, None if start is None else start + 1, stop)

    def digest(self, name: str) -> str:
        return self._digests[name].hexdigest()

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        blocks = [self._joined(sheaf) for sheaf in sheaves]
        whole = [block for block in blocks if block is not None]
        if len(whole) < len(blocks):
            return None
        block = whole[0] if len(whole) == 1 else _in_order(whole, [sheaf.order for sheaf in sheaves])
        return self._out(self._ahead(sheaves[0].record) + block)

    def _joined(self, sheaf: Sheaf) -> bytes | None:
        return self._form.join(sheaf.record.fields, sheaf.columns, self._line_end)

    def _ahead(self, record: RecordLayout) -> bytes:  # noqa: ARG002 - a table has its titles before its records
        """What stands before the next lines: at the beginning, the lines that are of no record."""
        return self._line_end * self._cutting.skip_first if self._written == 0 else b""

    def _out(self, block: bytes) -> bytes:
        self._written += block.count(b"\n")
        self._digest(block)
        return block.replace(b"\n", b"\r") if self._returns else block

    def _digest(self, block: bytes) -> None:
        for digest in self._digests.values():
            digest.update(block.replace(b"\n", b"\r") if self._returns else block)

    def end(self) -> bytes:
        return b""

    def fit(self, field: Field, text: str) -> None:
        self._form.fit(field, text)


def is_of(record: RecordLayout, cells: Sequence[str | BadValue | None]) -> bool:
    """Do all constants of the record stand where they should?"""
    for field, cell in zip(record.fields, cells, strict=True):
        if field.says is not None:
            try:
                read_cell(field, cell)
            except BadValue:
                return False
    return True


def split_lines(block: bytes) -> Iterator[bytes]:
    """Lines without their line end, which is LF or CR LF."""
    for line in block.split(b"\n")[:-1]:
        yield line.removesuffix(b"\r")


def _in_order(blocks: Sequence[bytes], orders: Sequence[Any]) -> bytes:
    """The lines of several records among each other."""
    lines = np.array([line for block in blocks for line in block.splitlines(keepends=True)], object)
    return b"".join(lines[np.argsort(np.concatenate(orders), kind="stable")])


def _cut_off(bad: BadLine | UnicodeDecodeError) -> BadLine:
    assert isinstance(bad, BadLine)
    return BadLine(
        bad.code,
        Text(f"the file was cut: no line end, {bad.what.en}", f"文件被截断：行末无换行，{bad.what.zh}"),
        bad.expected,
        Text("fetch it again, then ask the bank. The whole file is refused", "请重新取回，再询问银行。整个文件已拒收"),
        refuses_file=True,
    )


def line_too_long(line: int) -> BadFile:
    return BadFile(
        "line-too-long",
        Text("no line end for a megabyte", "一兆字节内没有换行"),
        Text("lines as in the profile", "符合画像的行"),
        Text("this is another kind of file. It is refused", "这是另一种文件，已拒收"),
        line,
    )
