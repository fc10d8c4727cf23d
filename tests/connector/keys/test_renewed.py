"""What lasts as long as the ring is renewed by two persons: what stood under the old key is read on, and a blocked one signs no more."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from connector.assembly import Deployment
from connector.cli import audit as audit_words
from connector.cli import keys
from connector.cli.console import INTEGRITY, NOT_ALLOWED, REFUSED, WAITS, WRONG_USE, explain
from connector.cli.verbs import app as verbs
from connector.deciding import acts
from connector.founding import INTERNATIONAL, NATIONAL, Founding, found
from connector.keys import renewing
from connector.ledger import audit, data_keys, people
from connector.status import survey
from connector.steps import runner
from connector.vault import Vault
from transports.errors import BrokenSeal, UnknownKey
from transports.sealing import at_rest
from transports.sealing.keyring.lasting_keys import AUDIT, LASTING, MASTER

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
STAFF = {"officer": "key_officer", "second": "approver", "clerk": "operator"}
BOTH = ("--reason", "a disk was lost", "--by", "officer", "--with", "second")
TEXT = "张三丰".encode()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A deployment of each suite with its staff and something kept in it, made once and copied."""
    return {suite: _founded(tmp_path_factory.mktemp(suite) / "deployment", suite) for suite in (NATIONAL, INTERNATIONAL)}


def _founded(home: Path, suite: str) -> Path:
    found(Founding(home, "C1", "核对中心", "320507", "admin", suite=suite), NOW)
    deployment = opened(home)
    with deployment.ledger.begin() as tx:
        for name, role in STAFF.items():
            people.add(tx, at=NOW, name=name, roles=[role], centre="C1", region="320507", by="admin")
        key, sealed = deployment.parts.vault.seal(tx, "member", "2026-11", TEXT, "a member")
    assert key > 1
    (home / "sealed").write_bytes(sealed)
    return home


@pytest.fixture(params=[NATIONAL, INTERNATIONAL])
def folder(founded: dict[str, Path], request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded[request.param], tmp_path / "deployment"))


@pytest.fixture
def national(founded: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded[NATIONAL], tmp_path / "deployment"))


def opened(folder: Path) -> Deployment:
    return Deployment.open(folder, lambda: NOW)


def run(folder: Path, *words: str, app: Any = keys.app) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def read(deployment: Deployment, vault: Vault | None = None) -> bytes:
    """What was kept before, as this deployment opens it."""
    with deployment.ledger.read() as tx:
        row = data_keys.find(tx, "member", "2026-11")
        assert row is not None
        return (vault or deployment.parts.vault).open(tx, row.id, (deployment.folder / "sealed").read_bytes(), "a member")


# ── the master key ──


def test_c3_c11_a_renewed_master_key_reads_what_was_kept_and_the_old_one_wraps_nothing(folder: Path) -> None:
    before, stale = opened(folder), opened(folder)
    code, told = run(folder, "renew", "master", *BOTH)
    after = opened(folder)
    assert (0, after.ring.newest(MASTER).id) == (code, told["key"]["id"])
    assert after.ring.master() != before.ring.master()
    assert TEXT == read(after) == read(stale)
    with pytest.raises(BrokenSeal):
        read(after, Vault(before.ring.master(), before.settings.at_rest, lambda: NOW))
    with after.ledger.read() as tx:
        assert [at_rest.unwrap(after.ring.master(), bytes(row.wrapped)) for row in data_keys.living(tx)]


def test_a_process_that_opened_before_seals_on_and_the_later_ones_read_it(folder: Path) -> None:
    stale = opened(folder)
    assert 0 == run(folder, "renew", "master", *BOTH)[0]
    with stale.ledger.begin() as tx:
        key, sealed = stale.parts.vault.seal(tx, "member", "2026-12", TEXT, "later")
    after = opened(folder)
    with after.ledger.read() as tx:
        assert TEXT == after.parts.vault.open(tx, key, sealed, "later")


