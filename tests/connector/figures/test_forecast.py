"""The forecast: from caps, windows and measured answer times, the day each bank is done; honest where nothing is measured."""

import dataclasses
import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Service
from config.connection import Limits
from config.windows import Window
from config.working_days import Calendar
from config.working_time import WorkingTime
from connector.assembly import Deployment
from connector.bank import Bank, Banks
from connector.cli.console import WRONG_USE, Failed
from connector.cli.verbs import app
from connector.clock.forecast import Pace, forecast, sends
from connector.ledger import rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.lifecycle import Move
from connector.moments import moment
from connector.parts import Parts
from tests.connector.figures.history import answer, at, make_batch
from tests.staffed import found_with

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Window(ZONE, Calendar.of(), (time(9), time(17)))
ALWAYS = Window(ZONE)
NOW = at("2026-11-23 10:00")  # a Monday


def bank(code: str, **service: Any) -> Bank:
    """A bank as far as the forecast knows it."""
    said = {"calendar": "cn-bank-workday", "reply_within": "3 workdays", "limits": {"lines_max": 100}} | service
    profile = cast("Profile", SimpleNamespace(service=Service.model_validate(said), channel=None))
    return Bank(
        code, f"银行{code}", "rural", lambda _: profile, lambda _: profile, lambda _: cast("Any", None), lambda _: (), Limits()
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("forecast") / "deployment", {"boss": "manager"}, NOW - timedelta(days=90))


@pytest.fixture
def parts(founded: Path, tmp_path: Path) -> Iterator[Parts]:
    shutil.copytree(founded, tmp_path / "deployment")
    deployment = Deployment.open(tmp_path / "deployment", lambda: NOW)
    yield deployment.parts
    deployment.ledger.close()


def with_banks(parts: Parts, *banks: Bank) -> Parts:
    return dataclasses.replace(parts, banks=Banks({one.code: one for one in banks}))


def reckon(parts: Parts, now: datetime = NOW) -> tuple[dict[str, Any], Mapping[str, dict[str, Any]]]:
    found = forecast(parts, now)
    return found, {one["institution"]: one for one in found["banks"]}


def give(tx: Tx, key: int, got: datetime) -> None:
    rosters.move(tx, key, Move.SEND, got, sent_at=moment(got), delivered_at=moment(got), due_at=moment(got + timedelta(days=4)))


class TestSending:
    """When the files go: in the bank's windows, so many a minute and a day."""

    def test_all_at_once_where_nothing_is_limited(self) -> None:
        assert [NOW, NOW] == sends(ALWAYS, [True, True], Pace(None, None, None), NOW)

    def test_so_many_a_day(self) -> None:
        gone = sends(OFFICE, [True] * 5, Pace(None, 2, 1), NOW) or []

        assert [23, 24, 24, 25, 25] == [each.astimezone(ZONE).day for each in gone]

    def test_so_many_a_minute_within_the_window(self) -> None:
        gone = sends(OFFICE, [True] * 500, Pace(1, None, None), at("2026-11-23 09:00")) or []

        assert (at("2026-11-23 16:59"), at("2026-11-24 09:00")) == (gone[479], gone[480])

    def test_a_weekend_lies_between(self) -> None:
        gone = sends(OFFICE, [True] * 2, Pace(None, 1, 1), at("2026-11-27 16:00")) or []

        assert [27, 30] == [each.astimezone(ZONE).day for each in gone]

    def test_what_is_not_asked_about_takes_its_turn_before(self) -> None:
        gone = sends(OFFICE, [False, False, True, False], Pace(None, 2, 2), NOW) or []

        assert [24] == [each.astimezone(ZONE).day for each in gone]

    def test_a_bank_without_a_window_never_takes_them(self) -> None:
        never = Window(ZONE, None, None, closed=((datetime(2026, 1, 1), datetime(2036, 1, 1)),))  # noqa: DTZ001 (wall time)

        assert sends(never, [True], Pace(None, None, None), NOW) is None


