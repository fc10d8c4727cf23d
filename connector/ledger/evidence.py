"""What the ledger can prove of a batch: how it went out, what the bank said of it, which files came, which keys were used. Reads only."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, select

from connector.ledger.key_use import key_use
from connector.ledger.rows import AnyRow
from connector.ledger.tables import attempt, batch, edition, inbound, inquiry


def newest_inquiry(tx: Connection, centre: str, household_key: str) -> AnyRow | None:
    """The newest inquiry about a household that was not withdrawn, else the newest of all."""
    here = and_(inquiry.c.centre == centre, inquiry.c.household_key == household_key)
    rows = tx.execute(select(inquiry).where(here).order_by(inquiry.c.id.desc())).all()
    return next((row for row in rows if row.withdrawn_at is None), rows[0] if rows else None)


def attempts(tx: Connection, key: int) -> Sequence[AnyRow]:
    """Every time a batch was put on the road: number, began_at, ended_at, delivery, code, road."""
    columns = (attempt.c.number, attempt.c.began_at, attempt.c.ended_at, attempt.c.delivery, attempt.c.code, attempt.c.road)
    return tx.execute(select(*columns).where(attempt.c.batch == key).order_by(attempt.c.number)).all()


def files(tx: Connection, key: int) -> Sequence[AnyRow]:
    """Every file that came for a batch, in the order they came: id, name, digest, size, state, arrived_at, problem; and the edition it
    became (number, late), if it did."""
    columns = (
        *(inbound.c[name] for name in ("id", "name", "digest", "size", "state", "arrived_at", "problem")),
        edition.c.number,
        edition.c.late,
    )
    joined = inbound.outerjoin(edition, and_(edition.c.inbound == inbound.c.id, edition.c.batch == key))
    return tx.execute(select(*columns).select_from(joined).where(inbound.c.batch == key).order_by(inbound.c.id)).all()


def strays(tx: Connection, institution: str, since: str) -> Sequence[AnyRow]:
    """Files of a bank that came since a moment and could not be read so far as to tell which batch they answer."""
    columns = [inbound.c[name] for name in ("id", "name", "digest", "size", "state", "arrived_at", "problem")]
    here = and_(inbound.c.institution == institution, inbound.c.batch.is_(None), inbound.c.arrived_at >= since)
    unread = inbound.c.state.in_(["refused", "quarantined"])
    return tx.execute(select(*columns).where(here, unread).order_by(inbound.c.id)).all()


def keys(tx: Connection, what: str, numbers: Sequence[int]) -> list[dict[str, str]]:
    """Which keys sealed a batch (what = batch) or opened and proved files (file)."""
    if not numbers:
        return []
    here = and_(key_use.c.what == what, key_use.c.number.in_(list(numbers)))
    rows = tx.execute(select(key_use.c.key, key_use.c.use).where(here).distinct().order_by(key_use.c.use, key_use.c.key))
    return [{"key": row.key, "use": row.use} for row in rows]


def parcel_digest(tx: Connection, number: str) -> str | None:
    """The digest of the parcel of the batch with this number."""
    found: str | None = tx.execute(select(batch.c.parcel_digest).where(batch.c.number == number)).scalar_one_or_none()
    return found
