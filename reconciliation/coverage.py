"""Who was asked and who answered: a report says first what is missing, for what did not come is not nothing."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Any

SILENT = frozenset({"not_answered", "pending", "technical_failure"})  # nothing came that could be counted
COUNTED = frozenset({"found", "partial"})  # only their accounts are counted
STOPPED = frozenset({"withdrawn", "died", "recalled"})  # of a line's standing: it was taken back, whatever came
REFUSED = "refused."
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
    answers: frozenset[str] | None = None  # the asset classes the institution can answer; None where nothing limits them
    standing: str | None = None  # words.STANDINGS: why nothing came, where it is known
    revised: bool = False  # an earlier edition answered it too
    again: bool = False  # it is of a further question, asked for what the first one left missing
    provisional: bool = False  # its deadline hangs on a year whose holidays are not confirmed
    appeal: Mapping[str, Any] | None = None  # what corrected it: number, was, is (batch, edition, digest)

    @property
    def is_stopped(self) -> bool:
        """Taken back by us: neither silent nor answered."""
        return self.standing in STOPPED

    @property
    def marks(self) -> list[str]:
        """words.LINE_MARKS that hold of it."""
        held = {"late": self.late, "revised": self.revised, "appeal": self.appeal is not None, "again": self.again}
        held["provisional"] = self.provisional
        return [mark for mark, holds in held.items() if holds] + ([str(self.standing)] if self.is_stopped else [])


def coverage(answers: Sequence[LineAnswer], persons: Mapping[str, Set[str]] = MappingProxyType({})) -> dict[str, Any]:
    """The parts of a report that say who answered; institutions in the order of their codes, silent ones in their own list.

    ``persons``: those who had to be asked about, by key, with the classes they authorised; while one of them was asked of
    nobody, or a class of theirs of nobody who can answer it, nothing is complete.
    """
    lines = sorted(answers, key=lambda line: line.institution)
    stopped = [line for line in lines if line.is_stopped]
    silent = [line for line in lines if line.outcome in SILENT and not line.is_stopped]
    incomplete = [line for line in lines if line.outcome not in SILENT | COMPLETE and not line.is_stopped]
    unasked = persons.keys() - {line.person_key for line in lines}
    classes = sum(len(_not_asked(lines, key, scope)) for key, scope in persons.items() if key not in unasked)
    return {
        "complete": bool(lines) and not silent and not incomplete and not stopped and not unasked and not classes,
        "persons_not_asked": len(unasked),
        "classes_not_asked": classes,
        "not_answered": _by_institution(silent),
        "answered_incompletely": _by_institution(incomplete),
        "stopped": _by_institution(stopped),
        "refused_all": _refused_all(lines),
        "asked": {
            "institutions": len({line.institution for line in lines}),
            "institutions_not_answered": len({line.institution for line in silent}),
            "lines": len(lines),
            "lines_not_answered": len(silent),
        },
        "answers": [_line(line) for line in lines],
    }


def _not_asked(lines: Sequence[LineAnswer], person_key: str, scope: Set[str]) -> Set[str]:
    """The classes a person authorised that none of the institutions asked about the person can answer."""
    left = scope
    for line in lines:
        if line.person_key == person_key:
            left = frozenset() if line.answers is None else left - line.answers
    return left


def _by_institution(lines: Sequence[LineAnswer]) -> list[dict[str, Any]]:
    grouped = groupby(lines, key=lambda line: (line.institution, line.institution_name))
    return [{"institution": code, "name": name, "lines": [_short(one) for one in theirs]} for (code, name), theirs in grouped]


def _short(line: LineAnswer) -> dict[str, Any]:
    return {"person_key": line.person_key, "outcome": line.outcome} | ({"why": line.standing} if line.standing else {})


def _refused_all(lines: Sequence[LineAnswer]) -> list[dict[str, Any]]:
    """Institutions that refused every line: neither silent nor answered."""
    return [
        {"institution": code, "name": name}
        for (code, name), theirs in groupby(lines, key=lambda line: (line.institution, line.institution_name))
        if all(line.outcome.startswith(REFUSED) for line in theirs)
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
        "standing": line.standing,
        "marks": line.marks,
        "appeal": dict(line.appeal) if line.appeal else None,
    }