def test_a_backup_of_the_ledger_opens_with_the_ring_of_today(folder: Path) -> None:
    backup = {path: path.read_bytes() for path in folder.glob("ledger.db*")}
    assert 0 == run(folder, "renew", "master", *BOTH)[0]
    for each in folder.glob("ledger.db*"):
        each.unlink()
    for path, content in backup.items():
        path.write_bytes(content)
    assert TEXT == read(opened(folder))


# ── two persons ──


@pytest.mark.parametrize("what", [*LASTING, "ring"])
def test_c3_one_person_renews_nothing(national: Path, what: str) -> None:
    before = {path.name: path.read_bytes() for path in (national / "keys").iterdir()}
    line = ("renew", what, "--reason", "a disk was lost")
    assert WAITS == run(national, *line, "--by", "officer")[0]
    assert NOT_ALLOWED == run(national, *line, "--by", "officer", "--with", "officer")[0]
    assert NOT_ALLOWED == run(national, *line, "--by", "clerk")[0]
    assert before == {path.name: path.read_bytes() for path in (national / "keys").iterdir()}


@pytest.mark.parametrize("what", LASTING)
def test_c3_a_renewal_whose_transaction_was_lost_is_done_once(national: Path, what: str) -> None:
    deployment = opened(national)
    with deployment.ledger.begin() as tx:
        request = renewing.ask(tx, deployment.ring, what, "", reason="x", by="officer", now=NOW)

    def decide() -> None:
        with deployment.ledger.begin() as tx:
            acts.decide(tx, request, agree=True, by="second", now=NOW, ring=deployment.ring)
            raise KeyboardInterrupt  # after the ring, before the commit

    with pytest.raises(KeyboardInterrupt):
        decide()
    assert TEXT == read(opened(national))
    with deployment.ledger.begin() as tx:
        acts.decide(tx, request, agree=True, by="second", now=NOW, ring=deployment.ring)
        [told] = [row for row in audit.newest(tx, 3) if row.what == "key.renew"]
    assert 2 == len([entry for entry in opened(national).ring.list() if entry.use == what])
    assert ("second", "officer", what) == (told.who, told.detail["asked_by"], told.detail["renewed"])
    assert TEXT == read(opened(national))


def test_c9_a_deployment_changes_to_the_national_suite_by_three_renewals(founded: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(founded[INTERNATIONAL], tmp_path / "deployment"))
    assert ("aes256gcm", "ed25519") == (opened(folder).ring.suite, opened(folder).ring.newest(AUDIT).kind)
    for what in ("ring", *LASTING):
        assert 0 == run(folder, "renew", what, *BOTH)[0]
    ring = opened(folder).ring
    with opened(folder).ledger.read() as tx:
        told = [row.detail for row in audit.newest(tx, 20) if row.what == "key.renew"][::-1]
    assert [("ring", "sm4gcm"), ("master", None), ("audit", None)] == [(each["renewed"], each.get("suite")) for each in told]
    assert all(len(each["before"]) == len(ring.newest(AUDIT).id) for each in told[1:])
    assert ("sm4gcm", "sm2", "sm4") == (ring.suite, ring.newest(AUDIT).kind, ring.newest(MASTER).kind)
    assert TEXT == read(opened(folder))
    verified(folder)


# ── the audit's key ──


def exported(folder: Path) -> tuple[Path, Path]:
    """(export, public keys) as ``audit export`` writes them."""
    target = folder.parent / f"export-{len(list(folder.parent.glob('export-*')))}"
    code, told = run(folder, "export", str(target), app=audit_words.app)
    assert 0 == code
    return target, Path(told["key"])


