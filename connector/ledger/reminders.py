"""Reminders as the ledger keeps them: one record for each bank, step and day; each batch once at each step; what each channel came to."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector.ledger.reminder_tables import notice, reminded, reminder
from connector.ledger.rows import AnyRow
from connector.moments import moment


def told(tx: Connection, numbers: Sequence[str]) -> dict[str, set[str]]:
    """Batch number → the steps at which it was told of."""
    found: dict[str, set[str]] = {}
    for at in range(0, len(numbers), 500):
        for row in tx.execute(select(reminded).where(reminded.c.batch.in_(numbers[at : at + 500]))):
            found.setdefault(row.batch, set()).add(row.step)
    return found


def made_on(tx: Connection, institution: str, day: date) -> set[str]:
    """The steps recorded at a bank on a day."""
    here = (reminder.c.institution == institution) & (reminder.c.day == day.isoformat())
    return set(tx.execute(select(reminder.c.step).where(here)).scalars())


def make(
    tx: Connection,
    *,
    centre: str,
    region: str,
    institution: str,
    step: str,
    passed: Sequence[str],
    day: date,
    batches: Sequence[Mapping[str, Any]],
    now: datetime,
) -> int:
    """Keep one record; its number. ``passed``: lower steps these batches reached at once, which are not told of apart."""
    lines = sum(int(each["lines"]) for each in batches)
    values = {"institution": institution, "step": step, "day": day.isoformat(), "lines": lines}
    kept = insert(reminder).values(
        centre=centre, region=region, batches=[dict(each) for each in batches], made_at=moment(now), **values
    )
    key = int(tx.execute(kept.returning(reminder.c.id)).scalar_one())
    numbers = [str(each["number"]) for each in batches]
    known = told(tx, numbers)
    rows = [
        {"batch": number, "step": each, "reminder": key}
        for number in numbers
        for each in dict.fromkeys((step, *passed))
        if each not in known.get(number, ())
    ]
    tx.execute(insert(reminded), rows)
    return key


def tell(tx: Connection, key: int, receiver: str, channel: str, now: datetime) -> None:
    """Somebody is to be told of a record by a channel, from now on."""
    values = {"receiver": receiver, "channel": channel, "state": "waiting", "tries": 0, "next_at": moment(now)}
    tx.execute(insert(notice).values(reminder=key, **values))


def waiting(tx: Connection, now: datetime, institution: str | None = None) -> Sequence[AnyRow]:
    """What is to be sent now, oldest first: the notice, and its record's columns (``reminder`` is the record's number)."""
    columns = [column for column in reminder.c if column.name != "id"]
    query = select(notice, *columns).join(reminder, notice.c.reminder == reminder.c.id)
    query = query.where(notice.c.state == "waiting", notice.c.next_at <= moment(now)).order_by(notice.c.id)
    return tx.execute(query if institution is None else query.where(reminder.c.institution == institution)).all()


def sent(tx: Connection, key: int, now: datetime) -> None:
    """A notice was taken by its server."""
    here = update(notice).where(notice.c.id == key)
    tx.execute(here.values(state="sent", sent_at=moment(now), tries=notice.c.tries + 1, problem=None))


def failed(tx: Connection, key: int, problem: Mapping[str, str], again: datetime | None) -> None:
    """A try came to nothing; the next one, or none any more."""
    values: dict[str, Any] = {"problem": dict(problem), "tries": notice.c.tries + 1}
    values |= {"state": "given_up"} if again is None else {"next_at": moment(again)}
    tx.execute(update(notice).where(notice.c.id == key).values(**values))


def untold(tx: Connection, before: datetime) -> Sequence[AnyRow]:
    """Notices of records made before a time that nobody was told of yet, or never will be."""
    columns = (notice, reminder.c.institution, reminder.c.step, reminder.c.day, reminder.c.made_at)
    query = select(*columns).join(reminder, notice.c.reminder == reminder.c.id)
    return tx.execute(query.where(notice.c.state != "sent", reminder.c.made_at < moment(before)).order_by(notice.c.id)).all()


def listing(tx: Connection, institution: str | None = None) -> Sequence[AnyRow]:
    """All records (of one bank), newest first."""
    query = select(reminder).order_by(reminder.c.id.desc())
    return tx.execute(query if institution is None else query.where(reminder.c.institution == institution)).all()


def notices(tx: Connection) -> dict[int, list[AnyRow]]:
    """Record → how it was delivered."""
    found: dict[int, list[AnyRow]] = {}
    for row in tx.execute(select(notice).order_by(notice.c.id)):
        found.setdefault(row.reminder, []).append(row)
    return found
