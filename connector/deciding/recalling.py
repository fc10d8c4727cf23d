"""One person's brake: a batch is held, or called back before it was sent. Neither puts anything on a road; what goes on takes two persons."""

import dataclasses
from datetime import datetime

from connector import decided
from connector.ledger import audit, media, people, rosters, stops
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, NAMES, Move, State
from connector.steps.asked_back import ASKED_BACK
from connector.steps.stopped import call_back
from transports.relay.words import WITH_THE_CARRIER


@dataclasses.dataclass(frozen=True)
class Held:
    """A batch as it stands now. ``changed``: false where it was so already."""

    batch: AnyRow
    changed: bool


def hold(tx: Tx, institution: str, number: str, *, reason: str, by: str, now: datetime) -> Held:
    """Hold a batch; may be repeated. Raises NotAllowed, LedgerError: no reason, no such batch, one that is at its end (batch-not-open)."""
    row = _named(tx, institution, number, reason, by)
    if row.state == State.HELD:
        return Held(row, changed=False)
    if (State(row.state), Move.HOLD) not in MOVES:
        name = NAMES[State(row.state)]
        raise LedgerError(
            f"{institution} batch {number}: {name[1].lower()}, there is nothing to hold (connector status)",
            f"{institution} 批次 {number}：{name[0]}，无可暂停（connector status）",
            code="batch-not-open",
        )
    rosters.move(tx, row.id, Move.HOLD, now, problem=decided.held_by(by, reason), retry_at=None)
    audit.of_batch(tx, row, at=now, who=by, what="batch-held", detail={"from": row.state, "code": "held-by-person"})
    return Held(rosters.find_batch(tx, row.id), changed=True)


def recall(tx: Tx, institution: str, number: str, *, lines_too: bool, reason: str, by: str, now: datetime) -> Held:
    """Call a batch back that certainly was not sent; one that lies with a carrier is asked back by the next dispatch. May be repeated.

    ``lines_too``: its lines are not cut anew. Raises NotAllowed, LedgerError: no reason, no such batch, batch-in-doubt, recall-too-late.
    """
    row = _named(tx, institution, number, reason, by)
    if row.state == State.RECALLED or stops.wanted_back(tx, row.id):
        return Held(row, changed=False)
    if row.state not in (State.SEALED, State.IN_DOUBT, State.HELD):
        name = NAMES[State(row.state)]
        raise LedgerError(
            f"{institution} batch {number}: {name[1].lower()}; only what was not sent is called back. To stop persons: connector"
            " authorization withdraw; to have a rejected batch made anew: connector remake",
            f"{institution} 批次 {number}：{name[0]}；只有未送出的可撤回。停止对人的查询：connector authorization withdraw；拒收的批次更正重制：connector"
            " remake",
            code="recall-too-late",
        )
    if not rosters.may_have_arrived(tx, row.id):
        call_back(tx, row, lines_too=lines_too, by=by, now=now)
    elif rosters.roads_with(tx, row.id, WITH_THE_CARRIER) and row.state != State.HELD:
        stops.want_back(tx, row.id, reason, lines_too=lines_too, by=by, now=now)
        rosters.set_batch(tx, row.id, problem=ASKED_BACK, retry_at=None)
        audit.of_batch(tx, row, at=now, who=by, what="recall-wanted", detail={"lines_too": lines_too})
    elif media.lies_on_one(tx, row.id):
        raise LedgerError(
            f"{institution} batch {number} lies on a medium: destroy that one first (connector media list, connector media destroy), then call"
            " the batch back",
            f"{institution} 批次 {number} 在介质上：请先销毁该介质（connector media list、connector media destroy），再撤回批次",
            code="recall-on-medium",
        )
    else:
        raise LedgerError(
            f"{institution} batch {number} may have arrived: look first (connector step dispatch), or find out and let two persons settle it"
            f" (connector resolve {institution} {number} --not-received), then call it back",
            f"{institution} 批次 {number} 可能已送达：请先再查看（connector step dispatch），或核实后由两人处置（connector resolve {institution}"
            f" {number} --not-received），再撤回",
            code="recall-in-doubt",
        )
    return Held(rosters.find_batch(tx, row.id), changed=True)


def _named(tx: Tx, institution: str, number: str, reason: str, by: str) -> AnyRow:
    people.require(tx, by, "operator", "manager")
    if not reason.strip():
        raise LedgerError("write down why (--reason)", "须写明理由（--reason）", code="reason-missing")
    return known_batch(tx, institution, number)


def known_batch(tx: Tx, institution: str, number: str) -> AnyRow:
    """The batch of this bank under this number. Raises LedgerError batch-unknown-here."""
    row = rosters.our_batch(tx, institution, number)
    if row is None:
        raise LedgerError(
            f"{institution} has no batch {number}; batches and their numbers: connector status --json",
            f"{institution} 没有批次 {number}；批次及其编号见 connector status --json",
            code="batch-not-found",
        )
    return row
