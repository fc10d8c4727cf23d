"""What is overdue, due today and due on the next working day: bank by bank, household by household, appeal by appeal (rule 66).

A batch stands in a list as long as a line of it waits for an answer, whoever must act; where its lines were asked again, the newer batch
stands there instead. No person is named: a household by its number.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from connector.hours.deadlines import centre_deadline
from connector.ledger import appeals, calendars
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import moment, parse
from connector.parts import Parts, problem

OVERDUE, TODAY, NEXT = "overdue", "today", "next"
WHEN = (OVERDUE, TODAY, NEXT)
_OPEN_OUTCOMES = ("not_answered", "pending", "partial", "technical_failure")
_BANK, _US = "bank", "us"
# State → whose turn it is, and what is to be done, with a command that can be typed.
_REMIND = problem("remind", "催办该行：connector remind --bank {bank}", "remind the bank: connector remind --bank {bank}")
_TURNS: Mapping[State, tuple[str, dict[str, str]]] = {
    State.SENT: (_BANK, _REMIND),
    State.ACCEPTED: (_BANK, _REMIND),
    State.EXPIRED: (_BANK, _REMIND),
    State.ANSWERED: (
        _BANK,
        problem(
            "ask-again",
            "反馈不全，补问缺失行：connector again {bank} {number} --reason …",
            "answered in part: ask for what is missing: connector again {bank} {number} --reason …",
        ),
    ),
    State.SEALED: (
        _US,
        problem(
            "send",
            "尚未送出，原因见 connector status；可 connector step dispatch",
            "not sent yet: connector status says why; connector step dispatch tries again",
        ),
    ),
    State.IN_DOUBT: (
        _US,
        problem(
            "look",
            "是否送达存疑：connector step dispatch 再查看，或 connector resolve {bank} {number} --received --reason …",
            "in doubt: connector step dispatch looks again, or connector resolve {bank} {number} --received --reason …",
        ),
    ),
    State.HELD: (
        _US,
        problem(
            "decide",
            "待处置：原因见 connector status，再 connector release {bank} {number} --reason … 或 connector recall {bank} {number} --reason …",
            "held: connector status says why; then connector release {bank} {number} --reason … or connector recall {bank} {number} --reason …",
        ),
    ),
    State.REJECTED: (
        _US,
        problem(
            "mend",
            "银行拒收：改正后 connector remake {bank} {number} --reason …",
            "the bank refused it: mend it, then connector remake {bank} {number} --reason …",
        ),
    ),
}


def lists(tx: Tx, parts: Parts, now: datetime, institution: str | None = None) -> dict[str, Any]:
    """Schema ``due/1``. ``institution``: of this bank alone; households and appeals are then left out."""
    today = parts.day(now)
    following = parts.calendar.next_workday(today)
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in calendars.awaited(tx, institution):
        when = _when(parts, row.due_at, now, today, following)
        if when and _open_lines(row):
            found.setdefault(row.institution, {each: [] for each in WHEN})[when].append(_batch(parts, row, now))
    ours = institution is None
    return {
        "schema": "due/1",
        "day": today.isoformat(),
        "next_working_day": following.isoformat(),
        "banks": [{"code": code, "name": _name(parts, code), **found[code]} for code in sorted(found)],
        "households": _in_lists(parts, _households(tx, parts), now, today, following) if ours else {},
        "appeals": _in_lists(parts, _appeals(tx, parts), now, today, following) if ours else {},
        "provisional_years": [year for year in calendars.provisional_years(tx) if not parts.calendar.confirmed(year)],
    }


def _when(parts: Parts, due_at: str, now: datetime, today: date, following: date) -> str | None:
    """Which list a deadline belongs to; none where it lies further ahead."""
    at = parse(due_at)
    if at < now:
        return OVERDUE
    day = parts.day(at)
    return TODAY if day == today else NEXT if day <= following else None


def _open_lines(row: AnyRow) -> int:
    """The lines of a batch that still wait for something."""
    return sum(int(row.counts.get(outcome, 0)) for outcome in _OPEN_OUTCOMES)


def _batch(parts: Parts, row: AnyRow, now: datetime) -> dict[str, Any]:
    turn, then = _TURNS[State(row.state)]
    late = parts.calendar.between(parts.day(parse(row.due_at)), parts.day(now)) if parse(row.due_at) < now else 0
    return {
        "number": row.number,
        "state": row.state,
        "lines": _open_lines(row),
        "due_at": row.due_at,
        "provisional": bool(row.provisional),
        "workdays_late": late,
        "turn": turn,
        "do": {key: text.format(bank=row.institution, number=row.number) for key, text in then.items()},
    }


def _name(parts: Parts, code: str) -> str:
    bank = parts.banks.working.get(code)
    return bank.name if bank else code


def _households(tx: Tx, parts: Parts) -> Iterable[dict[str, Any]]:
    """Those that were promised a report and have none yet."""
    for row in calendars.unreported(tx, parts.centre):
        kind = parts.policy.kind_of(row.check_type)
        promised = centre_deadline(parts, parse(row.received_at), kind=kind, programme=row.programme)
        if promised is not None:
            due = {"due_at": moment(promised.at), "provisional": promised.provisional}
            yield {"household_no": row.household_no, "received_at": row.received_at, **due}


def _appeals(tx: Tx, parts: Parts) -> Iterable[dict[str, Any]]:
    for row in appeals.listing(tx, parts.centre, appeals.OPEN):
        due = {"due_at": row.due_at, "provisional": bool(row.provisional)}
        yield {"appeal": row.id, "household_no": row.household_no, "state": row.state, **due}


def _in_lists(
    parts: Parts, entries: Iterable[dict[str, Any]], now: datetime, today: date, following: date
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {each: [] for each in WHEN}
    for entry in entries:
        if when := _when(parts, entry["due_at"], now, today, following):
            found[when].append(entry)
    return {when: sorted(some, key=lambda entry: str(entry["due_at"])) for when, some in found.items()}
