"""Which lines of a roster may not go any more, and why: a paper is over, or the person was stopped (domain rule 9). And parcels that a
person called back.
"""

from datetime import datetime
from typing import Any

from connector import decided
from connector.ledger import audit, authorizations, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.parts import LINE_RECALLED, STOPPED, WITHDRAWN, Parts


def not_going(tx: Tx, roster: int, first: int = 0, lines: int | None = None) -> dict[int, dict[str, Any]]:
    """Position of a roster (or of a range of it) → {code, zh, en} of why it may not be asked."""
    persons = stops.stopped_positions(tx, roster, first, lines)
    over = authorizations.not_askable_positions(tx, roster, first, lines)
    return {position: STOPPED[persons[position]] if position in persons else WITHDRAWN for position in over}


def called_back(parts: Parts, row: AnyRow, now: datetime) -> bool:
    """Did a person want this parcel back, and is it ours again? Then it goes no more."""
    with parts.ledger.read() as tx:
        wanted = stops.wanted_back(tx, row.id)
        if wanted is None or rosters.may_have_arrived(tx, row.id):
            return False
    with parts.ledger.begin() as tx:
        if rosters.find_batch(tx, row.id).state == State.SEALED:  # else a person moved it meanwhile
            call_back(tx, row, lines_too=wanted.lines_too, by=wanted.asked_by, now=now)
    return True


def call_back(tx: Tx, row: AnyRow, *, lines_too: bool, by: str, now: datetime) -> None:
    """A parcel that certainly never arrived is RECALLED; its lines are free for the next cut, or never go (``lines_too``)."""
    rosters.move(tx, row.id, Move.RECALL, now, problem=decided.RECALLED, retry_at=None)
    if lines_too:
        free = rosters.free_positions(tx, row.roster, row.institution)
        mine = [at for at in free if row.first <= at < row.first + row.lines]
        rosters.note_unasked(tx, row.roster, row.institution, dict.fromkeys(mine, LINE_RECALLED), now)
    audit.of_batch(tx, row, at=now, who=by, what="batch-recalled", detail={"lines": row.lines, "lines_too": lines_too})
