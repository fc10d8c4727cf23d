"""The bare limit: the least a reader in Python can do with these bytes, and no check at all.

Delimited: decode each block, split it into text columns with pyarrow. Fixed width: cut each column out of the block's bytes with numpy,
decode it, and hold it as a text column. XML: every element once through lxml's iterparse. Excel: every cell of every sheet as calamine
gives it. JSON: every line through the scanner of Python. The same blocks, the same one thread as the product's reader.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from lxml import etree
from pyarrow import csv
from python_calamine import CalamineWorkbook

from bank_profiles.codecs.lines.cutting import BLOCK_BYTES
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.layouts.layout import FileLayout

Blocks = Iterable[bytes]

# ---- lines --------------------------------------------------------------------------------------------------------------------------


def split_delimited(layout: FileLayout, blocks: Blocks) -> int:
    """Rows of the one body record, every column as text. Header and trailer are cut off as lines."""
    assert isinstance(layout.spec, Delimited)
    names = [field.name for field in layout.bodies[0].fields]
    rows = 0
    for block in _bodies(blocks):
        utf8 = block.decode(layout.encoding).encode()
        table = csv.read_csv(
            pa.BufferReader(utf8),
            csv.ReadOptions(use_threads=False, block_size=len(utf8) + 1, column_names=names),
            csv.ParseOptions(delimiter=layout.spec.separator, quote_char=False, double_quote=False),
            csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
        rows += table.num_rows
    return rows


def split_fixed(layout: FileLayout, blocks: Blocks) -> int:
    """Rows of one record, every column as text as wide as it stands in the file."""
    assert isinstance(layout.spec, Fixed)
    spans = [field.span for field in layout.record("account").fields if field.span]
    rows = 0
    for block in _bodies(blocks):
        matrix = np.frombuffer(block, np.uint8).reshape(-1, (layout.spec.record_bytes or 0) + 2)
        columns = [_texts(matrix[:, start:stop], layout.encoding) for start, stop in spans]
        rows += len(columns[0])
    return rows


def _texts(cells: np.ndarray[Any, Any], encoding: str) -> pa.Array[Any]:
    """Rows of bytes → strings, through one decoding with a line feed behind each row."""
    rows, width = cells.shape
    lines = np.full((rows, width + 1), 0x0A, np.uint8)
    lines[:, :width] = cells
    utf8 = lines.tobytes().decode(encoding).encode()
    starts = np.zeros(rows + 1, np.int32)
    starts[1:] = np.flatnonzero(np.frombuffer(utf8, np.uint8) == 0x0A) + 1
    return pa.StringArray.from_buffers(rows, pa.py_buffer(starts), pa.py_buffer(utf8))


def _bodies(blocks: Blocks) -> Iterator[bytes]:
    """Blocks of whole lines without the first and the last line of the file."""
    held, first = b"", True
    for block in _gathered(blocks):
        data = held + block
        start = data.rfind(b"\n", 0, len(data) - 1) + 1
        held = data[start:]
        skip = data.find(b"\n") + 1 if first else 0
        first = False
        yield data[skip:start]


def _gathered(blocks: Blocks) -> Iterator[bytes]:
    parts: list[bytes] = []
    for block in blocks:
        parts.append(block)
        if sum(map(len, parts)) >= BLOCK_BYTES:
            yield b"".join(parts)
            parts = []
    if parts:
        yield b"".join(parts)


# ---- trees and sheets ---------------------------------------------------------------------------------------------------------------


def every_element(layout: FileLayout, blocks: Blocks) -> int:  # noqa: ARG001
    """The end of every element; what is read is let go at once, as everybody does who reads a large document."""
    return sum(element.tag in _ROWS for element in _ended(blocks, None))


def people_alone(layout: FileLayout, blocks: Blocks) -> int:  # noqa: ARG001
    """Stricter than the limit: only the elements of whole persons come to Python at all, and nobody looks into them."""
    return sum(1 for _ in _ended(blocks, "Ans"))


_ROWS = ("Ans", "Itm", "Tx")


def _ended(blocks: Blocks, tag: str | None) -> Iterator[Any]:
    for _, element in etree.iterparse(Joined(blocks), tag=tag):  # type: ignore[arg-type]
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def every_cell(layout: FileLayout, blocks: Blocks) -> int:  # noqa: ARG001
    """Every sheet as lists of cells."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(blocks)))
    return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def every_line(layout: FileLayout, blocks: Blocks) -> int:  # noqa: ARG001
    """Every line as objects."""
    return sum(1 for line in io.BufferedReader(Joined(blocks), 1 << 20) if json.loads(line))


class Joined(io.RawIOBase):
    """Blocks as a file."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks, self._rest = filter(None, blocks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._blocks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
