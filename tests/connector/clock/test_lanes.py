"""Urgent lines first; a long pass gives way to them; a node that was overtaken changes nothing any more."""

import dataclasses
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connector.bank import Bank
from connector.bankside.invented import invent
from connector.clock import duties
from connector.clock.node import Node, Orders
from connector.ledger import lanes, rosters
from connector.ledger.tables import attempt, batch, roster
from connector.moments import moment
from connector.parts import Parts
from connector.steps import runner
from connector.steps.giving_way import GAVE_WAY
from tests.replies import batches
from tests.road_town import Founded, RoadTown
from tests.roads import ROADS


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=3, banks=2)
    with Founded(tmp_path_factory.mktemp("founded"), folder, lines_max=1) as founded:
        yield founded


@pytest.fixture
def town(founded: Founded, tmp_path: Path) -> Iterator[RoadTown]:
    with RoadTown(tmp_path / "town", founded, ROADS["folder"]) as town:
        for code in town.codes:
            connection = town.dir / "connections" / f"{code}.yaml"
            connection.write_text(connection.read_text("utf-8") + "limits: {lines_max: 1}\n", "utf-8")
        town.passes("gather", at_once=1)
        with town.ledger().begin() as tx:
            tx.execute(update(roster).values(urgent=False))
        yield town


def parts_of(town: RoadTown, **more: Any) -> tuple[Parts, Bank]:
    parts = dataclasses.replace(town.deployment().parts, **more)
    return parts, parts.banks.working[town.codes[0]]


def make_urgent(town: RoadTown, key: int, at: str) -> None:
    """This batch is of an urgent roster of its own, sealed then."""
    with town.ledger().begin() as tx:
        row = rosters.find_batch(tx, key)
        who = [each.id for each in rosters.members_at(tx, row.roster, row.first, row.lines)]
        own = rosters.make_roster(tx, row.centre, row.region, [row.institution], True, who, town.at)
        tx.execute(update(batch).where(batch.c.id == key).values(roster=own, first=0, sealed_at=at))


def order_sent(town: RoadTown) -> list[int]:
    with town.ledger().read() as tx:
        return [row.batch for row in tx.execute(attempt.select().order_by(attempt.c.began_at, attempt.c.batch))]


def test_rule_016_urgent_parcels_go_first(town: RoadTown, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, bank = parts_of(town)
    newest = batches(town, bank.code)[-1]
    make_urgent(town, newest.id, newest.sealed_at)
    begun: list[int] = []
    real = rosters.begin_attempt

    def begin(tx: Any, key: int, *more: Any) -> int:
        begun.append(key)
        return real(tx, key, *more)

    monkeypatch.setattr(rosters, "begin_attempt", begin)

    runner.at_bank("dispatch", parts, bank, town.at)

    assert begun[0] == newest.id
    assert begun[1:] == sorted(begun[1:])


def test_rule_016_a_long_pass_gives_way_to_what_came_meanwhile_and_is_taken_up_again(
    town: RoadTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = town.at + timedelta(seconds=5)
    parts, bank = parts_of(town, gives_way=lambda: False)
    rows = batches(town, bank.code)
    real, came = rosters.begin_attempt, list[threading.Thread]()

    def came_meanwhile(tx: Any, key: int, *more: Any) -> int:
        if key == rows[1].id:
            came.append(threading.Thread(target=make_urgent, args=(town, rows[-1].id, moment(later))))
            came[0].start()
        elif came:
            came[0].join(0)
        return real(tx, key, *more)

    monkeypatch.setattr(rosters, "begin_attempt", came_meanwhile)
    first, _ = runner.at_bank("dispatch", parts, bank, town.at)
    second, _ = runner.at_bank("dispatch", parts, bank, later + timedelta(seconds=1))

    assert first[GAVE_WAY] == 1
    assert first["delivered"] < len(rows)
    assert second["delivered"] == len(rows) - first["delivered"]


def test_a_pass_a_person_runs_goes_to_its_end(town: RoadTown) -> None:
    parts, bank = parts_of(town)
    counts, _ = runner.at_bank("dispatch", parts, bank, town.at - timedelta(hours=1))

    assert counts == {"delivered": len(batches(town, bank.code))}


def test_a_node_that_was_stopped_and_goes_on_overwrites_nothing(town: RoadTown, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, bank = parts_of(town)
    row = batches(town, bank.code)[0]
    real = runner.BY_BANK["dispatch"]

    def overtaken(within: Parts, bank: Bank, epoch: int, now: Any) -> dict[str, int]:
        with parts.ledger.begin() as tx:  # while it stood still its lock was lost and another took the lane
            lanes._next_epoch(tx, bank.code)
            rosters.set_batch(tx, row.id, problem={"code": "theirs", "zh": "", "en": ""})
        return real(within, bank, epoch, now)

    monkeypatch.setitem(runner.BY_BANK, "dispatch", overtaken)
    ended = runner.at_bank("dispatch", parts, bank, town.at)

    assert ended == ({"lane-lost": 1}, None)
    assert batches(town, bank.code)[0].problem["code"] == "theirs"
    assert order_sent(town) == []


def test_a_node_overtaken_after_its_put_leaves_the_end_to_the_other(town: RoadTown, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, bank = parts_of(town)
    row = batches(town, bank.code)[0]
    real = rosters.end_attempt

    def overtaken(at: str) -> None:
        if at == "O21":
            with parts.ledger.begin() as tx:
                lanes._next_epoch(tx, bank.code)

    monkeypatch.setattr("connector.steps.dispatch.crashpoint", overtaken)
    ended = runner.at_bank("dispatch", parts, bank, town.at)
    monkeypatch.setattr("connector.steps.dispatch.crashpoint", lambda _at: None)
    left = batches(town, bank.code)[0].state
    after, _ = runner.at_bank("dispatch", parts, bank, town.at + timedelta(seconds=1))

    assert real is rosters.end_attempt
    assert ended == ({"lane-lost": 1}, None)
    assert left == "SEALED"
    assert after == {"delivered": len(batches(town, bank.code))}  # looked for and found: it is not put again
    with town.ledger().read() as tx:
        assert rosters.attempts(tx, row.id) == 1


def test_an_urgent_line_does_not_wait_for_a_free_place(town: RoadTown, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, _ = parts_of(town)
    let_go, served = threading.Event(), list[str]()

    def serve(_self: Node, line: str, _what: duties.Due) -> None:
        served.append(line)
        let_go.wait(10)

    monkeypatch.setattr(Node, "_serve", serve)
    node = Node(lambda: parts, lambda: town.at, Orders("east", at_once=1))

    ordinary = [node.look(), node.look()]
    newest = batches(town, town.codes[1])[-1]
    make_urgent(town, newest.id, newest.sealed_at)
    urgent = node.look()
    let_go.set()

    assert ordinary == [1, 0]  # one place, and it is taken
    assert urgent == 2
    assert set(served) == {*town.codes, f"cut:{town.codes[1]}"}  # the road, and beside it what is to be written for it
