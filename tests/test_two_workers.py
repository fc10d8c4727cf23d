"""Two workers share one PostgreSQL: one is killed in the middle of a batch, the other ends the journey, and nothing is sent twice unseen."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from bank_profiles.catalogue import BANKS
from connector.bankside.invented import invent
from connector.ledger import audit
from connector.ledger.ledger import Ledger
from connector.ledger.tables import attempt, batch
from connector.ledger.tick_tables import tick
from tests.kills import broken_promises, is_over
from tests.real_postgres import RealPostgres, programs
from tests.town import Town

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("two workers")]
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[RealPostgres]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with RealPostgres() as server:
        yield server


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=6, banks=2)
    return folder


@pytest.fixture
def town(tmp_path: Path, city: Path, postgres: RealPostgres) -> Iterator[Town]:
    with Town(tmp_path, city, database=postgres.fresh(), lines_max=1) as made:
        for institution, profile in zip(made.institutions, ("hxcb", "gdyz"), strict=True):
            _is_looked_at_often(made, institution["code"], profile)
        made.intake()
        yield made


def _is_looked_at_often(town: Town, code: str, profile: str) -> None:
    """The bank's note lets us look every second."""
    text = (BANKS / profile / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    for every in ("every: 5m", "every: 10m"):
        text = text.replace(every, "every: 1s")
    text = text.replace(f"profile: {profile}", f"profile: quick-{profile}")
    (town.dir / "profiles" / f"quick-{profile}").mkdir(parents=True)
    (town.dir / "profiles" / f"quick-{profile}" / "2026.1.yaml").write_text(text, "utf-8")
    connection = town.dir / "connections" / f"{code}.yaml"
    connection.write_text(connection.read_text("utf-8").replace(f"profile: {profile}", f"profile: quick-{profile}"), "utf-8")


class Worker:
    """The real command."""

    def __init__(self, town: Town, name: str) -> None:
        self.name, self.log = name, town.folder / f"{name}.log"
        line = [sys.executable, "-m", "connector", "worker", "--name", name, "--json", "--dir", str(town.dir)]
        self.process = subprocess.Popen(line, stdout=self.log.open("wb"), stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """What a power cut does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> list[dict[str, object]]:
        """As a service manager ends it; every event it told."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(60) == 0, self.log.read_text("utf-8")
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]


def until(true: Callable[[], bool], within_s: float) -> bool:
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.05)
    return true()


def in_hand(ledger: Ledger) -> str | None:
    """The node that has a parcel in hand, once a few have gone."""
    with ledger.read() as tx:
        if len(tx.execute(select(attempt.c.batch)).all()) < 3:
            return None
        here = select(batch.c.institution).join(attempt).where(attempt.c.ended_at.is_(None))
        codes = tx.execute(here).scalars().all()
        at_it = {row.schedule: row.node for row in tx.execute(select(tick).where(tick.c.ended_at.is_(None)))}
        return next((at_it[f"dispatch {code}"] for code in codes if f"dispatch {code}" in at_it), None)


@pytest.mark.parametrize("attempt_no", range(3))
def test_rule_093_a_killed_workers_batch_is_ended_by_the_other_and_nothing_is_sent_again_unseen(
    town: Town, attempt_no: int
) -> None:
    ledger = town.ledger()
    workers = {name: Worker(town, name) for name in ("east", "west")}
    try:
        assert until(lambda: in_hand(ledger) is not None, 60), workers["east"].log.read_text("utf-8")
        killed = in_hand(ledger) or "east"
        workers.pop(killed).kill()
        since = time.monotonic()
        assert until(lambda: _all_arrived(ledger), WITHIN_S), (
            states(ledger),
            [w.log.read_text("utf-8") for w in workers.values()],
        )
        took = time.monotonic() - since
        town.banks_respond()
        assert until(lambda: is_over(town), WITHIN_S), states(ledger)
    finally:
        told = [event for worker in workers.values() for event in worker.stop()]

    assert took <= WITHIN_S
    assert broken_promises(town) == []
    assert sent_again_unseen(ledger) == []
    assert "stopped" == told[-1]["event"]
    assert not [event for event in told if event["event"] == "trouble"]


def states(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.read() as tx:
        return [(row.number, row.state) for row in tx.execute(select(batch.c.number, batch.c.state))]


def _all_arrived(ledger: Ledger) -> bool:
    found = states(ledger)
    return bool(found) and all(state in {"SENT", "ACCEPTED", "ANSWERED"} for _, state in found)


def sent_again_unseen(ledger: Ledger) -> list[str]:
    """Batches put more than once without the mark: an attempt whose end nobody saw, looked for and not found, or a certain failure."""
    found = []
    with ledger.read() as tx:
        looked = {row.subject for row in audit.of_kinds(tx, "look-found-nothing")}
        for row in tx.execute(select(batch)).all():
            tries = tx.execute(select(attempt).where(attempt.c.batch == row.id).order_by(attempt.c.number)).all()
            for earlier, later in pairwise(tries):
                certain = earlier.delivery == "retry"
                marked = earlier.code == "interrupted" and f"batch {row.id}" in looked and later.epoch > earlier.epoch
                found += [] if certain or marked else [f"batch {row.number}, attempt {later.number}"]
    return found
