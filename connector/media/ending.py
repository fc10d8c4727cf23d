"""The end of a medium: given back, refused, or destroyed with a certificate. None of it is done by one person alone.

Destruction cannot be taken back, so it is asked for by one and agreed by another (security D14); the others name both hands at once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.ledger import media, people, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.media import outward, register, words
from connector.media.refusals import on_record
from connector.moments import moment
from connector.parts import Parts, problem

DESTROY = "destroy-medium"
METHODS = {
    "shred": ("粉碎", "shredded"),
    "degauss": ("消磁", "degaussed"),
    "wipe": ("多次覆写", "overwritten"),
    "burn": ("焚毁", "burnt"),
}


@on_record("return")
def give_back(parts: Parts, row: AnyRow, *, by: str, second: str, now: datetime, unread: bool = False, said: str = "") -> None:
    """The medium came back to us, or went back to its bank. ``unread``: the bank did not read it, so its batches wait for persons."""
    with parts.ledger.begin() as tx:
        register.two(tx, by, second)
        row = _still_open(tx, row.id)
        _release(tx, row, "media-returned-unread", now, lost=unread)
        media.change(tx, row.id, state="back", closed_at=moment(now))
        register.note(tx, parts, row, "returned", now=now, who=by, second=second, seal=row.seal_number, said=said)


@on_record("refuse")
def refuse(parts: Parts, row: AnyRow, *, reason: str, by: str, second: str, now: datetime) -> None:
    """The medium is missing, damaged or strange: it is not used, and still to be given back or destroyed."""
    with parts.ledger.begin() as tx:
        register.two(tx, by, second)
        row = _still_open(tx, row.id)
        _release(tx, row, "media-refused", now, lost=True)
        why = problem("media-refused", f"介质拒收：{reason}", f"the medium was refused: {reason}")
        media.change(tx, row.id, state="refused", problem=why)
        register.note(tx, parts, row, "refused", now=now, who=by, second=second, said=reason)


@on_record("destroy")
def ask_destroy(parts: Parts, row: AnyRow, *, method: str, reason: str, by: str, now: datetime) -> int:
    """Ask that a medium is destroyed; the number of the request, which another person agrees (connector approve)."""
    with parts.ledger.begin() as tx:
        register.one(tx, by)
        row = _still_open(tx, row.id)
        subject = {"medium": row.id, "label": row.label, "institution": row.institution, "method": method}
        return people.ask(tx, at=now, act=DESTROY, subject=subject, reason=reason, by=by)


def destroy(tx: Tx, subject: Mapping[str, Any], now: datetime) -> None:
    """Carry out what two persons agreed; an act of connector/deciding/acts.py, in the transaction of the second person's yes."""
    row = _still_open(tx, subject["medium"])
    agreed = people.agreed(tx, DESTROY, subject)
    _release(tx, row, "media-destroyed", now, lost=False)
    media.change(tx, row.id, state="destroyed", closed_at=moment(now))
    said = f"{subject['method']}; approval {agreed.id}: {agreed.reason}"
    media.note(tx, row.id, "destroyed", at=now, now=now, who=agreed.asked_by, second=agreed.decided_by, note=said)


def _release(tx: Tx, row: AnyRow, code: str, now: datetime, *, lost: bool) -> None:
    """What never left goes back to the queue; what the bank held and has not read is held for two persons."""
    if row.direction != "out":
        return
    outward.give_back(tx, row, code, now)
    if row.state == "out" and lost:
        for each in media.batches_on(tx, row.id):
            if each.state in (State.SENT, State.ACCEPTED):
                rosters.move(tx, each.id, Move.HOLD, now, problem=words.RETURNED_UNREAD)


def _still_open(tx: Tx, key: int) -> AnyRow:
    row = register.known(tx, key)
    if row.closed_at is not None:
        raise words.say(words.WRONG_STATE)
    return row
