"""Where one record ends and the next begins, in files that have no line ends: by their size alone, or by a length before each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from bank_profiles.codecs.blocks import large
from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.lines.cutting import BLOCK_BYTES, LINE_BYTES_MAX, Cutting, Piece, Where, count_lines
from bank_profiles.errors import Text

Ints = npt.NDArray[np.int64]
_JUNK = b"\r\n\x1a"  # may stand behind the last record of any file
_LF = 0x0A
_CR = 0x0D


class Frames(Protocol):
    """How the records of a file are told apart. ``oddities``: what was forgiven."""

    @property
    def oddities(self) -> list[str]: ...

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """First record, whole records, last record. Raises BadFile, LineTooLong."""

    def bodies(self, data: bytes) -> list[bytes]:
        """The records of some data, without what frames them: in plain Python."""

    def bounds(self, codes: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
        """The same as columns: where each begins and how long it is."""

    def ends(self, data: bytes) -> Ints:
        """The byte behind each record, its line end included."""

    def count(self, data: bytes) -> int:
        """How many records there are."""

    def around(self, length: int) -> tuple[bytes, bytes]:
        """What stands before and behind a record of so many bytes."""


# ---- lines --------------------------------------------------------------------------------------------------------------------------


@dataclass
class Lines:
    """LF, CR LF or CR behind each record; within pieces it is LF or CR LF."""

    cutting: Cutting
    line_end: bytes

    @property
    def oddities(self) -> list[str]:
        return self.cutting.oddities

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        return self.cutting.pieces(blocks)

    def bodies(self, data: bytes) -> list[bytes]:
        return [line.removesuffix(b"\r") for line in data.split(b"\n")[:-1]]

    def bounds(self, codes: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
        is_end = codes == _LF
        step = int(is_end.argmax()) + 1
        rows = len(codes) // step if len(codes) else 0
        if rows * step == len(codes) and rows == np.count_nonzero(is_end) and is_end[step - 1 :: step].all():
            returns = codes[step - 2 :: step] == _CR if step > 1 else np.zeros(rows, bool)
            return np.arange(rows) * step, step - 1 - returns.astype(np.int64)
        feeds = np.flatnonzero(is_end)
        starts = np.concatenate([[0], feeds[:-1] + 1]) if len(feeds) else feeds
        returns = (feeds > starts) & (codes[feeds - 1] == _CR)
        return starts, feeds - starts - returns

    def ends(self, data: bytes) -> Ints:
        return np.flatnonzero(np.frombuffer(data, np.uint8) == _LF) + 1

    def count(self, data: bytes) -> int:
        return count_lines(data)

    def around(self, length: int) -> tuple[bytes, bytes]:  # noqa: ARG002 - the same behind all
        return b"", self.line_end


# ---- no line ends -------------------------------------------------------------------------------------------------------------------


@dataclass
class Slices:
    """Records one after the other, all of the same size; only the first and the last one may have another."""

    size: int
    first: int = 0  # bytes of the first record; 0: it is one like all
    last: int = 0
    oddities: list[str] = field(default_factory=list)
    records: int = 0  # seen so far

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        held = b""
        for block in gathered(blocks):
            held += block
            if self.first and not self.records and len(held) >= self.first:
                yield self._piece("first", held[: self.first])
                held = held[self.first :]
            whole = max(0, len(held) - self.last - len(_JUNK) - 1) // self.size * self.size
            if whole and (self.records or not self.first):
                yield self._piece("body", held[:whole])
                held = held[whole:]
        yield from self._end(held)

    def _end(self, held: bytes) -> Iterator[Piece]:
        ends = self.last
        if (len(held) - ends) % self.size and not (len(text := held.rstrip(_JUNK)) - ends) % self.size:
            self.oddities.append("end-mark" if b"\x1a" in held[len(text) :] else "blank-end")
            held = text
        if self.first and not self.records and held:
            yield self._piece("first", held[: self.first])
            held = held[self.first :]
        if body := held[: len(held) - ends] if ends else held:
            yield self._piece("body", body)
        if ends and held:
            yield self._piece("last", held[-ends:])

    def _piece(self, where: Where, data: bytes) -> Piece:
        piece = Piece(where, data, self.records + 1)
        self.records += -(-len(data) // self.size) if where == "body" else 1
        return piece

    def bodies(self, data: bytes) -> list[bytes]:
        return [data[at : at + self.size] for at in range(0, len(data), self.size)]

    def bounds(self, codes: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
        starts = np.arange(0, len(codes), self.size)
        return starts, np.minimum(self.size, len(codes) - starts)

    def ends(self, data: bytes) -> Ints:
        return np.minimum(np.arange(self.size, len(data) + self.size, self.size), len(data))

    def count(self, data: bytes) -> int:
        return -(-len(data) // self.size)

    def around(self, length: int) -> tuple[bytes, bytes]:  # noqa: ARG002 - nothing, whatever the length
        return b"", b""


@dataclass
class Prefixed:
    """Every record behind its length: a number of ``width`` bytes at ``at`` within the ``prefix`` bytes before it."""

    prefix: int
    at: int = 0
    width: int = 4
    order: Literal["big", "little"] = "big"
    self_inclusive: bool = False
    first: bool = False
    last: bool = False
    oddities: list[str] = field(default_factory=list)
    records: int = 0

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        held = b""
        for block in gathered(blocks):
            held += block
            ends = self._ends(held, self.records + 1)
            if self.first and not self.records and ends:
                yield self._piece("first", held[: ends[0]], 1)
                held, ends = held[ends[0] :], [end - ends[0] for end in ends[1:]]
            if len(ends) > 1:  # the last one may be the trailer
                yield self._piece("body", held[: ends[-2]], len(ends) - 1)
                held = held[ends[-2] :]
        ends = self._ends(held, self.records + 1)
        rest = held[ends[-1] :] if ends else held
        if rest.strip(_JUNK):
            raise _cut_off(self.records + len(ends) + 1)
        self.oddities += ["end-mark" if b"\x1a" in rest else "blank-end"] if rest else []
        if ends:
            yield self._piece("last" if self.last else "body", held[: ends[0]], 1)

    def _piece(self, where: Where, data: bytes, records: int) -> Piece:
        piece = Piece(where, data, self.records + 1, np.arange(self.records + 1, self.records + records + 1))
        self.records += records
        return piece

    def _ends(self, data: bytes, record: int = 1) -> list[int]:
        """Behind each whole record."""
        ends = self._even_ends(data)
        start, at, width = ends[-1] if ends else 0, self.at, self.width
        more = 0 if self.self_inclusive else self.prefix
        while start + self.prefix <= len(data):
            size = int.from_bytes(data[start + at : start + at + width], self.order) + more
            if not self.prefix < size <= LINE_BYTES_MAX:
                raise _bad_length(record + len(ends), size - self.prefix)
            start += size
            if start > len(data):
                break
            ends.append(start)
        return ends

    def _even_ends(self, data: bytes) -> list[int]:
        """Behind as many records from the first on as have its very length; they need not be gone through one by one."""
        size = int.from_bytes(data[self.at : self.at + self.width], self.order) + (0 if self.self_inclusive else self.prefix)
        if not self.prefix < size <= len(data):
            return []
        rows = len(data) // size
        prefixes = np.frombuffer(data, np.uint8, rows * size).reshape(rows, size)[:, : self.prefix]
        odd = np.flatnonzero((prefixes != prefixes[0]).any(axis=1))
        return [size * (row + 1) for row in range(int(odd[0]) if len(odd) else rows)]

    def bodies(self, data: bytes) -> list[bytes]:
        bodies, view = [], memoryview(data)
        while view:
            length = int.from_bytes(view[self.at : self.at + self.width], self.order)
            end = length if self.self_inclusive else self.prefix + length
            bodies.append(bytes(view[self.prefix : end]))
            view = view[end:]
        return bodies

    def bounds(self, codes: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
        ends = self.ends(codes.tobytes())
        starts = np.concatenate([[0], ends[:-1]]) + self.prefix
        return starts, ends - starts

    def ends(self, data: bytes) -> Ints:
        return np.array(self._ends(data), np.int64)

    def count(self, data: bytes) -> int:
        return len(self._ends(data))

    def around(self, length: int) -> tuple[bytes, bytes]:
        said = length + (self.prefix if self.self_inclusive else 0)
        digits = said.to_bytes(self.width, self.order)
        return bytes(self.at) + digits + bytes(self.prefix - self.at - self.width), b""


# ---- what all need ------------------------------------------------------------------------------------------------------------------


def gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks that are worth a vector."""
    return large(blocks, BLOCK_BYTES)


