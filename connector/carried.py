"""How far the journals of our carriers were taken in stands in the audit: a journal that is shorter or another later is seen against it."""

from datetime import datetime
from pathlib import Path

import orjson

from connector.ledger import audit
from connector.ledger.ledger import Ledger
from transports import shelf
from transports.relay import CARRIED
from transports.relay.book import head_of

WHO = "carrier"
_NOTED = "noted.json"  # beside the head: which line stands in the audit; after a crash one may stand there twice


def note_heads(ledger: Ledger, folder: Path, centre: str, now: datetime) -> None:
    """One record for each carrier whose journal grew since. A head that cannot be read is told where its lines are taken in."""
    for state in sorted((folder / CARRIED).glob("*/head.json")):
        head = head_of(state)
        if head is None or head.n == _noted(state.parent):
            continue
        with ledger.begin() as tx:
            detail = {"line": head.n, "digest": head.digest}
            subject = f"carrier {state.parent.name}"
            audit.record(tx, at=now, who=WHO, what="carrier-journal", centre=centre, subject=subject, detail=detail)
        shelf.write(state.parent / _NOTED, orjson.dumps({"n": head.n}))


def _noted(state: Path) -> int:
    raw = shelf.read_small(state / _NOTED, 4096)
    return int(orjson.loads(raw)["n"]) if raw else 0
