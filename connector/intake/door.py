"""The door itself: one sheet, one transaction. What a sheet brings in and the record that it came stand or fall together.

A sheet is taken whole because its rows are judged against each other and against a ledger that nobody else may change meanwhile;
after a crash the same file is simply brought again, and a file that was taken in is known by its digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.intake.codes import REASONS
from connector.intake.comparison import Plan, compare
from connector.intake.desk import Desk
from connector.intake.rows import Rows, look
from connector.intake.scanning import must_be_clean
from connector.intake.sheet import read_sheet
from connector.intake.writing import write
from connector.ledger import inquiries


@dataclass(frozen=True)
class Taken:
    """What became of a sheet: counts, and the row numbers refused by reason. Nothing of a person."""

    digest: str
    policy: str
    rows: int
    refused: Mapping[str, list[int]]  # reason -> row numbers, in the order of precedence
    households: Mapping[str, int]  # new, replaced, unchanged, refused
    received_at: str | None = None  # when it was taken in; None for a trial
    again: bool = False  # it had been taken in before; nothing was changed

    @property
    def accepted(self) -> int:
        """Rows that may be asked about."""
        return self.rows - sum(map(len, self.refused.values()))

    def codes(self, rows: Rows) -> list[str | None]:
        """Why each row of the same sheet was refused."""
        by_number = {number: slug for slug, numbers in self.refused.items() for number in numbers}
        return [by_number.get(number) for number in rows.sheet.rows]


def read_rows(content: bytes, desk: Desk) -> Rows:
    """The rows of a file as values, once it is scanned. Raises SheetError, NotScanned."""
    must_be_clean(desk, content)
    return look(read_sheet(content), desk.policy)


def try_out(desk: Desk, rows: Rows) -> Taken:
    """What taking these rows in would do now; nothing of them is written."""
    with desk.ledger.begin() as tx:
        desk.vault.prepare(tx)
    with desk.ledger.read() as tx:
        before = inquiries.intake_of(tx, desk.centre, rows.sheet.digest)
        return _recorded(before) if before else _taken(desk, rows, compare(tx, desk.vault, desk.centre, rows, desk.policy))


def take_in(desk: Desk, rows: Rows, who: str, now: datetime) -> Taken:
    """Take the rows in. The same file again changes nothing and gives the recorded result."""
    with desk.ledger.begin() as tx:
        before = inquiries.intake_of(tx, desk.centre, rows.sheet.digest)
        if before is not None:
            return _recorded(before)
        plan = compare(tx, desk.vault, desk.centre, rows, desk.policy)
        taken = _taken(desk, rows, plan)
        verdicts = {"refused": dict(taken.refused), "households": dict(taken.households)}
        received_at = write(tx, desk, rows, plan, verdicts, who, now)
    return Taken(taken.digest, taken.policy, taken.rows, taken.refused, taken.households, received_at)


def _taken(desk: Desk, rows: Rows, plan: Plan) -> Taken:
    refused: dict[str, list[int]] = {slug: [] for slug in REASONS}
    for number, code in zip(rows.sheet.rows, plan.verdicts.codes, strict=True):
        if code is not None:
            refused[code].append(number)
    households = {
        "new": len(plan.incoming) - len(plan.replaces),
        "replaced": len(plan.replaces),
        "unchanged": len(plan.unchanged),
        "refused": len(set(rows.household_keys)) - len(plan.verdicts.households),
    }
    found = {slug: numbers for slug, numbers in refused.items() if numbers}
    return Taken(rows.sheet.digest, desk.policy.policy, len(rows), found, households)


def _recorded(row: Any) -> Taken:
    verdicts = row.verdicts
    in_order = {slug: verdicts["refused"][slug] for slug in REASONS if slug in verdicts["refused"]}
    return Taken(row.digest, row.policy, row.rows, in_order, verdicts["households"], row.received_at, again=True)
