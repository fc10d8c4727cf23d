"""Rosters and batches: who waits, who stands at which place, which ranges of a roster went to which bank."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Insert, and_, func, insert, or_, select, update

from connector.ledger import counting, media, site
from connector.ledger.rows import AnyRow
from connector.ledger.tables import attempt, authorization, batch, inquiry, member, roster, roster_line, sequence, unasked
from connector.lifecycle import Move, State, after
from connector.moments import moment

_FOR_EVER = date.min  # the day of a number that never begins again

_MEMBER = (
    member.c.id,
    member.c.inquiry,
    member.c.place,
    member.c.signed_on,
    member.c.valid_to,
    member.c.sign_mode,
    member.c.scope,
    member.c.sealed,
    member.c.data_key,
    inquiry.c.centre,
    inquiry.c.region,
    inquiry.c.programme,
    inquiry.c.check_type,
    inquiry.c.appeal,
    inquiry.c.urgent,
    inquiry.c.application_date,
    inquiry.c.as_of,
    inquiry.c.window_from,
    authorization.c.id.label("authorization"),
    authorization.c.number.label("authorization_no"),
    authorization.c.state.label("authorization_state"),
    authorization.c.scan_digest,
    authorization.c.scan_object,
    authorization.c.scan_key,
)
_MEMBERS = member.join(inquiry, member.c.inquiry == inquiry.c.id).join(
    authorization, member.c.authorization == authorization.c.id
)


def waiting(tx: Connection) -> Sequence[AnyRow]:
    """Members of inquiries that have no place in a roster yet, household by household."""
    query = (
        select(*_MEMBER)
        .select_from(_MEMBERS)
        .where(inquiry.c.gathered_at.is_(None), inquiry.c.withdrawn_at.is_(None))
        .order_by(inquiry.c.id, member.c.place)
    )
    return tx.execute(query).all()


def make_roster(
    tx: Connection,
    centre: str,
    region: str,
    institutions: Sequence[str],
    urgent: bool,
    members: Sequence[int],
    now: datetime,
    *,
    kind: str = "new",
    programme: str = "",
) -> int:
    """Write an ordered list of persons once, whatever the number of banks; its id.

    ``kind``: new, reported, appeal, month, quarter, year, again (domain rule 16). ``programme``: where the bank's limit hangs on it.
    """
    row = {"centre": centre, "region": region, "institutions": list(institutions), "urgent": urgent}
    row |= {"kind": kind, "programme": programme}
    key = _new_key(tx, insert(roster).values(**row, lines=len(members), made_at=moment(now)))
    tx.execute(insert(roster_line), [{"roster": key, "position": p, "member": m} for p, m in enumerate(members)])
    return key


def whose(tx: Connection, key: int) -> dict[str, str]:
    """The centre and the region of a roster, as its batches carry them on."""
    row = tx.execute(select(roster.c.centre, roster.c.region).where(roster.c.id == key)).one()
    return {"centre": row.centre, "region": row.region}


def mark_gathered(tx: Connection, inquiries: Iterable[int], now: datetime) -> None:
    """These inquiries have their places."""
    for chunk in _chunks(sorted(set(inquiries)), 500):
        tx.execute(update(inquiry).where(inquiry.c.id.in_(chunk)).values(gathered_at=moment(now)))


def withdraw(tx: Connection, inquiries: Iterable[int], now: datetime) -> None:
    """These inquiries are not asked at all."""
    for chunk in _chunks(sorted(set(inquiries)), 500):
        tx.execute(update(inquiry).where(inquiry.c.id.in_(chunk)).values(withdrawn_at=moment(now)))


def uncut(tx: Connection, institution: str) -> list[int]:
    """Rosters of which some positions have neither a live batch of this bank nor a reason not to be asked; urgent ones first."""
    done: dict[int, int] = {}
    live = and_(batch.c.institution == institution, batch.c.state != State.RECALLED)
    covered = select(batch.c.roster, func.sum(batch.c.lines)).where(live).group_by(batch.c.roster)
    noted = select(unasked.c.roster, func.count()).where(unasked.c.institution == institution).group_by(unasked.c.roster)
    for query in (covered, noted):
        for key, lines in tx.execute(query):
            done[key] = done.get(key, 0) + int(lines)
    rosters = tx.execute(select(roster.c.id, roster.c.institutions, roster.c.lines).order_by(roster.c.urgent.desc(), roster.c.id))
    return [row.id for row in rosters if institution in row.institutions and done.get(row.id, 0) < row.lines]


def free_positions(tx: Connection, key: int, institution: str) -> list[int]:
    """The positions of a roster still to be cut into batches of this bank, ascending."""
    lines = tx.execute(select(roster.c.lines).where(roster.c.id == key)).scalar_one()
    free = set(range(lines))
    ranges = select(batch.c.first, batch.c.lines).where(
        batch.c.roster == key, batch.c.institution == institution, batch.c.state != State.RECALLED
    )
    for first, count in tx.execute(ranges):
        free.difference_update(range(first, first + count))
    noted = select(unasked.c.position).where(unasked.c.roster == key, unasked.c.institution == institution)
    free.difference_update(tx.execute(noted).scalars())
    return sorted(free)


def still_free(tx: Connection, key: int, institution: str, first: int, lines: int) -> bool:
    """Whether none of these positions lies in a live batch of this bank; in a write transaction that stays true until the commit."""
    ours = and_(batch.c.roster == key, batch.c.institution == institution, batch.c.state != State.RECALLED)
    meets = and_(batch.c.first < first + lines, batch.c.first + batch.c.lines > first)
    return tx.execute(select(batch.c.id).where(ours, meets).limit(1)).first() is None


def positions_outside(tx: Connection, key: int, classes: Collection[str]) -> list[int]:
    """The positions of a roster whose authorised scope holds none of these asset classes, ascending."""
    places = roster_line.join(member, roster_line.c.member == member.c.id)
    here = roster_line.c.roster == key
    scopes = tx.execute(select(member.c.scope).select_from(places).where(here).distinct()).scalars()
    outside = [scope for scope in scopes if not set(classes).intersection(scope.split(","))]
    if not outside:
        return []
    query = select(roster_line.c.position).select_from(places).where(here, member.c.scope.in_(outside))
    return [int(position) for position in tx.execute(query.order_by(roster_line.c.position)).scalars()]


def members_at(tx: Connection, key: int, first: int, lines: int) -> Sequence[AnyRow]:
    """The persons at a range of a roster, in order, with what a request line needs."""
    query = (
        select(roster_line.c.position, *_MEMBER)
        .select_from(_MEMBERS.join(roster_line, roster_line.c.member == member.c.id))
        .where(roster_line.c.roster == key, roster_line.c.position.between(first, first + lines - 1))
        .order_by(roster_line.c.position)
    )
    return tx.execute(query).all()


def banks_with_paper(tx: Connection, key: int) -> set[str]:
    """The institutions a parcel was made for, and not recalled, that holds a line under this authorization."""
    places = batch.join(roster_line, roster_line.c.roster == batch.c.roster).join(member, roster_line.c.member == member.c.id)
    within = and_(roster_line.c.position >= batch.c.first, roster_line.c.position < batch.c.first + batch.c.lines)
    here = and_(member.c.authorization == key, batch.c.state != State.RECALLED, within)
    return set(tx.execute(select(batch.c.institution).select_from(places).where(here).distinct()).scalars())


def note_unasked(tx: Connection, key: int, institution: str, problems: Mapping[int, Mapping[str, str]], now: datetime) -> None:
    """These positions are never sent to this bank, and why."""
    rows = [
        {"roster": key, "institution": institution, "position": p, "problem": dict(why), "noted_at": moment(now)}
        for p, why in problems.items()
    ]
    if rows:
        tx.execute(insert(unasked), rows)


def next_sequence(tx: Connection, institution: str, day: date, *, resets: bool = True) -> int:
    """The next number of this bank, on this day or (``resets`` false) for ever: unique, and never given again after a restart.

    A bank may change from one way to the other: a first number goes on from those of the same day, or of all days.
    """
    counted = day if resets else _FOR_EVER
    here = and_(sequence.c.institution == institution, sequence.c.day == counted)
    if tx.execute(update(sequence).where(here).values(last=sequence.c.last + 1)).rowcount == 0:
        used = select(func.max(batch.c.sequence)).where(batch.c.institution == institution)
        before = tx.execute(used.where(batch.c.sequence_day == day) if resets else used).scalar() or 0
        tx.execute(insert(sequence).values(institution=institution, day=counted, last=before + 1))
    return int(tx.execute(select(sequence.c.last).where(here)).scalar_one())


def add_batch(tx: Connection, **values: Any) -> int:
    """A new batch, SEALED; ``values`` are its columns."""
    key = _new_key(tx, insert(batch).values(state=State.SEALED, late=False, **values))
    counting.changed(tx, key)
    return key


def find_batch(tx: Connection, key: int) -> AnyRow:
    """One batch by its id."""
    return tx.execute(select(batch).where(batch.c.id == key)).one()


def batch_numbered(tx: Connection, institution: str, number: str) -> AnyRow | None:
    """The batch of this bank under this number, if there is one."""
    return tx.execute(select(batch).where(batch.c.institution == institution, batch.c.number == number)).one_or_none()


def our_batch(tx: Connection, institution: str, number: str) -> AnyRow | None:
    """The batch of this bank under this number, where it is of the centre the ledger was opened for."""
    row = batch_numbered(tx, institution, number)
    return row if row is not None and site.is_ours(tx, row.centre) else None


def batches(tx: Connection, institution: str | None = None) -> Sequence[AnyRow]:
    """All batches (of one bank), oldest first."""
    query = select(batch).order_by(batch.c.id)
    return tx.execute(query if institution is None else query.where(batch.c.institution == institution)).all()


def sent_to(tx: Connection, institutions: Collection[str], states: Collection[State], after: int, limit: int) -> Sequence[AnyRow]:
    """Batches of these institutions in these states with an id above ``after``, in order of it; without what their lines came to."""
    columns = [column for column in batch.c if column.name not in {"vector", "counts"}]
    here = and_(batch.c.institution.in_(sorted(institutions)), batch.c.state.in_(sorted(states)), batch.c.id > after)
    return tx.execute(select(*columns).where(here).order_by(batch.c.id).limit(limit)).all()


def to_dispatch(tx: Connection, institution: str, now: datetime) -> Sequence[int]:
    """Batches of this bank that may go out or must be looked for now, urgent ones first, then the oldest; not those on a medium."""
    due = or_(batch.c.retry_at.is_(None), batch.c.retry_at <= moment(now))
    states = and_(batch.c.state.in_([State.SEALED, State.IN_DOUBT]), batch.c.id.not_in(media.carried()))
    query = select(batch.c.id).select_from(batch.join(roster, batch.c.roster == roster.c.id))
    here = query.where(batch.c.institution == institution, states, due)
    return tx.execute(here.order_by(roster.c.urgent.desc(), batch.c.id)).scalars().all()


def urgent_among(tx: Connection, keys: Sequence[int]) -> set[int]:
    """Which of these batches are of an urgent roster."""
    query = select(batch.c.id).select_from(batch.join(roster, batch.c.roster == roster.c.id)).where(roster.c.urgent)
    return {key for chunk in _chunks(keys, 500) for key in tx.execute(query.where(batch.c.id.in_(chunk))).scalars()}


def awaited(tx: Connection, institution: str, sent_after: datetime | None = None) -> Sequence[str]:
    """The names of the parcels this bank holds and has not answered, oldest first; those sent after a moment alone, where one is given."""
    here = and_(batch.c.institution == institution, batch.c.state.in_([State.SENT, State.ACCEPTED, State.EXPIRED]))
    if sent_after is not None:
        here = and_(here, batch.c.sent_at > moment(sent_after))
    return tx.execute(select(batch.c.parcel_name).where(here).order_by(batch.c.id)).scalars().all()


def overdue(tx: Connection, now: datetime) -> Sequence[AnyRow]:
    """Batches the bank holds whose deadline has passed; what was not sent goes on being tried."""
    states = [State.SENT, State.ACCEPTED]
    return tx.execute(select(batch).where(batch.c.due_at < moment(now), batch.c.state.in_(states))).all()


def move(tx: Connection, key: int, what: Move, now: datetime, **values: Any) -> State:
    """Move a batch by the lifecycle table; ``values`` are other columns that change with it. Raises WrongMove."""
    state = after(State(tx.execute(select(batch.c.state).where(batch.c.id == key)).scalar_one()), what)
    tx.execute(update(batch).where(batch.c.id == key).values(state=state, state_at=moment(now), **values))
    counting.changed(tx, key, now)
    return state


def set_batch(tx: Connection, key: int, *, now: datetime | None = None, **values: Any) -> None:
    """Change columns of a batch that are not its state. ``now`` is given where one of them counts (``counting.COUNTED``)."""
    tx.execute(update(batch).where(batch.c.id == key).values(**values))
    if counting.COUNTED & values.keys():
        counting.changed(tx, key, now)


def begin_attempt(tx: Connection, key: int, epoch: int, now: datetime, road: str) -> int:
    """Write down the intent before the line is opened; the attempt's number. ``road``: the kind of channel it takes."""
    last = tx.execute(select(func.max(attempt.c.number)).where(attempt.c.batch == key)).scalar() or 0
    tx.execute(insert(attempt).values(batch=key, number=last + 1, epoch=epoch, began_at=moment(now), road=road))
    return int(last) + 1


