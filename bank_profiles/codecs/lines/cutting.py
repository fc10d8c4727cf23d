"""Cuts a file, as it flows, into its first line, blocks of whole lines, and its last line.

Neither GB18030 nor UTF-8 has a line feed inside a character, so bytes may be cut there before anything is decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from bank_profiles.codecs.blocks import large

BLOCK_BYTES = 4 << 20  # read and converted at once: bounds memory; larger is no faster (benchmarks)
LINE_BYTES_MAX = 1 << 20  # a longer "line" is not of this layout; nothing is gathered without end
_FRAME = (
    b"\x01\x02",
    b"\x03\x04",
)  # a message as a terminal line carried it: start of heading and text, end of text and transmission
_END_MARK = b"\x1a"  # Ctrl-Z, an old end of file
_BLANKS = b" \t\r"
_BEHIND = b"\r\n" + _END_MARK + _FRAME[1]

Where = Literal["skipped", "first", "preamble", "body", "marked", "last"]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Whole lines; ``line`` is the number of the first, 1-based. ``numbers``: of all of them, where some between were skipped."""

    where: Where
    data: bytes
    line: int
    numbers: Ints | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    @cached_property
    def numbered(self) -> Ints:
        """The number of each line."""
        return self.line + np.arange(_all_lines(self.data)) if self.numbers is None else self.numbers

    def split(self, at: int, where: Where | None = None) -> tuple[Piece, Piece]:
        """The lines before and from this byte on; ``where`` is the place of the first of both."""
        before, behind = self.data[:at], self.data[at:]
        lines = count_lines(before)
        numbers = (None, None) if self.numbers is None else (self.numbers[:lines], self.numbers[lines:])
        line = self.line + lines if self.numbers is None or lines == len(self.numbers) else int(self.numbers[lines])
        return Piece(where or self.where, before, self.line, numbers[0]), Piece(self.where, behind, line, numbers[1])


