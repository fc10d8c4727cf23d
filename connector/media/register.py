"""The register's rules: which medium is meant, how it stands, who may act on it, and whether its chain of hands is whole."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bank_profiles.language.channel import Media
from bank_profiles.language.profile import Profile
from connector.bank import Bank
from connector.ledger import audit, media, people
from connector.ledger.rows import AnyRow, Tx
from connector.media import remarks, words
from connector.media.agreed import channel_of
from connector.moments import moment, parse
from connector.parts import Parts
from transports.media import words as volume_words

BACK_WITHIN = timedelta(days=7)  # a medium is back or destroyed by then, where no other day is said
CARRIED_WITHIN = timedelta(days=3)  # the longest way between two hands; more is a gap in the chain
_SEAL = re.compile(r"[0-9A-Za-z-]{1,64}")
_CODE = re.compile(r"CX1:(\d{1,9}):([0-9A-F]{64}):([0-9A-F]{8})")


# ---------------------------------------------------------------- which medium
def agreed(bank: Bank, day: date) -> tuple[Profile, Media]:
    """The profile of the day and what it says of media. Raises Refused media-not-agreed."""
    profile = bank.profile_on(day)
    return profile, channel_of(profile)


def find(tx: Tx, named: str) -> AnyRow:
    """By number, by label, or by the code scanned from a slip. Raises Refused media-unknown (M901)."""
    scanned = _CODE.fullmatch(named.strip())
    if scanned:
        row = media.find(tx, int(scanned[1]))
        if row is not None and code_of(row) == named.strip():
            return row
    elif named.isdigit() and len(named) < 10 and (row := media.find(tx, int(named))) is not None:
        return row
    elif len(found := media.labelled(tx, named)) == 1:
        return found[0]
    raise volume_words.refused(volume_words.UNKNOWN)


def known(tx: Tx, key: int) -> AnyRow:
    """A medium of the register as it stands now. Raises Refused media-unknown."""
    row = media.find(tx, key)
    if row is None:
        raise volume_words.refused(volume_words.UNKNOWN)
    return row


def code_of(row: AnyRow) -> str:
    """The code on the slip: the medium, its signed list, and a check part against a slip of another register."""
    body = f"CX1:{row.id}:{row.manifest_digest.upper()}"
    check = hashlib.sha256(f"{row.centre}/{row.institution}/{row.label}/{body}".encode()).hexdigest()[:8].upper()
    return f"{body}:{check}"


# ---------------------------------------------------------------- how it stands
def state(row: AnyRow, now: datetime | None) -> str:
    """Its state in the words of the product: what is overdue is said before what is true besides."""
    if is_overdue(row, now):
        return "overdue"
    return "imported" if row.state == "registered" and row.imported_at else str(row.state)


def is_overdue(row: AnyRow, now: datetime | None) -> bool:
    """Neither back nor destroyed by its day; nothing is where no time is given."""
    return bool(now and row.closed_at is None and row.due_at is not None and row.due_at < moment(now))


def alarms(tx: Tx, now: datetime | None) -> list[dict[str, Any]]:
    """For ``status``: media a person must look after, each with its code and what to do."""
    found = []
    for row in media.everything(tx, still_open=True):
        why = words.OVERDUE if is_overdue(row, now) else row.problem
        if why:
            found.append({"id": row.id, "label": row.label, "institution": row.institution, "state": state(row, now), **why})
    return found


def told(tx: Tx, row: AnyRow, now: datetime) -> dict[str, Any]:
    """A medium with its events and files, schema ``medium/1``; no person of a household is in it."""
    names = ("id", "institution", "direction", "label", "kind", "set_name", "volume", "volumes", "seal_number", "manifest_digest")
    times = ("bytes", "registered_at", "written_at", "imported_at", "due_at", "closed_at", "problem")
    happened = media.events(tx, row.id)
    events = [{name: getattr(each, name) for name in ("at", "what", "who", "second", "seal_number", "note")} for each in happened]
    files = [{name: getattr(each, name) for name in ("name", "size", "digest")} for each in media.files(tx, row.id)]
    batches = [each.number for each in media.batches_on(tx, row.id)]
    head = {name: getattr(row, name) for name in (*names, *times)}
    noted = remarks.known(happened)
    facts = {name: noted.get(name, "") for name in ("serial", "sm3")}
    return {"schema": "medium/1", **head, **facts, "state": state(row, now), "batches": batches, "files": files, "events": events}


# ---------------------------------------------------------------- who may act
def one(tx: Tx, by: str) -> None:
    """Raises NotAllowed for a person who is no user, or has no part in the centre's work."""
    people.require(tx, by, "operator", "manager")


def two(tx: Tx, by: str, second: str) -> None:
    """Two users of ours, different persons. Raises NotAllowed second-person-missing, user-unknown, role-missing."""
    if not second or by.casefold() == second.casefold():
        raise words.one_person()
    first = people.require(tx, by, "operator", "manager")
    other = people.require(tx, second, "operator", "manager", "approver")
    if first.centre != other.centre:
        raise words.one_person()


def seal_number(text: str) -> str:
    """As it stands on the seal. Raises Refused media-seal-missing."""
    if not _SEAL.fullmatch(text):
        raise words.say(words.SEAL_NUMBER)
    return text


# ---------------------------------------------------------------- what happened
def note(
    tx: Tx,
    parts: Parts,
    row: AnyRow,
    what: str,
    *,
    now: datetime,
    who: str,
    second: str = "",
    at: datetime | None = None,
    seal: str = "",
    said: str = "",
) -> None:
    """Append an event, and its record in the audit with the same words. Raises Refused media-time for a time that cannot be."""
    happened = at or now
    before = media.events(tx, row.id)
    if happened > now or (before and happened < parse(before[-1].at)):
        raise words.say(words.WRONG_TIME)
    media.note(tx, row.id, what, at=happened, now=now, who=who, second=second, seal_number=seal, note=said)
    detail = {"institution": row.institution, "label": row.label, "second": second, "seal": seal, "note": said}
    audit.record(tx, at=now, who=who, what=f"medium-{what}", centre=parts.centre, subject=f"medium {row.id}", detail=detail)


def expect_custody(tx: Tx, row: AnyRow) -> None:
    """Every hand known, every time in order, no way longer than it may be, since two persons released it last. Raises Refused
    media-custody."""
    users = {user.name: user.retired_at for user in people.everyone(tx)}
    last: datetime | None = None
    received = False
    for event in _since_release(media.events(tx, row.id)):
        at = parse(event.at)
        known = all(
            name in users and (users[name] is None or users[name] >= event.at) for name in (event.who, event.second) if name
        )
        gap = event.what == "received" and last is not None and at - last > CARRIED_WITHIN
        if not known or (last is not None and at < last) or gap:
            raise words.say(words.CUSTODY)
        received = received or (event.what in ("received", "released") and bool(event.second))
        last = at
    if not received:
        raise words.say(words.CUSTODY)


def _since_release(events: Sequence[AnyRow]) -> Sequence[AnyRow]:
    """From the hands that released it last; from the first event where nobody had to."""
    starts = [place for place, event in enumerate(events) if event.what == "released"]
    return events[starts[-1] if starts else 0 :]