def proved(tx: Connection, key: int, now: datetime, by: str = "answered") -> None:
    """An answer to a batch, or two persons, prove that its last attempt arrived, whatever became of us after it."""
    open_attempt = and_(attempt.c.batch == key, attempt.c.ended_at.is_(None))
    tx.execute(update(attempt).where(open_attempt).values(ended_at=moment(now), delivery="delivered", code=by))


def disproved(tx: Connection, key: int, now: datetime, by: str = "not-received", of: str | None = None) -> None:
    """No attempt so far arrived, as two persons or a carrier say: what was in doubt is certain failure.

    ``of``: only what ended with this code.
    """
    doubtful = and_(attempt.c.batch == key, func.coalesce(attempt.c.delivery, "in_doubt") == "in_doubt")
    if of is not None:
        doubtful = and_(doubtful, attempt.c.code == of)
    ended = func.coalesce(attempt.c.ended_at, moment(now))
    tx.execute(update(attempt).where(doubtful).values(ended_at=ended, delivery="retry", code=by))


def roads_with(tx: Connection, key: int, code: str) -> Sequence[str]:
    """The roads on which an attempt ended with this code."""
    return tx.execute(select(attempt.c.road).where(attempt.c.batch == key, attempt.c.code == code).distinct()).scalars().all()


