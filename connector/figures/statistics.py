"""``statistics/1``: a month by bank, class, region and kind, programmes, coverage; and the line references behind each bucket."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from bank_profiles.errors import Problems
from connector.figures import closing, months, rates, small
from connector.figures.months import Month, Whose
from connector.ledger import counting, events, tallies
from connector.ledger.rows import Tx
from connector.moments import moment
from connector.parts import Parts
from reconciliation.buckets import BUCKETS, DEFINITION, word_of


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What is asked for; none: all of it."""

    bank: str | None = None
    kind: str | None = None

    def fits(self, whose: Whose) -> bool:
        return self.bank in (None, whose[0]) and self.kind in (None, whose[2])


def statistics(parts: Parts, month: str, now: datetime, chosen: Chosen = Chosen(), *, supervisor: bool = False) -> dict[str, Any]:
    """One object, schema ``statistics/1``: the month as it stands, beside it as it was closed. No person in it.

    ``supervisor``: small groups are hidden. Rows are by bank × kind, class × kind and region × kind: appeals are never mixed in.
    """
    with parts.ledger.read() as tx:
        current = months.now_of(tx, parts, month, now)
        kept = closing.closed(tx, month)
        found: dict[str, Any] = {
            "schema": "statistics/1",
            "definition": DEFINITION,
            "month": month,
            "as_of": moment(now),
            "now": tables(parts, current, chosen, supervisor=supervisor),
            "not_due": _not_due(tx, month, now, chosen),
            "closed": None,
            "programmes": _programmes(tx, parts, month, supervisor),
            "coverage": _coverage(tx, parts, now),
        }
    if kept is not None:
        figures, record = kept
        told = {
            "revision": record.revision,
            "closed_at": record.closed_at,
            "closed_by": record.closed_by,
            "reason": record.reason,
        }
        found["closed"] = {**told, "figures": tables(parts, figures, chosen, supervisor=supervisor)}
    return found


def _not_due(tx: Tx, month: str, now: datetime, chosen: Chosen) -> int:
    """Lines that fall due later in the month; they are in no figure yet."""
    rows = (row for row in tallies.not_due(tx, month, now) if chosen.fits((row.institution, row.region, row.kind)))
    return sum(row.counts.get(bucket, 0) for row in rows for bucket in BUCKETS)


def tables(parts: Parts, month: Month, chosen: Chosen, *, supervisor: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The cubes of a month: banks, classes, regions; each with a row for every kind it has."""
    classes = classes_of(parts)
    cubes: Mapping[str, Callable[[Whose], str]] = {
        "banks": lambda whose: whose[0],
        "classes": lambda whose: classes.get(whose[0], ""),
        "regions": lambda whose: whose[1],
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for cube, of in cubes.items():
        rows: dict[str, list[dict[str, Any]]] = {}
        mine = [whose for whose in month.cells if chosen.fits(whose)]
        for kind in sorted({whose[2] for whose in mine}):
            named: dict[str, dict[str, Any]] = {}
            for name in sorted({of(whose) for whose in mine if whose[2] == kind}):
                row = month.row(_picked(chosen, of, name, kind), files=cube == "banks" and kind == _main_kind(mine, name))
                if row is not None:
                    named[name] = row
            rows[kind] = [
                {"of": name, "kind": kind, **row} for name, row in (small.shown(named) if supervisor else named).items()
            ]
        found[cube] = [row for kind in rows for row in rows[kind]]
    return found


def _picked(chosen: Chosen, of: Callable[[Whose], str], name: str, kind: str) -> Callable[[Whose], bool]:
    return lambda whose: chosen.fits(whose) and of(whose) == name and whose[2] == kind


def _main_kind(cells: Iterable[Whose], institution: str) -> str:
    """Files are a bank's, whatever was asked in them: they stand once, in its first row."""
    return min((kind for code, _, kind in cells if code == institution), key=lambda kind: (kind == "appeal", kind), default="")


def classes_of(parts: Parts) -> dict[str, str]:
    """Institution → its class (state_owned, rural …), as its connection says."""
    return {code: bank.kind for code, bank in parts.banks.working.items()}


# ---------------------------------------------------------------- rules 85 and 86
def _programmes(tx: Tx, parts: Parts, month: str, supervisor: bool) -> list[dict[str, Any]]:
    """Households received in the month, re-reviews among them, and reports made, by region and programme (domain rule 86)."""
    begins, ends = (moment(at) for at in months.bounds(parts, month))
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in tallies.programmes(tx, begins, ends):
        found[row.region, row.programme] = {"households": row.households, "appeals": int(row.appeals)}
    for row in tallies.reports_made(tx, begins, ends):
        found.setdefault((row.region, row.programme), {}).update({"reports": row.reports, "with_gaps": int(row.with_gaps)})
    rows = {place: {name: counts.get(name, 0) for name in _OF_PROGRAMME} for place, counts in sorted(found.items())}
    concealed = small.hidden({"|".join(place): counts for place, counts in rows.items()}) if supervisor else set()

    def printed(place: tuple[str, str], name: str, number: int) -> int | str:
        return small.in_place_of(number) if ("|".join(place), name) in concealed else number

    return [
        {"region": place[0], "programme": place[1], **{name: printed(place, name, number) for name, number in counts.items()}}
        for place, counts in rows.items()
    ]


_OF_PROGRAMME = ("households", "appeals", "reports", "with_gaps")


def _coverage(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Which institutions are reachable, how, and when they answered last (domain rule 85)."""
    last = tallies.last_answers(tx)
    found = []
    for code, bank in sorted(parts.banks.working.items()):
        row: dict[str, Any] = {"institution": code, "name": bank.name, "class": bank.kind, "last_answer": last.get(code)}
        try:
            profile = bank.profile_on(parts.day(now))
            row |= {
                "connected": True,
                "profile": profile.profile,
                "edition": profile.version,
                "roads": [way.kind for way in bank.ways(parts.day(now))],
            }
        except Problems as problems:  # no edition of its profile holds today
            row |= {"connected": False, "profile": None, "edition": None, "roads": [], "problem": problems.problems[0].code}
        found.append(row)
    broken = [
        {"connection": name, "connected": False, "problem": why["code"]} for name, why in sorted(parts.banks.broken.items())
    ]
    return found + broken


# ---------------------------------------------------------------- rule 82: which lines are behind a figure
def explain(parts: Parts, month: str, now: datetime, chosen: Chosen) -> dict[str, Any]:
    """Each bucket's line references (batch number and positions, as they stand on the wire: the first is 1), and the formulas."""
    found: dict[str, list[dict[str, Any]]] = {bucket: [] for bucket in BUCKETS}
    with parts.ledger.read() as tx:
        for row in tallies.due(tx, month, now, chosen.bank):
            if not chosen.fits((row.institution, row.region, row.kind)):
                continue
            buckets = counting.of_lines(tx, row.batch, row.lines, row.told)[1]
            for bucket, positions in _places(buckets).items():
                lines = [[first + 1, last + 1] for first, last in events.runs(positions)]
                found[bucket].append({"institution": row.institution, "kind": row.kind, "batch": row.number, "lines": lines})
    return {
        "buckets": {bucket: {"lines": _many(some), "refs": some} for bucket, some in found.items()},
        "formulas": {name: formula for name, (_, _, formula) in rates.FORMULAS.items()},
    }


def _places(buckets: Any) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, code in enumerate(buckets.tolist()):
        found.setdefault(word_of(code), []).append(place)
    return found


def _many(some: list[dict[str, Any]]) -> int:
    return sum(last - first + 1 for one in some for first, last in one["lines"])
