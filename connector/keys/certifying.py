"""A CA's certificate for a key we hold: what it is asked with (PKCS #10), and its certificate taken in by two persons.

The key stays where it is; its new certificate stands beside the one it had, and is used from its first day on, or from a later one
that leaves time for the letter to the banks.
"""

from datetime import datetime
from typing import Any

from connector.keys.arriving import kept
from connector.keys.deciding import CERTIFY, first_day
from connector.keys.keepers import keeper
from connector.keys.naming import find_to_hand
from connector.keys.record import record
from connector.ledger import people
from connector.ledger.rows import Tx
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import Entry
from transports.sealing.refusals import refusal


def request(tx: Tx, ring: KeyRing, said: str, subject: str, kind: str, *, by: str, now: datetime) -> tuple[Entry, bytes]:
    """The key that ``said`` (and ``kind``) names as for a letter, and the request for it as PEM; on record, for our key signs it.

    ``subject``: empty for CN=its alias. Raises NotAllowed, LedgerError as ``find_to_hand``, UnknownKey as ``KeyRing.request`` does.
    """
    user = keeper(tx, ring, by)
    entry = find_to_hand(ring, said, kind)
    subject = subject or f"CN={entry.alias}"
    asked = ring.request(entry, subject)
    record(tx, "key.request", entry, who=by, centre=user.centre, now=now, subject=subject)
    return entry, asked


def ask(
    tx: Tx, ring: KeyRing, alias: str, content: bytes, begins: datetime | None, *, reason: str, by: str, now: datetime
) -> int:
    """Ask that a CA's certificate of a key of ours is kept; the number of the request.

    Raises NotAllowed, UnknownKey key-unreadable, key-not-requested, key-use-differs, key-known, LedgerError first-day-past.
    """
    keeper(tx, ring, by)
    certificate = Certificate.read(content)
    ring.requested_by(alias, certificate)
    if kept(ring, alias, certificate) is not None:
        raise refusal("key-known")
    subject: dict[str, Any] = {"alias": alias, "fingerprint": certificate.fingerprint, "certificate": certificate.pem.decode()}
    return people.ask(tx, at=now, act=CERTIFY, subject=subject | first_day(begins, now), reason=reason, by=by)
