"""Receipts of packages, and which parts of an answer came; both are only ever appended."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, insert, select

from connector.ledger.answer_tables import answer_part, receipt
from connector.ledger.rows import AnyRow
from connector.ledger.tables import batch, inbound
from connector.lifecycle import State
from connector.moments import moment


# ---------------------------------------------------------------- receipts
def add(tx: Connection, of: AnyRow, file: AnyRow, code: str, *, accepted: bool, said_at: datetime | None) -> None:
    """The bank said this of the package of a batch, in this file."""
    row = {"centre": of.centre, "region": of.region, "batch": of.id, "inbound": file.id, "code": code, "accepted": accepted}
    tx.execute(insert(receipt).values(**row, said_at=moment(said_at) if said_at else None, arrived_at=file.arrived_at))


def of_batch(tx: Connection, key: int) -> Sequence[AnyRow]:
    """What the bank said of a batch's package, first to last: ``code``, ``accepted``, ``said_at``, ``arrived_at``."""
    return tx.execute(select(receipt).where(receipt.c.batch == key).order_by(receipt.c.id)).all()


def by_parcel(tx: Connection, institution: str, names: Sequence[str]) -> AnyRow | None:
    """The batch of a bank whose parcel has one of these names."""
    here = and_(batch.c.institution == institution, batch.c.parcel_name.in_(list(names)))
    return tx.execute(select(batch).where(here).order_by(batch.c.id.desc()).limit(1)).one_or_none()


def unreceipted(tx: Connection) -> Sequence[AnyRow]:
    """Batches that were sent and neither receipted nor answered, oldest first: id, number, institution, edition, since when."""
    columns = (batch.c.id, batch.c.number, batch.c.institution, batch.c.edition, batch.c.sent_at)
    return tx.execute(
        select(*columns).where(batch.c.state == State.SENT, batch.c.sent_at.is_not(None)).order_by(batch.c.id)
    ).all()


# ---------------------------------------------------------------- parts
def add_part(tx: Connection, of: int, file: AnyRow, *, number: int, packages: int | None, revised: bool, digest: str) -> None:
    """One package of an answer was read."""
    row = {"batch": of, "inbound": file.id, "number": number, "packages": packages, "revised": revised, "digest": digest}
    tx.execute(insert(answer_part).values(**row, arrived_at=file.arrived_at))


def parts(tx: Connection, key: int) -> Sequence[AnyRow]:
    """The parts of a batch's answer in the order they were read, each with the ``name`` and the sealed ``object`` of its file."""
    columns = (*answer_part.c, inbound.c.name, inbound.c.digest.label("object"), inbound.c.road)
    joined = answer_part.join(inbound, answer_part.c.inbound == inbound.c.id)
    return tx.execute(
        select(*columns).select_from(joined).where(answer_part.c.batch == key).order_by(answer_part.c.inbound)
    ).all()


def parted(tx: Connection) -> Sequence[AnyRow]:
    """Answered batches of which parts came, and that are not complete: id, number, institution, due_at, sent_at, parcel_name."""
    columns = (batch.c.id, batch.c.number, batch.c.institution, batch.c.due_at, batch.c.sent_at, batch.c.parcel_name)
    some = select(answer_part.c.batch).distinct()
    here = and_(batch.c.state == State.ANSWERED, batch.c.complete_at.is_(None), batch.c.id.in_(some))
    return tx.execute(select(*columns).where(here).order_by(batch.c.id)).all()
