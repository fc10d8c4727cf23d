"""Which key of the ring sealed, opened or proved what: kept so that a compromised key can be held against everything it touched.

Ids alone; nothing here ends with a month, for a key may turn out compromised years later.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import Column, ColumnElement, Integer, String, Table, and_, select

from connector.ledger.columns import MOMENT, metadata
from connector.ledger.proof_tables import checkpoint, data_key
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import batch, inbound, inquiry, member, report, roster_line
from connector.moments import moment

key_use = Table(
    "key_use",
    metadata,
    Column("key", String(16), primary_key=True),  # id in the ring
    Column("what", String(8), primary_key=True),  # batch, file
    Column("number", Integer, primary_key=True),  # of the batch (batch.id) or the file (inbound.id)
    Column("use", String(8), primary_key=True),  # sign, encrypt; verify, decrypt
    Column("at", MOMENT, nullable=False),
)

What = Literal["batch", "file"]
Use = tuple[str, str]  # (id of the key, what it was used for)


def note(tx: Tx, what: What, number: int, uses: Iterable[Use], at: datetime) -> None:
    """Each use once, however often a file is opened."""
    here = (key_use.c.what == what) & (key_use.c.number == number)
    known = {(row.key, row.use) for row in tx.execute(select(key_use).where(here))}
    fresh = sorted(set(uses) - known)
    if fresh:
        rows = [{"key": key, "what": what, "number": number, "use": use, "at": moment(at)} for key, use in fresh]
        tx.execute(key_use.insert(), rows)


def batches(tx: Tx, key: str) -> Sequence[AnyRow]:
    """number, institution, state, lines, use, at of the batches a key signed or encrypted, oldest first."""
    columns = batch.c.number, batch.c.institution, batch.c.state, batch.c.lines, key_use.c.use, key_use.c.at
    return tx.execute(
        select(*columns).join(batch, _is("batch", batch.c.id)).where(key_use.c.key == key).order_by(batch.c.id)
    ).all()


def files(tx: Tx, key: str) -> Sequence[AnyRow]:
    """id, name, institution, digest, state, use, at of the files a key opened or proved, oldest first."""
    columns = inbound.c.id, inbound.c.name, inbound.c.institution, inbound.c.digest, inbound.c.state, key_use.c.use, key_use.c.at
    found = select(*columns).join(inbound, _is("file", inbound.c.id)).where(key_use.c.key == key).order_by(inbound.c.id)
    return tx.execute(found).all()


def reports(tx: Tx, key: str) -> Sequence[AnyRow]:
    """household_no, version of every report about persons of a batch the key sealed, or of which it opened the answer."""
    sealed = select(key_use.c.number).where(key_use.c.key == key, key_use.c.what == "batch")
    opened = select(inbound.c.batch).join(key_use, _is("file", inbound.c.id)).where(key_use.c.key == key)
    touched = select(batch.c.roster, batch.c.first, batch.c.lines).where(batch.c.id.in_(sealed.union(opened))).subquery()
    lines = and_(
        roster_line.c.roster == touched.c.roster,
        roster_line.c.position >= touched.c.first,
        roster_line.c.position < touched.c.first + touched.c.lines,
    )
    asked = select(member.c.inquiry).distinct().join(roster_line, roster_line.c.member == member.c.id).join(touched, lines)
    found = select(inquiry.c.household_no, report.c.version).join(inquiry, inquiry.c.id == report.c.inquiry)
    return tx.execute(found.where(report.c.inquiry.in_(asked)).order_by(inquiry.c.household_no, report.c.version)).all()


def checkpoints(tx: Tx, key: str) -> list[int]:
    """The records of the audit at which a key signed."""
    return list(tx.execute(select(checkpoint.c.seq).where(checkpoint.c.key == key).order_by(checkpoint.c.seq)).scalars())


def data_keys(tx: Tx) -> list[str]:
    """``purpose period`` of every data key that was not destroyed."""
    alive = select(data_key.c.purpose, data_key.c.period).where(data_key.c.wrapped.is_not(None))
    return [f"{row.purpose} {row.period}" for row in tx.execute(alive.order_by(data_key.c.period, data_key.c.purpose))]


def _is(what: What, number: Column[int]) -> ColumnElement[bool]:
    return and_(key_use.c.what == what, key_use.c.number == number)
