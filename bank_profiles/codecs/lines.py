"""Cuts a file, as it flows, into its first line, blocks of whole lines, and its last line.

Neither GB18030 nor UTF-8 has a line feed inside a character, so bytes may be cut there before anything is decoded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

BLOCK_BYTES = 4 << 20  # read and converted at once: bounds memory; larger is no faster (benchmarks)
LINE_BYTES_MAX = 1 << 20  # a longer "line" is not of this layout; nothing is gathered without end
_LINE_ENDS = b"\r\n"
_END_MARK = b"\x1a"  # Ctrl-Z, an old end of file

Where = Literal["first", "body", "last"]


@dataclass(frozen=True)
class Piece:
    """Whole lines as received (the last may lack its end); ``line`` is the number of the first, 1-based."""

    where: Where
    data: bytes
    line: int

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass
class Cutting:
    """One file being cut. ``oddities`` are what was forgiven: bom, end-mark, blank-end, no-last-end."""

    first: bool  # is there a first line to be told apart?
    last: bool
    bom: bytes
    oddities: list[str] = field(default_factory=list)
    lines: int = 0  # told apart so far

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Raises LineTooLong."""
        held = b""  # the last line that is not blank, and what follows it: it may be the trailer
        for block in self._large(blocks):
            data = held + block
            start = data.rfind(b"\n", 0, len(data.rstrip(_LINE_ENDS + _END_MARK))) + 1
            if start == 0 and len(data) > LINE_BYTES_MAX:
                raise LineTooLong(self.lines + 1)
            yield from self._body(data[:start])
            held = data[start:]
        yield from self._end(held)

    def _large(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        gathered: list[bytes] = []
        size, begun = 0, False
        for block in blocks:
            gathered.append(block)
            size += len(block)
            if size >= BLOCK_BYTES:
                yield self._without_bom(b"".join(gathered), begun)
                gathered, size, begun = [], 0, True
        if gathered:
            yield self._without_bom(b"".join(gathered), begun)

    def _without_bom(self, data: bytes, begun: bool) -> bytes:
        if not begun and data.startswith(self.bom):
            self.oddities.append("bom")
            return data[len(self.bom) :]
        return data

    def _body(self, data: bytes) -> Iterator[Piece]:
        if not data:
            return
        cut = data.find(b"\n") + 1 if self.first and self.lines == 0 else 0
        if cut:
            yield Piece("first", data[:cut], 1)
            self.lines = 1
        if cut < len(data):
            yield Piece("body", data[cut:] if cut else data, self.lines + 1)
            self.lines += count_lines(data) - (1 if cut else 0)

    def _end(self, held: bytes) -> Iterator[Piece]:
        text = held.rstrip(_LINE_ENDS + _END_MARK)
        behind = held[len(text) :]
        if _END_MARK in behind:
            self.oddities.append("end-mark")
        if behind.count(b"\n") > 1:
            self.oddities.append("blank-end")
        if not text:
            return
        if b"\n" not in behind:
            self.oddities.append("no-last-end")
        where: Where = "first" if self.first and self.lines == 0 else "last" if self.last else "body"
        yield Piece(where, text + b"\n", self.lines + 1)
        self.lines += 1


def count_lines(block: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == 0x0A))


class LineTooLong(Exception):
    """No line feed for a megabyte."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line
