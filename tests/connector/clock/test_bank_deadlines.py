"""A bank's deadline: its own word, the site's rules by kind, programme and day, when its clock starts and when it stands."""

import dataclasses
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bank_profiles.catalogue import Catalogue
from bank_profiles.language.service import Service
from config.connection import Limits
from config.deadlines import DeadlineRules
from config.hours import Hours
from connector.assembly import Deployment
from connector.bank import Bank
from connector.hours import calendars
from connector.hours.deadlines import appeal_deadline, bank_deadline, centre_deadline
from connector.parts import Parts
from tests.staffed import found_with

ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 9, 18, 16, tzinfo=ZONE)  # the Sunday after it is a make-up working day


def service(within: str = "3 workdays") -> Service:
    return Service.model_validate(
        {"calendar": "cn-bank-workday", "send_between": "08:30-17:00", "reply_within": within, "limits": {"lines_max": "1000"}}
    )


def not_asked(_: object) -> Any:
    raise AssertionError("a deadline asks for no profile")


def bank(hours: dict[str, Any] | None = None, workdays: int | None = None) -> Bank:
    return Bank(
        code="900100000001",
        name="示例银行",
        kind="city_bank",
        profile_on=not_asked,
        edition=not_asked,
        channel=not_asked,
        ways=lambda _: (),
        limits=Limits(workdays=workdays),
        hours=Hours.model_validate(hours or {}),
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    home: Path = found_with(tmp_path_factory.mktemp("deadlines"), {}, FRIDAY)
    return Deployment.open(home, lambda: FRIDAY).parts


def ruled(parts: Parts, *rules: dict[str, Any]) -> Parts:
    """The deployment with these rules, each from its day."""
    return dataclasses.replace(parts, deadlines=DeadlineRules.model_validate({"rules": list(rules)}))


def due(
    parts: Parts,
    got_at: datetime = FRIDAY,
    at: Bank | None = None,
    *,
    within: str = "3 workdays",
    kind: str = "new",
    programme: str = "",
) -> date:
    until = bank_deadline(parts, at or bank(), service(within), kind=kind, programme=programme, got_at=got_at)
    assert until.at.astimezone(ZONE).time() == time(23, 59, 59)
    return until.at.astimezone(ZONE).date()


def test_without_rules_a_banks_own_word_counts(founded: Parts) -> None:
    assert date(2026, 9, 22) == due(founded)


def test_seconds_run_straight_on_through_nights_and_holidays(founded: Parts) -> None:
    got_at = datetime(2026, 10, 1, 3, tzinfo=ZONE)

    assert 60 == (bank_deadline(founded, bank(), service("60 seconds"), got_at=got_at).at - got_at).total_seconds()


def test_the_sites_own_count_for_a_bank_goes_before_the_rules(founded: Parts) -> None:
    parts = ruled(founded, {"from": "2026-01-01", "bank": [{"workdays": 5}]})

    assert [date(2026, 9, 20), date(2026, 9, 24)] == [due(parts, at=bank(workdays=1)), due(parts)]


def test_rule_016_each_kind_and_programme_has_its_own_limit(founded: Parts) -> None:
    limits = [
        {"kinds": ["appeal"], "workdays": 3},
        {"kinds": ["month", "quarter", "year"], "workdays": 10},
        {"programmes": ["临时救助"], "workdays": 2},
    ]
    parts = ruled(founded, {"from": "2026-01-01", "bank": limits})

    assert [date(2026, 9, 22), date(2026, 10, 9), date(2026, 9, 21), date(2026, 9, 20)] == [
        due(parts, kind="appeal"),
        due(parts, kind="month"),
        due(parts, kind="new", programme="临时救助"),
        due(parts, kind="new", programme="低保", within="1 workdays"),
    ]


def test_rule_067_start_and_cut_off_are_configuration(founded: Parts) -> None:
    same_day = ruled(founded, {"from": "2026-01-01", "clock": {"first_day": "same_day"}})
    cut_off = ruled(founded, {"from": "2026-01-01", "clock": {"cut_off": "15:30"}})
    both = ruled(founded, {"from": "2026-01-01", "clock": {"first_day": "same_day", "cut_off": "15:30"}})

    assert [date(2026, 9, 21), date(2026, 9, 23), date(2026, 9, 22)] == [due(same_day), due(cut_off), due(both)]
    assert date(2026, 9, 22) == due(cut_off, FRIDAY.replace(hour=15, minute=30))  # to the minute of the cut-off it is in time


def test_rule_067_a_clock_runs_by_the_rule_of_the_day_it_started_on(founded: Parts) -> None:
    parts = ruled(
        founded,
        {"from": "2026-01-01", "bank": [{"workdays": 5}]},
        {"from": "2026-09-20", "bank": [{"workdays": 1}]},
    )

    assert [date(2026, 9, 24), date(2026, 9, 21)] == [due(parts), due(parts, datetime(2026, 9, 20, 9, tzinfo=ZONE))]


def test_rule_067_agreed_maintenance_stops_the_clock_unless_the_rules_let_it_run(founded: Parts) -> None:
    away = {"maintenance": [{"from": "2026-09-21 08:00", "until": "2026-09-21 20:00", "stops_the_clock": True}]}
    told = {"maintenance": [{"from": "2026-09-21 08:00", "until": "2026-09-21 20:00"}]}
    runs = ruled(founded, {"from": "2026-01-01", "clock": {"stands": []}})

    assert [date(2026, 9, 23), date(2026, 9, 22), date(2026, 9, 22)] == [
        due(founded, at=bank(away)),
        due(founded, at=bank(told)),
        due(runs, at=bank(away)),
    ]


def test_rule_067_a_line_returned_for_correction_stops_the_clock(founded: Parts) -> None:
    returned = (datetime(2026, 9, 20, 9, 30, tzinfo=ZONE), datetime(2026, 9, 21, 17, tzinfo=ZONE))
    an_hour = (datetime(2026, 9, 20, 9, tzinfo=ZONE), datetime(2026, 9, 20, 10, tzinfo=ZONE))

    assert [date(2026, 9, 24), date(2026, 9, 22)] == [
        bank_deadline(founded, bank(), service(), got_at=FRIDAY, stood=[stood]).at.date() for stood in (returned, an_hour)
    ]


def test_rule_065_a_deadline_into_a_year_without_a_list_is_provisional(founded: Parts) -> None:
    said = [bank_deadline(founded, bank(), service(), got_at=datetime(2026, 12, day, 10, tzinfo=ZONE)) for day in (28, 29)]

    assert [False, True] == [until.provisional for until in said]


def test_the_centre_promises_four_working_days_and_a_decision_on_an_appeal_in_ten(founded: Parts) -> None:
    promised, appealed = centre_deadline(founded, FRIDAY), appeal_deadline(founded, "appeal", FRIDAY)

    assert promised is not None
    assert appealed is not None
    assert (date(2026, 9, 23), date(2026, 10, 9)) == (promised.at.date(), appealed.at.date())
    assert centre_deadline(founded, FRIDAY, kind="month") is None


# ---------------------------------------------------------------- its windows
def opens(parts: Parts, hours: dict[str, Any], at: datetime) -> datetime | None:
    profile = Catalogue().pick("hxcb", at.date())  # 08:30-17:00 on the working days of banks
    return calendars.sending(parts, bank(hours), profile).next_open(at)


def test_a_bank_is_sent_to_in_its_profiles_hours_unless_the_connection_says_others(founded: Parts) -> None:
    evening = FRIDAY.replace(hour=18)

    assert datetime(2026, 9, 20, 8, 30, tzinfo=ZONE) == opens(founded, {}, evening)
    assert evening == opens(founded, {"hours": "always"}, evening)
    assert FRIDAY.replace(hour=22) == opens(founded, {"hours": "22:00-04:00"}, evening)


def test_a_maintenance_closes_also_what_is_always_open(founded: Parts) -> None:
    hours = {"hours": "always", "maintenance": [{"every": "friday", "between": "17:00-23:00"}]}

    assert FRIDAY.replace(hour=23) == opens(founded, hours, FRIDAY.replace(hour=18))
