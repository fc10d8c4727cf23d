"""The register of media: what is out, what came, who had it when. A row tells how it stands, its events how it came to that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, select, update

from connector.ledger.media_tables import medium, medium_event, medium_file
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import attempt, batch, inquiry, member, roster_line
from connector.lifecycle import State
from connector.moments import moment


# ---------------------------------------------------------------- media
def register(tx: Tx, now: datetime, **values: Any) -> int:
    """A medium gets its place in the register, state ``registered``; ``values`` are its columns. Its id."""
    blank = {"seal_number": "", "manifest_digest": "", "bytes": 0, "label_day": "", "label_seq": 0}
    row = {**blank, **values, "state": "registered", "registered_at": moment(now)}
    return int(tx.execute(medium.insert().values(**row).returning(medium.c.id)).scalar_one())


def find(tx: Tx, key: int) -> AnyRow | None:
    """One medium by its id."""
    return tx.execute(select(medium).where(medium.c.id == key)).one_or_none()


def labelled(tx: Tx, label: str, institution: str | None = None, direction: str | None = None) -> Sequence[AnyRow]:
    """The media under a label: of several banks, or both directions, there may be more than one."""
    query = select(medium).where(medium.c.label == label).order_by(medium.c.id)
    query = query if institution is None else query.where(medium.c.institution == institution)
    return tx.execute(query if direction is None else query.where(medium.c.direction == direction)).all()


def everything(tx: Tx, institution: str | None = None, *, still_open: bool = False) -> Sequence[AnyRow]:
    """All media (of one bank), newest first; ``still_open``: those neither back nor destroyed."""
    query = select(medium).order_by(medium.c.id.desc())
    query = query.where(medium.c.closed_at.is_(None)) if still_open else query
    return tx.execute(query if institution is None else query.where(medium.c.institution == institution)).all()


def of_set(tx: Tx, institution: str, direction: str, set_name: str) -> Sequence[AnyRow]:
    """The volumes of a set, in order."""
    here = and_(medium.c.institution == institution, medium.c.direction == direction, medium.c.set_name == set_name)
    return tx.execute(select(medium).where(here).order_by(medium.c.volume, medium.c.id)).all()


def unfinished(tx: Tx, institution: str) -> Sequence[AnyRow]:
    """Ours that were begun and, by a crash, never read back whole."""
    begun = and_(medium.c.direction == "out", medium.c.written_at.is_(None), medium.c.state == "registered")
    return tx.execute(select(medium).where(medium.c.institution == institution, begun)).all()


def last_number(tx: Tx, institution: str, day: date) -> int:
    """The last number given to a label of this bank on this day; 0 before the first. Numbers are never given twice."""
    here = and_(medium.c.institution == institution, medium.c.direction == "out", medium.c.label_day == day.isoformat())
    return tx.execute(select(func.max(medium.c.label_seq)).where(here)).scalar() or 0


def change(tx: Tx, key: int, **values: Any) -> None:
    """Change columns of a medium."""
    tx.execute(update(medium).where(medium.c.id == key).values(**values))


# ---------------------------------------------------------------- events
def note(
    tx: Tx, key: int, what: str, *, at: datetime, now: datetime, who: str, second: str = "", seal_number: str = "", note: str = ""
) -> None:
    """Append what happened to a medium: when it happened (``at``) and when we wrote it down."""
    values = {"what": what, "who": who, "second": second, "seal_number": seal_number, "note": note}
    tx.execute(medium_event.insert().values(medium=key, at=moment(at), noted_at=moment(now), **values))


def events(tx: Tx, key: int) -> Sequence[AnyRow]:
    """What happened to a medium, in the order it was written down."""
    return tx.execute(select(medium_event).where(medium_event.c.medium == key).order_by(medium_event.c.seq)).all()


# ---------------------------------------------------------------- what lies on them
def add_files(tx: Tx, key: int, files: Iterable[Mapping[str, Any]]) -> None:
    """What lies on a medium: name, size, digest, parcel, part, parts, object, batch, attempt, inbound."""
    rows = [{"object": "", "batch": None, "attempt": None, "inbound": None, **file, "medium": key} for file in files]
    if rows:
        tx.execute(medium_file.insert(), rows)


def files(tx: Tx, key: int) -> Sequence[AnyRow]:
    """What lies on a medium, by name."""
    return tx.execute(select(medium_file).where(medium_file.c.medium == key).order_by(medium_file.c.name)).all()


def set_files(tx: Tx, key: int, name: str, **values: Any) -> None:
    """Change what is known of one file."""
    tx.execute(update(medium_file).where(medium_file.c.medium == key, medium_file.c.name == name).values(**values))


def parts_of(tx: Tx, media: Sequence[int], parcel: str) -> Sequence[AnyRow]:
    """The parts of a parcel on these media, in order."""
    here = and_(medium_file.c.medium.in_(media), medium_file.c.parcel == parcel)
    return tx.execute(select(medium_file).where(here).order_by(medium_file.c.part)).all()


# ---------------------------------------------------------------- batches on media
def carried() -> Select[tuple[int]]:
    """The batches on a medium that is neither handed over nor given up: no other road may take them."""
    ours = and_(attempt.c.batch == medium_file.c.batch, attempt.c.number == medium_file.c.attempt)
    return select(medium_file.c.batch).join(attempt, ours).where(attempt.c.ended_at.is_(None))


def lies_on_one(tx: Tx, key: int) -> bool:
    """Does this batch lie on a medium that is neither handed over nor given up?"""
    return tx.execute(select(batch.c.id).where(batch.c.id == key, batch.c.id.in_(carried()))).first() is not None


def to_write(tx: Tx, institution: str) -> Sequence[AnyRow]:
    """Sealed batches of a bank that lie on no medium yet, oldest first."""
    here = and_(batch.c.institution == institution, batch.c.state == State.SEALED, batch.c.id.not_in(carried()))
    return tx.execute(select(batch).where(here).order_by(batch.c.id)).all()


def batches_on(tx: Tx, key: int) -> Sequence[AnyRow]:
    """The batches a medium carries: id, number, state, edition, the attempt it is, and whether that attempt is open."""
    ours = and_(attempt.c.batch == medium_file.c.batch, attempt.c.number == medium_file.c.attempt)
    found = medium_file.join(batch, batch.c.id == medium_file.c.batch).join(attempt, ours)
    columns = (batch, medium_file.c.attempt, attempt.c.ended_at.is_(None).label("open"))
    query = select(*columns).select_from(found).where(medium_file.c.medium == key).order_by(batch.c.id)
    return [*{row.id: row for row in tx.execute(query)}.values()]


def purposes_on(tx: Tx, key: int) -> Sequence[str]:
    """What the requests on a medium are made for: the programmes, in order; no person is told by one."""
    at = and_(
        roster_line.c.roster == batch.c.roster, roster_line.c.position.between(batch.c.first, batch.c.first + batch.c.lines - 1)
    )
    found = medium_file.join(batch, batch.c.id == medium_file.c.batch).join(roster_line, at)
    found = found.join(member, member.c.id == roster_line.c.member).join(inquiry, inquiry.c.id == member.c.inquiry)
    query = select(inquiry.c.programme).select_from(found).where(medium_file.c.medium == key)
    return tx.execute(query.distinct().order_by(inquiry.c.programme)).scalars().all()


def bearers(tx: Tx, batch_id: int, number: int) -> Sequence[AnyRow]:
    """The media that carry this attempt of a batch together: id, state."""
    here = and_(medium_file.c.batch == batch_id, medium_file.c.attempt == number)
    query = select(medium.c.id, medium.c.state).join(medium_file, medium_file.c.medium == medium.c.id).where(here)
    return tx.execute(query.distinct()).all()
