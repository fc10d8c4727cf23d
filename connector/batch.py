"""Who is asked together, and where the cuts fall: rosters and batches, as plain plans (pure)."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date


@dataclasses.dataclass(frozen=True)
class Asked:
    """One person who may be asked: what of them decides the roster, never who they are."""

    member: int
    centre: str
    urgent: bool
    as_of: date
    scope: str
    kind: str = "new"  # domain rule 16
    programme: str = ""  # only where limits tell programmes apart
    only: frozenset[str] | None = None  # the banks an appeal disputes; None: all that can answer


@dataclasses.dataclass(frozen=True)
class RosterPlan:
    """Persons of one centre asked together of the same banks, in order."""

    centre: str
    urgent: bool
    institutions: tuple[str, ...]
    members: tuple[int, ...]
    kind: str = "new"
    programme: str = ""


def plan_rosters(waiting: Sequence[Asked], answers: Mapping[str, frozenset[str]]) -> list[RosterPlan]:
    """Rosters by centre, set of banks, urgency, kind and programme, the urgent first. ``answers``: institution -> asset classes it can answer.

    A person is asked of every bank that can answer at least one class the authorization covers. Within a roster persons are
    sorted by as-of date and scope, so that a bank that needs one of each per file finds them together.
    """
    groups: dict[tuple[bool, str, tuple[str, ...], str, str], list[Asked]] = {}
    for person in waiting:
        classes = set(person.scope.split(","))
        banks = tuple(
            sorted(code for code, can in answers.items() if can & classes and (person.only is None or code in person.only))
        )
        if banks:
            groups.setdefault((not person.urgent, person.centre, banks, person.kind, person.programme), []).append(person)
    return [
        RosterPlan(
            centre,
            not patient,
            banks,
            tuple(p.member for p in sorted(persons, key=lambda p: (p.as_of, p.scope, p.member))),
            kind,
            programme,
        )
        for (patient, centre, banks, kind, programme), persons in sorted(groups.items())
    ]


def cut_batches(free: Sequence[int], lines_max: int, marks: Mapping[int, object] | None = None) -> list[tuple[int, int]]:
    """Contiguous ranges (first, lines) of the ``free`` roster positions (ascending), each at most ``lines_max`` long.

    A cut also falls where ``marks[position]`` changes: what a bank needs only once per file.
    """
    marks = marks or {}
    ranges: list[tuple[int, int]] = []
    for position in free:
        if ranges:
            first, lines = ranges[-1]
            follows = first + lines == position and lines < lines_max and marks.get(position) == marks.get(first)
            if follows:
                ranges[-1] = (first, lines + 1)
                continue
        ranges.append((position, 1))
    return ranges
