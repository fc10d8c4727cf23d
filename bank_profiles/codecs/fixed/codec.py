"""A file of fixed records, read and written: frames around records, continuations, groups in them, filler behind them."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bank_profiles.codecs.codec import BadLine, Cut, Ints, Item, Sheaf
from bank_profiles.codecs.encoding import BOMS, other_encoding, written, wrong_encoding
from bank_profiles.codecs.fixed.cells import span
from bank_profiles.codecs.fixed.frames import Frames, Lines, Prefixed, Slices, without_ends
from bank_profiles.codecs.fixed.misdescribed import as_described, texts_in_utf8
from bank_profiles.codecs.fixed.repeats import repeat_of
from bank_profiles.codecs.fixed.width import FixedFormat
from bank_profiles.codecs.fixed.writing import FixedWriter, stands_alone
from bank_profiles.codecs.lines.cutting import Cutting, LineTooLong, Piece
from bank_profiles.codecs.lines.groups import Continuations
from bank_profiles.codecs.lines.holding import Filling, Holding
from bank_profiles.codecs.lines.line_codec import is_of, line_too_long
from bank_profiles.codecs.lines.parting import Parting, spread
from bank_profiles.codecs.texts import must_be_text
from bank_profiles.errors import DataPlace, Text
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts

_TOP_BYTES = 64 << 10  # of a piece are enough to see in what its texts are written
_PARTS = 8  # a piece with something wrong in it is cut into so many, and each tried again


class FixedCodec:
    def __init__(self, layout: FileLayout) -> None:
        self._layout, self._form = layout, FixedFormat(layout)
        self._spec = self._form.spec
        self._continuations = Continuations(layout)
        self._filling = self._filling_of()
        self._frames = _frames(layout, self._form, holds=self._holds)
        self._writer = FixedWriter(self._form, self._frames)
        self._digests = {total.digest: hashlib.new(total.digest) for total in layout.totals if total.digest}
        self.last_line = 0
        self.made: Counter[str] = Counter()

    def _filling_of(self) -> Filling | None:
        filler = self._spec.filler
        if filler is None:
            return None
        line = self._form.cells.written(self._form.cells.spelt(filler.character * (self._spec.record_bytes or 0)))
        return Filling(line, filler.block)

    @property
    def _holds(self) -> bool:
        """Can the last records of a piece belong to what follows?"""
        return bool(self._continuations) or self._filling is not None

    @property
    def oddities(self) -> list[str]:
        return [*self._frames.oddities, *self._form.oddities]

    # ---- reading ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        try:
            for piece in self._whole_rows(without_ends(blocks, self._spec.skip_first_bytes, self._spec.skip_last_bytes)):
                other = other_encoding(piece.data, self._layout.encoding, text=self._form.has_text_only)
                if other or (not piece.data.isascii() and texts_in_utf8(self._bodies_at_top(piece), self._form)):
                    raise wrong_encoding(self._layout.encoding, piece.line, None, other=other or "utf-8")
                self.last_line = int(self._numbers(piece)[-1])
                yield piece
                self._digest(piece.data)
        except LineTooLong as endless:
            raise line_too_long(endless.line) from None

    def _bodies_at_top(self, piece: Piece) -> list[bytes]:
        """The first records of a piece; the last of them may be cut."""
        return [] if piece.where in ("first", "last") else self._frames.bodies(piece.data[:_TOP_BYTES])

    def _whole_rows(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        if isinstance(self._frames, Slices):
            blocks = as_described(blocks, self._form, self._frames)
        pieces = self._frames.pieces(blocks)
        if not self._holds:
            return pieces
        holding = Holding(self._layout.tail is not None, self._frames.ends, self._frames.bodies, self._goes_on, self._filling)
        return holding.pieces(pieces)

    def _goes_on(self, line: bytes) -> bool:
        try:
            return bool(self._continuations) and self._continuations.is_one(self._form.record_of(self._form.cells.row(line)))
        except (BadLine, UnicodeDecodeError):
            return False

    def cut(self, piece: Piece) -> list[Cut] | None:
        if self._alone(piece) is not None:
            return None
        cuts = self._form.cut(piece.data, self._frames, self._numbers(piece))
        return None if cuts is None else self._continuations.cut(cuts)

    def walk(self, piece: Piece) -> Iterator[Item]:
        alone = self._alone(piece)
        lines = zip(self._numbers(piece).tolist(), self._frames.bodies(piece.data), strict=True)
        return self._continuations.walked(item for number, line in lines for item in self._items(line, number, alone))

    def _items(self, line: bytes, number: int, record: RecordLayout | None) -> list[Item]:
        """A record, and the groups in it."""
        try:
            row = self._form.cells.row(line)
            record = record or self._form.record_of(row)
            if record is None:
                return [Item(None, number)]
            return [Item(each, number, cells) for each, cells in self._form.rows(row, record)]
        except (BadLine, UnicodeDecodeError) as bad:
            return [Item(record, number, bad=bad)]

    def _alone(self, piece: Piece) -> RecordLayout | None:
        """The header or trailer that a first or last record is. One that need not be there may be an ordinary one instead."""
        record = {"first": self._layout.head, "last": self._layout.tail}.get(piece.where)
        if record is None or record.occurs != "optional":
            return record
        item = self._items(self._frames.bodies(piece.data)[0], piece.line, record)[0]
        return record if item.bad is None and is_of(record, item.cells) else None

    def _numbers(self, piece: Piece) -> Ints:
        return piece.line + np.arange(self._frames.count(piece.data)) if piece.numbers is None else piece.numbers

    def parts(self, piece: Piece) -> list[Piece]:
        ends, numbers = self._frames.ends(piece.data), self._numbers(piece)
        last = [int(part[-1]) for part in np.array_split(np.arange(1, len(ends) + 1), _PARTS) if len(part)]
        cuts = sorted({0, *(self._row_end(piece, ends, at) for at in last)})
        bounds = [0, *ends.tolist()]
        return [
            Piece(piece.where, piece.data[bounds[start] : bounds[stop]], int(numbers[start]), numbers[start:stop])
            for start, stop in itertools.pairwise(cuts)
        ]

    def _row_end(self, piece: Piece, ends: Ints, at: int) -> int:
        """The number of records up to here, or up to where the continuations of the last one end."""
        while self._continuations and at < len(ends):
            if not self._goes_on(self._frames.bodies(piece.data[int(ends[at - 1]) : int(ends[at])])[0]):
                break
            at += 1
        return at

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        """Bytes are named where they are the same in every record: not in a repeated group, nor where characters are counted."""
        if field is None:
            return DataPlace(file, line)
        moves = self._form.cells.in_chars or (record is not None and repeat_of(record) is not None)
        start, stop = (None, None) if moves or field.span is None else (field.span[0] + 1, field.span[1])
        return DataPlace(file, line, field.number, field.name, start, stop)

    def digest(self, name: str) -> str:
        return self._digests[name].hexdigest()

    def _digest(self, data: bytes) -> None:
        for digest in self._digests.values():
            digest.update(data)

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        own = [self._parted(sheaf) for sheaf in sheaves if stands_alone(sheaf)]
        parts = [part for found in own for part in found or ()]
        found = [self._writer.records(part, sheaves, apart=len(parts) > 1) for part in parts]
        whole = [records for records in found if records is not None]
        if None in own or len(whole) < len(parts):
            return None
        records = whole[0] if len(whole) == 1 else _in_order(whole, [part.order for part in parts])
        block = b"".join(records)
        ahead = b"" if self.last_line else self._blanks(self._spec.skip_first_bytes)
        self.last_line += sum(len(part.order) for part in parts)
        for part in parts:
            if self._continuations.is_one(part.record):
                self.made[part.record.name] += len(part.order)
        self._digest(block)
        return ahead + block

    def _parted(self, sheaf: Sheaf) -> list[Sheaf] | None:
        """A sheaf, and the continuations its texts need."""
        parting = self._parting(sheaf.record)
        return [spread(sheaf)] if parting is None else parting.sheaves(sheaf)

    def _blanks(self, number: int) -> bytes:
        return self._form.cells.written(self._form.cells.room(1, number)[0])

    def _room(self, record: RecordLayout, column: int, text: str) -> int:
        """So many characters of a text fit into this column; none of one that the encoding does not have (``fit`` says so)."""
        field = record.fields[column]
        if field.span is None:
            return 0
        start, stop = span(field)
        most = min(len(text), stop - start)
        try:
            while len(self._form.cells.spelt(text[:most])) > stop - start:
                most -= 1
        except UnicodeEncodeError:
            return 0
        return most

    def end(self) -> bytes:
        behind = self._blanks(self._spec.skip_last_bytes)
        if self._filling is None:
            return behind
        line = self._filling.line.join(self._frames.around(len(self._filling.line)))
        return line * self._filling.missing(self.last_line) + behind

    def given_back(self, field: Field, texts: Texts) -> Texts:
        return self._form.cells.given_back(field, texts)

    def fit(self, field: Field, text: str) -> None:
        record = next((record for record in self._layout.records if field in record.fields), None)
        parting = None if record is None else self._parting(record)
        there = -1 if parting is None else parting.record.fields.index(field)
        if parting is None or there not in parting.going_on:
            self._form.cells.fit(text, field)
            return
        must_be_text(text)
        written(text, self._layout.encoding)
        if parting.part(there, text, []) is None:
            raise _cannot_be_parted()

    def _parting(self, record: RecordLayout) -> Parting | None:
        continuing = self._continuations.of(record)
        return None if continuing is None else Parting(record, continuing, self._room)


def _in_order(records: Sequence[Sequence[bytes]], orders: Sequence[Ints]) -> list[bytes]:
    together = [record for some in records for record in some]
    return [together[at] for at in np.argsort(np.concatenate(orders), kind="stable").tolist()]


def _cannot_be_parted() -> BadValue:
    return BadValue(
        "cannot-be-parted",
        Text("this text cannot be parted so that its parts are the text again", "该文字无法拆分后原样拼回"),
        Text("a text without long runs of blanks, or with blanks where it may be parted", "不含连串空格、可在允许处断开的文字"),
    )


def _frames(layout: FileLayout, form: FixedFormat, *, holds: bool) -> Frames:
    spec, head = form.spec, layout.head
    tail = None if holds else layout.tail  # then it is told from what is held back
    if (prefix := spec.record_length) is not None:
        width = prefix.width or prefix.bytes - prefix.at + 1
        return Prefixed(
            prefix.bytes, prefix.at - 1, width, prefix.order, prefix.self_inclusive, head is not None, tail is not None
        )
    if spec.line_end == "none":
        first, last = (form.length(record) if record is not None else 0 for record in (head, tail))
        return Slices(spec.record_bytes or form.length(form.bodies[0]), first, last)
    cutting = Cutting(head is not None, tail is not None, BOMS[layout.encoding], returns=spec.line_end == "cr")
    return Lines(cutting, {"crlf": b"\r\n", "cr": b"\r"}.get(spec.line_end, b"\n"))
