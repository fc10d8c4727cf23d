"""What two persons agreed comes into the ring once: the entry bears the number and the moment of their request.

A crash between the ring and the commit leaves the request waiting; agreed once more, what it left is known by that and by nothing
else. Alias, kind and dates do not tell the keys of two requests apart, and an entry of another request is never taken for this one's.
"""

from datetime import UTC

from connector.keys import words
from connector.ledger import people
from connector.ledger.rows import AnyRow, Tx
from connector.moments import parse
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.entries import RING
from transports.sealing.keyring.index import ACTIVE, Entry
from transports.sealing.keyring.kept import Kept, digest, read_certificate
from transports.sealing.refusals import refusal


def approval_of(row: AnyRow) -> str:
    """One request among all there ever were: a ledger restored from a backup gives the same number again, at another moment."""
    return f"{row.id}@{row.asked_at}"


def brought_by(ring: KeyRing, row: AnyRow) -> Entry | None:
    """What this request brought; none where it was not carried out."""
    said = approval_of(row), row.subject["alias"]
    return next((each for each in ring.list() if (each.approval, each.alias) == said), None)


def make(ring: KeyRing, row: AnyRow) -> Entry:
    """A key of ours, valid to the second for as long from its beginning. Raises LedgerError key-state, UnknownKey key-store-…"""
    said = row.subject
    begin = parse(said.get("begins") or row.asked_at).astimezone(UTC).replace(microsecond=0)
    wanted = said["alias"], said["use"], said["kind"], said["days"], begin, said.get("home", RING)
    return _left(ring, row) or ring.new(*wanted, approval=approval_of(row))


def take_in(ring: KeyRing, row: AnyRow) -> Entry:
    """A bank's certificate with its letter. Raises LedgerError key-state, UnknownKey key-known."""
    left, said = _left(ring, row), row.subject
    if left is not None:
        return left
    text, evidence, approval = said["certificate"].encode(), said["evidence"], approval_of(row)
    lying = without_letter(ring, said["alias"], read_certificate(text))
    if lying is not None:
        return ring.set_evidence(lying, evidence, approval=approval)
    return ring.import_certificate(said["alias"], text, evidence=evidence, approval=approval)


def certify(ring: KeyRing, row: AnyRow) -> Entry:
    """A CA's certificate of a key of ours. Raises LedgerError key-state, UnknownKey key-known, key-not-requested."""
    said = row.subject
    begins = parse(said["begins"]) if "begins" in said else None
    return _left(ring, row) or ring.certify(said["alias"], said["certificate"].encode(), begins, approval=approval_of(row))


def without_letter(ring: KeyRing, alias: str, certificate: Kept) -> Entry | None:
    """A bank's certificate that lies under the alias without its letter; none where nothing does.

    Raises UnknownKey key-known for any other of these bytes, LedgerError key-state for one that was stopped.
    """
    found = kept(ring, alias, certificate)
    if found is not None and (found.own or found.evidence):
        raise refusal("key-known")
    return found and _in_use(found)


def cut_short(tx: Tx, entry: Entry) -> Entry:
    """The entry, if an act of two who were present left it: their request went with the transaction, so that no ledger knows it.

    Raises UnknownKey key-known, LedgerError key-state.
    """
    number = entry.approval.partition("@")[0]
    row = people.request(tx, int(number)) if number else None
    if not (entry.own and number) or (row is not None and approval_of(row) == entry.approval):
        raise refusal("key-known")
    return _in_use(entry)


def kept(ring: KeyRing, alias: str, certificate: Kept) -> Entry | None:
    """The entry of a certificate that lies under the alias already."""
    return next((each for each in ring.list() if each.alias == alias and each.is_of(digest(certificate))), None)


def _left(ring: KeyRing, row: AnyRow) -> Entry | None:
    """What this very request left when it was cut short. What was blocked or retired since is no key to be handed over."""
    found = brought_by(ring, row)
    return found and _in_use(found)


def _in_use(entry: Entry) -> Entry:
    if entry.state != ACTIVE:
        raise words.say(words.NOT_SO, said=f"{entry.alias} ({entry.id})", state=entry.state)
    return entry
