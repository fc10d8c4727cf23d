"""What the ledger keeps of a bank's road: why it is stopped, or that it is not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector.ledger.tables import lane
from connector.moments import moment


def note_problem(tx: Connection, institution: str, problem: Mapping[str, str] | None, now: datetime) -> None:
    """Why this bank's road is stopped; None when it is open again."""
    values = {"problem": dict(problem) if problem else None, "problem_at": moment(now) if problem else None}
    if tx.execute(update(lane).where(lane.c.institution == institution).values(**values)).rowcount == 0:
        tx.execute(insert(lane).values(institution=institution, epoch=0, **values))


def problems(tx: Connection) -> dict[str, dict[str, Any]]:
    """Institution -> why its road is stopped."""
    query = select(lane.c.institution, lane.c.problem, lane.c.problem_at).where(lane.c.problem_at.is_not(None))
    return {row.institution: {**row.problem, "at": row.problem_at} for row in tx.execute(query)}
