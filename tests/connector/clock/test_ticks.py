"""A tick is run once, by whoever wrote it down first; what was missed coalesces; what a dead node left is run by another."""

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.clock import ticks
from connector.clock.agenda import agenda
from connector.clock.ticks import Daily, Every
from connector.ledger import ticks as kept
from connector.ledger.ledger import Ledger

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = Every(timedelta(minutes=1))


class Machine:
    """A node's clock and what it ran."""

    def __init__(self, ledger: Ledger, name: str, now: datetime) -> None:
        self.ledger, self.name, self.now, self.ran = ledger, name, now, list[datetime]()
        with ledger.begin() as tx:
            kept.arrive(tx, name, "test", now)

    def tick(self, due_at: datetime | None = None) -> bool:
        due_at = due_at or MINUTE.slot(self.now, SHANGHAI)
        return ticks.run(self.ledger, "duty", due_at, self.name, lambda: self.now, self._work) is not None

    def _work(self, now: datetime) -> dict[str, int]:
        self.ran.append(now)
        return {"done": 1}


def alive(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Which nodes hold their locks."""
    monkeypatch.setattr("connector.ledger.lanes.held_by_anybody", lambda _tx, lane: lane in {f"node:{name}" for name in names})


def test_a_tick_fires_on_every_node_and_runs_on_one(ledger: Ledger, now: datetime) -> None:
    east, west = Machine(ledger, "east", now), Machine(ledger, "west", now)

    assert [east.tick(), west.tick(), east.tick()] == [True, False, False]
    east.now = west.now = now + timedelta(minutes=1)
    assert [west.tick(), east.tick()] == [True, False]


def test_two_nodes_that_fire_at_the_same_instant_run_it_once(
    ledger: Ledger, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive(monkeypatch, "east", "west", "north")
    machines = [Machine(ledger, name, now) for name in ("east", "west", "north")]
    together = threading.Barrier(len(machines))

    def fire(machine: Machine) -> None:
        together.wait()
        machine.tick()

    threads = [threading.Thread(target=fire, args=(machine,)) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(len(machine.ran) for machine in machines) == 1


def test_what_was_missed_while_nobody_was_there_is_run_once(ledger: Ledger, now: datetime) -> None:
    machine = Machine(ledger, "east", now)
    machine.tick()
    machine.now = now + timedelta(hours=5)

    assert [machine.tick(), machine.tick(), machine.tick(now + timedelta(hours=1))] == [True, False, False]


def test_a_tick_that_a_dead_node_left_unended_is_run_by_another(
    ledger: Ledger, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive(monkeypatch, "east", "west")
    west = Machine(ledger, "west", now)
    Machine(ledger, "east", now)
    with ledger.begin() as tx:
        kept.take(tx, "duty", MINUTE.slot(now, SHANGHAI), "east", now, now - ticks.SILENT)  # and then its power went
    at_work = west.tick()

    west.now = now + ticks.SILENT + timedelta(seconds=1)
    with ledger.begin() as tx:
        kept.seen(tx, "west", west.now, None)
    with ledger.read() as tx:
        left = kept.open_ones(tx, west.now - ticks.SILENT, "west")

    assert not at_work
    assert left == (set(), {"duty"})
    assert west.tick()


def test_a_node_whose_lock_is_free_is_dead_at_once(ledger: Ledger, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    alive(monkeypatch, "west")
    west = Machine(ledger, "west", now)
    Machine(ledger, "east", now)
    with ledger.begin() as tx:
        kept.take(tx, "duty", MINUTE.slot(now, SHANGHAI), "east", now, now - ticks.SILENT)

    assert west.tick()


def test_slots_are_the_same_on_every_node() -> None:
    at = datetime(2026, 11, 21, 8, 30, 17, tzinfo=UTC)

    assert Every(timedelta(minutes=5)).slot(at, SHANGHAI) == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    assert Every(timedelta(minutes=5)).slot(at.astimezone(SHANGHAI), SHANGHAI) == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    assert Daily(time(2, 30)).slot(at, SHANGHAI) == datetime(2026, 11, 21, 2, 30, tzinfo=SHANGHAI)
    assert Daily(time(17)).slot(at, SHANGHAI) == datetime(2026, 11, 20, 17, tzinfo=SHANGHAI)


def test_every_duty_has_a_name_of_its_own() -> None:
    names = [each.name for each in agenda()]

    assert len(names) == len(set(names))
