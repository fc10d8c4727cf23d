"""The keys everything about persons is sealed under: one for each purpose and period, kept wrapped by the ring's master key.

Destroying a period's key ends all that stands under it, wherever copies of the sealed bytes may be. A destroyed key's row
stays, so that no second key is ever made for the same period.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from connector.ledger.errors import KeyDestroyed, LedgerError
from connector.ledger.proof_tables import data_key
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment

ALWAYS = "always"  # the period of a key that is never destroyed: the blind index


def find(tx: Tx, purpose: str, period: str) -> AnyRow | None:
    """The row of a key, destroyed or not; none when it was never made."""
    return tx.execute(select(data_key).where(data_key.c.purpose == purpose, data_key.c.period == period)).one_or_none()


def wrapped(tx: Tx, key: int) -> bytes:
    """The wrapped key. Raises KeyDestroyed."""
    row = tx.execute(select(data_key.c.wrapped, data_key.c.purpose, data_key.c.period).where(data_key.c.id == key)).one()
    if row.wrapped is None:
        raise destroyed(row.purpose, row.period)
    return bytes(row.wrapped)


def suite(tx: Tx, key: int) -> str:
    """The suite a key was made for."""
    return str(tx.execute(select(data_key.c.suite).where(data_key.c.id == key)).scalar_one())


def keep(tx: Tx, purpose: str, period: str, by_suite: str, wrapped_key: bytes, at: datetime) -> int:
    """Keep a new wrapped key and return its id. A second one for the same purpose and period is refused by the database."""
    values = {"purpose": purpose, "period": period, "suite": by_suite, "wrapped": wrapped_key, "made_at": moment(at)}
    return int(tx.execute(data_key.insert().values(**values).returning(data_key.c.id)).scalar_one())


def living(tx: Tx) -> Sequence[AnyRow]:
    """id, purpose, period, suite, wrapped of every key that was not destroyed."""
    return tx.execute(select(data_key).where(data_key.c.wrapped.is_not(None)).order_by(data_key.c.id)).all()


def wrap_anew(tx: Tx, key: int, wrapped_key: bytes) -> None:
    """The same key under another master key."""
    tx.execute(data_key.update().where(data_key.c.id == key).values(wrapped=wrapped_key))


def destroy(tx: Tx, period: str, at: datetime) -> list[int]:
    """Destroy every key of a period, for good; the ids of those that were alive. May be repeated.

    ``Ledger.scrub()`` after the commit removes their last bytes. Raises LedgerError for the index's key.
    """
    if period == ALWAYS:
        raise LedgerError(
            "the key of the index belongs to no period and is not destroyed",
            "索引密钥不属于任何期间，不可销毁",
            code="data-key-always",
        )
    alive = (data_key.c.period == period) & data_key.c.wrapped.is_not(None)
    ended = list(tx.execute(select(data_key.c.id).where(alive).order_by(data_key.c.id)).scalars())
    tx.execute(data_key.update().where(alive).values(wrapped=None, destroyed_at=moment(at)))
    return ended


def is_retired(tx: Tx, period: str) -> bool:
    """Whether the keys of this period were destroyed: what stood under them, and the parcels of that time, are gone."""
    ended = (data_key.c.period == period) & data_key.c.destroyed_at.is_not(None)
    return tx.execute(select(data_key.c.id).where(ended).limit(1)).first() is not None


def destroyed(purpose: str, period: str) -> KeyDestroyed:
    """What to say of data whose key is gone."""
    return KeyDestroyed(
        f"the data key {purpose} of {period} was destroyed; what stood under it has ended and cannot be read",
        f"{period} 的数据密钥 {purpose} 已销毁；其下数据已终止，无法再读取",
    )
