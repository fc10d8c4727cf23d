"""A month of figures: what was counted of each bank, region and kind, as it stands now or as it was closed."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from config.working_time import WorkingTime
from connector.figures import answer_time, rates
from connector.figures.answer_time import Times
from connector.ledger import tallies
from connector.ledger.rows import Tx
from connector.moments import moment
from connector.parts import Parts
from reconciliation.buckets import BUCKETS, DEFINITION

Whose = tuple[str, str, str]  # institution, region, kind


@dataclasses.dataclass(frozen=True)
class Month:
    """``cells``: institution × region × kind → figure → lines; ``times``: the same → answer times; ``files``: institution → files, rows."""

    month: str
    cells: Mapping[Whose, Mapping[str, int]]
    times: Mapping[Whose, Times]
    files: Mapping[str, Mapping[str, int]]

    def as_json(self) -> dict[str, Any]:
        """What is kept of a closed month."""
        return {
            "definition": DEFINITION,
            "cells": [[*whose, dict(counts), self.times.get(whose, [])] for whose, counts in sorted(self.cells.items())],
            "files": {institution: dict(counts) for institution, counts in sorted(self.files.items())},
        }

    @classmethod
    def of_json(cls, month: str, kept: Mapping[str, Any]) -> "Month":
        """A closed month as it was kept."""
        cells = {(institution, region, kind): counts for institution, region, kind, counts, _ in kept["cells"]}
        times = {(cell[0], cell[1], cell[2]): [(m, n) for m, n in cell[4]] for cell in kept["cells"]}
        return cls(month, cells, times, kept["files"])

    def row(self, chosen: Callable[[Whose], bool], *, files: bool) -> dict[str, Any] | None:
        """The figures of some cells as one row; none where nothing is counted. ``files``: those of the banks too."""
        mine = [whose for whose in self.cells if chosen(whose)]
        if not mine:
            return None
        counts = added(self.cells[whose] for whose in mine)
        if files:
            counts = added([counts, *(self.files.get(institution, {}) for institution in {whose[0] for whose in mine})])
        return figures(counts, answer_time.joined(self.times.get(whose, []) for whose in mine))


def figures(counts: Mapping[str, int], times: Times) -> dict[str, Any]:
    """Every figure of the definition from what was counted."""
    due, found = rates.due_lines(counts), rates.rates(counts)
    interval = rates.wilson(found["on_time"])
    return {
        "due": due,
        "buckets": {bucket: counts.get(bucket, 0) for bucket in BUCKETS},
        "refusals": rates.refusals(counts),
        "overdue_open": rates.overdue_open(counts),
        "rates": {name: rate.as_json() for name, rate in found.items()},
        "on_time_interval": list(interval) if interval else None,
        "answer_time": answer_time.summary(times, due),
    }


def added(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts, name by name."""
    found: dict[str, int] = {}
    for counts in several:
        for name, number in counts.items():
            found[name] = found.get(name, 0) + number
    return found


# ---------------------------------------------------------------- as it stands now
def now_of(tx: Tx, parts: Parts, month: str, now: datetime) -> Month:
    """A month as it stands: the counters, without the lines that are not due yet."""
    cells: dict[Whose, dict[str, int]] = {}
    for (_, institution, region, kind, figure), amount in tallies.counters(tx, month).items():
        cells.setdefault((institution, region, kind), {})[figure] = amount
    for row in tallies.not_due(tx, month, now):
        counts = cells[row.institution, row.region, row.kind]
        for figure, lines in row.counts.items():
            if " " not in figure:  # a correction counts in the month it came
                counts[figure] -= lines
    cells = {whose: {name: n for name, n in counts.items() if n} for whose, counts in cells.items()}
    return Month(
        month,
        {whose: counts for whose, counts in cells.items() if counts},
        _times(tx, parts, month, now),
        _files(tx, parts, month),
    )


def _times(tx: Tx, parts: Parts, month: str, now: datetime) -> dict[Whose, Times]:
    rows: dict[Whose, list[Any]] = {}
    for row in tallies.due(tx, month, now):
        rows.setdefault((row.institution, row.region, row.kind), []).append(row)
    rule = parts.deadlines.on(bounds(parts, month)[0].date())
    hours = WorkingTime(parts.calendar, parts.zone, rule.hours)
    return {whose: answer_time.of_batches(some, hours) for whose, some in rows.items()}


def _files(tx: Tx, parts: Parts, month: str) -> dict[str, dict[str, int]]:
    begins, ends = (moment(at) for at in bounds(parts, month))
    found = {
        row.institution: {"files": row.files, "files_bad": int(row.bad), "files_refused": int(row.refused)}
        for row in tallies.files(tx, begins, ends)
    }
    for institution, (rows, parked) in tallies.rows_read(tx, begins, ends).items():
        found.setdefault(institution, {}).update({"rows": rows, "rows_parked": parked})
    return {institution: {name: n for name, n in counts.items() if n} for institution, counts in found.items()}


def bounds(parts: Parts, month: str) -> tuple[datetime, datetime]:
    """The first moment of a month (yyyy-MM) and that of the next, by the site's clock."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time(), parts.zone), datetime.combine(following, time(), parts.zone)
