"""Where everything stands, for the person who must act: counts and causes, never a person's data."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bank_profiles.errors import Problems
from connector import alarms, carried, excused, inventory, turned_away
from connector.answers import in_vain, missing, receipts
from connector.appeals import telling as appealing
from connector.clock import node
from connector.hours import agreed, breaker, years
from connector.keys import expiring
from connector.ledger import answers, banks, figures, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.media import refusals, register, waiting
from connector.notices import sending
from connector.parts import Parts
from connector.register import told as registered
from connector.roads import zip_passwords
from connector.steps import papers

Stopped = Mapping[str, Mapping[str, Any]]  # step → why it is stopped in a lane
_FILES_TO_LOOK_AT = {"refused", "quarantined", "rows-parked"}


def survey(parts: Parts, now: datetime | None = None) -> dict[str, Any]:
    """One object, schema ``status/1``: inquiries by progress, every bank with its batches and what is wrong.

    ``now``: what media, carriers, keys and what is tried again are measured by; without it none is told of as overdue, silent, lasting
    or running out.
    """
    with parts.ledger.read() as tx:
        stopped = banks.problems(tx)
        batches = rosters.batches(tx)
        files = answers.inbounds(tx)
        failing = figures.failing(tx)
        progress = {**figures.inquiries(tx), "authorization_over": figures.asked_and_closed(tx)}
        approvals = figures.approvals_waiting(tx)
        media = register.alarms(tx, now) + (waiting.told(tx, parts, now) + refusals.told(tx, now) if now is not None else [])
        callers = turned_away.told(tx, now)
        not_national = inventory.not_national(parts, tx, parts.day(now)) if now is not None else {}
        unscanned = {code: papers.told(parts, tx, code, now) for code in parts.banks.working} if now is not None else {}
        rooms = [said for room in _ROOMS for said in room(tx, parts, now)] if now is not None else []
        old = {code: _excused(parts, tx, code, now) for code in parts.banks.working}
    codes = sorted({*parts.banks.working, *(b.institution for b in batches)})
    return {
        "schema": "status/1",
        "inquiries": progress,
        "banks": [
            _bank(
                parts,
                code,
                batches,
                files,
                _Wrong(stopped.get(code, {}), failing, now, unscanned.get(code, [])),
                old.get(code, []),
            )
            for code in codes
        ],
        "steps": [why for lane, noted in stopped.items() if lane.startswith("step:") for why in _stopped(noted, now)],
        "broken": parts.banks.broken,
        "approvals": approvals,
        "media": media,
        "callers": callers,
        "carriers": carried.told(parts, now) if now is not None else [],
        "expiring": expiring.told(parts, now) if now is not None else [],
        "not_national": not_national,
        "rooms": rooms,
        "legacy_passwords": zip_passwords.used(parts.banks.working, parts.day(now)) if now is not None else [],
    }


# Each room tells what must be told of its own: code, zh, en, alarm, perhaps institution, batch, about.
_ROOMS: tuple[Callable[[Tx, Parts, datetime], list[dict[str, Any]]], ...] = (
    appealing.told,
    registered.told,
    years.told,
    receipts.told,
    missing.told,
    in_vain.told,
    sending.told,
    node.told,
    breaker.told,
    agreed.told,
)


def _excused(parts: Parts, tx: Tx, code: str, now: datetime | None) -> list[dict[str, Any]]:
    """The exceptions a bank's old servers are used by; none without a time to measure them by."""
    if now is None:
        return []
    try:
        return excused.told(tx, code, parts.banks.working[code].ways(parts.day(now)), parts.day(now))
    except Problems:  # no edition of its profile holds today: told where a step finds it
        return []


@dataclasses.dataclass(frozen=True)
class _Wrong:
    """What is known of a bank's troubles: its stopped steps, since when the tries of batches fail, what time it is, what waits for scans."""

    stopped: Stopped
    failing: Mapping[int, str]
    now: datetime | None
    unscanned: Sequence[dict[str, Any]] = ()


def _bank(
    parts: Parts, code: str, batches: Sequence[AnyRow], files: Sequence[AnyRow], wrong: _Wrong, old: list[dict[str, Any]]
) -> dict[str, Any]:
    mine = [b for b in batches if b.institution == code and b.state != "RECALLED"]
    lines = sum(b.lines for b in mine)
    answered = sum(b.lines - b.counts.get("not_answered", 0) for b in mine)
    states: dict[str, int] = {}
    for batch in mine:
        states[batch.state] = states.get(batch.state, 0) + 1
    arrived = [f for f in files if f.institution == code]
    bank = parts.banks.working.get(code)
    return {
        "code": code,
        "name": bank.name if bank else code,
        "lines": lines,
        "answered": answered,
        "response_rate": round(answered / lines, 4) if lines else 0.0,
        "outcomes": _outcomes(mine),
        "states": states,
        "batches": [_batch(b) for b in mine],
        "late": any(b.late for b in mine),
        "files": [_file(f) for f in arrived],
        "excused": old,
        "problems": [*_problems(mine, arrived, wrong), *wrong.unscanned, *excused.alarms(old)],
    }


def _outcomes(batches: list[AnyRow]) -> dict[str, int]:
    total: dict[str, int] = {}
    for batch in batches:
        for outcome, lines in batch.counts.items():
            total[outcome] = total.get(outcome, 0) + lines
    return total


def _batch(row: AnyRow) -> dict[str, Any]:
    keys = ("number", "state", "lines", "counts", "parcel_name", "sent_at", "due_at", "answered_at", "late", "problem")
    return {key: getattr(row, key) for key in keys}


def _file(row: AnyRow) -> dict[str, Any]:
    return {key: getattr(row, key) for key in ("id", "name", "size", "digest", "state", "arrived_at", "problem")}


def _problems(batches: list[AnyRow], files: list[AnyRow], wrong: _Wrong) -> list[dict[str, Any]]:
    """What is wrong, each cause once and ``about`` whom: the steps, the batches, the files set apart.

    ``alarm``: a person must look at it now; without it, it is tried again by itself and becomes one if it lasts.
    """
    answered = {b.id for b in batches if b.state == State.ANSWERED}
    found = [(str(why["step"]), why) for why in _stopped(wrong.stopped, wrong.now)]
    found += [
        (b.number, {**b.problem, "alarm": alarms.of_batch(b, wrong.failing.get(b.id), wrong.now)}) for b in batches if b.problem
    ]
    found += [(f"{f.name} (#{f.id})", {**f.problem, "alarm": True}) for f in files if _to_look_at(f, answered)]
    causes: dict[str, dict[str, Any]] = {}
    for name, why in found:
        cause = causes.setdefault(why["en"], {**why, "about": []})
        cause["about"].append(name)
        cause["alarm"] |= why["alarm"]
    return list(causes.values())


def _stopped(noted: Stopped, now: datetime | None) -> Iterator[dict[str, Any]]:
    return ({"step": step, **why, "alarm": alarms.of_step(why, now)} for step, why in noted.items())


def _to_look_at(file: AnyRow, answered: set[int]) -> bool:
    """A file that was refused is settled once its batch has a good answer."""
    settled = file.state == "refused" and file.batch in answered
    return bool(file.problem) and file.state in _FILES_TO_LOOK_AT and not settled
