"""Aid ended, a check failed, a person died: the papers end the same day, what was not sent stops at once, what was sent is marked.

Domain rules 3, 4, 9. The steps hold back every line whose paper is over; here is said which papers, and what that reaches.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from connector.authorization import State
from connector.deciding.stopping import stop_people
from connector.ledger import audit, authorizations, registers, rosters
from connector.ledger.rows import Tx
from connector.parts import Parts


@dataclass(frozen=True)
class Ended:
    """What ended: papers, households that were not asked yet, lines that never go, lines that had gone and are marked."""

    papers: int = 0
    waiting: int = 0  # households without a place in a roster
    unsent: int = 0
    marked: int = 0


def end(parts: Parts, tx: Tx, papers: Collection[int], *, why: str, reason: str, by: str, now: datetime) -> Ended:
    """End papers in force, in the caller's transaction. ``why``: withdrawn or died (connector/ledger/stops.py); ``reason``: in words.

    Raises AuthorizationError where one of them is over already.
    """
    if not papers:
        return Ended()
    people = registers.members_under(tx, papers)
    authorizations.move(tx, parts.centre, papers, State.ENDED, now=now, who=by, why=reason)
    waiting = {row.inquiry for row in people if row.gathered_at is None}
    rosters.withdraw(tx, waiting, now)
    if waiting:
        detail = {"inquiries": authorizations.as_ranges(waiting), "why": why}
        audit.record(tx, at=now, who=by, what="inquiries-withdrawn", centre=parts.centre, subject="register", detail=detail)
    lines = stop_people(parts, tx, [row.id for row in people if row.gathered_at is not None], why, by, now)
    return Ended(len(papers), len(waiting), lines.unsent, lines.marked)