class TestBanks:
    """Bank by bank, and the bottleneck."""

    def test_the_slowest_bank_is_the_bottleneck(self, parts: Parts) -> None:
        joined = with_banks(parts, bank("free"), bank("capped", limits={"lines_max": 100, "files_per_day": 1}))
        with joined.ledger.begin() as tx:
            for code in ("free", "capped"):
                for _ in range(5):
                    make_batch(tx, 100, NOW, code)

        found, banks = reckon(joined)

        assert ("capped", 1000, 5) == (found["bottleneck"], found["lines"], banks["capped"]["files_to_send"])
        sent = datetime.fromisoformat(banks["capped"]["sent_by"]).astimezone(ZONE)
        assert "2026-11-27" == f"{sent:%Y-%m-%d}"  # one a day from Monday
        assert ("2026-11-26", "2026-12-02") == (banks["free"]["day"], found["day"])  # 3 working days after the last

    def test_without_a_measure_it_says_that_it_goes_by_the_promise(self, parts: Parts) -> None:
        joined = with_banks(parts, bank("new"))
        with joined.ledger.begin() as tx:
            give(tx, make_batch(tx, 10, NOW, "new"), NOW)

        assert {"what": "promised", "batches": 0, "minutes": None} == reckon(joined)[1]["new"]["measure"]

    def test_what_it_took_before_is_what_it_takes(self, parts: Parts) -> None:
        joined = with_banks(parts, bank("quick"))
        with joined.ledger.begin() as tx:
            for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
                key = make_batch(tx, 10, at(f"{day} 09:00"), "quick")
                give(tx, key, at(f"{day} 09:00"))
                answer(tx, key, at(f"{day} 11:00"), ["found"] * 10)
                rosters.move(tx, key, Move.ANSWER, at(f"{day} 11:00"), counts={"found": 10})
            give(tx, make_batch(tx, 10, NOW, "quick"), NOW)

        found = reckon(joined)[1]["quick"]

        assert {"what": "measured", "batches": 3, "minutes": 120} == found["measure"]
        assert moment(at("2026-11-23 12:00")) == found["finished_by"]

    def test_what_waits_for_persons_is_told_apart(self, parts: Parts) -> None:
        joined = with_banks(parts, bank("new"))
        with joined.ledger.begin() as tx:
            rosters.move(tx, make_batch(tx, 7, NOW, "new"), Move.HOLD, NOW)

        found, banks = reckon(joined)

        assert (7, None, {"held": 7}) == (found["waits_for_persons"], found["day"], banks["new"]["waits_for_persons"])

    def test_a_bank_that_is_not_connected_leaves_no_day(self, parts: Parts) -> None:
        with parts.ledger.begin() as tx:
            give(tx, make_batch(tx, 10, NOW, "gone"), NOW)

        found, banks = reckon(with_banks(parts))

        assert (None, ["gone"], "not-connected") == (found["day"], found["without_end"], banks["gone"]["because"])

    def test_what_is_overdue_is_not_said_to_be_done_already(self, parts: Parts) -> None:
        joined = with_banks(parts, bank("late"))
        with joined.ledger.begin() as tx:
            give(tx, make_batch(tx, 10, NOW - timedelta(days=10), "late"), NOW - timedelta(days=10))

        found = reckon(joined)[1]["late"]

        assert (10, "2026-11-24") == (found["late"], found["day"])

    def test_a_round_nobody_knows(self, parts: Parts) -> None:
        with pytest.raises(LedgerError) as unknown:
            forecast(parts, NOW, 99)

        assert "round-unknown" == unknown.value.code


def test_the_forecast_of_day_3_is_within_one_working_day(parts: Parts) -> None:
    """Twelve banks, three weeks of history, caps and answer times of their own; then what happens is compared with what was told."""
    chance = random.Random(6)
    caps = {f"B{place:02d}": 1 + place % 4 for place in range(12)}
    slow = {code: chance.randrange(2, 20) for code in caps}  # working hours
    joined = with_banks(parts, *(bank(code, limits={"lines_max": 100, "files_per_day": cap}) for code, cap in caps.items()))
    hours = _hours(joined)

    def took(code: str) -> timedelta:
        return timedelta(hours=slow[code] * chance.uniform(0.7, 1.0))

    ends: list[datetime] = []
    with joined.ledger.begin() as tx:
        for code, cap in caps.items():
            for back in range(1, 16):
                got = NOW - timedelta(days=back + 7)
                _past(tx, code, got, hours.after(got, took(code)))
            keys = [make_batch(tx, 100, NOW - timedelta(days=3), code) for _ in range(cap * 4)]
            for key in keys[:cap]:
                give(tx, key, NOW)
            for turn in range(1, 4):
                ends.append(hours.after(NOW + timedelta(days=turn), took(code)))

    told = datetime.fromisoformat(reckon(joined)[0]["finished_by"]).astimezone(ZONE).date()
    happened = max(ends).astimezone(ZONE).date()

    assert 1 >= abs(joined.calendar.between(min(told, happened), max(told, happened)))


def _hours(parts: Parts) -> WorkingTime:
    return WorkingTime(parts.calendar, parts.zone)


def _past(tx: Tx, code: str, got: datetime, answered: datetime) -> None:
    key = make_batch(tx, 100, got, code)
    give(tx, key, got)
    answer(tx, key, answered, ["no_record"] * 100)
    rosters.move(tx, key, Move.ANSWER, answered, counts={"no_record": 100})


def test_the_verb_says_the_day_the_bank_and_the_measure(parts: Parts) -> None:
    folder = ["--dir", str(parts.folder)]
    assert "没有未完成的查询" in CliRunner().invoke(app, ["forecast", *folder]).output
    with parts.ledger.begin() as tx:
        give(tx, make_batch(tx, 10, NOW, "gone"), NOW)

    assert "无法预计完成日：gone（尚未接入）" in CliRunner().invoke(app, ["forecast", *folder]).output
    wrong = CliRunner().invoke(app, ["forecast", "--round", "x", *folder]).exception
    assert isinstance(wrong, Failed)
    assert WRONG_USE == wrong.exit_code