def verified(folder: Path) -> int:
    """On a machine without the ring: how many checkpoints hold."""
    export, public = exported(folder)
    done = subprocess.run(
        [sys.executable, "-m", "connector.audit_verifier", str(export), str(public)], capture_output=True, check=False
    )
    assert b"holds" in done.stdout, done.stdout.decode()
    code, verdict = run(folder, "verify", "--export", str(export), "--key", str(public), app=audit_words.app)
    assert 0 == code
    return int(verdict["checkpoints"])


def test_e3_checkpoints_of_the_old_and_of_the_new_audit_key_hold(folder: Path) -> None:
    first = verified(folder)
    assert 0 == run(folder, "renew", "audit", *BOTH)[0]
    assert first + 1 == verified(folder)
    assert 2 == exported(folder)[1].read_bytes().count(b"BEGIN PUBLIC KEY")
    assert 0 == run(folder, "verify", app=audit_words.app)[0]


@pytest.fixture
def blocked(folder: Path) -> Iterator[tuple[Path, str]]:
    """A deployment whose audit key one person blocked after it had signed, and the id of the key."""
    verified(folder)
    key = opened(folder).ring.newest(AUDIT).id
    code, told = run(folder, "block", "audit", "--reason", "a disk was lost", "--by", "clerk")
    assert (0, 1) == (code, len(told["checkpoints"]))
    yield folder, key
    shutil.rmtree(folder)


def test_c8_a_blocked_audit_key_signs_nothing_and_the_work_goes_on_and_says_so(blocked: tuple[Path, str]) -> None:
    folder, _ = blocked
    deployment = Deployment.open(folder, lambda: NOW + timedelta(days=1))
    with ThreadPoolExecutor(1) as executor:
        result = runner.run("settle", deployment.parts, NOW + timedelta(days=1), executor)
    assert "audit-key-blocked" == result.problems["audit"]["code"]
    assert ["audit-key-blocked"] == [each["code"] for each in survey(deployment.parts, NOW)["expiring"]]
    assert REFUSED == run(folder, "export", str(folder.parent / "x"), app=audit_words.app)[0]
    assert 0 == run(folder, "verify", app=audit_words.app)[0]  # what it signed before the block holds

    assert 0 == run(folder, "renew", "audit", *BOTH)[0]
    assert 2 == verified(folder)
    assert [] == survey(opened(folder).parts, NOW)["expiring"]


def test_c8_every_pass_says_once_that_the_audit_key_is_blocked_before_a_checkpoint_is_due_too(folder: Path) -> None:
    assert 0 == run(folder, "block", "audit", "--reason", "x", "--by", "clerk")[0]
    passed = CliRunner().invoke(verbs, ["step", "all", "--dir", str(folder), "--at", f"{NOW:%Y-%m-%dT%H:%M:%S}"])
    assert [0, 1] == [passed.exit_code, passed.output.count("▲ 审计: ")]


def test_c8_a_process_that_opened_the_ring_before_signs_nothing_after_the_block(folder: Path) -> None:
    stale = opened(folder)
    assert 0 == run(folder, "block", "audit", "--reason", "x", "--by", "clerk")[0]
    with pytest.raises(UnknownKey, match="blocked"), stale.ledger.begin() as tx:
        audit.checkpoint_now(tx, stale.ring, NOW)


def test_c8_a_checkpoint_a_thief_signs_after_the_block_breaks_the_chain(folder: Path) -> None:
    """The key is out; its holder signs a chain he went on with. The export says itself that the key was not to be believed any more."""
    thief = opened(folder)
    index = (folder / "keys" / "ring.json").read_bytes()
    assert 0 == run(folder, "block", "audit", "--reason", "x", "--by", "clerk")[0]
    (folder / "keys" / "ring.json").write_bytes(index)  # his copy of the ring knows of no block
    with thief.ledger.begin() as tx:
        audit.checkpoint_now(tx, thief.ring, NOW)
    code, verdict = run(folder, "verify", app=audit_words.app)
    assert INTEGRITY == code
    assert "blocked before" in verdict["problems"][0]["en"]


