"""A deadline into a year without a list is provisional; when two persons take the list in it is looked at again, and the change is kept."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from connector.bankside.invented import invent
from connector.cli import verbs
from connector.clock import recomputing
from connector.ledger import audit, calendars, people, rosters
from connector.ledger.rows import AnyRow
from connector.moments import parse
from tests.town import Town

ZONE = ZoneInfo("Asia/Shanghai")
SENT_AT = datetime(2026, 12, 30, 10, tzinfo=ZONE)
# Invented: the State Council has published no list of 2027 yet.
LIST = """year: 2027
source: 国务院办公厅通知（虚构）
holidays: [2027-01-01, 2027-01-03..2027-01-04, 2027-02-05..2027-02-11]
working: [2027-01-02]
"""


class CalendarTown(Town):
    """Two banks were sent a batch each two days before a year whose list is not known."""

    def __init__(self, folder: Path) -> None:
        city = folder / "city"
        invent(city, households=2, banks=2)
        super().__init__(folder, city)

    def asked(self) -> "CalendarTown":
        with self.ledger().begin() as tx:
            for name, role in (("zhao", "manager"), ("wang", "approver")):
                people.add(tx, at=SENT_AT, name=name, roles=[role], centre="C1", region="440106", by="li")
        self.intake()
        self.step("gather", "dispatch", now=SENT_AT)
        return self

    def batches(self) -> list[AnyRow]:
        """That of the first bank, then that of the second."""
        with self.ledger().read() as tx:
            rows = {row.institution: row for row in rosters.batches(tx)}
        return [rows[institution["code"]] for institution in self.institutions]

    def says(self, *words: str, exit_code: int = 0) -> dict[str, Any]:
        """What the command prints, as JSON."""
        ended = CliRunner().invoke(verbs.app, [*words, "--dir", str(self.dir), "--json"])
        assert exit_code == ended.exit_code, ended.output
        return dict(json.loads(ended.stdout)) if ended.stdout else {}

    def take(self, lines: str) -> None:
        path = self.folder / "2027.yaml"
        path.write_text(lines, "utf-8")
        asked = self.says("calendar", "take", str(path), "--by", "zhao", "--reason", "通知", exit_code=5)
        self.says("approve", str(asked["id"]), "--by", "wang")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarTown]:
    with CalendarTown(tmp_path_factory.mktemp("calendar")) as made:
        yield made.asked()


def days(batches: list[AnyRow]) -> list[tuple[date, bool]]:
    return [(parse(row.due_at).astimezone(ZONE).date(), bool(row.provisional)) for row in batches]


def test_rule_065_missing_list_provisional_then_recomputed_on_import_and_logged(town: CalendarTown) -> None:
    before = town.batches()
    # hxcb promises 2 working days, gdyz 3; as expected, 1 January 2027 is off and the weekend after it
    assert [("SENT", (date(2027, 1, 4), True)), ("SENT", (date(2027, 1, 5), True))] == [
        (row.state, day) for row, day in zip(before, days(before), strict=True)
    ]
    assert ["deadline-provisional"] == [
        said["code"] for said in town.says("status")["rooms"] if said["code"] == "deadline-provisional"
    ]

    town.take(LIST)

    assert [(date(2027, 1, 2), False), (date(2027, 1, 5), False)] == days(town.batches())
    moved = town.says("calendar", "moved")["moved"]
    assert {(row.number, row.due_at, True, False, "calendar-taken") for row in before} == {
        (one["number"], one["before"], one["provisional_before"], one["provisional"], one["why"]) for one in moved
    }
    with town.ledger().read() as tx:
        told = [json.loads(line) for line in audit.export(tx) if b'"deadline-moved"' in line]
    assert ["wang"] * 2 == [record["who"] for record in told]


def test_looking_again_moves_nothing(town: CalendarTown) -> None:
    parts = town.deployment().parts

    assert [0, 0] == [recomputing.recompute(parts, SENT_AT + timedelta(hours=hour))["moved"] for hour in (1, 2)]


def test_a_later_version_moves_what_is_open_and_only_that(town: CalendarTown) -> None:
    with town.ledger().read() as tx:
        known = len(calendars.changes(tx))
    town.take(LIST.replace("2027-01-03..2027-01-04", "2027-01-03").replace("国务院", "更正：国务院"))

    assert [(date(2027, 1, 2), False), (date(2027, 1, 4), False)] == days(town.batches())
    with town.ledger().read() as tx:
        assert 1 == len(calendars.changes(tx)) - known


def test_what_was_taken_in_is_shown_with_its_source_and_who_took_it(town: CalendarTown) -> None:
    shown = town.says("calendar", "show", "2027")
    (year,) = shown["years"]

    assert (True, ["2027-01-02"], 2) == (year["confirmed"], year["lists"][0]["working"], year["lists"][0]["version"])
    assert [("zhao", "wang", "国务院办公厅通知（虚构）")] == [
        (row["imported_by"], row["agreed_by"], row["source"]) for row in shown["taken"][:1]
    ]


def test_the_same_file_is_taken_once(town: CalendarTown) -> None:
    again = town.says("calendar", "take", str(town.folder / "2027.yaml"), "--by", "zhao", "--reason", "again")

    assert "calendar-known/1" == again["schema"]


def test_who_asked_cannot_agree_and_a_wrong_day_is_named_by_its_line(town: CalendarTown) -> None:
    path = town.folder / "wrong.yaml"
    path.write_text(LIST.replace("working: [2027-01-02]", "working:\n- 2027-01-05"), "utf-8")
    wrong = town.command("--lang", "en", "calendar", "take", str(path), "--by", "zhao", "--reason", "x")

    assert (8, True) == (wrong.returncode, "wrong.yaml:5:3: working.0: 2027-01-05 is no Saturday or Sunday" in wrong.stderr)

    path.write_text(LIST.replace("year: 2027", "year: 2028").replace("2027-", "2028-").replace("[2028-01-02]", "[]"), "utf-8")
    asked = town.says("calendar", "take", str(path), "--by", "zhao", "--reason", "x", exit_code=5)
    assert 3 == town.command("approve", str(asked["id"]), "--by", "zhao").returncode


def test_a_list_that_was_taken_in_cannot_be_changed_in_the_database(town: CalendarTown) -> None:
    with pytest.raises(DBAPIError, match="append-only"), town.ledger().begin() as tx:
        tx.execute(text("UPDATE calendar_year SET source = 'another'"))
