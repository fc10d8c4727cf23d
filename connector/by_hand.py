"""A sealed parcel that persons carry themselves: its very bytes, taken out under its own name, and on record who took it.

That it reached the bank is said afterwards by two persons (connector/acts.py, ``resolve-batch``, by-hand).
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from connector.acts import open_batch
from connector.ledger import audit, people
from connector.ledger.rows import AnyRow
from connector.steps.parts import Parts


def take_out(parts: Parts, institution: str, number: str, folder: Path, *, by: str, now: datetime) -> AnyRow:
    """Write the parcel of a batch that may still be sent into ``folder``; the batch. Nothing there is overwritten.

    Raises NotAllowed, LedgerError (batch-not-open), ObjectError where the parcel is lost or rotten, and OSError of the folder.
    """
    with parts.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        row = open_batch(tx, institution, number, "by-hand")
        said = {"institution": institution, "number": number, "parcel": row.parcel_name, "digest": row.parcel_digest}
        audit.record(tx, at=now, who=by, what="parcel-taken-out", centre=parts.centre, subject=f"batch {row.id}", detail=said)
        _write(parts, row, folder / row.parcel_name)  # undone with the record where it fails
    return row


def _write(parts: Parts, row: AnyRow, path: Path) -> None:
    file = path.open("xb")
    try:
        with file:
            for block in parts.objects.get(row.parcel_digest):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
