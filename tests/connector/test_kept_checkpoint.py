"""A database that lost part of its audit is told from the checkpoint kept beside it: rows deleted, an older copy, a chain grown anew."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from connector import kept_checkpoint
from connector.assembly import Deployment
from connector.cli import audit as verbs
from connector.cli.console import INTEGRITY, explain
from connector.founding import Founding, found
from connector.ledger import audit
from connector.ledger.errors import ChainBroken
from connector.steps import runner

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    return home


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(verbs.app, [*words, "--dir", str(folder)])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout)


def verify(folder: Path) -> tuple[int, dict[str, Any]]:
    return run(folder, "verify", "--json")


def grow(folder: Path, records: int = 3) -> None:
    """Some acts, then a pass of a step, which signs the audit and keeps the checkpoint."""
    deployment = Deployment.open(folder, lambda: LATER)
    with deployment.ledger.begin() as tx:
        for number in range(records):
            audit.record(tx, at=NOW, who="admin", what="tried", centre="C1", subject=f"{folder.name} {number}")
    with ThreadPoolExecutor(1) as executor:
        runner.run("settle", deployment.parts, LATER, executor)
    deployment.ledger.close()


def cut(folder: Path) -> None:
    """The newest records and every checkpoint, by somebody who may change the database itself."""
    ledger = Deployment.open(folder).ledger
    with ledger.begin() as tx:
        for table in ("audit", "checkpoint"):
            tx.execute(text(f"DROP TRIGGER {table}_no_delete"))
        tx.execute(text("DELETE FROM checkpoint"))
        tx.execute(text("DELETE FROM audit WHERE seq > 2"))
    ledger.close()


def older(folder: Path) -> None:
    """The database as it was before."""
    for file in folder.glob("ledger.db*"):
        file.unlink()
    shutil.copy(folder.parent / "before.db", folder / "ledger.db")


@pytest.mark.parametrize("lose", [cut, older])
def test_e2_e4_an_audit_that_lost_its_end_is_broken(folder: Path, lose: Callable[[Path], None]) -> None:
    ledger = Deployment.open(folder).ledger
    ledger.scrub()
    ledger.close()
    shutil.copy(folder / "ledger.db", folder.parent / "before.db")
    grow(folder)
    assert (0, True) == (verify(folder)[0], (folder / kept_checkpoint.NAME).is_file())
    lose(folder)
    code, verdict = verify(folder)

    assert (INTEGRITY, False) == (code, verdict["ok"])
    assert all(f"{folder / kept_checkpoint.NAME}" in verdict["problems"][-1][language] for language in ("zh", "en"))


def test_e4_a_chain_grown_anew_past_what_was_kept_is_broken_and_never_replaces_it(folder: Path) -> None:
    shutil.copy(folder / "ledger.db", folder.parent / "before.db")
    grow(folder)
    kept = (folder / kept_checkpoint.NAME).read_bytes()
    cut(folder)
    folder = folder.rename(folder.with_name("renamed"))  # so that what is written now differs
    grow(folder, records=9)

    assert INTEGRITY == verify(folder)[0]
    assert INTEGRITY == run(folder, "checkpoint")[0]
    assert kept == (folder / kept_checkpoint.NAME).read_bytes()


def test_e4_a_step_says_that_the_audit_lost_its_end(folder: Path) -> None:
    grow(folder)
    cut(folder)
    parts = Deployment.open(folder, lambda: LATER).parts
    with ThreadPoolExecutor(1) as executor:
        result = runner.run("settle", parts, LATER, executor)

    assert "audit-chain-broken" == result.problems["audit"]["code"]


def test_e4_the_checkpoint_kept_is_never_ahead_and_catches_up_after_a_crash(folder: Path) -> None:
    deployment = Deployment.open(folder, lambda: LATER)
    kept_checkpoint.keep(folder, deployment.ledger)
    assert kept_checkpoint.read(folder) is None  # nothing is signed yet

    with deployment.ledger.begin() as tx:  # the process ends between this commit and the file
        made = audit.checkpoint_now(tx, deployment.ring, NOW)
    assert (0, None) == (verify(folder)[0], kept_checkpoint.read(folder))

    kept_checkpoint.keep(folder, deployment.ledger)
    assert made == kept_checkpoint.read(folder)
    assert 0o600 == (folder / kept_checkpoint.NAME).stat().st_mode & 0o777


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b'{"seq": "1"}'])
def test_e4_a_kept_checkpoint_somebody_spoiled_is_no_checkpoint_less(folder: Path, junk: bytes) -> None:
    grow(folder)
    (folder / kept_checkpoint.NAME).write_bytes(junk)

    with pytest.raises(ChainBroken):
        kept_checkpoint.read(folder)
    assert INTEGRITY == verify(folder)[0]
