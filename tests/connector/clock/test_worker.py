"""A worker on its own: it ends the journey by itself, is the only one on SQLite, ends when told, and is missed when it is gone."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.bankside.invented import invent
from connector.clock import node
from connector.ledger import ticks
from connector.status import survey
from tests.kills import is_over
from tests.town import Town


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=2, banks=2)
    return folder


@pytest.fixture
def town(tmp_path: Path, city: Path) -> Iterator[Town]:
    with Town(tmp_path, city) as made:
        made.intake()
        yield made


def started(town: Town, *more: str) -> "subprocess.Popen[bytes]":
    line = [sys.executable, "-m", "connector", "worker", "--json", "--dir", str(town.dir), *more]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "started"
    return process


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_worker_that_ends_when_idle_carries_the_journey_as_far_as_it_goes(town: Town) -> None:
    first = town.command("worker", "--once-idle", "--json")
    town.banks_respond()
    town.step("collect")  # the banks' own rhythm would look in a few minutes
    second = town.command("worker", "--once-idle", "--json")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert is_over(town)
    did = {(event["step"], event["institution"]) for event in events(first.stdout) if event["event"] == "pass"}
    assert {("dispatch", each["code"]) for each in town.institutions} <= did
    keys = {key for event in events(first.stdout + second.stdout) for key in event}
    assert keys <= {"schema", "event", "node", "database", "zh", "en", "step", "institution", "counts", "problem", "at_work"}


def test_what_a_worker_does_is_said_in_words_by_the_clock_on_the_wall(town: Town) -> None:
    first = town.command("worker", "--once-idle")
    second = town.command("--lang", "en", "worker", "--once-idle")

    lines = first.stdout.splitlines()
    banks = [each["name"] for each in town.institutions]
    assert (0, 0) == (first.returncode, second.returncode)
    assert [] == [line for line in lines if not re.match(r"\d\d:\d\d:\d\d [\u4e00-\u9fff]+ ", line)]
    assert all(any(name in line and "已送达 1" in line for line in lines) for name in banks)
    assert not re.search(r"looked|核对期限", first.stdout)  # where nothing moved nothing is told


def test_one_node_on_sqlite_and_a_second_is_told_so(town: Town) -> None:
    process = started(town)
    try:
        second = town.command("worker", "--once-idle", "--json")
    finally:
        process.send_signal(signal.SIGTERM)
        told = events(process.communicate(timeout=60)[0].decode())

    assert second.returncode == 8
    assert json.loads(second.stderr.splitlines()[-1])["code"] == "one-node"
    assert process.returncode == 0
    assert ["stopping", "stopped"] == [event["event"] for event in told[-2:]]


def test_a_node_that_fell_silent_is_told_and_one_that_said_goodbye_is_not(town: Town) -> None:
    process = started(town, "--name", "east")
    time.sleep(1)
    process.kill()
    process.communicate()
    deployment = town.deployment()
    later = deployment.now() + timedelta(minutes=5)

    told = [each for each in survey(deployment.parts, later)["rooms"] if each["code"] == "node-silent"]
    forgotten = town.command("worker", "--forget", "east", "--json")
    unknown = town.command("worker", "--forget", "east", "--json")

    assert [("east", True)] == [(each["node"], each["alarm"]) for each in told]
    assert (forgotten.returncode, unknown.returncode) == (0, 4)
    assert not [each for each in survey(deployment.parts, later)["rooms"] if each["code"] == "node-silent"]


def test_rule_097_a_machine_whose_clock_is_not_the_databases_is_told(town: Town) -> None:
    deployment = town.deployment()
    now = deployment.now()
    with town.ledger().begin() as tx:
        for name, drift in (("right", 4.9), ("fast", 7.5), ("slow", -6.0)):
            ticks.arrive(tx, name, "test", now)
            ticks.seen(tx, name, now, drift)

    with town.ledger().read() as tx:
        told = node.told(tx, deployment.parts, now)

    assert [("clock-drift", "fast"), ("clock-drift", "slow")] == [(each["code"], each["node"]) for each in told]
    assert "+7.5" in told[0]["en"]
