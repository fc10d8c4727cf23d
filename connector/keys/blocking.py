"""A key that may be compromised is blocked at once, by one person; to take it back takes two (security C8)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connector.keys.naming import find, find_stoppable
from connector.keys.record import record
from connector.ledger import people
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.steps.parts import problem
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED, Entry
from transports.sealing.keyring.lasting_keys import AUDIT
from transports.sealing.refusals import refusal

MAY_STOP = (
    people.Role.KEY_OFFICER,
    people.Role.ADMINISTRATOR,
    people.Role.MANAGER,
    people.Role.OPERATOR,
    people.Role.APPROVER,
)


def block(tx: Tx, ring: KeyRing, said: str, *, reason: str, by: str, now: datetime) -> Entry:
    """Block a key: it signs, seals, opens and proves nothing from now on, in whatever opens the ring again, by any certificate of it.

    Raises NotAllowed, LedgerError key-unknown, key-ambiguous, key-of-the-ring, reason-missing; UnknownKey for a destroyed one.
    """
    user = people.require(tx, by, *MAY_STOP)
    if not reason.strip():
        raise LedgerError("a block needs a reason", "封锁密钥须写明理由", code="reason-missing")
    entry = find_stoppable(ring, said)
    ring.set_state(entry.id, BLOCKED)
    for each in ring.sharing(entry.id):
        record(tx, "key.block", each, who=by, centre=user.centre, now=now, reason=reason.strip())
    return find(ring, entry.id)


def unsigned(ring: KeyRing, now: datetime) -> Iterator[dict[str, Any]]:
    """As ``status`` tells it: the audit's key is blocked and not renewed yet, so that nobody signs the chain."""
    entry = ring.newest(AUDIT)
    if entry.state == BLOCKED:
        facts = {"kind": "our-key", "about": [entry.alias], "of": "", "id": entry.id, "alarm": True}
        why = refusal("audit-key-blocked")
        yield {**facts, "ends_at": now.isoformat(), "days_left": 0, "level": 0, **problem(why.code, why.zh, why.en)}
