"""Counts for status and statistics, straight from the ledger; no person in any of them."""

from sqlalchemy import Connection, func, select

from connector.ledger.tables import approval, inquiry


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


def approvals_waiting(tx: Connection) -> int:
    """Acts that wait for a second person."""
    return tx.execute(select(func.count()).where(approval.c.state == "waiting")).scalar_one()
