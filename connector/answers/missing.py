"""What of an answer has not come: parts the bank itself counted, and lines that may be asked about again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from connector.ledger import receipts
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import Parts
from reconciliation import vectors
from reconciliation.exchange import OUTCOME_CODE

ASK_AGAIN = ("not_answered", "pending", "partial", "technical_failure")  # a line with one of these may be answered anew
ASK_AGAIN_CODES = [OUTCOME_CODE[word] for word in ASK_AGAIN]


def missing_positions(batch: AnyRow) -> list[int]:
    """The lines of a batch (0-based, ascending) that have no answer to rely on yet; of each another answer may be asked."""
    current = vectors.unpack_current(batch.vector, batch.lines)
    found: list[int] = np.flatnonzero(np.isin(current.outcome, ASK_AGAIN_CODES)).tolist()
    return found


def parts_missing(tx: Tx, batch: int) -> list[int]:
    """The packages of a batch's answer that did not come, by their number; none where the bank counts no packages."""
    return lacking(receipts.parts(tx, batch))


def lacking(parts: Sequence[AnyRow]) -> list[int]:
    """Which numbers are missing among parts: up to how many the bank says there are, else up to the highest that came."""
    there = {part.number for part in parts}
    last = max([*there, *(part.packages or 0 for part in parts)], default=0)
    return [number for number in range(1, last + 1) if number not in there]


def lacking_parts(tx: Tx, institution: str, sent_after: datetime | None = None) -> list[str]:
    """The names of the parcels of which this bank sent some packages and owes others, oldest first; see ``rosters.awaited``."""
    since = moment(sent_after) if sent_after else ""
    mine = [row for row in receipts.parted(tx) if row.institution == institution and (row.sent_at or "") >= since]
    return [row.parcel_name for row in mine if parts_missing(tx, row.id)]


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 (as every room tells)
    """Answers of which a part is still missing; an alarm once the deadline has passed."""
    found = []
    for batch in receipts.parted(tx):
        if numbers := parts_missing(tx, batch.id):
            listed, overdue = ", ".join(map(str, numbers)), bool(batch.due_at and batch.due_at < moment(now))
            found.append(
                {
                    "code": "parts-missing",
                    "institution": batch.institution,
                    "batch": batch.number,
                    "zh": f"批次 {batch.number} 的反馈缺第 {listed} 包；未到的行按未反馈计，请向银行催要",
                    "en": f"package {listed} of the answer to batch {batch.number} is missing; its lines count as not answered: ask"
                    " the bank for it",
                    "alarm": overdue,
                }
            )
    return found