@dataclass
class Cutting:
    """One file being cut. ``oddities`` are what was forgiven: bom, frame, end-mark, blank-end, no-last-end."""

    first: bool = False  # is there a first line to be told apart?
    last: bool = False
    bom: bytes = b""
    skip_first: int = 0  # so many lines are of no record
    blank_lines: bool = False  # lines of nothing but blanks are skipped
    comments: bytes = b""  # lines that begin so are skipped
    returns: bool = False  # a line ends with CR alone
    framed: bool = True  # the first bytes may be those of a frame
    oddities: list[str] = field(default_factory=list)
    lines: int = 0  # seen so far, skipped ones included

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Raises LineTooLong."""
        held = Piece("body", b"", 1)  # the last line that is not blank, and what follows it: it may be the trailer
        for lines in self._lines(blocks):
            if lines.where == "skipped":
                yield lines
                continue
            data = joined(held, lines)
            start = data.data.rfind(b"\n", 0, len(data.data.rstrip(_BEHIND))) + 1
            body, held = data.split(start)
            if len(held.data) > 2 * LINE_BYTES_MAX:
                raise LineTooLong(held.line)
            yield from self._body(body)
        yield from self._end(held)

    # ---- whole lines, less those that are skipped ----

    def _lines(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        rest = b""
        for block in self._large(blocks):
            data = rest + block if rest else block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if len(rest) > LINE_BYTES_MAX:
                raise LineTooLong(self.lines + count_lines(data) + 1)
            if end:
                yield from self._without_skipped(data[:end])
        if rest:
            yield from self._without_skipped(rest)

    def _large(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Blocks that are worth a vector, without what stands before the first line; a CR that ends lines is made a line feed."""
        for number, block in enumerate(large(blocks, BLOCK_BYTES)):
            yield self._unframed(block, begun=number > 0)

    def _unframed(self, data: bytes, *, begun: bool) -> bytes:
        if not begun and self.bom and data.startswith(self.bom):
            self.oddities.append("bom")
            data = data[len(self.bom) :]
        if not begun and self.framed and data[:1] in (b"\x01", b"\x02"):
            self.oddities.append("frame")
            data = data.lstrip(_FRAME[0])
        return data.replace(b"\r", b"\n") if self.returns else data

    def _without_skipped(self, data: bytes) -> Iterator[Piece]:
        lines = Piece("body", data, self.lines + 1)
        missing = self.skip_first - self.lines
        self.lines += _all_lines(data)
        if missing > 0:
            at = line_starts(data)[: missing + 1]
            skipped, lines = lines.split(int(at[-1]) if len(at) > missing else len(data), "skipped")
            yield skipped
        if lines.data and (self.blank_lines or self.comments):
            lines = self._kept(lines)
        if lines.data:
            yield lines

    def _kept(self, lines: Piece) -> Piece:
        """Without the blank lines and comments; the kept ones keep their numbers. Most files have few: only those are looked at."""
        starts = line_starts(lines.data)[: _all_lines(lines.data)]
        begins = np.frombuffer(lines.data, np.uint8)[starts]
        may_be = np.isin(begins, np.frombuffer(_BLANKS + b"\n" + self.comments[:1], np.uint8))
        ends = np.append(starts[1:], len(lines.data))
        skipped = [i for i in np.flatnonzero(may_be) if self._is_skipped(lines.data[starts[i] : ends[i]])]
        if not skipped:
            return lines
        keep = np.ones(len(starts), bool)
        keep[skipped] = False
        codes = np.frombuffer(lines.data, np.uint8)[np.repeat(keep, ends - starts)]
        numbers = (lines.line + np.arange(len(starts)))[keep]
        return Piece("body", codes.tobytes(), int(numbers[0]) if len(numbers) else lines.line, numbers)

    def _is_skipped(self, line: bytes) -> bool:
        return (self.blank_lines and not line.strip(_BLANKS + b"\n")) or (bool(self.comments) and line.startswith(self.comments))

    # ---- first, body, last ----

    def _body(self, lines: Piece) -> Iterator[Piece]:
        if lines.data and self.first:
            self.first = False
            first, lines = lines.split(lines.data.find(b"\n") + 1, "first")
            yield first
        if lines.data:
            yield lines

    def _end(self, held: Piece) -> Iterator[Piece]:
        text = held.data.rstrip(_BEHIND)
        behind = held.data[len(text) :]
        self.oddities += ["frame"] if not _FRAME_ENDS.isdisjoint(behind) and "frame" not in self.oddities else []
        self.oddities += ["end-mark"] if _END_MARK in behind else []
        self.oddities += ["blank-end"] if behind.count(b"\n") > 1 else []
        if not text:
            return
        self.oddities += ["no-last-end"] if b"\n" not in behind else []
        where: Where = "first" if self.first else "last" if self.last else "body"
        yield Piece(where, text + b"\n", held.line)


_FRAME_ENDS = frozenset(_FRAME[1])


def joined(one: Piece, other: Piece) -> Piece:
    if not one.data:
        return other
    data = one.data + other.data
    consecutive = other.line == one.line + count_lines(one.data)
    if one.numbers is None and other.numbers is None and consecutive:
        return Piece("body", data, one.line)
    numbers = np.concatenate([one.numbered, other.numbered])
    return Piece("body", data, one.line, numbers)


def line_starts(data: bytes) -> Ints:
    """Where lines begin; where the data ends with a line end, also its end."""
    feeds = np.flatnonzero(np.frombuffer(data, np.uint8) == 0x0A)
    return np.concatenate([[0], feeds + 1]).astype(np.int64)


def count_lines(block: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == 0x0A))


def _all_lines(block: bytes) -> int:
    """The last one may lack its end."""
    return count_lines(block) + (bool(block) and not block.endswith(b"\n"))


class LineTooLong(Exception):
    """No line feed for a megabyte."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line
