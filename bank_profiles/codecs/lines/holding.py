"""Holds back the last records of each piece where what follows may belong to them: continuations, filler lines, the trailer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.lines.cutting import LINE_BYTES_MAX, Piece, Where
from bank_profiles.errors import Text

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Filling:
    """Lines of nothing but one character, up to a multiple of ``block`` lines of the whole file. None of them is a record."""

    line: bytes
    block: int

    def check(self, lines: int, fillers: int) -> None:
        """``lines``: of the whole file, fillers included. Raises BadFile."""
        if lines % self.block == 0 and fillers < self.block:
            return
        what = Text(f"{lines:,} lines, {fillers:,} of them filler", f"共 {lines:,} 行，其中填充 {fillers:,} 行")
        raise BadFile(
            "block-not-full",
            what,
            Text(f"filled up to the next multiple of {self.block} lines", f"以填充行补足到 {self.block} 行的倍数"),
            Text("lines lost at the end? The whole file is refused", "末尾丢失了行？整个文件已拒收"),
            lines,
        )

    def missing(self, lines: int) -> int:
        return -lines % self.block


@dataclass
class Holding:
    """Between the cutting of records and their reading.

    ``ends``: the byte behind each record of some data, its line end included. ``bodies``: the records without their ends.
    ``goes_on``: does this record belong to the row before it?
    """

    last: bool
    ends: Callable[[bytes], Ints]
    bodies: Callable[[bytes], list[bytes]]
    goes_on: Callable[[bytes], bool]
    filling: Filling | None = None

    def pieces(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Raises BadFile."""
        held: Piece | None = None
        for piece in pieces:
            if piece.where in ("skipped", "first"):
                yield piece
                continue
            body, held = self._parted(piece if held is None else self._joined(held, piece))
            if len(held.data) > LINE_BYTES_MAX:
                raise _endless(held.line)
            if body.data:
                yield body
        if held is not None:
            yield from self._end(held)

    def _parted(self, piece: Piece) -> tuple[Piece, Piece]:
        """Before and from the last record that surely begins a row."""
        bounds = [0, *self.ends(piece.data).tolist()]
        index = len(bounds) - 2
        while index > 0 and self._belongs_to_row(piece.data[bounds[index] : bounds[index + 1]]):
            index -= 1
            if len(piece.data) - bounds[index] > LINE_BYTES_MAX:
                raise _endless(self._number(piece, index))
        return self._split(piece, bounds[index], index)

    def _belongs_to_row(self, record: bytes) -> bool:
        """Does it, or might it, belong to the row before it?"""
        body = self.bodies(record)[0]
        return self._is_filler(body) or self.goes_on(body)

    def _is_filler(self, line: bytes) -> bool:
        return self.filling is not None and line == self.filling.line

    def _end(self, held: Piece) -> Iterator[Piece]:
        lines = self.bodies(held.data)
        ends = [0, *self.ends(held.data).tolist()]
        count = len(lines)
        while count and self._is_filler(lines[count - 1]):
            count -= 1
        if self.filling is not None:
            self.filling.check(self._number(held, len(lines) - 1), len(lines) - count)
        alone = self.last and count > 0 and not self.goes_on(lines[count - 1])
        body, last = self._split(held, ends[count - 1 if alone else count], count - 1 if alone else count)
        if body.data:
            yield body
        if alone:
            yield Piece("last", last.data[: ends[count] - ends[count - 1]], last.line)

    # ---- pieces ----

    def _joined(self, one: Piece, other: Piece) -> Piece:
        if one.numbers is None and other.numbers is None and self._number(one, len(self.ends(one.data))) == other.line:
            return Piece("body", one.data + other.data, one.line)
        return Piece("body", one.data + other.data, one.line, np.concatenate([self._numbers(one), self._numbers(other)]))

    def _split(self, piece: Piece, at: int, records: int) -> tuple[Piece, Piece]:
        numbers = (None, None) if piece.numbers is None else (piece.numbers[:records], piece.numbers[records:])
        where: Where = "body"
        before = Piece(where, piece.data[:at], piece.line, numbers[0])
        return before, Piece(where, piece.data[at:], self._number(piece, records), numbers[1])

    def _numbers(self, piece: Piece) -> Ints:
        return piece.line + np.arange(len(self.ends(piece.data))) if piece.numbers is None else piece.numbers

    def _number(self, piece: Piece, index: int) -> int:
        if piece.numbers is None or index >= len(piece.numbers):
            return piece.line + index
        return int(piece.numbers[index])


def _endless(line: int) -> BadFile:
    return BadFile(
        "line-too-long",
        Text("a row goes on for a megabyte", "一条记录的续行超过一兆字节"),
        Text("rows as in the profile", "符合画像的记录"),
        Text("this is another kind of file. It is refused", "这是另一种文件，已拒收"),
        line,
    )
