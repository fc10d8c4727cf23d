"""What the ledger's record says became of each key: a ring put back from a backup lifts no block, and no end (security C8).

The index of the ring tells of a key what it was when it was copied; the record went on. Where the record has a key stopped and the index
less so, the key counts as stopped and is told in ``status``, until one person blocks it, or two decide on it. One that was destroyed
and is there again counts as blocked.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connector.ledger import audit
from connector.ledger.rows import Tx
from connector.parts import problem
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED, DESTROYED, RETIRED
from transports.sealing.keyring.lasting_keys import AUDIT

_SAYS: Mapping[str, str] = {"key.block": BLOCKED, "key.retire": RETIRED, "key.restore": ACTIVE, "key.destroy": DESTROYED}


def hold(tx: Tx, ring: KeyRing) -> None:
    """Read the ring anew, held to the record. Raises BrokenRing."""
    ring.hold(_on_record(tx))


def _on_record(tx: Tx) -> Mapping[str, str]:
    """id of a key → the state it was put into last."""
    before = (row.detail for row in audit.of_kinds(tx, "key.renew"))
    renewed = {said["before"]: RETIRED for said in before if said.get("renewed") == AUDIT}
    return renewed | {row.detail["id"]: _SAYS[row.what] for row in audit.of_kinds(tx, *_SAYS)}


def told(ring: KeyRing, now: datetime) -> Iterator[dict[str, Any]]:
    """As ``status`` tells it: the keys that count as stopped because the ring is behind the record."""
    for entry in ring.list():
        if entry.id in ring.behind:
            facts = {"kind": "our-key" if entry.own else "certificate", "about": [entry.alias], "of": "", "id": entry.id}
            yield {**facts, "alarm": True, "ends_at": now.isoformat(), "days_left": 0, "level": 0, **_WORDED}


_WORDED = problem(
    "ring-behind",
    "台账记有该密钥已封锁、停用、销毁或更换，而密钥环（D/keys）中并非如此（可能由备份恢复），现按台账处理，密钥保持停用或封锁。"
    "请查明缘由，再次封锁（connector keys block），或由两人恢复、销毁（connector keys restore、destroy）",
    "the ledger has on record that this key was blocked, retired, destroyed or renewed, and the ring (D/keys) has not: it may have been"
    " put back from a backup. The record counts, the key stays stopped: find out why, then block it (connector keys block), or two"
    " persons take it back or destroy it (connector keys restore, destroy)",
)
