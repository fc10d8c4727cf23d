"""Sealed segments: Arrow columns of a short range of positions, compressed, sealed, content-addressed.

One report reads only the segments of its lines; the bulk steps read them in order.
"""

import io
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from connector.ledger.rows import AnyRow, Tx
from connector.objects.store import ObjectStore
from connector.vault import Vault

POSITIONS_PER_SEGMENT = 200  # a household's lines lie close together: one or two segments a bank


def write(
    tx: Tx, vault: Vault, objects: ObjectStore, batch: int, edition: int, period: str, tables: Mapping[str, pa.Table]
) -> list[dict[str, Any]]:
    """Seal ``tables`` (kind → rows with an int32 ``position``, ascending); the rows of the ledger that will name them."""
    named = []
    for kind, table in tables.items():
        for first, last, piece in _pieces(table):
            key, sealed = vault.seal(tx, "segment", period, _bytes(piece), _context(batch, edition, kind))
            digest, _ = objects.put([sealed])
            row = {"kind": kind, "first": first, "last": last, "rows": piece.num_rows, "object": digest, "data_key": key}
            named.append({"batch": batch, "edition": edition, **row})
    return named


def read(tx: Tx, vault: Vault, objects: ObjectStore, row: AnyRow) -> pa.Table:
    """The rows of one segment."""
    sealed = b"".join(objects.get(row.object))
    plain = vault.open(tx, row.data_key, sealed, _context(row.batch, row.edition, row.kind))
    return pa.ipc.open_stream(pa.BufferReader(plain)).read_all()


def _pieces(table: pa.Table) -> Iterator[tuple[int, int, pa.Table]]:
    """Cut where a range of positions ends; (first position, last position, rows)."""
    positions = table["position"].to_numpy()
    cuts = np.flatnonzero(np.diff(positions // POSITIONS_PER_SEGMENT)) + 1
    for start, end in itertools.pairwise([0, *cuts.tolist(), len(positions)]):
        if end > start:
            yield int(positions[start]), int(positions[end - 1]), table.slice(start, end - start)


def _bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _context(batch: int, edition: int, kind: str) -> str:
    return f"segment/{batch}/{edition}/{kind}"
