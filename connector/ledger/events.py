"""The raw events of lines: what happened to a batch's lines, when. Only ever appended; every figure can be reckoned from them alone.

``made``: asked, with number, lines, first, institution, region, kind, sealed_at, remakes. ``state``: a move, with the state it came to;
``damaged`` where a file of the bank's was refused whole. ``delivered``, ``receipt``: the proof's moment. ``deadline``: due_at, provisional.
``edition``: number, received_at, rows, parked; its outcomes stand in the edition. ``stopped``: positions (runs), why. ``upheld``:
positions whose refusal the centre accepted. ``mended``: its lines are asked anew in another package. ``outage``: of ours, begins, ends.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, insert, select

from connector.ledger.figure_tables import line_event
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import edition
from connector.moments import moment

_APPEND = insert(line_event)  # statements that are run often are made once: to make one takes longer than to run it
_OF_BATCH = select(line_event).where(line_event.c.batch == bindparam("batch_id")).order_by(line_event.c.id)
KINDS = ("made", "state", "delivered", "receipt", "deadline", "edition", "stopped", "upheld", "mended", "outage")


def append(
    tx: Tx, batch: int | None, what: str, at: datetime | str, detail: Mapping[str, Any], declares: bytes | None = None
) -> None:
    """One more event; ``batch`` none: of the whole house. ``detail``: numbers, moments and positions; no person's data."""
    when = at if isinstance(at, str) else moment(at)
    tx.execute(_APPEND, {"at": when, "batch": batch, "what": what, "detail": dict(detail), "declares": declares})


def of_batch(tx: Tx, batch: int) -> Sequence[AnyRow]:
    """The events of a batch, first to last."""
    return tx.execute(_OF_BATCH, {"batch_id": batch}).all()


def everything(tx: Tx) -> Iterable[AnyRow]:
    """Every event there is, first to last; in constant memory."""
    return tx.execute(select(line_event).order_by(line_event.c.id), execution_options={"yield_per": 1000})


def outages(tx: Tx) -> Sequence[AnyRow]:
    """The outages of ours that were noted: detail.begins, detail.ends."""
    return tx.execute(select(line_event).where(line_event.c.what == "outage").order_by(line_event.c.id)).all()


def said_in(tx: Tx, batch: int, number: int) -> bytes:
    """The outcomes of one edition as they are kept: zlib, one byte a line."""
    kept: bytes = tx.execute(select(edition.c.outcomes).where(edition.c.batch == batch, edition.c.number == number)).scalar_one()
    return kept


def with_declared(tx: Tx, batch: int) -> dict[int, bytes]:
    """Edition → the lines its bank declared counts for, packed."""
    return {int(row.detail["number"]): row.declares for row in of_batch(tx, batch) if row.declares is not None}


# ---------------------------------------------------------------- positions and flags, packed
def runs(positions: Iterable[int]) -> list[list[int]]:
    """Positions as [first, last] runs, ascending."""
    found: list[list[int]] = []
    for position in sorted(set(positions)):
        if found and found[-1][1] == position - 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return found


def pack_flags(flags: npt.NDArray[np.bool_]) -> bytes:
    """One bit a line, compressed."""
    return zlib.compress(np.packbits(flags).tobytes(), 6)


def unpack_flags(packed: bytes, lines: int) -> npt.NDArray[np.bool_]:
    """The flags of ``lines`` lines."""
    raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    return np.unpackbits(raw, count=lines).astype(bool)
