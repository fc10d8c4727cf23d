"""A sealed parcel that persons carry themselves: its very bytes, taken out under its own name, and on record who took it.

That it reached the bank is said afterwards by two persons (connector/deciding/acts.py, ``resolve-batch``, by-hand).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from connector.deciding.acts import open_batch
from connector.ledger import audit, people
from connector.ledger.rows import AnyRow
from connector.parts import Parts


def take_out(parts: Parts, institution: str, number: str, folder: Path, *, by: str, now: datetime) -> AnyRow:
    """Write the parcel of a batch that may still be sent into ``folder``; the batch. Nothing there is overwritten.

    Raises NotAllowed, LedgerError (batch-not-open), ObjectError where the parcel is lost or rotten, and OSError of the folder.
    """
    with parts.ledger.read() as tx:
        people.require(tx, by, "operator", "manager")
        row = open_batch(tx, institution, number, "by-hand")
    path = folder / row.parcel_name
    with path.open("xb") as file, _taken_back(path):
        with parts.ledger.begin() as tx:  # on record before a byte is there; a slow or hung stick holds up no other writer
            open_batch(tx, institution, number, "by-hand")
            detail = {"parcel": row.parcel_name, "digest": row.parcel_digest}
            audit.of_batch(tx, row, at=now, who=by, what="parcel-taken-out", detail=detail)
        for block in parts.objects.get(row.parcel_digest):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return row


@contextmanager
def _taken_back(path: Path) -> Iterator[None]:
    """What could not be written whole does not lie there."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
