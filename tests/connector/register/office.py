"""A centre without banks, with its staff, at a time of the test's choosing; and sheets of registers and deaths of invented persons."""

import csv
import dataclasses
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.assembly import Deployment
from connector.deciding import acts
from connector.intake import door
from connector.ledger import authorizations, rosters
from connector.ledger.rows import AnyRow
from connector.ledger.tables import inquiry
from connector.parts import Parts
from connector.register import deaths, rounds, taking
from connector.register.columns import DEATH_COLUMNS, REGISTER_COLUMNS
from tests.connector.desk import row, sheet

FOUNDED = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
NOW = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)
MONTHLY = "programmes:\n  低保: {every: month, day: 5}\n"
STAFF = {"clerk": "operator", "chief": "manager", "second": "approver"}


@dataclasses.dataclass
class Office:
    """One deployment; every command of the register at the moment ``at``."""

    folder: Path
    at: datetime = NOW

    @property
    def parts(self) -> Parts:
        return Deployment.open(self.folder, lambda: self.at).parts

    def rules(self, text: str) -> None:
        (self.folder / "rounds.yaml").write_text(text, "utf-8")

    def policy(self, old: str, new: str) -> None:
        path = self.folder / "policy.yaml"
        said = path.read_text("utf-8")
        assert old in said
        path.write_text(said.replace(old, new), "utf-8")

    def bring(self, *rows: Mapping[str, str]) -> door.Taken:
        """Households come in with their papers."""
        parts = self.parts
        return door.take_in(parts, door.read_rows(sheet(*rows), parts), "clerk", self.at)

    def register(self, *rows: Mapping[str, str], month: str = "2026-12", trial: bool = False, by: str = "clerk") -> taking.Taken:
        parts = self.parts
        found = taking.read(parts, register_sheet(*rows))
        return (taking.try_out if trial else taking.take)(parts, found, month, by, self.at)

    def deaths(self, *rows: Mapping[str, str]) -> deaths.Taken:
        parts = self.parts
        return deaths.take(parts, deaths.read(parts, deaths_sheet(*rows), self.at), "公安局", "clerk", self.at)

    def round(self, month: str = "2026-12", *, dry_run: bool = False) -> dict[str, Any]:
        (made,) = rounds.by_hand(self.parts, month, None, "clerk", self.at, dry_run=dry_run)
        return made

    def agree(self, request: int, *, agree: bool = True) -> None:
        with self.parts.ledger.begin() as tx:
            acts.decide(tx, request, agree=agree, by="chief", now=self.at)

    def papers(self) -> dict[str, str]:
        """Number → state."""
        parts = self.parts
        with parts.ledger.read() as tx:
            return {row.number: row.state for row in authorizations.listing(tx, parts.centre)}

    def inquiries(self) -> list[AnyRow]:
        with self.parts.ledger.read() as tx:
            return list(tx.execute(inquiry.select().order_by(inquiry.c.id)))

    def conclude(self) -> None:
        """Whatever was asked has its report."""
        with self.parts.ledger.begin() as tx:
            rosters.mark_gathered(tx, [each.inquiry for each in rosters.waiting(tx)], self.at)
            tx.execute(inquiry.update().values(concluded_at="2026-11-30T00:00:00.000000+00:00"))


def on(household: str, **changes: str) -> dict[str, str]:
    """A household of the register; ``changes`` by field."""
    return {"household_no": household, "programme": "低保", "state": "继续"} | changes


def stopped(household: str, day: str = "2026-12-01", **changes: str) -> dict[str, str]:
    return on(household, state="停发", ends_on=day, reason="收入超过标准") | changes


def register_sheet(*rows: Mapping[str, str], encoding: str = "utf-8-sig") -> bytes:
    return _sheet(REGISTER_COLUMNS, rows, encoding)


def deaths_sheet(*rows: Mapping[str, str], encoding: str = "utf-8-sig") -> bytes:
    return _sheet(DEATH_COLUMNS, rows, encoding)


def _sheet(columns: Mapping[str, Any], rows: Any, encoding: str) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([column.title for column in columns.values()])
    writer.writerows([[given.get(field, "") for field in columns] for given in rows])
    return buffer.getvalue().encode(encoding)


def home(household: str, serial: int, **changes: str) -> dict[str, str]:
    """A household's row of an intake sheet, of the application in November."""
    return row(household, serial, **changes)
