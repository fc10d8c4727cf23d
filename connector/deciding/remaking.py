"""The repair loop of a rejected package: the profile or the data are corrected, then its lines go anew under a new number.

The old number never goes again, and an answer to it is set apart. Lines that the bank named, or that may not be asked any more, stay out.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from connector import decided
from connector.deciding.recalling import known_batch
from connector.ledger import audit, people, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import NAMES, Move, State
from connector.parts import problem
from connector.steps.stopped import not_going

ACT = "remake-batch"
_NAMED = problem(
    "line-rejected",
    "银行指出该行有误并拒收整包，重制时略去；请更正资料后以新的授权书重新受理该户",
    "the bank named this line when it rejected the package; it was left out of the one made anew. Correct the data and bring the household in again",
)


def ask(tx: Tx, institution: str, number: str, *, without: Collection[int], reason: str, by: str, now: datetime) -> int:
    """Ask that a rejected batch is made anew; the number of the request. ``without``: lines the bank named, from 1.

    Raises LedgerError: batch-not-found, batch-not-rejected, line-not-in-batch, nothing-left.
    """
    row = known_batch(tx, institution, number)
    _expect_rejected(row)
    left = sorted(set(without))
    if strange := [line for line in left if not 1 <= line <= row.lines]:
        raise LedgerError(
            f"{institution} batch {number} has lines 1 to {row.lines}, not {', '.join(map(str, strange))}",
            f"{institution} 批次 {number} 只有第 1 至 {row.lines} 行，没有第 {'、'.join(map(str, strange))} 行",
            code="line-not-in-batch",
        )
    _staying_out(tx, row, left)
    subject = {"batch": row.id, "number": number, "institution": institution, "without": left}
    return people.ask(tx, at=now, act=ACT, subject=subject, reason=reason, by=by)


def carry_out(tx: Tx, subject: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Two persons agreed: the old one is given up, and the next gather cuts its lines anew. Raises LedgerError as ``ask`` does."""
    row = rosters.find_batch(tx, subject["batch"])
    _expect_rejected(row)
    out = _staying_out(tx, row, subject["without"])
    rosters.move(tx, row.id, Move.REMAKE, now, problem=decided.REMADE, retry_at=None)
    rosters.note_unasked(tx, row.roster, row.institution, out, now)
    audit.of_batch(tx, row, at=now, who=by, what="batch-remade", detail={"lines": row.lines - len(out), "left_out": len(out)})


def _staying_out(tx: Tx, row: AnyRow, without: Collection[int]) -> dict[int, dict[str, Any]]:
    """Roster position → why it does not go anew. Raises LedgerError nothing-left where none would."""
    out = dict.fromkeys((row.first + line - 1 for line in without), _NAMED) | not_going(tx, row.roster, row.first, row.lines)
    if len(out) == row.lines:
        raise LedgerError(
            f"{row.institution} batch {row.number}: no line of it would go anew; bring the households in again",
            f"{row.institution} 批次 {row.number}：重制后没有可送出的行；请重新受理这些家庭",
            code="nothing-left",
        )
    return out


def _expect_rejected(row: AnyRow) -> None:
    if row.state != State.REJECTED:
        name = NAMES[State(row.state)]
        raise LedgerError(
            f"{row.institution} batch {row.number}: {name[1].lower()}; only what the bank rejected is made anew",
            f"{row.institution} 批次 {row.number}：{name[0]}；只有银行拒收的批次可更正重制",
            code="batch-not-rejected",
        )
