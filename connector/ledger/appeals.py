"""Appeals: what is disputed, the new inquiry that asks again, how each disputed bank's part ended. The disputed inquiry is never changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from connector.ledger.appeal_tables import appeal, appeal_item
from connector.ledger.inquiries import in_parts
from connector.ledger.rows import AnyRow
from connector.ledger.tables import authorization, batch, edition, inbound, inquiry, member, roster_line
from connector.moments import moment

RECEIVED, RECHECKING, UPHELD, CORRECTED, DECLINED = "received", "rechecking", "upheld", "corrected", "declined"
OPEN = (RECEIVED, RECHECKING)
UNANSWERED = "unanswered"  # of one bank: it never answered the re-check
BY_APPEAL, BY_REVISION = "appeal", "revised"  # where a corrected answer came from


# ---------------------------------------------------------------- the appeal
def add(tx: Connection, items: Mapping[str, Mapping[str, Any]], **columns: Any) -> int:
    """Write an appeal and its disputed banks (institution → by_account, disputed); its number."""
    key = int(tx.execute(insert(appeal).values(state=RECEIVED, **columns).returning(appeal.c.id)).scalar_one())
    tx.execute(insert(appeal_item), [{"appeal": key, "institution": code, **said} for code, said in sorted(items.items())])
    return key


def find(tx: Connection, centre: str, key: int) -> AnyRow | None:
    """The appeal of this number, with the household it is about (household_no, household_key, programme, check_type of the original)."""
    return tx.execute(_LISTED.where(appeal.c.id == key, appeal.c.centre == centre)).one_or_none()


def row(tx: Connection, key: int) -> AnyRow:
    """An appeal that is there."""
    return tx.execute(_LISTED.where(appeal.c.id == key)).one()


def listing(tx: Connection, centre: str, states: Collection[str] = ()) -> Sequence[AnyRow]:
    """The appeals of a centre (in these states), by the day they are due."""
    query = _LISTED.where(appeal.c.centre == centre).order_by(appeal.c.due_at, appeal.c.id)
    return tx.execute(query.where(appeal.c.state.in_(sorted(states))) if states else query).all()


def items(tx: Connection, key: int) -> Sequence[AnyRow]:
    """The disputed banks of an appeal, by code."""
    return tx.execute(select(appeal_item).where(appeal_item.c.appeal == key).order_by(appeal_item.c.institution)).all()


def of_inquiry(tx: Connection, original: int) -> Sequence[AnyRow]:
    """The appeals against an inquiry, first to last."""
    return tx.execute(_LISTED.where(appeal.c.original == original).order_by(appeal.c.id)).all()


def that_asked(tx: Connection, key: int) -> AnyRow | None:
    """The appeal for which this inquiry asks, if it is one's."""
    return tx.execute(_LISTED.where(appeal.c.inquiry == key)).one_or_none()


def concerned(tx: Connection, inquiries: Collection[int]) -> set[int]:
    """Which of these inquiries are disputed by an appeal, or asked for one."""
    found: set[int] = set()
    for some in in_parts(inquiries):
        for column in (appeal.c.original, appeal.c.inquiry):
            found.update(tx.execute(select(column).where(column.in_(some)).distinct()).scalars())
    return found


def asked(tx: Connection, key: int, new: int, *, by: str, now: datetime) -> None:
    """The banks are asked again by inquiry ``new``."""
    values = {"inquiry": new, "state": RECHECKING, "asked_at": moment(now), "asked_by": by}
    tx.execute(update(appeal).where(appeal.c.id == key).values(**values))


def set_due(tx: Connection, key: int, due_at: datetime, *, provisional: bool) -> None:
    """The re-check is due at another time: the calendar changed."""
    tx.execute(update(appeal).where(appeal.c.id == key).values(due_at=moment(due_at), provisional=provisional))


def decided(
    tx: Connection, key: int, state: str, results: Mapping[str, tuple[str, str | None]], *, by: str, now: datetime
) -> None:
    """How it ended; ``results``: institution → (result, source of a correction)."""
    tx.execute(update(appeal).where(appeal.c.id == key).values(state=state, decided_at=moment(now), decided_by=by))
    for code, (result, source) in results.items():
        here = and_(appeal_item.c.appeal == key, appeal_item.c.institution == code)
        tx.execute(update(appeal_item).where(here).values(result=result, source=source))


def reopen_original(tx: Connection, key: int) -> None:
    """The household gets a further version of its report with the next conclude; the versions before stay."""
    tx.execute(update(inquiry).where(inquiry.c.id == key).values(concluded_at=None))


