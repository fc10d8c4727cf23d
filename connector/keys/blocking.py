"""A key that may be compromised is blocked at once, by one person; to take it back takes two (security C8)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connector.keys import deciding, standing, words
from connector.keys.naming import digits_of, find, find_stoppable
from connector.keys.newer import FindNewer
from connector.keys.record import record
from connector.keys.renewing import RENEW
from connector.ledger import people
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.parts import problem
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED, Entry
from transports.sealing.keyring.kept import keys_in, read_certificate
from transports.sealing.keyring.lasting_keys import AUDIT
from transports.sealing.refusals import refusal

MAY_STOP = (
    people.Role.KEY_OFFICER,
    people.Role.ADMINISTRATOR,
    people.Role.MANAGER,
    people.Role.OPERATOR,
    people.Role.APPROVER,
)
_OVERTAKEN = deciding.ACTS - {RENEW}  # a renewal is what a blocked key of the audit is in need of


def block(tx: Tx, ring: KeyRing, said: str, *, reason: str, by: str, now: datetime, newer: FindNewer = lambda _: {}) -> Entry:
    """Block a key: it signs, seals, opens and proves nothing from now on, in whatever opens the ring again, by any certificate of it.

    ``newer``: where a certificate the ring does not know may lie and be believed. Raises NotAllowed, LedgerError key-unknown,
    key-ambiguous, key-of-the-ring, reason-missing; UnknownKey key-missing for a destroyed one.
    """
    user = people.require(tx, by, *MAY_STOP, anywhere=True)
    if not reason.strip():
        raise LedgerError("a block needs a reason", "封锁密钥须写明理由", code="reason-missing")
    standing.hold(tx, ring)
    entry = _stopped(ring, said, newer)
    _overtake(tx, ring, entry, by, now)
    for each in ring.sharing(entry.id):
        record(tx, "key.block", each, who=by, centre=user.centre, now=now, reason=reason.strip())
    return find(ring, entry.id)


def _overtake(tx: Tx, ring: KeyRing, entry: Entry, by: str, now: datetime) -> None:
    """Whoever asked something of the key before its block did not know of it: their requests are returned, to be asked anew."""
    ids = {each.id for each in ring.sharing(entry.id)}
    keys = keys_in(ring.certificate_of(entry)) if entry.dated else frozenset()
    for row in people.waiting(tx):
        about = row.subject.get("certificate")
        if row.act in _OVERTAKEN and (
            row.subject.get("key") in ids or (about and keys & keys_in(read_certificate(about.encode())))
        ):
            people.close(tx, row, at=now, by=by, because=f"key.block {entry.id}")


def _stopped(ring: KeyRing, said: str, newer: FindNewer) -> Entry:
    """The key the ring knows by this word, blocked; or the one newer certificate that only a CA's folder holds."""
    try:
        entry = find_stoppable(ring, said)
    except LedgerError as unknown:
        found = newer(digits_of(said)) if unknown.code == words.UNKNOWN[0] else {}
        if not found:
            raise
        if len(found) > 1:
            listed = ", ".join(f"{each.fingerprint} ({alias})" for each, alias in found.items())
            raise words.say(words.SEVERAL, said=said, found=listed) from None
        [(certificate, alias)] = found.items()
        return ring.block_newer(alias, certificate)
    ring.set_state(entry.id, BLOCKED)
    return entry


def unsigned(ring: KeyRing, now: datetime) -> Iterator[dict[str, Any]]:
    """As ``status`` tells it: the audit's key is stopped and not renewed yet, so that nobody signs the chain."""
    entry = ring.newest(AUDIT)
    if entry.state != ACTIVE:
        facts = {"kind": "our-key", "about": [entry.alias], "of": "", "id": entry.id, "alarm": True}
        why = refusal("audit-key-blocked")
        yield {**facts, "ends_at": now.isoformat(), "days_left": 0, "level": 0, **problem(why.code, why.zh, why.en)}