def without_ends(blocks: Iterable[bytes], first: int, last: int) -> Iterator[bytes]:
    """The file less so many bytes before the first record and behind the last one."""
    held = b""
    for block in blocks:
        skipped = min(first, len(block))
        first -= skipped
        held += block[skipped:]
        if len(held) > last:
            yield held[: len(held) - last]
            held = held[len(held) - last :]
    if first or len(held) < last:
        raise BadFile(
            "record-length",
            Text("shorter than what stands before and behind the records", "短于首尾需跳过的字节"),
            Text("bytes to skip, and records between them", "需跳过的字节及其间的记录"),
            Text("cut on the way? The whole file is refused", "传输中断？整个文件已拒收"),
            1,
        )


def _bad_length(record: int, length: int) -> BadFile:
    return BadFile(
        "bad-record-length",
        Text(f"the length before record {record:,} says {length:,} bytes", f"第 {record:,} 条记录前的长度为 {length:,} 字节"),
        Text(f"1 to {LINE_BYTES_MAX:,} bytes", f"1 至 {LINE_BYTES_MAX:,} 字节"),
        Text("another byte order, or self_inclusive? The whole file is refused", "字节序或 self_inclusive 不符？整个文件已拒收"),
        record,
    )


def _cut_off(record: int) -> BadFile:
    return BadFile(
        "record-cut",
        Text("the file ends within this record", "文件在该记录中间结束"),
        Text("as many bytes as the length before it says", "与其前长度相符的字节数"),
        Text("cut on the way? The whole file is refused", "传输中断？整个文件已拒收"),
        record,
    )
