"""Reminders and escalation (domain rule 66): each step of the ladder once for every bank and day, as a record; then whoever can be told is.

A batch is told of once at each step. Where the clock stood still and it reached several at once, the highest speaks for all.
Nothing is recorded on a day that is no working day: a bank's people are not there either.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.notices import Notices, Step, read_notices
from connector.clock import due
from connector.ledger import audit, reminders
from connector.ledger.rows import Tx
from connector.notices import sending
from connector.parts import STEPPER, Parts

_KEPT = ("number", "lines", "due_at", "workdays_late")


@dataclasses.dataclass(frozen=True)
class Planned:
    """One record to be made: a bank at a step, its batches; ``passed``: lower steps they reached at once; ``channels``: receiver → by what."""

    institution: str
    name: str
    step: Step
    batches: Sequence[Mapping[str, Any]]
    passed: tuple[str, ...]
    channels: Mapping[str, tuple[str, ...]]


def remind(parts: Parts, now: datetime, bank: str | None = None) -> dict[str, int]:
    """One pass: records that are due (of one bank), and what waits to be told; may be repeated at any time. Raises BadSettings."""
    notices = read_notices(parts.folder)
    with parts.ledger.read() as tx:
        anything = planned(tx, parts, notices, now, bank)
    made = _make(parts, notices, now, bank) if anything else 0
    return {"reminders": made, **sending.send_waiting(parts, notices, now, bank)}


def planned(tx: Tx, parts: Parts, notices: Notices, now: datetime, bank: str | None = None) -> list[Planned]:
    """What a pass would record now."""
    today = parts.day(now)
    if not parts.calendar.is_workday(today):
        return []
    found = []
    for each in due.lists(tx, parts, now, bank)["banks"]:
        mine = {when: [batch for batch in each[when] if batch["turn"] == "bank"] for when in due.WHEN}
        known = reminders.told(tx, [batch["number"] for batches in mine.values() for batch in batches])
        done = reminders.made_on(tx, each["code"], today)
        for step, batches, passed in _climbed(notices.steps, mine, known):
            if step.name not in done:
                channels: dict[str, tuple[str, ...]] = {
                    receiver: sending.channels(notices, receiver, each["code"]) for receiver in step.to
                }
                found.append(Planned(each["code"], each["name"], step, batches, passed, channels))
    return found


def _climbed(
    steps: Sequence[Step], mine: Mapping[str, Sequence[Mapping[str, Any]]], known: Mapping[str, set[str]]
) -> list[tuple[Step, list[Mapping[str, Any]], tuple[str, ...]]]:
    """Each step with the batches that have reached it and were not told of there or higher, and the lower steps they passed."""
    found: list[tuple[Step, list[Mapping[str, Any]], tuple[str, ...]]] = []
    for step in steps:
        if step.when != "overdue":
            batches = mine[due.NEXT if step.when == "due-next" else due.TODAY]
            fresh = [batch for batch in batches if step.name not in known.get(batch["number"], ())]
            found += [(step, fresh, ())] if fresh else []
    ladder = sorted((step for step in steps if step.workdays), key=lambda step: step.workdays or 0)
    for place, step in enumerate(ladder):
        until = ladder[place + 1].workdays if place + 1 < len(ladder) else None
        there = [
            batch
            for batch in mine[due.OVERDUE]
            if batch["workdays_late"] >= (step.workdays or 0) and (until is None or batch["workdays_late"] < until)
        ]
        fresh = [batch for batch in there if step.name not in known.get(batch["number"], ())]
        found += [(step, fresh, tuple(lower.name for lower in ladder[:place]))] if fresh else []
    return found


def _make(parts: Parts, notices: Notices, now: datetime, bank: str | None) -> int:
    """In one transaction, looked at again: whoever comes second finds it done."""
    with parts.ledger.begin() as tx:
        plans = planned(tx, parts, notices, now, bank)
        for plan in plans:
            key = reminders.make(
                tx,
                centre=parts.centre,
                region=parts.region,
                institution=plan.institution,
                step=plan.step.name,
                passed=plan.passed,
                day=parts.day(now),
                batches=[{word: batch[word] for word in _KEPT} for batch in plan.batches],
                now=now,
            )
            for receiver, by in plan.channels.items():
                for channel in by:
                    reminders.tell(tx, key, receiver, channel, now)
            detail = {
                "institution": plan.institution,
                "step": plan.step.name,
                "batches": len(plan.batches),
                "to": {receiver: list(by) for receiver, by in plan.channels.items()},
            }
            what = "reminder-made"
            audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=f"reminder {key}", detail=detail)
    return len(plans)
