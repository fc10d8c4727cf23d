"""The digest of an answer's content: equal rows have equal digests, whatever package, block or order of parts brought them.

A duplicate answer (sent again, sealed again, its files in another order) is recognised by it; one changed field changes it.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class ContentDigest:
    """SHA-256 over the rows of an answer as read. Add blocks of a part in their order; parts may come in any order."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], _Part] = {}

    def add(self, part: str, kind: str, table: pa.Table) -> None:
        """Rows of one kind from one part (a file of a package). The name of the part does not enter the digest."""
        self._parts.setdefault((part, kind), _Part()).add(table)

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        parts = sorted(kind.encode() + found.digest() for (_, kind), found in self._parts.items() if found.rows)
        return hashlib.sha256(b"".join(parts)).hexdigest()


class _Part:
    """One running digest a column, so that cutting the rows into blocks elsewhere changes nothing."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, Any] = {}

    def add(self, table: pa.Table) -> None:
        self.rows += len(table)
        for name in table.column_names:
            nulls, lengths, values = self._columns.setdefault(name, (hashlib.sha256(), hashlib.sha256(), hashlib.sha256()))
            for chunk in filter(len, table.column(name).chunks):
                for running, raw in zip((nulls, lengths, values), _raw(chunk), strict=True):
                    running.update(raw)

    def digest(self) -> bytes:
        whole = hashlib.sha256(str(self.rows).encode())
        for name in sorted(self._columns):
            whole.update(name.encode() + b"\0" + b"".join(running.digest() for running in self._columns[name]))
        return whole.digest()


def _raw(chunk: "pa.Array[Any]") -> Iterator[bytes | memoryview]:
    """Of a column: which rows are null, how long each text is, and the values themselves."""
    yield pc.is_null(chunk).cast(pa.uint8()).to_numpy().tobytes()
    kind = chunk.type
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        chunk = chunk.view(pa.int32())
    if pa.types.is_integer(chunk.type):
        yield b""
        yield _filled(chunk, 0).to_numpy().tobytes()
    else:  # text, words kept as dictionaries, decimals
        yield from _texts(_filled(chunk.cast(pa.large_string()), ""))


def _texts(text: Any) -> Iterator[bytes | memoryview]:
    _, offset_bytes, data = text.buffers()
    offsets = np.frombuffer(offset_bytes, dtype=np.int64)[text.offset : text.offset + len(text) + 1]
    yield np.diff(offsets).tobytes()
    yield b"" if data is None else memoryview(data)[offsets[0] : offsets[-1]]


def _filled(chunk: Any, value: int | str) -> Any:
    return pc.fill_null(chunk, value) if chunk.null_count else chunk
