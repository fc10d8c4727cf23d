"""Every counter reckoned again from the raw events alone, line by line, in plain Python: nothing here is shared with the counters.

It is slow on purpose and simple on purpose. ``differences`` says where the counters and it disagree; they never should.
"""

import dataclasses
import zlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.ledger import events, tallies
from connector.ledger.rows import AnyRow, Tx

Cell = tuple[str, str, str, str, str]  # month, institution, region, kind, figure
_WHOLE = {2: "found", 3: "no_record", 4: "name_mismatch", 5: "id_unknown"}  # the places of these words in reconciliation/words.py
_PARTIAL, _FAILURE, _SILENT = 6, 11, 0
_REFUSED = (7, 8, 9, 10)
_STANDING = (*_WHOLE, _PARTIAL, *_REFUSED)  # what "not yet" never takes away


@dataclasses.dataclass
class _Line:
    """One line as its events left it."""

    said: int = _SILENT
    edition: int = 0
    whole_at: str | None = None
    answered_at: str | None = None
    stopped_at: str | None = None
    upheld: bool = False


@dataclasses.dataclass
class _Course:
    """One batch as its events left it."""

    made: dict[str, Any]
    lines: list[_Line]
    state: str = ""
    doubt: bool = False
    damaged: bool = False
    mended: bool = False
    delivered_at: str | None = None
    due_at: str | None = None
    provisional: bool = False
    promised: str | None = None
    corrected: dict[str, int] = dataclasses.field(default_factory=dict)
    declared: dict[int, bytes] = dataclasses.field(default_factory=dict)


def recount(tx: Tx, zone: ZoneInfo, until: str | None = None) -> dict[Cell, int]:
    """Every cell of the counters from the events (to a moment); cells that come to nothing are left out."""
    courses: dict[int, _Course] = {}
    outages: list[tuple[str, str]] = []
    for event in list(events.everything(tx)):
        if until is not None and event.at > until:
            continue
        if event.what == "outage":
            outages.append((event.detail["begins"], event.detail["ends"]))
        elif event.what == "made":
            courses[event.batch] = _Course(event.detail, [_Line() for _ in range(event.detail["lines"])])
        elif event.batch in courses:
            _replay(tx, courses[event.batch], event, zone)
    cells: dict[Cell, int] = {}
    for course in courses.values():
        _add(cells, course, outages, zone)
    return cells


def differences(tx: Tx, zone: ZoneInfo, month: str | None = None) -> list[dict[str, Any]]:
    """Where counters and recount differ: cell, counted, recounted. None: they agree."""
    counted, again = tallies.counters(tx), recount(tx, zone)
    names = ("month", "institution", "region", "kind", "figure")
    return [
        {**dict(zip(names, cell, strict=True)), "counted": counted.get(cell, 0), "recounted": again.get(cell, 0)}
        for cell in sorted({*counted, *again})
        if counted.get(cell, 0) != again.get(cell, 0) and month in (None, cell[0])
    ]


def lines_by_bucket(tx: Tx, zone: ZoneInfo, batch: int) -> list[str]:
    """The bucket of every line of one batch, from its events."""
    course: _Course | None = None
    for event in events.of_batch(tx, batch):
        if event.what == "made":
            course = _Course(event.detail, [_Line() for _ in range(event.detail["lines"])])
        elif course is not None:
            _replay(tx, course, event, zone)
    outages = [(o.detail["begins"], o.detail["ends"]) for o in events.outages(tx)]
    return [_bucket(line, course, outages) for line in course.lines] if course else []


