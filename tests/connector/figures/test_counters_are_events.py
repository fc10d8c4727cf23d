"""Whatever happens to batches, the counters are what a recount of the raw events gives (domain rule 82)."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Delete, Update, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from connector.figures import recount
from connector.ledger import answers, counting, rosters, stops, tallies
from connector.ledger.figure_tables import counter, line_event
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from connector.ledger.tables import batch
from connector.lifecycle import MOVES, Move, State
from connector.moments import moment
from reconciliation.buckets import BUCKETS, word_of
from reconciliation.exchange import OUTCOME_WORD
from tests.connector.figures.history import answer, make_batch

ZONE = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2026, 8, 20, tzinfo=UTC)
LINES = 6


@cache
def _empty() -> Path:
    """A ledger without a row, made once."""
    path = Path(mkdtemp(prefix="figures")) / "ledger.db"
    made = Ledger.open(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


class Town:
    """Batches to which anything may happen, one transaction each."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.now = ledger, BEGAN
        self.keys: list[int] = []

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        self.now += timedelta(minutes=7)
        with self.ledger.begin() as tx:
            yield tx

    def pick(self, which: int) -> int:
        return self.keys[which % len(self.keys)]

    def make(self, institution: str, kind: str) -> None:
        with self.writing() as tx:
            self.keys.append(make_batch(tx, LINES, self.now, institution, kind))

    def mend(self, which: int) -> None:
        with self.writing() as tx:
            self.keys.append(make_batch(tx, LINES, self.now, remakes=self.pick(which)))

    def move(self, which: int, how: int) -> None:
        with self.writing() as tx:
            row = rosters.find_batch(tx, self.pick(which))
            moves = [move for state, move in MOVES if state == State(row.state)]
            if moves:
                chosen = moves[how % len(moves)]
                proof = {"sent_at": moment(self.now), "delivered_at": moment(self.now)} if chosen == Move.SEND else {}
                rosters.move(tx, row.id, chosen, self.now, **proof)

    def set_deadline(self, which: int, hours: int, provisional: bool) -> None:
        with self.writing() as tx:
            due = moment(self.now + timedelta(hours=hours - 200))
            rosters.set_batch(tx, self.pick(which), now=self.now, due_at=due, provisional=provisional)

    def answer(self, which: int, hours: int, said: dict[int, str], declares: int) -> None:
        with self.writing() as tx:
            flags = np.unpackbits(np.array([declares], dtype=np.uint8)).astype(bool)[:LINES]
            answer(tx, self.pick(which), self.now + timedelta(hours=hours), said, rows=3, parked=1, declares=flags)

    def refuse_file(self, which: int) -> None:
        with self.writing() as tx:
            row = rosters.find_batch(tx, self.pick(which))
            name = f"bad{self.now:%d%H%M}"
            file = answers.add_inbound(tx, row.institution, name, 1, name, "arrived", self.now)
            answers.set_inbound(tx, file, state="refused", batch=row.id)
            if (State(row.state), Move.HOLD) in MOVES:
                rosters.move(tx, row.id, Move.HOLD, self.now)

    def stop(self, which: int, positions: set[int]) -> None:
        with self.writing() as tx:
            stops.mark(tx, self.pick(which), positions, stops.WITHDRAWN, self.now)

    def uphold(self, which: int, positions: set[int]) -> None:
        with self.writing() as tx:
            counting.upheld(tx, self.pick(which), positions, "clerk", self.now)

    def be_down(self, hours: int, length: int) -> None:
        with self.writing() as tx:
            begins = self.now + timedelta(hours=hours - 200)
            counting.outage(tx, begins, begins + timedelta(hours=length), "clerk", self.now)

    def agrees(self) -> None:
        with self.ledger.read() as tx:
            assert [] == recount.differences(tx, ZONE)
            cells = tallies.counters(tx)
            lines = sum(amount for cell, amount in cells.items() if cell[4] in BUCKETS)
            assert LINES * len(self.keys) == lines  # one line, one bucket
            for key in self.keys:
                known = tallies.of_batch(tx, key)
                assert known is not None
                found = counting.of_lines(tx, key, LINES, known.told)[1]
                assert recount.lines_by_bucket(tx, ZONE, key) == [word_of(code) for code in found]


WHICH, HOURS, POSITIONS = st.integers(0, 9), st.integers(0, 900), st.sets(st.integers(0, LINES - 1), min_size=1)


