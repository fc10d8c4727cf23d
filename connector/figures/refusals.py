"""A refusal the centre accepts (X4): the bank was right, so the line counts against the centre, not against the bank. Two persons decide."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connector.ledger import counting, events, people, rosters, tallies
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from reconciliation.buckets import word_of
from reconciliation.exchange import OUTCOME_WORD

ACCEPT = "accept-refusal"  # the act of two persons


def ask(
    tx: Tx, institution: str, number: str, lines: Iterable[int], code: str | None, *, reason: str, by: str, now: datetime
) -> tuple[int, int]:
    """Ask that refusals of a batch are accepted: those of ``lines`` (1 is the first), or all of an outcome. (request, how many).

    Raises LedgerError batch-unknown, refusal-unknown.
    """
    people.require(tx, by, "operator", "manager")
    row = rosters.our_batch(tx, institution, number)
    if row is None:
        raise LedgerError(f"{institution} has no batch {number}", f"{institution} 没有批次 {number}", code="batch-unknown")
    chosen = _open(tx, row, {line - 1 for line in lines}, code)
    subject = {"batch": row.id, "number": number, "institution": institution, "positions": events.runs(chosen)}
    return people.ask(tx, at=now, act=ACCEPT, subject=subject, reason=reason, by=by), len(chosen)


def _open(tx: Tx, row: AnyRow, wanted: set[int], code: str | None) -> list[int]:
    """The positions that stand refused now and are meant. Raises LedgerError refusal-unknown."""
    told = tallies.of_batch(tx, row.id)
    refused: dict[int, str] = {}
    if told is not None:
        answers, found = counting.of_lines(tx, row.id, row.lines, told.told)
        words = [word_of(bucket) for bucket in found.tolist()]
        refused = {place: OUTCOME_WORD[answers.outcome[place]] for place, word in enumerate(words) if word == "B3"}
    chosen = sorted(wanted) if wanted else [place for place, word in refused.items() if code in (None, word)]
    if not chosen or not set(chosen) <= refused.keys():
        raise LedgerError(
            f"batch {row.number}: not all of these lines are refused by the bank now; see connector statistics --month … --explain",
            f"批次 {row.number}：所指各行并非都是银行拒绝；请用 connector statistics --month … --explain 查看",
            code="refusal-unknown",
        )
    return chosen


def carry_out(tx: Tx, subject: Mapping[str, Any], now: datetime) -> None:
    """Two persons agreed."""
    positions = [place for first, last in subject["positions"] for place in range(first, last + 1)]
    counting.upheld(tx, subject["batch"], positions, "two persons", now)
