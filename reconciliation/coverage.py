"""Who was asked and who answered: a report says first what is missing, for what did not come is not nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

SILENT = frozenset({"not_answered", "pending", "technical_failure"})  # nothing came that could be counted
COUNTED = frozenset({"found", "partial"})  # only their accounts are counted
COMPLETE = frozenset({"found", "no_record"})


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What holds of one line: one member asked of one institution."""

    institution: str  # code
    institution_name: str
    person_key: str
    outcome: str  # words.OUTCOMES
    received_at: datetime | None = None
    late: bool = False
    edition: int | None = None
    batch: str | None = None  # batch number and position, as people write it


def coverage(answers: Sequence[LineAnswer], persons: Collection[str] = ()) -> dict[str, Any]:
    """The parts of a report that say who answered; institutions in the order of their codes, silent ones in their own list.

    ``persons``: the keys of those who had to be asked about; while one of them was asked of nobody, nothing is complete.
    """
    lines = sorted(answers, key=lambda line: line.institution)
    silent = [line for line in lines if line.outcome in SILENT]
    incomplete = [line for line in lines if line.outcome not in SILENT | COMPLETE]
    unasked = set(persons) - {line.person_key for line in lines}
    return {
        "complete": bool(lines) and not silent and not incomplete and not unasked,
        "persons_not_asked": len(unasked),
        "not_answered": _by_institution(silent),
        "answered_incompletely": _by_institution(incomplete),
        "asked": {
            "institutions": len({line.institution for line in lines}),
            "institutions_not_answered": len({line.institution for line in silent}),
            "lines": len(lines),
            "lines_not_answered": len(silent),
        },
        "answers": [_line(line) for line in lines],
    }


def _by_institution(lines: Sequence[LineAnswer]) -> list[dict[str, Any]]:
    grouped = groupby(lines, key=lambda line: (line.institution, line.institution_name))
    return [
        {"institution": code, "name": name, "lines": [{"person_key": one.person_key, "outcome": one.outcome} for one in theirs]}
        for (code, name), theirs in grouped
    ]


def _line(line: LineAnswer) -> dict[str, Any]:
    return {
        "institution": line.institution,
        "name": line.institution_name,
        "person_key": line.person_key,
        "outcome": line.outcome,
        "received_at": line.received_at.isoformat() if line.received_at else None,
        "late": line.late,
        "edition": line.edition,
        "batch": line.batch,
    }
