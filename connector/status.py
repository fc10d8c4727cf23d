"""Where everything stands, for the person who must act: counts and causes, never a person's data."""

from typing import Any

from connector.ledger import answers, banks, figures, rosters
from connector.ledger.rows import AnyRow
from connector.steps.parts import Parts

_FILES_TO_LOOK_AT = {"refused", "quarantined", "rows-parked"}


def survey(parts: Parts) -> dict[str, Any]:
    """One object, schema ``status/1``: inquiries by progress, every bank with its batches and what is wrong."""
    with parts.ledger.read() as tx:
        stopped = banks.problems(tx)
        batches = rosters.batches(tx)
        files = answers.inbounds(tx)
        progress = figures.inquiries(tx)
        waiting = figures.approvals_waiting(tx)
    codes = sorted({*parts.banks.working, *(b.institution for b in batches)})
    return {
        "schema": "status/1",
        "inquiries": progress,
        "banks": [_bank(parts, code, batches, files, stopped.get(code)) for code in codes],
        "broken": parts.banks.broken,
        "approvals": waiting,
    }


def _bank(parts: Parts, code: str, batches: Any, files: Any, stopped: dict[str, Any] | None) -> dict[str, Any]:
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
        "files": [_file(f) for f in arrived],
        "problems": _problems(mine, arrived, stopped),
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


def _problems(batches: list[AnyRow], files: list[AnyRow], stopped: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What a person must look at, each cause once: the road, the batches, the files set apart."""
    found = [stopped] if stopped else []
    found += [b.problem for b in batches if b.problem]
    found += [f.problem for f in files if f.problem and f.state in _FILES_TO_LOOK_AT]
    return list({why["en"]: why for why in found}.values())