class Life(RuleBasedStateMachine):
    """Random lives of batches."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        shutil.copy(_empty(), f"{self.folder.name}/ledger.db")
        self.town = Town(Ledger.open(f"sqlite:///{self.folder.name}/ledger.db"))

    @initialize()
    def first(self) -> None:
        self.town.make("dsnx", "new")

    @rule(institution=st.sampled_from(["dsnx", "hxcb"]), kind=st.sampled_from(["new", "appeal"]))
    def make(self, institution: str, kind: str) -> None:
        if len(self.town.keys) < 4:
            self.town.make(institution, kind)

    @rule(which=WHICH)
    def mend(self, which: int) -> None:
        if len(self.town.keys) < 4:
            self.town.mend(which)

    @rule(which=WHICH, how=st.integers(0, 9))
    def move(self, which: int, how: int) -> None:
        self.town.move(which, how)

    @rule(which=WHICH, how=st.integers(0, 9))
    def move_again(self, which: int, how: int) -> None:
        self.town.move(which, how)

    @rule(which=WHICH, hours=HOURS, provisional=st.booleans())
    def set_deadline(self, which: int, hours: int, provisional: bool) -> None:
        self.town.set_deadline(which, hours, provisional)

    @rule(
        which=WHICH,
        hours=st.integers(0, 400),
        said=st.dictionaries(st.integers(0, LINES - 1), st.sampled_from(OUTCOME_WORD), min_size=1),
        declares=st.integers(0, 255),
    )
    def answer(self, which: int, hours: int, said: dict[int, str], declares: int) -> None:
        self.town.answer(which, hours, said, declares)

    @rule(which=WHICH)
    def refuse_file(self, which: int) -> None:
        self.town.refuse_file(which)

    @rule(which=WHICH, positions=POSITIONS)
    def stop(self, which: int, positions: set[int]) -> None:
        self.town.stop(which, positions)

    @rule(which=WHICH, positions=POSITIONS)
    def uphold(self, which: int, positions: set[int]) -> None:
        self.town.uphold(which, positions)

    @rule(hours=HOURS, length=st.integers(0, 200))
    def be_down(self, hours: int, length: int) -> None:
        self.town.be_down(hours, length)

    @invariant()
    def counters_are_events(self) -> None:
        self.town.agrees()

    def teardown(self) -> None:
        self.town.ledger.close()
        self.folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def test_rule_082_counters_are_events_on_either_database(ledger: Ledger) -> None:
    """A longer life, by chance of a fixed seed, on SQLite and on PostgreSQL."""
    town, chance = Town(ledger), random.Random(82)
    for step in range(60):
        if len(town.keys) < 5 and step % 4 == 0:
            town.make(chance.choice(["dsnx", "hxcb"]), chance.choice(["new", "appeal", "month"]))
        town.move(chance.randrange(10), chance.randrange(10))
        if step % 3 == 0:
            town.set_deadline(chance.randrange(10), chance.randrange(900), chance.random() < 0.5)
        if step % 2:
            said = {position: chance.choice(OUTCOME_WORD) for position in range(LINES) if chance.random() < 0.7}
            town.answer(chance.randrange(10), chance.randrange(400), said, chance.randrange(256))
        if step % 7 == 0:
            town.stop(chance.randrange(10), {chance.randrange(LINES)})
        if step % 20 == 0:
            town.be_down(chance.randrange(900), 100)

    town.agrees()


def test_a_change_that_is_undone_is_not_counted(ledger: Ledger) -> None:
    town = Town(ledger)
    town.make("dsnx", "new")
    with pytest.raises(ZeroDivisionError):
        _send_and_fail(town)

    town.agrees()


def _send_and_fail(town: Town) -> None:
    with town.writing() as tx:
        rosters.move(tx, town.keys[0], Move.SEND, town.now)
        raise ZeroDivisionError


def test_a_counter_that_was_tampered_with_is_found(ledger: Ledger) -> None:
    town = Town(ledger)
    town.make("dsnx", "new")
    with ledger.begin() as tx:
        tx.execute(update(counter).values(amount=5))
    with ledger.read() as tx:
        found = recount.differences(tx, ZONE)

    assert [("2026-08", "dsnx", "W", 5, LINES)] == [
        (one["month"], one["institution"], one["figure"], one["counted"], one["recounted"]) for one in found
    ]


@pytest.mark.parametrize("act", [update(line_event).values(what="x"), delete(line_event)])
def test_the_database_refuses_to_change_an_event(ledger: Ledger, act: Update | Delete) -> None:
    town = Town(ledger)
    town.make("dsnx", "new")
    with pytest.raises(SQLAlchemyError), ledger.begin() as tx:
        tx.execute(act)
    with ledger.read() as tx:
        assert ["made", "state"] == list(tx.execute(select(line_event.c.what).order_by(line_event.c.id)).scalars())
        assert 1 == len(tx.execute(select(batch.c.id)).all())
