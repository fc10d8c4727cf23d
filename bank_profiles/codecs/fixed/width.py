"""Records of so many bytes (or characters), columns at positions: told apart by their marks, measured, cut.

Two ways that mean the same: a record at a time, and a piece as one matrix of codes, in which a column is a slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Cut, Ints
from bank_profiles.codecs.fixed.cells import NUL, Codes, FixedCells, Row, span
from bank_profiles.codecs.fixed.frames import Frames
from bank_profiles.codecs.fixed.repeats import Repeats, repeat_of
from bank_profiles.errors import Text
from bank_profiles.language.formats.fixed import Fixed, FixedRecord
from bank_profiles.layouts.cells import trimmed
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue
from bank_profiles.values.stored import stored

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Cell = str | BadValue | None
Flags = npt.NDArray[np.bool_]
_FILLED_MAX = 64 << 20  # very short lines that are filled with blanks are taken in smaller parts
_MUCH_TOO_LONG = 1024  # so many codes more than the longest record has are looked at line by line only


class FixedFormat:
    """``oddities``: what was forgiven: short-lines, long-lines."""

    def __init__(self, layout: FileLayout) -> None:
        self.spec = cast(Fixed, layout.spec)
        self.cells = FixedCells(layout.encoding, self.spec.counts == "chars")
        self.repeats = Repeats(layout, self.cells)
        self.bodies = tuple(record for record in layout.bodies if repeat_of(record) is None)
        self.oddities: list[str] = []
        fields = [field for record in layout.records for field in record.fields]
        self.has_text_only = not any(stored(field.spelt, layout.encoding) or field.pad == NUL for field in fields)

    def length(self, record: RecordLayout) -> int:
        """Of a record that has all its groups."""
        return self.spec.bytes_of(cast(FixedRecord, record.spec))

    # ---- a record at a time ----

    def record_of(self, row: Row) -> RecordLayout | None:
        """The record this one is, by its marks. Raises BadLine where it is none, and of no length a record has."""
        for record in self.bodies:
            if all(self._says(row, record.fields[i], says) for i, says in record.when.items()):
                return record
        lengths = sorted({self.length(record) for record in self.bodies})
        if len(row) not in lengths and not any(self.repeats.shrinking(record) for record in self.bodies):
            raise self._bad_length(len(row), lengths)
        return None

    def _says(self, row: Row, field: Field, says: str) -> bool:
        cell = self._cell(row, field)
        return isinstance(cell, str) and trimmed(field, cell) == says

    def rows(self, row: Row, record: RecordLayout) -> Iterator[tuple[RecordLayout, list[Cell]]]:
        """A record's cells, then those of the groups in it. Raises BadLine."""
        row = self._measured(row, record)
        yield record, self._cells(row, record)
        for inner, part in self.repeats.rows(row, record):
            yield inner, self._cells(part, inner)

    def _measured(self, row: Row, record: RecordLayout) -> Row:
        """The record at its full length. What is too short or too long is that by the profile's leave, or refused."""
        full = wanted = self.length(record)
        if (group := self.repeats.shrinking(record)) is not None:
            padded = self.cells.padded(row, full)
            wanted -= (group.times - self.repeats.count(padded, record, group)) * group.width
        if len(row) < wanted and self.spec.short_lines == "pad":
            self._forgive("short-lines")
        elif (
            len(row) > wanted and self.spec.long_lines == "ignore_blank" and row[wanted:] == self.cells.blanks(len(row) - wanted)
        ):
            self._forgive("long-lines")
        elif len(row) != wanted:
            raise self._bad_length(len(row), [wanted])
        return self.cells.padded(row[:wanted], full)

    def _cells(self, row: Row, record: RecordLayout) -> list[Cell]:
        return [self._cell(row, field) if field.is_read else "" for field in record.fields]

    def _cell(self, row: Row, field: Field) -> Cell:
        """None for a column that stands in continuations only."""
        if field.span is None:
            return None
        start, stop = field.span
        return self.cells.text(self.cells.padded(row[start:stop], stop - start), field)

    def _forgive(self, oddity: str) -> None:
        if oddity not in self.oddities:
            self.oddities.append(oddity)

    def _bad_length(self, found: int, wanted: Sequence[int]) -> BadLine:
        expected = " / ".join(map(str, wanted))
        unit = Text("characters", "字符") if self.cells.in_chars else Text("bytes", "字节")
        cause = Text("counted in characters instead of bytes, or cut on the way", "按字符而非字节计数，或传输中被截断")
        if self.cells.in_chars:
            cause = Text("counted in bytes instead of characters, or cut on the way", "按字节而非字符计数，或传输中被截断")
        return BadLine(
            "record-length",
            Text(f"{found} {unit.en}, the profile has {expected}", f"{found} {unit.zh}，画像为 {expected} {unit.zh}"),
            Text(f"{expected} {unit.en} in the record", f"记录为 {expected} {unit.zh}"),
            cause,
            refuses_file=True,
        )

    # ---- whole pieces ----

    def cut(self, data: bytes, frames: Frames, numbers: Ints) -> list[Cut] | None:
        """``numbers``: of the records in the data. None where one of them is not plainly good."""
        codes = self.cells.codes(data)
        if codes is None:
            return None
        sheet = Sheet(codes, *frames.bounds(codes), self.cells.blank)
        count = len(sheet.starts)
        if count != len(numbers) or not count or count * self._longest > max(len(codes), _FILLED_MAX):
            return None
        cuts: list[Cut] = []
        told = np.zeros(len(numbers), bool)
        marks = sheet.rows(None, self._reach)
        for record in self.bodies:
            rows = ~told
            for i, says in record.when.items():
                rows &= self._marked(marks, record.fields[i], says)
            told |= rows
            if rows.any():
                whole = self._whole(sheet, None if rows.all() else np.flatnonzero(rows), record)
                if whole is None or not self._take(whole, record, numbers[rows], numbers[rows] * self.repeats.most_places, cuts):
                    return None
        return cuts if told.all() else None

    @cached_property
    def _longest(self) -> int:
        return max((self.length(record) for record in self.bodies), default=0)

    @cached_property
    def _reach(self) -> int:
        """So many codes of a record tell what it is."""
        return max((span(record.fields[i])[1] for record in self.bodies for i in record.when), default=0)

    def _marked(self, matrix: Codes, field: Field, says: str) -> Flags:
        """Rows that say this, spelt as we would write it; rows that spell it otherwise are told apart one by one."""
        start, stop = span(field)
        if form := stored(field.spelt, self.cells.encoding):
            return np.asarray((matrix[:, start:stop] == np.frombuffer(form.write(says), np.uint8)).all(axis=1))
        cell = self.cells.padding(1, stop - start, field)
        spelt = self.cells.spelt(says)
        if len(spelt) > stop - start:
            return np.zeros(len(matrix), bool)
        cell[0, stop - start - len(spelt) :] = spelt if field.align_right else cell[0, stop - start - len(spelt) :]
        if not field.align_right:
            cell[0, : len(spelt)] = spelt
        return np.asarray((matrix[:, start:stop] == cell[0]).all(axis=1))

    def _whole(self, sheet: Sheet, which: Ints | None, record: RecordLayout) -> Codes | None:
        """The records of one kind at full length, as ``_measured`` would give them."""
        lengths = sheet.lengths if which is None else sheet.lengths[which]
        full = self.length(record)
        most = int(lengths.max())
        matrix = sheet.rows(which, full)
        wanted: Ints | int = full
        if (group := self.repeats.shrinking(record)) is not None:
            counts = self.repeats.counts(matrix, record, group)
            if counts is None:
                return None
            wanted = full - (group.times - counts) * group.width
            matrix = np.where(np.arange(full) < np.asarray(wanted)[:, None], matrix, np.asarray(self.cells.blank, matrix.dtype))
        short, long = bool((lengths < wanted).any()), bool((lengths > wanted).any())
        if (short and self.spec.short_lines != "pad") or (long and self.spec.long_lines != "ignore_blank"):
            return None
        if long:
            if most > full + _MUCH_TOO_LONG:
                return None
            beyond = sheet.rows(which, most) != self.cells.blank
            if (beyond & (np.arange(most) >= np.broadcast_to(wanted, len(lengths))[:, None])).any():
                return None
        for oddity, seen in (("short-lines", short), ("long-lines", long)):
            if seen:
                self._forgive(oddity)
        return matrix

    def _take(self, matrix: Codes, record: RecordLayout, lines: Ints, order: Ints, cuts: list[Cut]) -> bool:
        """The columns of one record, and of the groups in it; False where one is not plainly good."""
        columns: list[Texts | None] = []
        for field in record.fields:
            texts = self._column(matrix, field) if field.is_read else None
            if field.is_read and texts is None:
                return False
            columns.append(texts)
        cuts.append(Cut(record, columns, lines, order if self.repeats.most_places > 1 else None))
        for group in self.repeats.within(record):
            found = self.repeats.cut(matrix, record, group)
            if found is None:
                return False
            parts, of_row, place = found
            if len(parts) and not self._take(parts, group.record, lines[of_row], order[of_row] + place, cuts):
                return False
        return True

    def _column(self, matrix: Codes, field: Field) -> Texts | None:
        if field.span is None:
            return pa.nulls(len(matrix), pa.string())
        return self.cells.texts(matrix[:, slice(*field.span)], field)


