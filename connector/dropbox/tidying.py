"""What must not outlive its purpose in the boxes: copies of parcels that were erased, and uploads nobody will submit any more."""

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from connector.dropbox.batches import CLOSED, is_answered
from connector.dropbox.box import DONE, IN, OUT, UPLOADS
from connector.ledger import rosters
from connector.lifecycle import State
from connector.parts import Parts
from transports import shelf


def forget(deployment: Path, digests: Collection[str]) -> None:
    """Remove what holds the bytes of erased parcels (SHA-256, hex) in any box or landing. May be repeated."""
    for folder in _folders(deployment):
        for path in folder.iterdir():
            if path.is_file() and not path.is_symlink() and shelf.digest(path) in digests:
                path.unlink(missing_ok=True)


def drop_uploads(parts: Parts, cutoff: str) -> int:
    """Remove uploads of batches that take no answer any more, or were sealed before the month ``cutoff`` (yyyy-MM); how many."""
    dropped = 0
    for folder in sorted((parts.folder / "dropbox").glob(f"*/{UPLOADS}/*")):
        if folder.name.isascii() and folder.name.isdigit() and _is_over(parts, int(folder.name), cutoff):
            shutil.rmtree(folder, ignore_errors=True)
            dropped += 1
    return dropped


def _is_over(parts: Parts, batch: int, cutoff: str) -> bool:
    with parts.ledger.read() as tx:
        row = rosters.find_batch(tx, batch)
    return State(row.state) in CLOSED or is_answered(row) or str(row.sealed_at)[:7] < cutoff


def _folders(deployment: Path) -> Iterator[Path]:
    for name in (OUT, IN, DONE):
        yield from (deployment / "dropbox").glob(f"*/{name}")
    yield from (deployment / "call-backs").glob(f"*/{IN}")
