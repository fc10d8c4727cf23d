"""A medium held for two persons: its seal or its chain of hands is broken, or it carries a virus. It is not read until they release it.

One asks, naming the seal number that holds from then on; another agrees (connector approve). Refusing, giving back and destroying it need
no release.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.ledger import media, people
from connector.ledger.rows import AnyRow, Tx
from connector.media import register, words
from connector.media.refusals import on_record
from connector.parts import Parts

RELEASE = "release-medium"
CAUSES = frozenset(each[0] for each in (words.SEAL_BROKEN, words.CUSTODY, words.INFECTED))


def is_held(row: AnyRow) -> bool:
    """Does it wait for two persons?"""
    return row.closed_at is None and row.problem is not None and row.problem["code"] in CAUSES


@on_record("release")
def ask_release(parts: Parts, row: AnyRow, *, seal: str, reason: str, by: str, now: datetime) -> int:
    """Ask that a held medium may be read, under this seal number; the number of the request, which another person agrees."""
    with parts.ledger.begin() as tx:
        register.one(tx, by)
        row = _held(tx, row.id)
        subject = {"medium": row.id, "label": row.label, "institution": row.institution, "seal": register.seal_number(seal)}
        return people.ask(tx, at=now, act=RELEASE, subject=subject, reason=reason, by=by)


def release(tx: Tx, subject: Mapping[str, Any], now: datetime) -> None:
    """Carry out what two persons agreed: the chain of hands begins anew from them."""
    row = _held(tx, subject["medium"])
    agreed = people.agreed(tx, RELEASE, subject)
    media.change(tx, row.id, problem=None, seal_number=subject["seal"])
    hands = {"who": agreed.asked_by, "second": agreed.decided_by, "seal_number": subject["seal"]}
    media.note(tx, row.id, "released", at=now, now=now, note=f"approval {agreed.id}: {agreed.reason}", **hands)


def _held(tx: Tx, key: int) -> AnyRow:
    row = media.find(tx, key)
    if row is None or not is_held(row):
        raise words.say(words.NOT_HELD)
    return row
