"""Counts for status and statistics, straight from the ledger; no person in any of them."""

from sqlalchemy import Connection, and_, func, select

from connector.authorization import CLOSED
from connector.ledger.people_tables import approval
from connector.ledger.tables import attempt, authorization, batch, inquiry, member
from connector.lifecycle import State


def inquiries(tx: Connection) -> dict[str, int]:
    """Inquiries by progress, derived: waiting, asking, concluded, withdrawn."""
    query = select(
        func.count(),
        func.count(inquiry.c.gathered_at),
        func.count(inquiry.c.concluded_at),
        func.count(inquiry.c.withdrawn_at),
    )
    total, gathered, concluded, withdrawn = tx.execute(query).one()
    still = select(func.count()).where(inquiry.c.gathered_at.is_(None), inquiry.c.withdrawn_at.is_(None))
    waiting = tx.execute(still).scalar_one()
    asking = total - waiting - concluded - withdrawn
    return {"waiting": waiting, "asking": asking, "concluded": concluded, "withdrawn": withdrawn, "gathered": gathered}


def asked_and_closed(tx: Connection) -> int:
    """Inquiries that were asked and of which a paper was withdrawn or ended since."""
    citing = authorization.join(member, member.c.authorization == authorization.c.id).join(
        inquiry, member.c.inquiry == inquiry.c.id
    )
    asked = and_(inquiry.c.gathered_at.is_not(None), inquiry.c.withdrawn_at.is_(None))
    query = select(func.count(func.distinct(inquiry.c.id))).select_from(citing)
    return tx.execute(query.where(authorization.c.state.in_([*CLOSED]), asked)).scalar_one()


def approvals_waiting(tx: Connection) -> int:
    """Acts that wait for a second person."""
    return tx.execute(select(func.count()).where(approval.c.state == "waiting")).scalar_one()


def failing(tx: Connection) -> dict[int, str]:
    """Batch → since when every try to send it failed for certain; those that wait to be sent, and were tried."""
    known = attempt.alias()
    last = select(func.max(known.c.number)).where(
        known.c.batch == attempt.c.batch, func.coalesce(known.c.delivery, "") != "retry"
    )
    query = (
        select(attempt.c.batch, func.min(attempt.c.began_at).label("since"))
        .join(batch, batch.c.id == attempt.c.batch)
        .where(batch.c.state == State.SEALED, attempt.c.number > func.coalesce(last.scalar_subquery(), 0))
        .group_by(attempt.c.batch)
    )
    return {row.batch: row.since for row in tx.execute(query)}
