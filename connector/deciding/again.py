"""Asking again only for what is missing: a new roster of those persons, linked to the batch they were first asked in.

Missing is what was not answered, is still pending, came in part (parked rows too), or failed technically. The answer to it is a batch's own,
with its own number and deadline; reports read the best of both. A line that was stopped, whose paper is over, or that is being asked
again already is not among them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from connector.answers.missing import ASK_AGAIN
from connector.deciding.recalling import known_batch
from connector.ledger import answers, audit, people, rosters, stops
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import NAMES, State
from connector.moments import moment
from connector.steps.stopped import not_going
from reconciliation import vectors
from reconciliation.exchange import OUTCOME_CODE

ACT = "ask-again"
_MAY_COME = frozenset({State.SENT, State.ACCEPTED, State.ANSWERED, State.HELD})  # until the deadline
_ASKED = _MAY_COME | {State.EXPIRED}


def ask(
    tx: Tx, institution: str, number: str, *, only: Sequence[str], at_once: bool, reason: str, by: str, now: datetime
) -> tuple[int, int]:
    """Ask that a batch's missing lines are asked again: (number of the request, how many lines).

    ``only``: outcomes among ASK_AGAIN; none given: all of them. ``at_once``: although an answer may still come. Raises LedgerError:
    outcome-not-missing, batch-not-found, again-not-open, again-answer-may-come, nothing-missing.
    """
    outcomes = _outcomes(only)
    row = known_batch(tx, institution, number)
    members = _missing(tx, row, outcomes, at_once=at_once, now=now)
    subject: dict[str, Any] = {
        "batch": row.id,
        "number": number,
        "institution": institution,
        "only": outcomes,
        "at_once": at_once,
    }
    return people.ask(tx, at=now, act=ACT, subject=subject, reason=reason, by=by), len(members)


def carry_out(tx: Tx, subject: Any, *, why: str, by: str, now: datetime) -> int:
    """Write the roster two persons agreed on; its id. Raises LedgerError as ``ask`` does, where the batch moved on meanwhile."""
    row = rosters.find_batch(tx, subject["batch"])
    members = _missing(tx, row, subject["only"], at_once=subject["at_once"], now=now)
    first = answers.roster_row(tx, row.roster)
    key = rosters.make_roster(
        tx, row.centre, row.region, [row.institution], first.urgent, members, now, kind="again", programme=first.programme
    )
    stops.ask_again(tx, key, row.id, why, by=by, now=now)
    audit.of_batch(tx, row, at=now, who=by, what="asked-again", detail={"roster": key, "lines": len(members)})
    return key


def missing(tx: Tx, row: AnyRow, outcomes: Collection[str] = ASK_AGAIN) -> list[int]:
    """Roster positions of a batch's lines that may be asked again, ascending."""
    wanted = [OUTCOME_CODE[word] for word in outcomes]
    here = np.flatnonzero(np.isin(vectors.unpack_current(row.vector, row.lines).outcome, wanted))
    left_out = not_going(tx, row.roster, row.first, row.lines).keys() | {row.first + at for at in stops.marked(tx, row.id)}
    return [row.first + int(at) for at in here if row.first + int(at) not in left_out]


def _missing(tx: Tx, row: AnyRow, outcomes: Collection[str], *, at_once: bool, now: datetime) -> list[int]:
    """The persons (member ids), in their order in the roster."""
    _expect_over(row, at_once=at_once, now=now)
    positions = set(missing(tx, row, outcomes))
    again = stops.being_asked_again(tx, row.id)
    rows = rosters.members_at(tx, row.roster, row.first, row.lines)
    members = [each.id for each in rows if each.position in positions and each.id not in again]
    if not members:
        raise _nothing(row, stops.again_of(tx, row.id))
    return members


def _nothing(row: AnyRow, before: Sequence[AnyRow]) -> LedgerError:
    """Nothing is missing, or all of it is being asked again already."""
    if not before:
        zh, en = "没有可再问的行", "nothing is missing that may be asked again"
    else:
        last = before[-1]
        zh = f"缺的行已于 {last.asked_at[:10]} 由 {last.asked_by} 同意再问；如仍缺，请就其新批次再问（批次见 connector status）"
        en = (
            f"what is missing is being asked again since {last.asked_at[:10]}, as {last.asked_by} agreed; if it is missing there too, ask"
            " that batch again (connector status)"
        )
    return LedgerError(
        f"{row.institution} batch {row.number}: {en}", f"{row.institution} 批次 {row.number}：{zh}", code="nothing-missing"
    )


def _expect_over(row: AnyRow, *, at_once: bool, now: datetime) -> None:
    state = State(row.state)
    if state not in _ASKED or (state is State.HELD and row.sent_at is None):
        name = NAMES[state]
        raise LedgerError(
            f"{row.institution} batch {row.number}: {name[1].lower()}; only a batch that its bank has had is asked again in part. Rejected:"
            " connector remake; in doubt: connector resolve",
            f"{row.institution} 批次 {row.number}：{name[0]}；只有银行已收到的批次可部分再问。拒收的用 connector remake，存疑的用 connector resolve",
            code="again-not-open",
        )
    if state in _MAY_COME and not at_once and row.due_at is not None and moment(now) <= row.due_at:
        raise LedgerError(
            f"{row.institution} batch {row.number} may still be answered until {row.due_at[:16]}Z; to ask again all the same: --now",
            f"{row.institution} 批次 {row.number} 在 {row.due_at[:16]}Z 前仍可能反馈；仍要现在再问请加 --now",
            code="again-answer-may-come",
        )


def _outcomes(only: Sequence[str]) -> list[str]:
    if unknown := sorted(set(only) - set(ASK_AGAIN)):
        raise LedgerError(
            f"{', '.join(unknown)}: not asked again; one of {', '.join(ASK_AGAIN)}",
            f"{'、'.join(unknown)}：不属于可再问的结果；可用 {'、'.join(ASK_AGAIN)}",
            code="outcome-not-missing",
        )
    return [word for word in ASK_AGAIN if word in only] if only else list(ASK_AGAIN)
