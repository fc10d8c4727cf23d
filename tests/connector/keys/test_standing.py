"""A ring put back from a backup lifts no block and no end: the ledger's record goes before it (security C8)."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.assembly import Deployment
from connector.deciding import acts
from connector.founding import NATIONAL
from connector.keys import blocking, deciding, renewing
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.status import survey
from tests.staffed import found_with
from transports.errors import UnknownKey
from transports.sealing.keyring.lasting_keys import AUDIT

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
STAFF = {"officer": "key_officer", "second": "approver"}
SIGN, DECRYPT = "us/sign", "us/decrypt"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("founded") / "deployment", STAFF, NOW)


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    """A deployment, and beside it the backup of its ring."""
    shutil.copytree(founded / "keys", tmp_path / "backup")
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def opened(folder: Path) -> Deployment:
    return Deployment.open(folder, lambda: NOW)


def by_two(folder: Path, ask: Callable[[Tx, Deployment], int]) -> None:
    deployment = opened(folder)
    with deployment.ledger.begin() as tx:
        acts.decide(tx, ask(tx, deployment), agree=True, by="second", now=NOW, ring=deployment.ring)


def change(folder: Path, act: str, said: str) -> None:
    by_two(folder, lambda tx, d: deciding.ask_change(tx, d.ring, act, said, reason="x", by="officer", now=NOW))


def block(folder: Path, said: str) -> None:
    deployment = opened(folder)
    with deployment.ledger.begin() as tx:
        blocking.block(tx, deployment.ring, said, reason="stolen", by="officer", now=NOW)


def put_back(folder: Path) -> None:
    shutil.rmtree(folder / "keys")
    shutil.copytree(folder.parent / "backup", folder / "keys")


def state(folder: Path, alias: str) -> str:
    return next(each.state for each in opened(folder).ring.list() if each.alias == alias)


def told(folder: Path) -> list[list[str]]:
    """Whom status tells of as behind the record."""
    return [each["about"] for each in survey(opened(folder).parts, NOW)["expiring"] if each["code"] == "ring-behind"]


def opens(deployment: Deployment) -> bool:
    try:
        return bool(deployment.ring.own_any(DECRYPT))
    except UnknownKey:
        return False


@pytest.mark.parametrize("acts_", [("block",), ("block", deciding.DESTROY)])
def test_c8_a_key_that_was_stopped_stays_closed_whatever_ring_is_put_back(folder: Path, acts_: tuple[str, ...]) -> None:
    for act in acts_:
        block(folder, DECRYPT) if act == "block" else change(folder, act, DECRYPT)
    assert [] == told(folder)
    put_back(folder)
    assert (False, "blocked", [[DECRYPT]]) == (opens(opened(folder)), state(folder, DECRYPT), told(folder))
    assert "active" == state(folder, SIGN)


def test_a_key_that_was_retired_seals_nothing_and_still_opens(folder: Path) -> None:
    change(folder, deciding.RETIRE, DECRYPT)
    put_back(folder)
    assert (True, "retired", [[DECRYPT]]) == (opens(opened(folder)), state(folder, DECRYPT), told(folder))


def test_c8_a_running_service_sees_it_too(folder: Path) -> None:
    running = opened(folder)
    block(folder, DECRYPT)
    put_back(folder)
    parts, ring = running.rejoined()
    assert parts.ring is ring
    assert {DECRYPT: "blocked", SIGN: "active"} == {each.alias: each.state for each in ring.list() if each.dated}


def test_c8_a_blocked_key_of_the_audit_that_is_put_back_signs_nothing(folder: Path) -> None:
    block(folder, AUDIT)
    put_back(folder)
    with pytest.raises(UnknownKey) as refused:
        opened(folder).ring.sign_checkpoint(b"head")
    assert ("audit-key-blocked", [[AUDIT]]) == (refused.value.code, told(folder))


def test_c8_nor_does_one_that_was_renewed(folder: Path) -> None:
    by_two(folder, lambda tx, d: renewing.ask(tx, d.ring, AUDIT, NATIONAL, reason="x", by="officer", now=NOW))
    put_back(folder)
    with pytest.raises(UnknownKey) as refused:
        opened(folder).ring.sign_checkpoint(b"head")
    assert ("audit-key-blocked", [[AUDIT]]) == (refused.value.code, told(folder))
    by_two(folder, lambda tx, d: renewing.ask(tx, d.ring, AUDIT, NATIONAL, reason="x", by="officer", now=NOW))
    assert opened(folder).ring.sign_checkpoint(b"head")


def test_c8_one_person_blocks_it_again_and_it_is_told_no_more(folder: Path) -> None:
    block(folder, DECRYPT)
    put_back(folder)
    block(folder, DECRYPT)
    assert ("blocked", []) == (state(folder, DECRYPT), told(folder))


def test_c3_c8_only_two_take_it_back(folder: Path) -> None:
    block(folder, DECRYPT)
    put_back(folder)
    with pytest.raises(LedgerError):
        change(folder, deciding.RETIRE, DECRYPT)
    change(folder, deciding.RESTORE, DECRYPT)
    assert (True, "active", []) == (opens(opened(folder)), state(folder, DECRYPT), told(folder))


def test_a_backup_of_the_ledger_lifts_nothing_either(folder: Path, founded: Path) -> None:
    block(folder, DECRYPT)
    for each in founded.glob("ledger.db*"):
        shutil.copy(each, folder)
    assert ("blocked", []) == (state(folder, DECRYPT), told(folder))
