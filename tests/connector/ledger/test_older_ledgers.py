"""A ledger of an earlier edition, with batches in every state, comes to this program's: what is counted of it is what its events say."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, create_engine, text

from connector.figures import recount
from connector.founding import EXAMPLES, Founding, found
from connector.ledger import answers, migrations, rosters, tallies
from connector.ledger.ledger import Ledger
from connector.lifecycle import Move, State
from connector.moments import moment
from reconciliation import vectors
from reconciliation.buckets import BUCKETS
from reconciliation.exchange import OUTCOME_CODE

ZONE = ZoneInfo("Asia/Shanghai")
OLD = "0009"
LINES = 4
HOME = {"centre": "C1", "region": "440106"}
AT = datetime(2026, 9, 18, 8, tzinfo=UTC)
SAID = {State.ANSWERED: [["found", "pending"], ["no_record", "found", "partial"]], State.HELD: [["refused.authority"]]}


def old_ledger(url: str) -> Ledger:
    """As a program of edition 0009 left it: one batch in each state, some answered, one in two editions."""
    engine = create_engine(url)
    with engine.begin() as tx:
        settings = migrations.config()
        settings.attributes["connection"] = tx
        command.upgrade(settings, OLD)
        _fill(tx)
    engine.dispose()
    return Ledger.open(url)


def _fill(tx: Connection) -> None:
    old = MetaData()
    old.reflect(tx)
    roster, batch, edition, inbound = (old.tables[name] for name in ("roster", "batch", "edition", "inbound"))
    at = moment(AT)
    for number, state in enumerate(State, 1):
        sent = None if state in (State.SEALED, State.RECALLED) else at
        named = {"institutions": ["dsnx"], "urgent": False, "lines": LINES, "made_at": at}
        key = tx.execute(roster.insert().values(id=number, **HOME, **named)).inserted_primary_key
        assert key is not None
        row: dict[str, Any] = {"id": number, "number": f"20260918{number:04d}", "roster": number, "first": 0, "lines": LINES}
        row |= {"institution": "dsnx", "profile": "p", "edition": "1", "sequence": number, "sequence_day": AT.date()}
        row |= {
            "parcel_name": f"P{number}",
            "parcel_digest": "",
            "parcel_size": 0,
            "sealed_at": at,
            "state": state,
            "state_at": at,
        }
        row |= {"sent_at": sent, "due_at": moment(AT.replace(day=22)), "late": False, "counts": {}}
        row |= {"vector": vectors.pack_current(vectors.silent(LINES))}
        tx.execute(batch.insert().values(**HOME, **row))
        for which, words in enumerate(SAID.get(state, []), 1):
            came = moment(AT.replace(day=20 + 2 * which))
            file = {
                "id": 10 * number + which,
                "institution": "dsnx",
                "name": f"A{number}-{which}",
                "size": 1,
                "digest": f"{number}{which}",
            }
            tx.execute(inbound.insert().values(**file, state="opened", arrived_at=came, batch=number))
            outcome = vectors.silent(LINES).outcome.copy()
            outcome[: len(words)] = [OUTCOME_CODE[word] for word in words]
            said = {"inbound": file["id"], "received_at": came, "late": False, "outcomes": vectors.pack_outcomes(outcome)}
            tx.execute(
                edition.insert().values(**HOME, **said, batch=number, number=which, content_digest="", counts={}, problems=[])
            )
    if tx.dialect.name == "postgresql":  # our numbers above did not move its own
        for name in ("roster", "batch", "inbound"):
            tx.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1000)"))


def test_rule_082_what_an_older_ledger_holds_is_counted_and_goes_on_being_counted(empty_url: str) -> None:
    ledger = old_ledger(empty_url)
    ledger.migrate()
    with ledger.read() as tx:
        assert [] == recount.differences(tx, ZONE)
        cells = {cell[4]: amount for cell, amount in tallies.counters(tx).items()}
    assert LINES * len(State) == sum(amount for figure, amount in cells.items() if figure in BUCKETS)
    assert (1, 1) == (cells["B3"] - LINES, cells["B2"])  # one refusal in the held one beside the rejected batch; one found late
    assert 1 == cells["corrected"]

    with ledger.begin() as tx:  # it goes on as any other
        (sent,) = [row for row in rosters.batches(tx) if row.state == State.SENT]
        rosters.move(tx, sent.id, Move.EXPIRE, AT)
    with ledger.read() as tx:
        assert [] == recount.differences(tx, ZONE)
        assert 2 == len(answers.editions(tx, list(State).index(State.ANSWERED) + 1))
    ledger.close()


def test_bringing_it_up_to_date_again_counts_nothing_twice(empty_url: str) -> None:
    ledger = old_ledger(empty_url)
    ledger.migrate()
    with ledger.read() as tx:
        before = tallies.counters(tx)
    ledger.migrate()

    with ledger.read() as tx:
        assert before == tallies.counters(tx)
    ledger.close()


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """A deployment whose ledger is of an earlier edition."""
    folder = tmp_path / "D"
    found(Founding(folder, "C1", "C1", "440106", "li", policy=EXAMPLES / "policy" / "example.yaml"), datetime.now(UTC))
    return folder


def run(folder: Path, *words: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "connector", *words, "--dir", str(folder)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_command_an_older_ledger_asks_for_is_there(deployment: Path, tmp_path: Path) -> None:
    assert 8 == run(deployment, "init")[0]  # nothing to do: it is told that a deployment is there
    for left in deployment.glob("ledger.db*"):
        left.unlink()
    old_ledger(f"sqlite:///{tmp_path / 'old.db'}").close()
    shutil.copy(tmp_path / "old.db", deployment / "ledger.db")

    code, said = run(deployment, "init", "--json")
    again, _ = run(deployment, "init")
    checked, _ = run(deployment, "statistics", "recount")

    assert (0, "ledger-upgraded/1") == (code, json.loads(said)["schema"])
    assert (8, 0) == (again, checked)


def test_a_new_deployment_still_needs_its_centre(tmp_path: Path) -> None:
    code, said = run(tmp_path / "N", "init", "--user", "li")

    assert (2, True) == (code, "--centre" in said)
    assert not (tmp_path / "N").exists()