def editions(tx: Connection, institution: str) -> Sequence[str]:
    """The editions of the profile batches of this bank were written in, newest first."""
    query = select(batch.c.edition).where(batch.c.institution == institution).group_by(batch.c.edition)
    return tx.execute(query.order_by(func.max(batch.c.id).desc())).scalars().all()


def end_attempt(tx: Connection, key: int, number: int, delivery: str, code: str, now: datetime) -> None:
    """What became of an attempt."""
    here = and_(attempt.c.batch == key, attempt.c.number == number)
    tx.execute(update(attempt).where(here).values(ended_at=moment(now), delivery=delivery, code=code))


def unended_attempt(tx: Connection, key: int) -> int | None:
    """The attempt that a crash left without an end, if any."""
    query = select(attempt.c.number).where(attempt.c.batch == key, attempt.c.ended_at.is_(None))
    return tx.execute(query.order_by(attempt.c.number.desc())).scalar()


def attempts(tx: Connection, key: int) -> int:
    """How often this batch was put on the road."""
    return tx.execute(select(func.count()).where(attempt.c.batch == key)).scalar_one()


def attempts_since(tx: Connection, institution: str, since: datetime) -> int:
    """How many parcels of this bank were put on the road after a moment."""
    ours = and_(batch.c.institution == institution, attempt.c.began_at > moment(since))
    return tx.execute(select(func.count()).select_from(attempt.join(batch)).where(ours)).scalar_one()


def failing_since(tx: Connection, key: int, road: str) -> str | None:
    """When this batch was first put on this road, if every attempt on it ended in certain failure; none where it never was."""
    here = and_(attempt.c.batch == key, attempt.c.road == road)
    first: str | None = tx.execute(select(func.min(attempt.c.began_at)).where(here)).scalar_one()
    return first


def may_have_arrived(tx: Connection, key: int) -> bool:
    """Whether any attempt ended otherwise than in certain failure: then the bank may hold this parcel."""
    query = select(func.count()).where(attempt.c.batch == key, func.coalesce(attempt.c.delivery, "") != "retry")
    return tx.execute(query).scalar_one() > 0


def _new_key(tx: Connection, query: Insert) -> int:
    key = tx.execute(query).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key for a new row")
    return int(key[0])


def _chunks(keys: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (keys[i : i + size] for i in range(0, len(keys), size))
