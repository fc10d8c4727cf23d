"""What the demo shows in the end (``demo/1``): every bank's road, what it did on purpose, where that left it, and what a person does now."""

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Any

from connector.bankside.opening import Plan
from connector.bankside.simulate import Simulation
from connector.intake import door
from connector.parts import Parts
from connector.status import survey


@dataclasses.dataclass(frozen=True)
class Made:
    """What came of the sheet: its day and rows, the scans attached, the reports, those made anew for a late answer, and in how long."""

    day: date
    taken: door.Taken
    scans: int
    reports: int
    reports_anew: int
    seconds: float


def of(parts: Parts, simulation: Simulation, plans: Sequence[Plan], made: Made) -> dict[str, Any]:
    """The summary of one run."""
    found = survey(parts)["banks"]
    behaviours = {plan.code: plan.behaviours[0] for plan in plans}
    taken = made.taken
    banks = [_bank(bank, simulation.banks[bank["code"]].road, behaviours[bank["code"]]) for bank in found]
    for bank in banks:
        agreed = parts.banks.working[bank["code"]].profile_on(made.day).inquiry.authorization
        bank["papers"] = agreed.carries if agreed else None  # what of the authorizations went with the question
    return {
        "schema": "demo/1",
        "households": taken.households["new"],
        "persons": taken.accepted,
        "scans": made.scans,
        "lines": sum(bank["lines"] for bank in banks),
        "answered": sum(bank["answered"] for bank in banks),
        "found": sum(bank["outcomes"].get("found", 0) for bank in found),
        "refused_rows": sum(map(len, taken.refused.values())),
        "reports": made.reports,
        "reports_anew": made.reports_anew,
        "seconds": made.seconds,
        "banks": banks,
    }


def _bank(bank: dict[str, Any], road: str, behaviour: str) -> dict[str, Any]:
    states = list(bank["states"])
    return {
        "code": bank["code"],
        "name": bank["name"],
        "road": road,
        "behaviour": behaviour,
        "lines": bank["lines"],
        "answered": bank["answered"],
        "response_rate": bank["response_rate"],
        "state": states[0] if len(states) == 1 else ", ".join(states),
        "batches": [batch["number"] for batch in bank["batches"]],
        "late": any(batch["late"] for batch in bank["batches"]),
        "problem": bank["problems"][0] if bank["problems"] else None,
    }
