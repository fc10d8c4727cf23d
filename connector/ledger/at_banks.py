"""What waits at which bank now: the clock asks it every second, of all banks at once."""

from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from connector.ledger import media
from connector.ledger.tables import attempt, batch, inbound, inquiry, roster
from connector.lifecycle import State
from connector.moments import moment

_ON_THE_WAY = (State.SENT, State.ACCEPTED, State.EXPIRED)


def to_dispatch(tx: Connection, now: datetime) -> dict[str, bool]:
    """Banks with parcels that may go out or must be looked for now, and whether an urgent one is among them."""
    due = or_(batch.c.retry_at.is_(None), batch.c.retry_at <= moment(now))
    here = and_(batch.c.state.in_([State.SEALED, State.IN_DOUBT]), due, batch.c.id.not_in(media.carried()))
    by_hand = func.coalesce(batch.c.road, "") == "media"
    query = select(batch.c.institution, roster.c.urgent).select_from(batch.join(roster, batch.c.roster == roster.c.id))
    found: dict[str, bool] = {}
    for row in tx.execute(query.where(here, ~by_hand).distinct()):
        found[row.institution] = found.get(row.institution, False) or row.urgent
    return found


def to_settle(tx: Connection) -> dict[str, bool]:
    """Banks of which files lie here unread; whether they answer urgent questions is known once they are read."""
    query = select(inbound.c.institution).where(inbound.c.state == "arrived").distinct()
    return dict.fromkeys(tx.execute(query).scalars(), False)


def awaiting(tx: Connection) -> dict[str, bool]:
    """Banks that hold parcels they have not answered, and whether an urgent one is among them."""
    query = select(batch.c.institution, roster.c.urgent).select_from(batch.join(roster, batch.c.roster == roster.c.id))
    found: dict[str, bool] = {}
    for row in tx.execute(query.where(batch.c.state.in_(_ON_THE_WAY)).distinct()):
        found[row.institution] = found.get(row.institution, False) or row.urgent
    return found


def rosters_since(tx: Connection, since: datetime) -> list[tuple[str, bool, str]]:
    """Who is asked by rosters made since then: institution, urgent, when it was made."""
    rows = tx.execute(select(roster.c.institutions, roster.c.urgent, roster.c.made_at).where(roster.c.made_at >= moment(since)))
    return [(code, row.urgent, row.made_at) for row in rows for code in row.institutions]


def urgent_to_cut(tx: Connection, institution: str, since: datetime) -> bool:
    """Whether an urgent question to this bank came since then and no parcel was made of it: what is less urgent gives way to it."""
    made = select(roster.c.id, roster.c.institutions).where(roster.c.urgent, roster.c.made_at >= moment(since))
    here = [row.id for row in tx.execute(made) if institution in row.institutions]
    cut = select(batch.c.roster).where(batch.c.institution == institution, batch.c.roster.in_(here))
    return bool(set(here) - set(tx.execute(cut).scalars()))


def urgent_to_send(tx: Connection, institution: str, since: datetime) -> bool:
    """Whether an urgent parcel for this bank was made since then and has not gone out."""
    sealed = and_(batch.c.institution == institution, batch.c.state == State.SEALED, batch.c.sealed_at >= moment(since))
    waits = select(batch.c.id).select_from(batch.join(roster, batch.c.roster == roster.c.id)).where(sealed, roster.c.urgent)
    return tx.execute(waits.limit(1)).first() is not None


def urgent_awaited(tx: Connection, institution: str) -> bool:
    """Whether this bank holds an urgent parcel it has not answered."""
    held = and_(batch.c.institution == institution, batch.c.state.in_([State.SENT, State.ACCEPTED]))
    query = select(batch.c.id).select_from(batch.join(roster, batch.c.roster == roster.c.id)).where(held, roster.c.urgent)
    return tx.execute(query.limit(1)).first() is not None


def urgent_answered(tx: Connection, after: int) -> bool:
    """Whether an urgent parcel was answered after this serial of an answer."""
    query = select(batch.c.id).select_from(batch.join(roster, batch.c.roster == roster.c.id))
    return tx.execute(query.where(roster.c.urgent, batch.c.answered_serial > after).limit(1)).first() is not None


def waits_to_be_gathered(tx: Connection) -> bool:
    """Whether an inquiry has no place in a roster yet."""
    here = and_(inquiry.c.gathered_at.is_(None), inquiry.c.withdrawn_at.is_(None))
    return tx.execute(select(inquiry.c.id).where(here).limit(1)).first() is not None


def files_since(tx: Connection, institution: str, since: datetime) -> int:
    """How many files this bank was given since then, or may have been; what certainly never arrived is none."""
    ours = and_(batch.c.institution == institution, attempt.c.began_at >= moment(since))
    given = func.coalesce(attempt.c.delivery, "") != "retry"
    files = select(func.count(batch.c.id.distinct())).select_from(attempt.join(batch))
    return tx.execute(files.where(ours, given)).scalar_one()
