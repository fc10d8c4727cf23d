"""Authorizations as objects: registered, valid, over. Every change of state is dated, attributed and audited where it is made."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, not_, or_, select, update

from connector.authorization import ASKABLE, CLOSED, OVER, State, after
from connector.inquiry import Household
from connector.ledger import audit
from connector.ledger.inquiries import in_parts
from connector.ledger.proof_tables import audit as audit_table
from connector.ledger.rows import AnyRow
from connector.ledger.stop_tables import stopped_member
from connector.ledger.tables import authorization, inquiry, member, roster_line
from connector.moments import moment

Paper = tuple[str, str]  # (number, household number): a number belongs to a household of a centre
SEVERAL = "authorizations"  # the audit's subject where many changed at once


def of_papers(tx: Connection, centre: str, papers: Collection[Paper]) -> dict[Paper, AnyRow]:
    """What the ledger knows of these papers."""
    found: dict[Paper, AnyRow] = {}
    for some in in_parts({number for number, _ in papers}):
        query = select(authorization).where(authorization.c.centre == centre, authorization.c.number.in_(some))
        found.update({(row.number, row.household_no): row for row in tx.execute(query)})
    return {paper: found[paper] for paper in papers if paper in found}


def named(tx: Connection, keys: Collection[int]) -> dict[int, set[bytes]]:
    """Authorization → persons (keyed indexes) already asked about under it; an authorization not used yet is not in it."""
    query = (
        select(member.c.authorization, member.c.person_index)
        .join(inquiry, member.c.inquiry == inquiry.c.id)
        .where(inquiry.c.gathered_at.is_not(None), inquiry.c.withdrawn_at.is_(None))
    )
    persons: dict[int, set[bytes]] = {}
    for some in in_parts(keys):
        for key, person in tx.execute(query.where(member.c.authorization.in_(some))):
            persons.setdefault(key, set()).add(bytes(person))
    return persons


def register(
    tx: Connection, centre: str, papers: Mapping[Paper, Household], state: State, *, now: datetime, who: str, detail: Any
) -> list[int]:
    """Write papers not known yet, each for its household; their ids in the order given."""
    if not papers:
        return []
    common = {"centre": centre, "state": state, "state_at": moment(now), "state_by": who}
    rows = [
        {**common, "number": number, "household_no": household_no, "region": home.region, "programme": home.programme}
        for (number, household_no), home in papers.items()
    ]
    written = tx.execute(insert(authorization).returning(authorization.c.id, sort_by_parameter_order=True), rows)
    keys = [int(key) for key in written.scalars()]
    note(tx, centre, keys, state, now=now, who=who, detail=detail)
    return keys


def move(tx: Connection, centre: str, keys: Collection[int], to: State, *, now: datetime, who: str, why: str = "") -> None:
    """Change the state of authorizations of one centre, all or none. Raises AuthorizationError."""
    if not keys:
        return
    origins: set[str] = set()
    for some in in_parts(keys):
        here = and_(authorization.c.centre == centre, authorization.c.id.in_(some))
        origins.update(tx.execute(select(authorization.c.state).where(here).distinct()).scalars())
        values = {"state": to, "state_at": moment(now), "state_by": who, "state_why": why or None}
        tx.execute(update(authorization).where(here).values(**values))
    for origin in origins:
        after(State(origin), to)
    note(tx, centre, keys, to, now=now, who=who, detail={"from": sorted(origins), "why": why})


def note(tx: Connection, centre: str, keys: Collection[int], state: State, *, now: datetime, who: str, detail: Any) -> None:
    """One audit record for one or many authorizations; many are told as ranges of ids."""
    ranges = as_ranges(keys)
    one = len(keys) == 1
    audit.record(
        tx,
        at=now,
        who=who,
        what=f"authorization-{state}",
        centre=centre,
        subject=f"authorization {ranges[0][0]}" if one else SEVERAL,
        detail=dict(detail) if one else {**detail, "authorizations": ranges},
    )


def history(tx: Connection, key: int) -> list[AnyRow]:
    """Every audited change of one authorization, oldest first."""
    subjects = (f"authorization {key}", SEVERAL)
    records = tx.execute(select(audit_table).where(audit_table.c.subject.in_(subjects)).order_by(audit_table.c.seq))
    return [row for row in records if row.subject != SEVERAL or _is_in(key, row.detail["authorizations"])]


def expire(tx: Connection, centre: str, today: date, *, now: datetime, who: str) -> int:
    """Mark the papers whose last day has passed; how many. A paper that stands open-ended for one person does not expire."""
    open_ended = func.count() - func.count(member.c.valid_to)
    query = (
        select(authorization.c.id)
        .join(member, member.c.authorization == authorization.c.id)
        .where(authorization.c.centre == centre, authorization.c.state == State.VALID)
        .group_by(authorization.c.id)
        .having(and_(func.max(member.c.valid_to) < today, open_ended == 0))
    )
    keys = tx.execute(query).scalars().all()
    move(tx, centre, keys, State.EXPIRED, now=now, who=who)
    return len(keys)


def left_behind(tx: Connection, centre: str, household_nos: Collection[str], *, concluded_cites: bool) -> list[int]:
    """Papers of these households that no inquiry cites any more: a newer paper of the household supersedes them.

    A withdrawn inquiry cites nothing; ``concluded_cites`` says whether one that has its report still does.
    """
    citing = [member.c.authorization == authorization.c.id, inquiry.c.withdrawn_at.is_(None)]
    if not concluded_cites:
        citing.append(inquiry.c.concluded_at.is_(None))
    cited = exists().where(member.c.inquiry == inquiry.c.id, *citing)
    query = select(authorization.c.id).where(authorization.c.centre == centre, authorization.c.state.in_([*ASKABLE]), not_(cited))
    some_of = in_parts(household_nos)
    return [key for some in some_of for key in tx.execute(query.where(authorization.c.household_no.in_(some))).scalars()]


def one(tx: Connection, key: int) -> AnyRow:
    """The authorization of this id."""
    return tx.execute(select(authorization).where(authorization.c.id == key)).one()


def numbers_with_scan(tx: Connection, centre: str, digest: str) -> set[str]:
    """The numbers of the authorizations, not over, whose scan has this digest."""
    here = and_(authorization.c.centre == centre, authorization.c.scan_digest == digest)
    query = select(authorization.c.number).where(here, authorization.c.state.not_in([*OVER]))
    return set(tx.execute(query).scalars())


def scan_digest(tx: Connection, key: int) -> str | None:
    """SHA-256 of the scan that was handed in, None while there is none."""
    digest: str | None = tx.execute(select(authorization.c.scan_digest).where(authorization.c.id == key)).scalar_one()
    return digest


def set_scan(tx: Connection, key: int, *, digest: str, sealed_object: str, data_key: int) -> None:
    """Keep where the scan is and what its digest was when it was handed in."""
    values = {"scan_digest": digest, "scan_object": sealed_object, "scan_key": data_key}
    tx.execute(update(authorization).where(authorization.c.id == key).values(**values))


def find(tx: Connection, centre: str, number: str, household_no: str | None = None) -> Sequence[AnyRow]:
    """The authorizations under a number, one for each household that has it."""
    query = select(authorization).where(authorization.c.centre == centre, authorization.c.number == number)
    if household_no is not None:
        query = query.where(authorization.c.household_no == household_no)
    return tx.execute(query.order_by(authorization.c.id)).all()


def listing(tx: Connection, centre: str, state: str | None = None, limit: int = 1000) -> Sequence[AnyRow]:
    """Authorizations with the persons who signed and the days, newest first."""
    query = (
        select(
            authorization,
            func.count(func.distinct(member.c.person_index)).label("persons"),
            func.min(member.c.signed_on).label("signed_on"),
            func.min(member.c.valid_to).label("valid_to"),
        )
        .outerjoin(member, member.c.authorization == authorization.c.id)
        .where(authorization.c.centre == centre)
        .group_by(authorization.c.id)
        .order_by(authorization.c.id.desc())
        .limit(limit)
    )
    return tx.execute(query.where(authorization.c.state == state) if state else query).all()


def citing(tx: Connection, key: int) -> Sequence[AnyRow]:
    """The inquiries that cite an authorization and were not withdrawn, with how many of their persons do."""
    columns = (inquiry.c.id, inquiry.c.gathered_at, inquiry.c.concluded_at, func.count(member.c.id).label("persons"))
    query = select(*columns).join(member, member.c.inquiry == inquiry.c.id)
    return tx.execute(
        query.where(member.c.authorization == key, inquiry.c.withdrawn_at.is_(None)).group_by(inquiry.c.id).order_by(inquiry.c.id)
    ).all()


def closed(tx: Connection, inquiries: Collection[int]) -> dict[int, list[AnyRow]]:
    """Inquiry → the papers it cites that were withdrawn or ended (number, state, state_at), first to last."""
    columns = (member.c.inquiry, authorization.c.number, authorization.c.state, authorization.c.state_at)
    query = select(*columns).join(authorization, member.c.authorization == authorization.c.id).distinct()
    found: dict[int, list[AnyRow]] = {}
    for some in in_parts(inquiries):
        here = and_(member.c.inquiry.in_(some), authorization.c.state.in_([*CLOSED]))
        for row in tx.execute(query.where(here).order_by(authorization.c.state_at, authorization.c.number)):
            found.setdefault(row.inquiry, []).append(row)
    return found


def signatures(tx: Connection, key: int) -> Sequence[AnyRow]:
    """The signatures on an authorization: inquiry, place, days, mode, scope. No person."""
    columns = (member.c.inquiry, member.c.place, member.c.signed_on, member.c.valid_to, member.c.sign_mode, member.c.scope)
    return tx.execute(select(*columns).where(member.c.authorization == key).order_by(member.c.inquiry, member.c.place)).all()


def not_askable_positions(tx: Connection, roster: int, first: int = 0, lines: int | None = None) -> list[int]:
    """Positions of a roster (or of a range of it) that may not be asked any more: a member's authorization is over, or the person was
    stopped (ledger/stops.py).

    For gather before it cuts and dispatch before it sends (domain rule 9): under one paper a household is asked whole or not at all.
    """
    stopped = (
        select(member.c.inquiry)
        .join(authorization, member.c.authorization == authorization.c.id)
        .where(authorization.c.state.not_in([*ASKABLE]))
    )
    query = (
        select(roster_line.c.position)
        .join(member, roster_line.c.member == member.c.id)
        .where(roster_line.c.roster == roster, roster_line.c.position >= first)
        .where(or_(member.c.inquiry.in_(stopped), member.c.id.in_(select(stopped_member.c.member))))
    )
    if lines is not None:
        query = query.where(roster_line.c.position < first + lines)
    return [int(position) for position in tx.execute(query.order_by(roster_line.c.position)).scalars()]


def unscanned_positions(tx: Connection, roster: int) -> list[int]:
    """Positions of a roster whose household has a member whose authorization has no scan yet: it is asked whole or not at all."""
    without = (
        select(member.c.inquiry)
        .join(authorization, member.c.authorization == authorization.c.id)
        .where(authorization.c.scan_object.is_(None))
    )
    query = (
        select(roster_line.c.position)
        .join(member, roster_line.c.member == member.c.id)
        .where(roster_line.c.roster == roster, member.c.inquiry.in_(without))
    )
    return [int(position) for position in tx.execute(query.order_by(roster_line.c.position)).scalars()]


def as_ranges(keys: Collection[int]) -> list[list[int]]:
    """Ids as [first, last] pairs: a sheet's authorizations are mostly one range."""
    ranges: list[list[int]] = []
    for key in sorted(keys):
        if ranges and ranges[-1][1] == key - 1:
            ranges[-1][1] = key
        else:
            ranges.append([key, key])
    return ranges


def _is_in(key: int, ranges: list[list[int]]) -> bool:
    return any(first <= key <= last for first, last in ranges)