@dataclass(frozen=True)
class Sheet:
    """The records of a piece within its codes: where each begins and how long it is."""

    codes: Codes
    starts: Ints
    lengths: Ints
    blank: int

    def rows(self, which: Ints | None, width: int) -> Codes:
        """Records × width; blanks behind the end of a record."""
        if self._step and width <= self.lengths[0]:
            first = int(self.starts[0])
            matrix = self.codes[: len(self.starts) * self._step].reshape(-1, self._step)[:, first : first + width]
            return matrix if which is None else matrix[which]
        starts = self.starts if which is None else self.starts[which]
        lengths = self.lengths if which is None else self.lengths[which]
        padded = np.concatenate([self.codes, np.full(width, self.blank, self.codes.dtype)])
        if width == 0:
            return np.empty((len(starts), 0), self.codes.dtype)
        matrix = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
        if (lengths < width).any():
            matrix[np.arange(width) >= lengths[:, None]] = self.blank
        return matrix

    @cached_property
    def _step(self) -> int:
        """From record to record, where all are of one length and equally far apart and fill the codes; else 0."""
        rows = len(self.starts)
        step, rest = divmod(len(self.codes), rows)
        even = (
            not rest
            and (self.lengths == self.lengths[0]).all()
            and (self.starts == self.starts[0] + step * np.arange(rows)).all()
        )
        return step if even else 0
