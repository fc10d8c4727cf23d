"""Persons about whom nothing more is asked: a paper withdrawn or ended, a recipient who left the register, a death (domain rule 9).

What was not sent stops at once: it is never cut, a sealed parcel that holds it is called back and the other lines are cut anew, one that
lies with a carrier is asked back by the next dispatch. What was sent, or perhaps, is marked: what the bank still answers of it is kept
sealed, and reports say that the line was stopped. What was answered before stands as it was.
"""

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

import numpy as np

from connector.answers.missing import ASK_AGAIN
from connector.ledger import audit, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.parts import STOPPED
from reconciliation import vectors
from reconciliation.exchange import OUTCOME_CODE

_NOT_SENT = frozenset({State.SEALED, State.HELD})  # unless an attempt may have arrived
_AWAITED = [OUTCOME_CODE[word] for word in ASK_AGAIN]


class Centre(Protocol):
    """Whose persons they are; the joined parts of a deployment are one."""

    @property
    def centre(self) -> str:
        """Code of the centre."""


@dataclasses.dataclass(frozen=True)
class Stopped:
    """What came of it: persons stopped, lines that never go, lines marked, parcels called back (by number)."""

    persons: int = 0
    unsent: int = 0
    marked: int = 0
    recalled: tuple[str, ...] = ()


def stop_people(parts: Centre, tx: Tx, members: Collection[int], why: str, by: str, now: datetime) -> Stopped:
    """Stop these persons (member ids) wherever their lines stand, in the caller's transaction; may be repeated.

    ``why``: withdrawn or died (ledger/stops.py); ``by``: who says so. Those without a place yet get none (gather). Audited.
    """
    fresh = stops.stop_members(tx, members, why, by=by, now=now)
    done = stop_lines(tx, fresh, why, by=by, now=now)
    if fresh:
        detail = {
            "persons": len(fresh),
            "why": why,
            "unsent": done.unsent,
            "marked": done.marked,
            "recalled": list(done.recalled),
        }
        audit.record(
            tx, at=now, who=by, what="persons-stopped", centre=parts.centre, subject=f"{len(fresh)} members", detail=detail
        )
    return dataclasses.replace(done, persons=len(fresh))


def stop_lines(tx: Tx, members: Collection[int], why: str, *, by: str, now: datetime) -> Stopped:
    """The lines of these persons, bank by bank."""
    places = stops.places(tx, members)
    here: dict[int, dict[int, list[str]]] = {}  # roster → position → its banks
    for place in places:
        here.setdefault(place.roster, {})[place.position] = list(place.institutions)
    marked, recalled = 0, []
    for batch in stops.live_batches(tx, here):
        positions = [at for at in here[batch.roster] if batch.first <= at < batch.first + batch.lines]
        if not positions:
            continue
        if batch.state in _NOT_SENT and not rosters.may_have_arrived(tx, batch.id):
            rosters.move(tx, batch.id, Move.RECALL, now, problem=STOPPED[why], retry_at=None)
            audit.of_batch(tx, batch, at=now, who=by, what="batch-recalled", detail={"lines": len(positions), "why": why})
            recalled.append(batch.number)
        else:
            marked += _mark(tx, batch, positions, why, by, now)
    return Stopped(unsent=_leave_out(tx, here, why, now), marked=marked, recalled=tuple(recalled))


def _mark(tx: Tx, batch: AnyRow, positions: Collection[int], why: str, by: str, now: datetime) -> int:
    """What the bank may still answer of these lines is not shown; what it has answered to the end stands."""
    outcome = vectors.unpack_current(batch.vector, batch.lines).outcome
    awaited = [at - batch.first for at in positions if np.isin(outcome[at - batch.first], _AWAITED)]
    fresh = stops.mark(tx, batch.id, awaited, why, now)
    if fresh:
        audit.of_batch(tx, batch, at=now, who=by, what="lines-marked", detail={"lines": fresh, "why": why})
    return fresh


def _leave_out(tx: Tx, here: Mapping[int, Mapping[int, list[str]]], why: str, now: datetime) -> int:
    """What is in no parcel of a bank (any more) never goes there, and says why."""
    covered: set[tuple[int, int, str]] = stops.noted(tx, here)
    for batch in stops.live_batches(tx, here):
        covered.update((batch.roster, at, batch.institution) for at in range(batch.first, batch.first + batch.lines))
    left: dict[tuple[int, str], list[int]] = {}
    for roster, positions in here.items():
        for at, banks in positions.items():
            for bank in banks:
                if (roster, at, bank) not in covered:
                    left.setdefault((roster, bank), []).append(at)
    for (roster, bank), positions_left in left.items():
        rosters.note_unasked(tx, roster, bank, dict.fromkeys(positions_left, STOPPED[why]), now)
    return sum(map(len, left.values()))
