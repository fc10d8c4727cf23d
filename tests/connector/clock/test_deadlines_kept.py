"""On both databases: lists are kept version by version, a returned batch and an agreed outage stop the clock, only what is open moves."""

import dataclasses
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from bank_profiles.catalogue import Catalogue
from config.connection import Limits
from config.deadlines import DeadlineRules
from config.working_days import NATIONAL, YearList
from connector.assembly import Deployment
from connector.bank import Bank, Banks
from connector.clock import recomputing
from connector.hours import deadlines
from connector.ledger import breakers, calendars, rosters
from connector.ledger.ledger import Ledger
from connector.ledger.tables import batch
from connector.lifecycle import Move
from connector.moments import moment
from connector.parts import Parts
from tests.connector.figures.history import at, make_batch
from tests.staffed import found_with

FRIDAY = at("2026-09-18 10:00")  # the Sunday after it is a make-up working day
PROFILE = Catalogue().pick("hxcb", date(2026, 9, 18))  # it promises 2 working days
BANK = Bank(
    code="dsnx",
    name="示例银行",
    kind="city_bank",
    profile_on=lambda _: PROFILE,
    edition=lambda _: PROFILE,
    channel=lambda profile: pytest.fail(profile.profile),
    ways=lambda _: (),
    limits=Limits(),
)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return Deployment.open(found_with(tmp_path_factory.mktemp("kept"), {}, FRIDAY), lambda: FRIDAY).parts


@pytest.fixture
def parts(founded: Parts, ledger: Ledger) -> Parts:
    return dataclasses.replace(founded, ledger=ledger, banks=Banks({"dsnx": BANK}))


def sent(parts: Parts, got_at: datetime, **more: Any) -> int:
    """A batch the bank has, with the deadline of that moment."""
    with parts.ledger.begin() as tx:
        key = make_batch(tx, 1, got_at, **more)
        until = deadlines.of_batch(tx, parts, BANK, rosters.find_batch(tx, key), got_at)
        rosters.move(tx, key, Move.SEND, got_at, **until.from_delivery(got_at))
    return key


def due(parts: Parts, key: int) -> str:
    with parts.ledger.read() as tx:
        row = rosters.find_batch(tx, key)
    return f"{parts.day(datetime.fromisoformat(row.due_at))}" + ("?" if row.provisional else "")


def take(parts: Parts, year: int, off: str, region: str = NATIONAL) -> int:
    days = frozenset(date.fromisoformat(day) for day in off.split())
    with parts.ledger.begin() as tx:
        taken = YearList(region, year, 0, days, frozenset(), "国办")
        return calendars.add(tx, taken, digest=off, by="zhao", agreed_by="wang", now=FRIDAY)


def test_each_import_is_a_further_version_and_the_newest_rules(parts: Parts) -> None:
    assert [1, 2, 1] == [take(parts, 2027, "2027-03-02"), take(parts, 2027, "2027-03-03"), take(parts, 2027, "2027-03-04", "32")]
    with parts.ledger.read() as tx:
        here, elsewhere = calendars.of_region(tx, "320507"), calendars.of_region(tx, "440106")

    assert [True, False, False] == [here.is_workday(date(2027, 3, day)) for day in (2, 3, 4)]
    assert [True, False, True] == [elsewhere.is_workday(date(2027, 3, day)) for day in (2, 3, 4)]


@pytest.mark.parametrize("verb", ["UPDATE calendar_year SET source = 'x'", "DELETE FROM calendar_year"])
def test_the_database_keeps_what_was_taken_in(parts: Parts, verb: str) -> None:
    take(parts, 2027, "2027-03-02")

    with pytest.raises(DBAPIError, match="append-only"), parts.ledger.begin() as tx:
        tx.execute(text(verb))


def test_rule_067_a_batch_made_anew_goes_on_with_the_clock_of_the_returned_one(parts: Parts) -> None:
    first = sent(parts, FRIDAY)
    with parts.ledger.begin() as tx:
        rosters.move(tx, first, Move.REJECT, at("2026-09-20 09:30"))
    again = sent(parts, at("2026-09-21 17:30"), remakes=first)

    assert ["2026-09-21", "2026-09-23"] == [due(parts, key) for key in (first, again)]  # Sunday and Monday it stood

    runs_on = dataclasses.replace(
        parts, deadlines=DeadlineRules.model_validate({"rules": [{"from": "2026-01-01", "clock": {"stands": []}}]})
    )
    assert {"looked": 1, "moved": 1} == recomputing.recompute(runs_on, at("2026-09-21 18:00"))
    assert "2026-09-21" == due(parts, again)


def test_rule_067_an_outage_two_persons_agreed_to_stops_the_clock(parts: Parts) -> None:
    key = sent(parts, FRIDAY)
    with parts.ledger.begin() as tx:
        breakers.add_outage(tx, "dsnx", at("2026-09-20 08:00"), at("2026-09-20 20:00"), "换机", FRIDAY)

    assert {"looked": 1, "moved": 1} == recomputing.recompute(parts, at("2026-09-19 10:00"))
    assert "2026-09-22" == due(parts, key)
    assert {"looked": 1, "moved": 0} == recomputing.recompute(parts, at("2026-09-19 11:00"))


def test_rule_067_the_clock_starts_at_the_receipt_where_the_rules_say_so(parts: Parts) -> None:
    key = sent(parts, FRIDAY)
    with parts.ledger.begin() as tx:
        rosters.move(tx, key, Move.ACCEPT, FRIDAY, accepted_at=moment(at("2026-09-20 16:00")))
    by_receipt = dataclasses.replace(
        parts, deadlines=DeadlineRules.model_validate({"rules": [{"from": "2026-01-01", "clock": {"after": "receipt"}}]})
    )
    recomputing.recompute(by_receipt, at("2026-09-20 17:00"))

    assert "2026-09-22" == due(parts, key)


def test_rule_065_only_open_deadlines_move(parts: Parts) -> None:
    late = at("2026-12-30 10:00")
    open_, over = sent(parts, late), sent(parts, late)
    assert ["2027-01-04?"] * 2 == [due(parts, key) for key in (open_, over)]
    with parts.ledger.begin() as tx:
        tx.execute(update(batch).where(batch.c.id == over).values(state="ANSWERED"))
    take(parts, 2027, "2027-01-01 2027-01-04 2027-01-05")

    assert {"looked": 1, "moved": 1} == recomputing.recompute(parts, late)
    assert ["2027-01-06", "2027-01-04?"] == [due(parts, key) for key in (open_, over)]
    with parts.ledger.read() as tx:
        assert [open_] == [change.batch for change in calendars.changes(tx)]
