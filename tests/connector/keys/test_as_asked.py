"""What two persons agreed about a key, they agreed about it as it was: what came between is not undone by an old request (security C3)."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from connector.assembly import Deployment
from connector.deciding import acts
from connector.keys import blocking, certifying, deciding, slips
from connector.ledger import audit, people
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from tests.staffed import found_with
from transports.errors import UnknownKey
from transports.sealing.certificates import self_signed
from transports.sealing.keyring.index import Entry

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
STAFF = {"officer": "key_officer", "other": "key_officer", "second": "approver", "clerk": "operator"}
DECRYPT, SIGN = "us/decrypt", "us/sign"
T = TypeVar("T")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("founded") / "deployment", STAFF, NOW)


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def opened(folder: Path) -> Deployment:
    return Deployment.open(folder, lambda: NOW)


def done(folder: Path, act: Callable[[Tx, Deployment], T], process: Deployment | None = None) -> T:
    """In one transaction of a process that opens the deployment now, unless ``process`` opened it before."""
    deployment = process or opened(folder)
    with deployment.ledger.begin() as tx:
        return act(tx, deployment)


def ask(folder: Path, act: str, alias: str = DECRYPT, by: str = "officer") -> int:
    return done(folder, lambda tx, d: deciding.ask_change(tx, d.ring, act, alias, reason="x", by=by, now=NOW))


def agree(folder: Path, request: int, process: Deployment | None = None, at: datetime = NOW) -> str:
    """The code it is refused by; empty where it was carried out."""
    try:
        done(folder, lambda tx, d: acts.decide(tx, request, agree=True, by="second", now=at, ring=d.ring), process)
    except (LedgerError, UnknownKey) as refused:
        return refused.code
    return ""


def block(folder: Path, alias: str = DECRYPT) -> None:
    done(folder, lambda tx, d: blocking.block(tx, d.ring, alias, reason="stolen", by="clerk", now=NOW))


def entry(folder: Path, alias: str = DECRYPT) -> Entry:
    return next(each for each in opened(folder).ring.list() if each.alias == alias)


# ── what came between ──


@pytest.mark.parametrize("before", [(), (deciding.RETIRE,)])
def test_c3_c8_what_was_asked_before_a_block_is_returned_by_it_and_the_key_stays_blocked(
    folder: Path, before: tuple[str, ...]
) -> None:
    """Retired it would open again, restored it would sign again."""
    for act in before:
        assert "" == agree(folder, ask(folder, act))
    asked = [ask(folder, deciding.RESTORE if before else deciding.RETIRE, by=by) for by in ("officer", "other")]
    block(folder)
    assert ["approval-decided"] * 2 == [agree(folder, each) for each in asked]
    assert "blocked" == entry(folder).state
    with pytest.raises(UnknownKey):
        opened(folder).ring.own_any(DECRYPT)
    with opened(folder).ledger.read() as tx:
        returned = [row.detail for row in audit.newest(tx, 20) if row.what == "approval-returned"]
    assert [f"key.block {entry(folder).id}"] * 2 == [each["because"] for each in returned]


def test_c3_c8_a_block_returns_what_was_asked_for_a_cas_certificate_of_that_key_and_nothing_else(folder: Path) -> None:
    [ours] = opened(folder).ring.own(SIGN, NOW)
    pem = self_signed(ours.private, "by a CA", encrypts=False, not_before=NOW, not_after=NOW + timedelta(days=99)).pem
    certified = done(folder, lambda tx, d: certifying.ask(tx, d.ring, SIGN, pem, None, reason="x", by="officer", now=NOW))
    others = ask(folder, deciding.RETIRE)
    block(folder, SIGN)
    assert ["approval-decided", ""] == [agree(folder, each) for each in (certified, others)]
    assert ["blocked"] == [each.state for each in opened(folder).ring.list() if each.alias == SIGN]


def test_c3_a_key_that_was_stopped_and_taken_back_meanwhile_is_not_destroyed(folder: Path) -> None:
    block(folder)
    destroy, restore = ask(folder, deciding.DESTROY), ask(folder, deciding.RESTORE, by="other")
    assert "" == agree(folder, restore)
    assert ["key-state", "active"] == [agree(folder, destroy), entry(folder).state]
    assert "" == agree(folder, ask(folder, deciding.RETIRE, by="other"))
    assert ["key-state", "retired"] == [agree(folder, destroy), entry(folder).state]


def test_c3_a_carrying_out_that_was_cut_short_is_agreed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the ring was changed, before its record."""
    for act, state in ((deciding.RETIRE, "retired"), (deciding.RESTORE, "active"), (deciding.RETIRE, "retired")):
        asked = ask(folder, act)
        with monkeypatch.context() as patch:
            patch.setattr("connector.keys.deciding.record", lambda *_, **__: (_ for _ in ()).throw(OSError("power cut")))
            with pytest.raises(OSError, match="power cut"):
                agree(folder, asked)
        assert ["", state] == [agree(folder, asked), entry(folder).state]


