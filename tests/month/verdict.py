"""How a month ended: every line answered or named, the counters as a recount has them, the forecast near what came, all as the banks said."""

import dataclasses
from collections import Counter
from datetime import date, datetime
from typing import Any

import numpy as np

from connector.figures import recount
from connector.ledger import answers, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import parse
from reconciliation import vectors
from reconciliation.exchange import OUTCOME_CODE, OUTCOME_WORD
from tests.month.banks import Package
from tests.month.world import ZONE, World

# What a batch may have come to when nobody owes anything any more; a line of it without an answer is named by it.
_ENDS = {State.ANSWERED, State.EXPIRED, State.RECALLED}
_OPEN = [OUTCOME_CODE[word] for word in ("not_answered", "pending", "partial", "technical_failure")]


@dataclasses.dataclass
class Verdict:
    """What was found; ``differences`` are to be none."""

    lines: Counter[str] = dataclasses.field(default_factory=Counter)
    batches: Counter[str] = dataclasses.field(default_factory=Counter)
    acts: Counter[str] = dataclasses.field(default_factory=Counter)
    differences: list[str] = dataclasses.field(default_factory=list)
    forecast: dict[str, Any] = dataclasses.field(default_factory=dict)


def verdict(world: World) -> Verdict:
    """Look at everything the month left behind."""
    found = Verdict()
    with world.parts.ledger.read() as tx:
        _every_line_has_a_place(tx, world, found)
        for row in rosters.batches(tx):
            _batch(tx, world, row, found)
        for cell in recount.differences(tx, world.parts.zone):
            found.differences.append(f"counter {cell}")
        found.differences += _own_recount(tx, world)
        _forecast(tx, world, found)
    for lane, steps in world.problems().items():
        found.differences += [f"{lane}: {step} stopped by {why['code']}" for step, why in steps.items() if "code" in why]
    return found


def _every_line_has_a_place(tx: Tx, world: World, found: Verdict) -> None:
    """Persons × banks: in a live batch, or noted as not asked with its reason."""
    for code in world.banks:
        for key in rosters.uncut(tx, code):
            found.differences.append(f"roster {key} of {code}: {len(rosters.free_positions(tx, key, code))} lines nowhere")


def _batch(tx: Tx, world: World, row: AnyRow, found: Verdict) -> None:
    package = world.banks[row.institution].packages.get(row.number)
    found.batches[row.state] += 1
    if row.state not in _ENDS:
        found.differences.append(f"batch {row.number} of {row.institution} ended {row.state}: {(row.problem or {}).get('code')}")
        return
    if row.state == State.RECALLED:
        return
    if package is None:
        found.differences.append(f"batch {row.number}: its bank never had it")
        return
    found.acts[package.act.kind] += 1
    current = vectors.unpack_current(row.vector, row.lines).outcome
    if not np.array_equal(current, package.said):
        wrong = int((current != package.said).sum())
        found.differences.append(f"batch {row.number} ({package.act.kind}): {wrong} lines are not as its bank said last")
    _lines(tx, row, current, package, found)


def _lines(tx: Tx, row: AnyRow, current: Any, package: Package, found: Verdict) -> None:
    again = stops.being_asked_again(tx, row.id) if np.isin(current, _OPEN).any() else set()
    for code, count in zip(*np.unique(current, return_counts=True), strict=True):
        found.lines[OUTCOME_WORD[int(code)]] += int(count)
    found.lines["asked again elsewhere"] += len(again)
    if row.state == State.ANSWERED and not row.late and package.act.kind == "late":
        found.differences.append(f"batch {row.number}: late, and not marked so")


def _own_recount(tx: Tx, world: World) -> list[str]:
    """The lines of all batches by what the banks said, once more without the ledger's vectors: the files' own words."""
    said: Counter[int] = Counter()
    for bank in world.banks.values():
        for package in bank.packages.values():
            if not package.refused:
                said.update(dict(zip(*(each.tolist() for each in np.unique(package.said, return_counts=True)), strict=True)))
    counted: Counter[int] = Counter()
    for row in rosters.batches(tx):
        if row.state in (State.ANSWERED, State.EXPIRED):
            counted.update({OUTCOME_CODE[word]: count for word, count in row.counts.items()})
    names = {code: (said[code], counted[code]) for code in {*said, *counted} if said[code] != counted[code]}
    return [f"{OUTCOME_WORD[code]}: the banks said {one}, the ledger counts {other}" for code, (one, other) in names.items()]


# ---------------------------------------------------------------- the forecast
def _forecast(tx: Tx, world: World, found: Verdict) -> None:
    """Bank by bank: the day foretold on the third day, and the day its last line of then was answered or given up."""
    if not world.predicted:
        return
    told = {bank["institution"]: bank for bank in world.predicted["banks"]}
    ends: dict[str, date] = {}
    for code, numbers in world.open_then.items():
        rows = [rosters.batch_numbered(tx, code, number) for number in numbers]
        over = [_over(tx, row) for row in rows if row is not None and row.state != State.RECALLED]
        if over and all(over):
            ends[code] = max(at for at in over if at is not None).astimezone(ZONE).date()
    foretold = {
        code: parse(told[code]["finished_by"]).astimezone(ZONE).date()
        for code in ends
        if code in told and told[code]["finished_by"]
    }
    off = Counter(_workdays(world, foretold[code], ends[code]) for code in foretold)
    whole = (max(foretold.values()), max(ends[code] for code in foretold)) if foretold else None
    found.forecast = {
        "by_bank_workdays_off": dict(sorted(off.items())),
        "foretold": whole and str(whole[0]),
        "came": whole and str(whole[1]),
    }
    if whole is None or abs(_workdays(world, *whole)) > 1:
        found.differences.append(f"forecast of the third day: {found.forecast}")


def _over(tx: Tx, row: AnyRow) -> datetime | None:
    """When a batch was over: its first edition, or its deadline where nothing came by then."""
    first = next(iter(answers.editions(tx, row.id)), None)
    if first is None:
        return parse(row.due_at) if row.due_at else None
    return min(parse(first.received_at), parse(row.due_at)) if row.late else parse(first.received_at)


def _workdays(world: World, one: date, other: date) -> int:
    """How many working days ``other`` is after ``one``."""
    step = 1 if other >= one else -1
    day, count = one, 0
    while day != other:
        day = date.fromordinal(day.toordinal() + step)
        count += step * world.parts.calendar.is_workday(day)
    return count
