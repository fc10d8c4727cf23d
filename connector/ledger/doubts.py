"""Batches of which nobody knows whether the bank has them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select

from connector.ledger.rows import AnyRow
from connector.ledger.tables import batch
from connector.lifecycle import State
from connector.moments import moment


def in_doubt(tx: Connection, since: datetime) -> Sequence[AnyRow]:
    """Batches that were in doubt already then, oldest doubt first: id, number, institution, centre, lines, state_at, problem."""
    columns = (batch.c.id, batch.c.number, batch.c.institution, batch.c.centre, batch.c.lines, batch.c.state_at, batch.c.problem)
    here = and_(batch.c.state == State.IN_DOUBT, batch.c.state_at <= moment(since))
    return tx.execute(select(*columns).where(here).order_by(batch.c.state_at, batch.c.id)).all()
