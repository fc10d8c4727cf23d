"""Keys come, stop, return and end by two persons: one asks, another agrees, and only then the ring is changed (security C3).

What is agreed is carried out inside the ledger's transaction, so that no key comes without its record. A crash between the ring and
the commit leaves the request waiting; agreeing once more finds what was done and does not do it twice (arriving).
"""

import dataclasses
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any

from connector.keys import arriving, renewing, words
from connector.keys.keepers import KEEPERS, keeper
from connector.keys.naming import find, find_dated, find_stoppable
from connector.keys.record import record
from connector.keys.renewing import RENEW
from connector.ledger import people
from connector.ledger.rows import AnyRow, Tx
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.entries import RING, expect_usable, usable_alias
from transports.sealing.keyring.index import ACTIVE, BLOCKED, DESTROYED, RETIRED, Entry
from transports.sealing.keyring.kept import compared, read_certificate

NEW, IMPORT, RETIRE, RESTORE, DESTROY = "key-new", "key-import", "key-retire", "key-restore", "key-destroy"
IMPORT_OWN, CERTIFY = "key-import-own", "key-certify"
Subject = Mapping[str, Any]

# What a key must be for it to be asked; a key in use is never destroyed at once.
_FROM: Mapping[str, frozenset[str]] = {
    RETIRE: frozenset({ACTIVE}),
    RESTORE: frozenset({RETIRED, BLOCKED}),
    DESTROY: frozenset({RETIRED, BLOCKED}),
}
_TO: Mapping[str, str] = {RETIRE: RETIRED, RESTORE: ACTIVE, DESTROY: DESTROYED}


# ---------------------------------------------------------------- asking
@dataclasses.dataclass(frozen=True)
class Wanted:
    """A key of ours, valid ``days`` from ``begins`` (none: from when it is asked for).

    One that begins later can be handed over before: the peer has it on the day it is first used (security C6).
    """

    alias: str
    use: str
    kind: str
    days: int
    begins: datetime | None = None
    home: str = RING


def ask_new(tx: Tx, wanted: Wanted, *, reason: str, by: str, now: datetime) -> int:
    """Ask for a key of ours; the number of the request. Raises NotAllowed, UnknownKey, LedgerError first-day-past, reason-missing."""
    people.require(tx, by, *KEEPERS, anywhere=True)
    expect_usable(wanted.alias, wanted.use, wanted.kind, wanted.days, wanted.home)
    subject: dict[str, Any] = {name: getattr(wanted, name) for name in ("alias", "use", "kind", "days")}
    if wanted.home != RING:
        subject["home"] = wanted.home
    subject |= first_day(wanted.begins, now)
    return people.ask(tx, at=now, act=NEW, subject=subject, reason=reason, by=by)


def first_day(begins: datetime | None, now: datetime) -> dict[str, str]:
    """What a request says of a later first day, in the zone it was said in: a person reads its day. Raises LedgerError first-day-past."""
    if begins is not None and begins.date() < now.astimezone(begins.tzinfo).date():
        raise words.say(words.FIRST_DAY_PAST, said=str(begins.date()))
    return {"begins": begins.isoformat()} if begins is not None and begins > now else {}


@dataclasses.dataclass(frozen=True)
class Brought:
    """A bank's certificate (X.509 or OpenPGP) as it came, with what its letter says: fingerprint, number of the returned slip (C4)."""

    alias: str
    content: bytes
    fingerprint: str
    evidence: str


def ask_import(tx: Tx, ring: KeyRing, brought: Brought, *, by: str, now: datetime) -> int:
    """Ask that a bank's certificate is kept; the number of the request.

    Raises NotAllowed, UnknownKey (key-unreadable, key-unsuitable, key-known, alias-unusable), LedgerError (fingerprint-differs,
    fingerprint-of-key, letter-missing, key-state).
    """
    keeper(tx, ring, by)
    certificate, evidence = read_certificate(brought.content), brought.evidence.strip()
    wanted = "".join(brought.fingerprint.replace(":", "").split()).lower()
    if not wanted or not evidence:
        raise words.say(words.NO_LETTER)
    if wanted not in compared(brought.content):
        raise words.say(words.KEY_ALONE if wanted == certificate.fingerprint else words.DIFFERS)
    arriving.without_letter(ring, usable_alias(brought.alias), certificate)
    subject = {"alias": brought.alias, "fingerprint": wanted, "evidence": evidence, "certificate": certificate.pem.decode()}
    subject["use"] = certificate.use
    return people.ask(tx, at=now, act=IMPORT, subject=subject, reason=f"letter {evidence}", by=by)


