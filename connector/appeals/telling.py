"""What must be told of appeals: whose re-check is overdue, due today or on the next working day, and who waits for a decision."""

from datetime import datetime
from typing import Any

from connector.appeals.deciding import stand
from connector.ledger import appeals
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse
from connector.parts import Parts, problem

_ANSWERED = frozenset({"answered", "silent"})


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """For ``status``: code, zh, en, alarm, about (numbers of appeals); no person and no household."""
    found: dict[str, list[int]] = {}
    for row in appeals.listing(tx, parts.centre, appeals.OPEN):
        if (code := _code(tx, parts, row, now)) is not None:
            found.setdefault(code, []).append(row.id)
    return [
        {**_WORDS[code], "alarm": code in _ALARMS, "about": [f"#{number}" for number in found[code]]}
        for code in _WORDS
        if code in found
    ]


def _code(tx: Tx, parts: Parts, row: AnyRow, now: datetime) -> str | None:
    if row.due_at < moment(now):
        return "appeal-overdue"
    if row.state == appeals.RECHECKING and all(said["rechecked"] in _ANSWERED for said in stand(tx, parts, row, now).values()):
        return "appeal-to-decide"
    today, due = parts.day(now), parts.day(parse(row.due_at))
    if due <= today:
        return "appeal-due-today"
    return "appeal-due-next" if due <= parts.calendar.next_workday(today) else None


_WORDS = {
    one["code"]: one
    for one in (
        problem(
            "appeal-overdue",
            "申诉复核已逾期；请尽快重问或作出结论：connector appeal list",
            "the re-check of an appeal is overdue: ask the banks or decide it, see connector appeal list",
        ),
        problem(
            "appeal-due-today",
            "申诉复核今日到期：connector appeal list",
            "the re-check of an appeal is due today: connector appeal list",
        ),
        problem(
            "appeal-due-next",
            "申诉复核下一工作日到期：connector appeal list",
            "the re-check of an appeal is due on the next working day: connector appeal list",
        ),
        problem(
            "appeal-to-decide",
            "申诉的重问已有结果，请作出结论：connector appeal decide 编号",
            "the banks have answered the re-check of an appeal: decide it, connector appeal decide NUMBER",
        ),
    )
}
_ALARMS = frozenset({"appeal-overdue", "appeal-due-today"})
