"""What lasts as long as the ring is renewed by two persons: the master key, the audit's key, the suite of the ring's own files.

Nothing ends with it: what stood under an older master key is wrapped anew and still opens, also from a backup of the ledger; an older
checkpoint is verified by the older key. Who holds a stolen master key and a ledger of that time reads that ledger: see docs/keys.md.
"""

from datetime import datetime
from typing import Any

from connector.keys import words
from connector.keys.arriving import approval_of
from connector.keys.keepers import keeper
from connector.ledger import data_keys, people
from connector.ledger.rows import AnyRow, Tx
from transports.sealing import at_rest
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import Entry
from transports.sealing.keyring.lasting_keys import MASTER, unwrapped

RENEW = "key-renew"
RING = "ring"  # beside master and audit: the ring's own files


def ask(tx: Tx, ring: KeyRing, what: str, suite: str, *, reason: str, by: str, now: datetime) -> int:
    """Ask that ``what`` (master, audit, ring) is renewed; the number of the request. ``suite``: of the ring from then on.

    Raises NotAllowed, LedgerError reason-missing.
    """
    keeper(tx, ring, by)
    subject: dict[str, Any] = {"alias": what, "key": suite} if what == RING else {"alias": what, "key": ring.newest(what).id}
    return people.ask(tx, at=now, act=RENEW, subject=subject, reason=reason, by=by)


def renew(tx: Tx, ring: KeyRing, row: AnyRow) -> Entry:
    """Do what two persons agreed; the key as it now stands (of the ring: its master key, sealed by the new suite). May be repeated.

    Raises LedgerError key-renewed where another request put a new key in its place meanwhile; UnknownKey audit-key-blocked.
    """
    what, said = row.subject["alias"], row.subject["key"]
    if what == RING:
        ring.change_suite(said)
        return ring.newest(MASTER)
    newest = ring.newest(what)
    if said != newest.id and newest.approval != approval_of(row):
        raise words.say(words.RENEWED, said=what)
    entry = ring.renew(what, said, approval=approval_of(row))
    if what == MASTER:
        _wrap_anew(tx, ring)
    return entry


def renewed(ring: KeyRing, row: AnyRow) -> Entry:
    """The key a renewal that was carried out is about."""
    return ring.newest(MASTER if row.subject["alias"] == RING else row.subject["alias"])


def told(row: AnyRow) -> dict[str, str]:
    """What its record says beside the key: what was renewed, and the key before, or the suite of the ring from then on."""
    what, said = row.subject["alias"], row.subject["key"]
    return {"renewed": what, ("suite" if what == RING else "before"): said}


def _wrap_anew(tx: Tx, ring: KeyRing) -> None:
    """Every living data key under the newest master key, by the suite that is its own; in the transaction of the renewal."""
    masters = ring.masters()
    for row in data_keys.living(tx):
        wrapped = at_rest.wrap(masters[0], unwrapped(masters, bytes(row.wrapped)), row.suite)
        data_keys.wrap_anew(tx, row.id, wrapped)