# ---------------------------------------------------------------- what is asked, what it came to
def limits(tx: Connection, inquiries: Collection[int]) -> dict[int, frozenset[str]]:
    """Member of an appeal's inquiry → the only banks it is asked of; members of other inquiries are not in it."""
    found: dict[int, frozenset[str]] = {}
    for some in in_parts(inquiries):
        disputed = select(appeal.c.inquiry, appeal_item.c.institution, appeal_item.c.disputed).join(
            appeal_item, appeal_item.c.appeal == appeal.c.id
        )
        banks: dict[tuple[int, int], set[str]] = {}
        for row in tx.execute(disputed.where(appeal.c.inquiry.in_(some))):
            for place in row.disputed:
                banks.setdefault((row.inquiry, int(place)), set()).add(row.institution)
        if not banks:
            continue
        members = select(member.c.id, member.c.inquiry, member.c.place).where(member.c.inquiry.in_({key for key, _ in banks}))
        for row in tx.execute(members):
            found[row.id] = frozenset(banks.get((row.inquiry, row.place), ()))
    return found


def open_banks(tx: Connection, original: int) -> set[str]:
    """The banks being asked again for appeals against an inquiry."""
    query = select(appeal_item.c.institution).join(appeal, appeal.c.id == appeal_item.c.appeal)
    return set(tx.execute(query.where(appeal.c.original == original, appeal.c.state == RECHECKING)).scalars())


def corrections(tx: Connection, originals: Collection[int]) -> dict[int, list[AnyRow]]:
    """Original inquiry → its disputed banks that were decided corrected, first to last (id, inquiry, institution, by_account,
    disputed, source, sealed, data_key, opened_at, decided_at)."""
    columns = (
        appeal.c.id,
        appeal.c.original,
        appeal.c.inquiry,
        appeal.c.sealed,
        appeal.c.data_key,
        appeal.c.opened_at,
        appeal.c.decided_at,
        appeal_item.c.institution,
        appeal_item.c.by_account,
        appeal_item.c.disputed,
        appeal_item.c.source,
    )
    query = select(*columns).join(appeal_item, appeal_item.c.appeal == appeal.c.id).where(appeal_item.c.result == CORRECTED)
    found: dict[int, list[AnyRow]] = {}
    for some in in_parts(originals):
        for row in tx.execute(query.where(appeal.c.original.in_(some)).order_by(appeal.c.decided_at, appeal.c.id)):
            found.setdefault(row.original, []).append(row)
    return found


def answer_file(tx: Connection, key: int, number: int) -> AnyRow | None:
    """Of an edition: the file that brought it (name, digest, size), when it was received, whether late."""
    columns = (
        inbound.c.id,
        inbound.c.name,
        inbound.c.digest,
        inbound.c.size,
        edition.c.received_at,
        edition.c.late,
        edition.c.number,
    )
    query = select(*columns).join(inbound, inbound.c.id == edition.c.inbound)
    return tx.execute(query.where(edition.c.batch == key, edition.c.number == number)).one_or_none()


def signed(tx: Connection, key: int, person_index: bytes) -> AnyRow | None:
    """The newest signature of a person on an authorization, if a household that came in bears one."""
    columns = (member.c.signed_on, member.c.valid_to, member.c.sign_mode, member.c.scope)
    here = and_(member.c.authorization == key, member.c.person_index == person_index)
    return tx.execute(select(*columns).where(here).order_by(member.c.id.desc()).limit(1)).one_or_none()


def papers_of(tx: Connection, key: int) -> dict[int, AnyRow]:
    """Member place → the authorization it is asked under (id, number, state)."""
    columns = (member.c.place, authorization.c.id, authorization.c.number, authorization.c.state)
    query = select(*columns).join(authorization, authorization.c.id == member.c.authorization).where(member.c.inquiry == key)
    return {row.place: row for row in tx.execute(query)}


def inquiry_row(tx: Connection, key: int) -> AnyRow:
    """One inquiry by its id."""
    return tx.execute(select(inquiry).where(inquiry.c.id == key)).one()


def news_of_corrections() -> Any:
    """Batch rows that correct an inquiry (for ``to_conclude``): those of appeals against it that were decided corrected."""
    places = batch.join(
        roster_line,
        and_(
            roster_line.c.roster == batch.c.roster,
            roster_line.c.position >= batch.c.first,
            roster_line.c.position < batch.c.first + batch.c.lines,
        ),
    ).join(member, roster_line.c.member == member.c.id)
    return (
        select(batch.c.id)
        .select_from(places.join(appeal, appeal.c.inquiry == member.c.inquiry))
        .where(appeal.c.original == inquiry.c.id, appeal.c.state == CORRECTED)
    )


_LISTED = select(
    *appeal.c,
    inquiry.c.household_no,
    inquiry.c.household_key,
    inquiry.c.programme,
    inquiry.c.check_type,
).join(inquiry, inquiry.c.id == appeal.c.original)