# ── another process ──


def test_c3_a_process_that_opened_the_ring_before_decides_on_it_as_it_is_now(folder: Path) -> None:
    block(folder)
    destroy, restore = ask(folder, deciding.DESTROY), ask(folder, deciding.RESTORE, by="other")
    stale = opened(folder)
    assert "" == agree(folder, restore)
    assert ["key-state", "active"] == [agree(folder, destroy, stale), entry(folder).state]


def test_c3_a_process_that_opened_the_ring_before_asks_of_it_as_it_is_now(folder: Path) -> None:
    stale = opened(folder)
    block(folder)
    with pytest.raises(LedgerError) as refused:
        done(
            folder,
            lambda tx, d: deciding.ask_change(tx, d.ring, deciding.RETIRE, DECRYPT, reason="x", by="other", now=NOW),
            stale,
        )
    assert "key-state" == refused.value.code


def test_c4_two_processes_note_two_slips_and_none_is_lost(folder: Path) -> None:
    processes = opened(folder), opened(folder)
    for bank, process in zip(("902", "903"), processes, strict=True):
        done(
            folder,
            lambda tx, d, bank=bank: slips.handed(  # type: ignore[misc]
                tx, d.ring, SIGN, bank, f"HD-{bank}", banks={bank}, by="officer", now=NOW
            ),
            process,
        )
    assert (("902", "HD-902"), ("903", "HD-903")) == entry(folder, SIGN).known_to


# ── who asked, and when ──


def test_c3_what_somebody_asked_who_is_no_user_any_more_or_keeps_no_keys_is_not_agreed(folder: Path) -> None:
    asked, others = ask(folder, deciding.RETIRE), ask(folder, deciding.RETIRE, SIGN, by="other")
    done(folder, lambda tx, _: people.retire(tx, at=NOW, name="officer", by="admin"))
    done(folder, lambda tx, _: people.set_roles(tx, at=NOW, name="other", roles=["operator"], by="admin"))
    assert ["user-retired", "role-missing"] == [agree(folder, each) for each in (asked, others)]
    assert {"active"} == {each.state for each in opened(folder).ring.list()}


def test_c3_what_was_asked_a_month_ago_is_asked_anew(folder: Path) -> None:
    asked, month = ask(folder, deciding.RETIRE), timedelta(days=30)
    later = NOW + month + timedelta(seconds=1)
    assert ["approval-over", "active"] == [agree(folder, asked, at=later), entry(folder).state]
    anew = done(
        folder,
        lambda tx, d: deciding.ask_change(tx, d.ring, deciding.RETIRE, DECRYPT, reason="x", by="officer", now=later),
    )
    assert asked != anew
    assert ["", "retired"] == [agree(folder, anew, at=later + month - timedelta(seconds=1)), entry(folder).state]
    done(folder, lambda tx, _: people.decide(tx, asked, at=later, by="second", agree=False))  # it may be returned all the same