@dataclasses.dataclass(frozen=True)
class BroughtOwn:
    """An encryption key of ours that a CA made: its certificate, SM2EnvelopedKey, the alias of our signing key it is sealed to."""

    alias: str
    content: bytes
    enveloped: bytes = dataclasses.field(repr=False)
    signing: str


def take_own(tx: Tx, ring: KeyRing, brought: BroughtOwn, *, by: str, second: str, now: datetime) -> Entry:
    """Take it in with both persons present: a request that waited would keep a sealed private key in the ledger for ever.

    Raises NotAllowed, UnknownKey as ``KeyRing.import_own`` does, LedgerError key-state.
    """
    keeper(tx, ring, by)
    certificate = Certificate.read(brought.content)
    subject = {"alias": brought.alias, "fingerprint": certificate.fingerprint, "signing": brought.signing}
    request = people.ask(tx, at=now, act=IMPORT_OWN, subject=subject, reason=f"sealed to {brought.signing}", by=by)
    row = people.decide(tx, request, at=now, by=second, agree=True)
    known = arriving.kept(ring, brought.alias, certificate)
    left = known and arriving.cut_short(tx, known)
    wanted = brought.alias, brought.content, brought.enveloped, brought.signing
    entry = ring.import_own(*wanted, approval=arriving.approval_of(row), left=left)
    record(tx, "key.import-own", entry, who=second, centre=row.centre, now=now, asked_by=by, approval=request)
    return entry


def ask_change(tx: Tx, ring: KeyRing, act: str, said: str, *, reason: str, by: str, now: datetime) -> int:
    """Ask that a key is retired, restored or destroyed. Raises NotAllowed, LedgerError key-unknown, key-ambiguous, key-state."""
    keeper(tx, ring, by)
    entry = find_stoppable(ring, said) if act == RESTORE else find_dated(ring, said)
    _expect(entry, _FROM[act])
    subject = {"key": entry.id, "alias": entry.alias, "state": entry.state}
    return people.ask(tx, at=now, act=act, subject=subject, reason=reason, by=by)


def _expect(entry: Entry, states: Container[str]) -> None:
    """Raises LedgerError key-state."""
    if entry.state not in states:
        raise words.say(words.NOT_SO, said=f"{entry.alias} ({entry.id})", state=entry.state)


# ---------------------------------------------------------------- carrying out
def carry_out(tx: Tx, ring: KeyRing, row: AnyRow, by: str, now: datetime) -> Entry:
    """Do what two persons agreed, and record it with both their names; the key as it now stands.

    Raises NotAllowed (who asked may not ask any more), LedgerError key-state, key-renewed, UnknownKey.
    """
    keeper(tx, ring, row.asked_by)
    entry = renewing.renew(tx, ring, row) if row.act == RENEW else _CARRY_OUT[row.act](ring, row)
    agreed = {"asked_by": row.asked_by, "approval": row.id}
    agreed |= renewing.told(row) if row.act == RENEW else {}
    record(tx, row.act.replace("key-", "key."), entry, who=by, centre=row.centre, now=now, **agreed)
    return entry


def concerned(ring: KeyRing, row: AnyRow) -> Entry:
    """The key an act that was carried out is about; nothing is changed. Raises LedgerError key-unknown."""
    if row.act == RENEW:
        return renewing.renewed(ring, row)
    return arriving.brought_by(ring, row) or find(ring, row.subject.get("key", row.subject["alias"]))


def _change(ring: KeyRing, row: AnyRow) -> Entry:
    """Two persons agreed about a key in the state it had: one that was stopped or taken back meanwhile stays as it is.

    It may have the new state already, by a carrying out that was cut short. Raises LedgerError key-state.
    """
    wanted, key = _TO[row.act], row.subject["key"]
    entry = find(ring, key)
    _expect(entry, (row.subject.get("state"), wanted))  # an earlier edition noted no state: such a request is returned
    if wanted == DESTROYED:
        ring.destroy(key)
    else:
        ring.set_state(key, wanted, was=entry.state)
    return find(ring, key)


_CARRY_OUT: Mapping[str, Callable[[KeyRing, AnyRow], Entry]] = {
    NEW: arriving.make,
    IMPORT: arriving.take_in,
    CERTIFY: arriving.certify,
    **dict.fromkeys(_FROM, _change),
}
ACTS = frozenset({*_CARRY_OUT, RENEW})
