"""The bare limit: the least a reader in Python can do with these bytes, and no check at all.

Delimited: decode each block, split it into text columns with pyarrow. Fixed width: cut each column out of the block's bytes with numpy,
decode it, and hold it as a text column. Same block size, same one thread as the product's reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from bank_profiles.codecs.lines import BLOCK_BYTES
from bank_profiles.layout import FileLayout


def split_delimited(layout: FileLayout, separator: str, blocks: Iterable[bytes]) -> int:
    """Rows of the one body record, every column as text. Header and trailer are cut off as lines."""
    names = [field.name for field in layout.bodies[0].fields]
    rows = 0
    for block in _bodies(blocks):
        utf8 = block.decode(layout.encoding).encode()
        table = csv.read_csv(
            pa.BufferReader(utf8),
            csv.ReadOptions(use_threads=False, block_size=len(utf8) + 1, column_names=names),
            csv.ParseOptions(delimiter=separator, quote_char=False, double_quote=False),
            csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
        )
        rows += table.num_rows
    return rows


def split_fixed(layout: FileLayout, record: str, record_bytes: int, blocks: Iterable[bytes]) -> int:
    """Rows of one record, every column as text as wide as it stands in the file."""
    spans = [field.span for field in layout.record(record).fields if field.span]
    rows = 0
    for block in _bodies(blocks):
        matrix = np.frombuffer(block, np.uint8).reshape(-1, record_bytes + 2)
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


def _bodies(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines without the first and the last line of the file."""
    held, first = b"", True
    for block in _gathered(blocks):
        data = held + block
        start = data.rfind(b"\n", 0, len(data) - 1) + 1
        held = data[start:]
        skip = data.find(b"\n") + 1 if first else 0
        first = False
        yield data[skip:start]


def _gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    parts: list[bytes] = []
    for block in blocks:
        parts.append(block)
        if sum(map(len, parts)) >= BLOCK_BYTES:
            yield b"".join(parts)
            parts = []
    if parts:
        yield b"".join(parts)
