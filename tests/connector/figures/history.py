"""A ledger into which batches are put by the functions every room uses, for the tests of figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select

from connector.ledger import answers, rosters
from connector.ledger.rows import Tx
from connector.ledger.tables import batch, roster
from connector.moments import moment
from reconciliation import vectors
from reconciliation.exchange import OUTCOME_CODE

REGION = "321283"
HOME = {"centre": "C1", "region": REGION}


def at(text: str) -> datetime:
    """``2026-09-18 16:00`` by the clock on the wall in Shanghai."""
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


def make_batch(tx: Tx, lines: int, made_at: datetime, institution: str = "dsnx", kind: str = "new", **more: Any) -> int:
    """A sealed batch of a roster of its own."""
    values = {"institutions": [institution], "urgent": False, "lines": lines, "made_at": moment(made_at), "kind": kind}
    key = tx.execute(insert(roster).values(**HOME, **values)).inserted_primary_key
    assert key is not None
    serial = int(tx.execute(select(func.count()).select_from(batch)).scalar_one()) + 1
    return rosters.add_batch(
        tx,
        **{**HOME, "number": f"20260900{serial:04d}", "roster": key[0], "first": 0, "lines": lines, "institution": institution},
        **{"profile": "p", "edition": "1", "sequence": serial, "sequence_day": date(2026, 9, 1), "state_at": moment(made_at)},
        **{"parcel_name": f"P{serial}", "parcel_digest": "", "parcel_size": 0, "sealed_at": moment(made_at), "counts": {}},
        **{"vector": vectors.pack_current(vectors.silent(lines)), **more},
    )


def answer(tx: Tx, key: int, came_at: datetime, said: Mapping[int, str] | Sequence[str], **facts: Any) -> None:
    """One more edition: outcomes by position; what is not named is silent."""
    row = rosters.find_batch(tx, key)
    outcome = np.zeros(row.lines, dtype=np.uint8)
    for position, word in said.items() if isinstance(said, Mapping) else enumerate(said):
        outcome[position] = OUTCOME_CODE[word]
    number = len(answers.editions(tx, key)) + 1
    file = answers.add_inbound(tx, row.institution, f"A{key}-{number}", 1, f"{key}-{number}", "opened", came_at)
    answers.add_edition(
        tx, key, number, facts, **HOME, inbound=file, received_at=moment(came_at), late=False,
        outcomes=vectors.pack_outcomes(outcome), content_digest="", counts={}, problems=[],
    )  # fmt: skip
