"""One bank whose road hangs: every other is served in the same pass, and the one is told, left alone and taken up again (domain rule 94)."""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.assembly import lanes_executor
from connector.bank import Bank
from connector.parts import Parts
from connector.status import survey
from connector.steps import abreast, runner
from tests.replies import batches
from tests.road_town import EXCHANGE, Founded, RoadTown
from tests.roads import ROADS
from transports import hands

# ---- lanes -----------------------------------------------------------------------------------------------------------------------


def passes(lanes: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    return dict(abreast.passes(abreast.LaneThreads(), lanes))


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_rule_094_lanes_that_hang_keep_none_that_waits_from_its_turn(
    monkeypatch: pytest.MonkeyPatch, let_go: threading.Event
) -> None:
    monkeypatch.setattr(abreast, "LANE_S", 0.3)
    hung = {f"hung {number}": let_go.wait for number in range(2 * abreast.AT_ONCE)}

    came = passes(hung | {"served": lambda: "served"})

    assert dict.fromkeys(hung) | {"served": "served"} == came


def test_no_more_lanes_are_served_at_once_than_one_process_may() -> None:
    at_work, most, guard = 0, 0, threading.Lock()

    def work() -> bool:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.005)
        with guard:
            at_work -= 1
        return True

    came = passes({str(number): work for number in range(5 * abreast.AT_ONCE)})

    assert all(came.values())
    assert most <= abreast.AT_ONCE


def test_what_breaks_in_a_lane_is_heard() -> None:
    with pytest.raises(ZeroDivisionError):
        passes({"broken": lambda: 1 // 0})


def test_a_process_that_ends_lets_a_lane_come_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abreast, "LANE_S", 0.0)
    ended = threading.Event()

    def slow() -> None:
        time.sleep(0.2)
        ended.set()

    with lanes_executor() as executor:
        assert {"slow": None} == dict(abreast.passes(executor, {"slow": slow}))

    assert ended.is_set()


# ---- a town ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def founded(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    with Founded(tmp_path_factory.mktemp("founded"), samples / "city" / "seed1") as founded:
        yield founded


@pytest.fixture
def town(founded: Founded, tmp_path: Path) -> Iterator[RoadTown]:
    with RoadTown(tmp_path / "town", founded, ROADS["folder"]) as town:
        town.passes("gather", at_once=1)
        yield town


def dispatched(town: RoadTown) -> runner.StepResult:
    with lanes_executor() as executor:
        return runner.run("dispatch", town.deployment().parts, town.at, executor)


def states(town: RoadTown) -> dict[str, set[str]]:
    return {code: {row.state for row in batches(town, code)} for code in town.codes}


def all_sent(*codes: str) -> dict[str, set[str]]:
    return {code: {"SENT"} for code in codes}


def told(town: RoadTown, code: str) -> set[str]:
    (bank,) = [bank for bank in survey(town.deployment().parts, town.at)["banks"] if bank["code"] == code]
    return {why["code"] for why in bank["problems"]}


def test_rule_094_a_mount_that_hangs_delays_no_other_bank(
    town: RoadTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung, *others = town.codes
    real_do, real_look = hands.do, os.lstat
    pipe, mount = tmp_path / "pipe", str(town.bank_folder(hung) / EXCHANGE)
    os.mkfifo(pipe)

    def look(path: Any, **more: Any) -> os.stat_result:
        if str(path).startswith(mount):
            pipe.read_bytes()  # really hangs, until somebody writes
        return real_look(path, **more)

    monkeypatch.setattr(hands, "do", lambda place, act, seconds: real_do(place, act, min(seconds, 0.3)))
    monkeypatch.setattr(os, "lstat", look)

    result = dispatched(town)

    assert {"retry": 1} == result.by_bank[hung]
    assert "folder-silent" in told(town, hung)
    assert {hung: {"SEALED"}} | all_sent(*others) == states(town)
    monkeypatch.setattr(os, "lstat", real_look)
    pipe.open("wb").close()
    while hands.hangs(Path(mount)):
        time.sleep(0.01)
    town.at += timedelta(hours=1)
    assert not dispatched(town).problems
    assert all_sent(*town.codes) == states(town)


def test_rule_094_a_lane_that_does_not_come_back_is_not_waited_for(
    town: RoadTown, monkeypatch: pytest.MonkeyPatch, let_go: threading.Event
) -> None:
    hung, *others = town.codes
    real = runner.BY_BANK["dispatch"]

    def dispatch(parts: Parts, bank: Bank, epoch: int, now: datetime) -> dict[str, int]:
        if bank.code == hung:
            let_go.wait()
        return real(parts, bank, epoch, now)

    monkeypatch.setitem(runner.BY_BANK, "dispatch", dispatch)
    monkeypatch.setattr(abreast, "LANE_S", 3.0)
    executor = abreast.LaneThreads()
    step = functools.partial(runner.run, "dispatch", town.deployment().parts, town.at, executor)

    assert "lane-silent" == step().problems[hung]["code"]

    assert {hung: {"SEALED"}} | all_sent(*others) == states(town)
    assert {"lane-silent"} <= told(town, hung)
    assert {"held by another": 1} == step().by_bank[hung]  # never two at work for one bank
    let_go.set()
    executor.shutdown()
    assert all_sent(*town.codes) == states(town)
    assert set() == told(town, hung)
