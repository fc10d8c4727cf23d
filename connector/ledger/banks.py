"""What the ledger keeps of a lane: which step is stopped there and why, and until when its server asked to be left alone."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector.ledger.tables import lane
from connector.moments import moment


def note_problem(tx: Connection, institution: str, step: str, problem: Mapping[str, Any] | None, now: datetime) -> None:
    """Why this step is stopped in this lane, and ``since`` when it never went well; None when it went well."""
    here = lane.c.institution == institution
    noted = dict(tx.execute(select(lane.c.problem).where(here)).scalar() or {})
    before = noted.pop(step, {})
    if problem:
        noted[step] = {**problem, "at": moment(now), "since": before.get("since", moment(now))}
    values = {"problem": noted or None, "problem_at": moment(now) if noted else None}
    if tx.execute(update(lane).where(here).values(**values)).rowcount == 0:
        tx.execute(insert(lane).values(institution=institution, epoch=0, **values))


def note_quiet(tx: Connection, institution: str, road: str, until: datetime) -> None:
    """A server asked not to be called on this road until then."""
    here = lane.c.institution == institution
    noted = {**(tx.execute(select(lane.c.quiet).where(here)).scalar() or {}), road: moment(until)}
    if tx.execute(update(lane).where(here).values(quiet=noted)).rowcount == 0:
        tx.execute(insert(lane).values(institution=institution, epoch=0, quiet=noted))


def quiet_until(tx: Connection, institution: str, road: str) -> str | None:
    """Until when a server asked not to be called, as it asked last; none where it never did."""
    until: str | None = (tx.execute(select(lane.c.quiet).where(lane.c.institution == institution)).scalar() or {}).get(road)
    return until


def note_day(tx: Connection, lane_name: str, key: str, day: date, now: datetime) -> None:
    """What happens once a day in a lane happened on this day; the lane is a row of its own, ``word:institution``."""
    note_problem(tx, lane_name, key, {"day": day.isoformat()}, now)


def noted_day(tx: Connection, lane_name: str, key: str) -> str | None:
    """The last day noted; none when there is none."""
    day: str | None = noted(tx, lane_name).get(key, {}).get("day")
    return day


def noted(tx: Connection, lane_name: str) -> dict[str, dict[str, Any]]:
    """What is noted in one lane, by step or key."""
    return dict(tx.execute(select(lane.c.problem).where(lane.c.institution == lane_name)).scalar() or {})


def problems(tx: Connection) -> dict[str, dict[str, dict[str, Any]]]:
    """Lane -> step -> why it is stopped there: code, zh, en, at, since."""
    query = select(lane.c.institution, lane.c.problem).where(lane.c.problem_at.is_not(None))
    return {row.institution: dict(row.problem) for row in tx.execute(query)}