# ---------------------------------------------------------------- one event after the other
def _replay(tx: Tx, course: _Course, event: AnyRow, zone: ZoneInfo) -> None:
    detail = event.detail
    if event.what == "state":
        course.state, course.damaged = detail["state"], detail.get("damaged", False)
        if course.state != "HELD":
            course.doubt = course.state == "IN_DOUBT"
    elif event.what == "delivered":
        course.delivered_at = detail["at"]
    elif event.what == "deadline":
        if course.provisional and course.due_at:
            course.promised = max(course.promised or course.due_at, course.due_at)
        course.due_at, course.provisional = detail["due_at"], detail["provisional"]
    elif event.what == "mended":
        course.mended = True
    elif event.what == "stopped":
        for line in _at(course, detail["positions"]):
            line.stopped_at = min(line.stopped_at or event.at, event.at)
    elif event.what == "upheld":
        for line in _at(course, detail["positions"]):
            line.upheld = True
    elif event.what == "edition":
        _answered(course, detail, zlib.decompress(events.said_in(tx, event.batch, detail["number"])), zone)
        if event.declares:
            course.declared[detail["number"]] = zlib.decompress(event.declares)


def _at(course: _Course, runs: list[list[int]]) -> list[_Line]:
    return [course.lines[position] for first, last in runs for position in range(first, last + 1)]


def _answered(course: _Course, detail: dict[str, Any], outcomes: bytes, zone: ZoneInfo) -> None:
    at = detail["received_at"]
    for line, said in zip(course.lines, outcomes, strict=True):
        if said == _SILENT or (said not in _STANDING and line.said in _STANDING):
            continue
        if line.said in _WHOLE and said != line.said:
            month = _month(at, zone)
            course.corrected[month] = course.corrected.get(month, 0) + 1
        line.said, line.edition = said, detail["number"]
        if said in _WHOLE:
            line.whole_at = min(line.whole_at or at, at)
        if said in _STANDING:
            line.answered_at = min(line.answered_at or at, at)


# ---------------------------------------------------------------- what a line comes to
def _bucket(line: _Line, course: _Course, outages: list[tuple[str, str]]) -> str:
    due = course.due_at
    if (
        line.stopped_at
        and (due is None or line.stopped_at <= due)
        and (not line.answered_at or line.stopped_at < line.answered_at)
    ):
        return "X1"
    if line.said in _REFUSED:
        return "X4" if line.upheld else "B3"
    found = _answer(line, course)
    if found in ("B2", "B4", "B5", "B6") and due and any(begins <= due <= ends for begins, ends in outages):
        return "X3"
    return found


def _answer(line: _Line, course: _Course) -> str:
    if line.said in _WHOLE:
        if course.due_at is None or (line.whole_at or "") <= course.due_at:
            return "B1"
        return "X3" if course.promised and (line.whole_at or "") <= course.promised else "B2"
    if line.said == _PARTIAL:
        return "B4"
    return "B5" if line.said == _FAILURE else _unanswered(course)


def _unanswered(course: _Course) -> str:
    if course.state == "HELD":
        if course.delivered_at:
            return "B5" if course.damaged else "X3"
        return "X2" if course.doubt else "X3"
    if course.state == "REJECTED":
        return "X4" if course.mended else "B3"
    return {"SEALED": "W", "IN_DOUBT": "X2", "RECALLED": "X1"}.get(course.state, "B6")


def _add(cells: dict[Cell, int], course: _Course, outages: list[tuple[str, str]], zone: ZoneInfo) -> None:
    made = course.made
    month = _month(course.due_at or made["sealed_at"], zone)

    def one_more(figure: str, by: int = 1, of: str = month) -> None:
        cell = (of, made["institution"], made["region"], made["kind"], figure)
        cells[cell] = cells.get(cell, 0) + by

    for position, line in enumerate(course.lines):
        one_more(_bucket(line, course, outages))
        if line.said in (2, 3):
            one_more(_WHOLE[line.said])
        if line.said in (2, _PARTIAL) and _declared(course, line.edition, position):
            one_more("declared")
            if line.said not in (_PARTIAL,):
                one_more("as_declared")
    for came, lines in course.corrected.items():
        one_more("corrected", lines, came)


def _declared(course: _Course, edition: int, position: int) -> bool:
    bits = course.declared.get(edition)
    return bits is not None and bool(bits[position // 8] >> (7 - position % 8) & 1)


def _month(at: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m}"