def as_a_thief_opens_it(folder: Path) -> Deployment:
    """We would hold the ring to the record, which knows that the key signs no more."""
    deployment = opened(folder)
    deployment.ring.hold({})
    return deployment


def test_c8_a_checkpoint_a_thief_signs_by_the_key_before_the_renewal_breaks_the_chain(folder: Path) -> None:
    """Whoever kept yesterday's ring signs on by its key; what that key signed before the renewal holds as it did."""
    old = (folder / "keys" / "ring.json").read_bytes()
    before = verified(folder)
    assert 0 == run(folder, "renew", "audit", *BOTH)[0]
    new = (folder / "keys" / "ring.json").read_bytes()

    def signed_by(index: bytes) -> int:
        (folder / "keys" / "ring.json").write_bytes(index)
        deployment = as_a_thief_opens_it(folder)
        with deployment.ledger.begin() as tx:
            audit.record(tx, at=NOW, who="nobody", what="forged", centre="C1")
            audit.checkpoint_now(tx, deployment.ring, NOW)
        (folder / "keys" / "ring.json").write_bytes(new)
        return run(folder, "verify", app=audit_words.app)[0]

    assert 0 == signed_by(new)
    assert before + 1 == verified(folder)
    assert INTEGRITY == signed_by(old)
    assert "renewed before" in run(folder, "verify", app=audit_words.app)[1]["problems"][0]["en"]


def test_c8_the_old_audit_key_signs_nothing_between_its_renewal_and_the_first_checkpoint_of_the_new(folder: Path) -> None:
    old = (folder / "keys" / "ring.json").read_bytes()
    assert 0 == run(folder, "renew", "audit", *BOTH)[0]
    (folder / "keys" / "ring.json").write_bytes(old)
    deployment = as_a_thief_opens_it(folder)
    with deployment.ledger.begin() as tx:
        audit.checkpoint_now(tx, deployment.ring, NOW)
    assert INTEGRITY == run(folder, "verify", app=audit_words.app)[0]


def test_c3_two_persons_take_a_block_of_the_audit_key_back(blocked: tuple[Path, str]) -> None:
    folder, key = blocked
    assert WAITS == run(folder, "restore", key, "--reason", "it was found", "--by", "officer")[0]
    assert 0 == run(folder, "restore", key, "--reason", "it was found", "--by", "officer", "--with", "second")[0]
    assert 2 == verified(folder)


@pytest.mark.parametrize(
    ("verb", "use"), [("block", MASTER), *((verb, use) for verb in ("retire", "destroy", "restore") for use in LASTING)]
)
def test_what_lasts_is_neither_retired_nor_destroyed(national: Path, verb: str, use: str) -> None:
    assert REFUSED == run(national, verb, use, "--reason", "x", "--by", "officer")[0]
    assert ["active", "active"] == [entry.state for entry in opened(national).ring.list()[:2]]


# ── of which kind ──


def made_kind(folder: Path, alias: str, *more: str) -> str | int:
    code, told = run(folder, "new", alias, "--use", "sign", *more, *BOTH)
    return str(told["key"]["kind"]) if code == 0 else code


def test_a_key_without_a_kind_is_of_that_of_its_alias_and_never_guessed(founded: dict[str, Path], tmp_path: Path) -> None:
    national, international = (Path(shutil.copytree(founded[suite], tmp_path / suite)) for suite in (NATIONAL, INTERNATIONAL))
    assert ["ec-p256", "ec-p256"] == [made_kind(international, alias) for alias in ("us/sign", "us/new")]
    assert [WRONG_USE, WRONG_USE] == [made_kind(national, alias) for alias in ("us/sign", "us/new")]
    assert ["sm2", "sm2"] == [made_kind(national, "us/new", *more) for more in (("--kind", "sm2"), ())]
    code, told = run(national, "new", "us/abroad", "--use", "any", *BOTH)
    assert (0, "pgp-ed25519") == (code, told["key"]["kind"])
