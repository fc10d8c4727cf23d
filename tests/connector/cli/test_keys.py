"""``connector keys`` as two persons type it."""

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
import typer
from typer.testing import CliRunner

from config.settings import database_url, read_settings, ring_secret
from connector.cli import keys, people
from connector.cli.console import NOT_ALLOWED, NOTHING_FOUND, REFUSED, WAITS, WRONG_USE, explain
from connector.founding import Founding, found
from connector.ledger import audit
from connector.ledger import people as users
from connector.ledger.ledger import Ledger
from tests.contracts.cms_contract import party
from tests.enveloped_keys import certified, enveloped
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing
from transports.sealing.pgp.keys import make_key
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

NOW = datetime(2026, 11, 21, tzinfo=UTC)
STAFF = {"officer": "key_officer", "second": "approver", "clerk": "operator", "gone": "key_officer", "reader": "auditor"}
SIGN = ("new", "us/sign", "--use", "sign", "--reason", "the old one runs out")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with its staff, made once and copied."""
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    with ledger(home).begin() as tx:
        for name, role in STAFF.items():
            users.add(tx, at=NOW, name=name, roles=[role], centre="C1", region="320507", by="admin")
        users.retire(tx, at=NOW, name="gone", by="admin")
    return home


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A certificate a bank handed over, as a file."""
    certificate = party("ec-p256", "bank sign", encrypts=False).certificate
    file = tmp_path / "bank.pem"
    file.write_bytes(certificate.pem)
    return file


def ledger(folder: Path) -> Ledger:
    return Ledger.open(database_url(read_settings(folder), folder))


def letter_of(file: Path) -> tuple[str, ...]:
    return "--fingerprint", Certificate.read(file.read_bytes()).fingerprint, "--evidence", "HD-17"


def run(folder: Path, *words: str, app: typer.Typer = keys.app) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def approve(folder: Path, request: int, by: str, *words: str) -> tuple[int, dict[str, Any]]:
    deciding = typer.Typer()
    deciding.command()(people.approve)
    return run(folder, str(request), "--by", by, *words, app=deciding)


def listed(folder: Path) -> list[dict[str, Any]]:
    return list(run(folder, "list")[1]["keys"])


def key_of(folder: Path, alias: str) -> str:
    return str(next(each["id"] for each in listed(folder) if each["alias"] == alias))


def records(folder: Path) -> list[dict[str, Any]]:
    with ledger(folder).read() as tx:
        said = [orjson.loads(line) for line in audit.export(tx)]
    return [record for record in said if record.get("what", "").startswith("key.")]


# ── two persons ──


def test_c3_a_new_key_is_made_when_another_person_agreed_and_not_before(folder: Path) -> None:
    before = listed(folder)
    code, asked = run(folder, *SIGN, "--days", "30", "--by", "officer")
    assert (WAITS, before) == (code, listed(folder))

    assert NOT_ALLOWED == approve(folder, asked["id"], "officer")[0]
    assert before == listed(folder)
    assert 0 == approve(folder, asked["id"], "second")[0]
    [made] = [each for each in listed(folder) if each not in before]
    assert ("us/sign", "sign", "ec-p256", True, "active") == tuple(
        made[name] for name in ("alias", "use", "kind", "own", "state")
    )
    assert made["days_left"] in (29, 30)


def test_what_is_asked_of_a_key_is_said_to_the_second_person(folder: Path, bank: Path) -> None:
    first = (datetime.now(UTC) + timedelta(days=20)).date()
    run(folder, *SIGN, "--from", str(first), "--by", "officer")
    run(folder, "import", "bank/902/sign", str(bank), *letter_of(bank), "--by", "officer")
    run(folder, "retire", "us/sign", "--reason", "old", "--by", "officer")
    waiting = typer.Typer()
    waiting.command()(people.approvals)
    shown = CliRunner().invoke(waiting, ["--dir", str(folder)]).stdout

    assert f"us/sign (签名, ec-p256, 365 天，{first} 起)" in shown
    assert f"bank/902/sign (签名) 指纹 {letter_of(bank)[1]} 回执 HD-17" in shown
    assert f"us/sign ({key_of(folder, 'us/sign')})" in shown
    assert "BEGIN" not in shown


def test_c3_what_is_returned_makes_no_key(folder: Path) -> None:
    before = listed(folder)
    _, asked = run(folder, *SIGN, "--by", "officer")
    assert 0 == approve(folder, asked["id"], "second", "--return")[0]
    assert before == listed(folder)


def test_c3_two_who_are_present_need_no_second_command(folder: Path) -> None:
    code, made = run(folder, *SIGN, "--by", "officer", "--with", "second")

    assert (0, "key/1") == (code, made["schema"])
    assert made["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in str(made)


def test_an_sm2_key_is_made_by_its_kind(folder: Path) -> None:
    line = ("new", "us/gm/sign", "--use", "sign", "--kind", "sm2", "--reason", "GM/T 0010")
    code, made = run(folder, *line, "--by", "officer", "--with", "second")

    assert (0, "sm2") == (code, made["key"]["kind"])
    assert "sm2" == Certificate.read(made["certificate"].encode()).kind


def test_openpgp_keys_come_by_the_same_two_persons_and_the_same_letter(folder: Path, tmp_path: Path) -> None:
    both = ("--by", "officer", "--with", "second")
    code, made = run(folder, "new", "us/pgp", "--use", "any", "--kind", "pgp-ed25519", "--reason", "a bank abroad", *both)
    assert (0, "pgp-ed25519") == (code, made["key"]["kind"])
    assert made["certificate"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")

    bank = make_key("pgp-ed25519", "bank", 30, datetime.now(UTC)).certificate
    (tmp_path / "bank.asc").write_bytes(bank.pem)
    words = ("import", "bank/903", str(tmp_path / "bank.asc"), "--evidence", "HD-18", *both, "--fingerprint")
    assert REFUSED == run(folder, *words, "0" * 40)[0]
    assert WRONG_USE == run(folder, *words, bank.fingerprint.upper())[0]  # of the primary key alone
    code, imported = run(folder, *words, hashlib.sha256(bank.data).hexdigest().upper())
    assert (0, "any", False) == (code, imported["key"]["use"], imported["key"]["own"])


def test_an_encryption_key_of_the_ca_is_imported_as_ours_by_two_who_are_present(folder: Path, tmp_path: Path) -> None:
    both = ("--by", "officer", "--with", "second")
    _, signing = run(folder, "new", "us/gm/sign", "--use", "sign", "--kind", "sm2", "--reason", "GM/T 0010", *both)
    public = Certificate.read(signing["certificate"].encode()).public_key
    made = Sm2PrivateKey.generate()
    assert isinstance(public, Sm2PublicKey)
    (tmp_path / "key.der").write_bytes(enveloped(made, public))
    (tmp_path / "key.pem").write_bytes(certified(made).pem)
    words = ("import-own", "us/gm/decrypt", str(tmp_path / "key.pem"), str(tmp_path / "key.der"), "--signing")

    before = listed(folder)
    assert NOT_ALLOWED == run(folder, *words, "us/gm/sign", "--by", "officer", "--with", "officer")[0]
    assert REFUSED == run(folder, *words, "us/sign", *both)[0]
    assert before == listed(folder)
    code, imported = run(folder, *words, "us/gm/sign", *both)
    assert (0, True, "encrypt", "sm2") == (code, *(imported["key"][name] for name in ("own", "use", "kind")))
    assert "key.import-own" == records(folder)[-1]["what"]


@pytest.mark.parametrize(
    ("by", "second"),
    [("officer", "officer"), ("officer", "admin"), ("officer", "clerk"), ("officer", "reader"), ("officer", "nobody")],
)
def test_c3_the_second_person_is_another_who_may_decide_on_keys(folder: Path, by: str, second: str) -> None:
    before = listed(folder), records(folder)
    assert NOT_ALLOWED == run(folder, *SIGN, "--by", by, "--with", second)[0]
    assert before == (listed(folder), records(folder))


@pytest.mark.parametrize("by", ["clerk", "gone", "stranger", "second", "reader"])
def test_c3_who_looks_after_no_keys_asks_for_none(folder: Path, bank: Path, by: str) -> None:
    before = listed(folder)
    key = key_of(folder, "us/sign")
    for words in (
        SIGN,
        ("import", "bank/902/sign", str(bank), *letter_of(bank)),
        ("retire", key, "--reason", "old"),
        ("restore", key, "--reason", "old"),
        ("destroy", key, "--reason", "old"),
    ):
        assert NOT_ALLOWED == run(folder, *words, "--by", by)[0]
    assert before == listed(folder)


def test_c3_a_key_is_retired_then_destroyed_each_by_two_persons(folder: Path) -> None:
    key = key_of(folder, "us/sign")
    assert REFUSED == run(folder, "destroy", key, "--reason", "no", "--by", "officer")[0]  # it is in use

    for act, state in (("retire", "retired"), ("restore", "active"), ("retire", "retired"), ("destroy", "destroyed")):
        code, asked = run(folder, act, key, "--reason", f"to {act}", "--by", "officer")
        assert WAITS == code
        assert 0 == approve(folder, asked["id"], "second")[0]
        assert state == next(each["state"] for each in listed(folder) if each["id"] == key)

    assert not (folder / "keys" / f"{key}.key.pem").exists()
    for act in ("retire", "restore", "destroy"):
        assert REFUSED == run(folder, act, key, "--reason", "again", "--by", "officer")[0]


def test_c3_a_key_taken_back_into_use_meanwhile_is_not_destroyed(folder: Path) -> None:
    key = key_of(folder, "us/sign")
    both = ("--by", "officer", "--with", "second")
    assert 0 == run(folder, "retire", key, "--reason", "old", *both)[0]
    _, asked = run(folder, "destroy", key, "--reason", "old", "--by", "officer")
    assert 0 == run(folder, "restore", key, "--reason", "needed", *both)[0]

    assert REFUSED == approve(folder, asked["id"], "second")[0]
    assert (folder / "keys" / f"{key}.key.pem").exists()


def test_c3_a_making_that_was_cut_short_is_not_done_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ring has the key, the ledger lost the yes: agreeing again finds it."""
    _, asked = run(folder, *SIGN, "--by", "officer")
    with monkeypatch.context() as patch:
        patch.setattr("connector.keys.deciding.record", lambda *_, **__: (_ for _ in ()).throw(OSError("power cut")))
        assert 0 != approve(folder, asked["id"], "second")[0]
    cut = listed(folder)
    assert 0 == approve(folder, asked["id"], "second")[0]
    assert cut == listed(folder)
    assert 1 == sum("approval" in each["detail"] for each in records(folder))


def test_c3_every_change_is_audited_with_both_names_and_the_founding_as_the_exception(folder: Path, bank: Path) -> None:
    both = ("--by", "officer", "--with", "second")
    run(folder, *SIGN, *both)
    run(folder, "import", "bank/902/sign", str(bank), *letter_of(bank), *both)
    run(folder, "block", "bank/902/sign", "--reason", "their call of today", "--by", "clerk")

    told = records(folder)
    assert [("key.new", "admin")] * 4 == [(each["what"], each["who"]) for each in told[:4]]
    assert {"founding"} == {each["detail"]["exception"] for each in told[:4]}
    assert [("key.new", "second", "officer"), ("key.import", "second", "officer"), ("key.block", "clerk", None)] == [
        (each["what"], each["who"], each["detail"].get("asked_by")) for each in told[4:]
    ]
    assert "BEGIN" not in str(told)


def test_c6_a_key_that_begins_later_is_handed_over_before_and_used_from_its_first_day(folder: Path) -> None:
    first = (datetime.now(UTC) + timedelta(days=20)).date()
    _, made = run(folder, *SIGN, "--from", str(first), "--days", "30", "--by", "officer", "--with", "second")
    new = Certificate.read(made["certificate"].encode())

    zone = ZoneInfo("Asia/Shanghai")
    assert (first, first + timedelta(days=30)) == tuple(each.astimezone(zone).date() for each in (new.not_before, new.not_after))
    ring = KeyRing.open(folder / "keys", ring_secret(folder))
    assert new.fingerprint not in [
        own.certificate.fingerprint for own in ring.own("us/sign", new.not_before - timedelta(seconds=1))
    ]
    assert new.fingerprint == ring.own("us/sign", new.not_before)[0].certificate.fingerprint


# ── what a bank hands over ──


def test_a_banks_certificate_is_imported_once_and_listed(folder: Path, bank: Path) -> None:
    line = ("import", "bank/902/sign", str(bank), *letter_of(bank), "--by", "officer", "--with", "second")
    code, imported = run(folder, *line)
    assert (0, False, "HD-17") == (code, imported["key"]["own"], imported["key"]["evidence"])
    assert REFUSED == run(folder, *line)[0]

    assert {"master", "audit", "us/sign", "us/decrypt", "bank/902/sign"} == {key["alias"] for key in listed(folder)}
    assert all("sealed" not in key for key in listed(folder))


def test_c4_a_certificate_that_lies_there_without_its_letter_gets_it_by_the_same_two_persons(folder: Path, bank: Path) -> None:
    KeyRing.open(folder / "keys", ring_secret(folder)).import_certificate("bank/902/sign", bank.read_bytes())
    line = ("import", "bank/902/sign", str(bank), *letter_of(bank), "--by", "officer", "--with", "second")
    code, imported = run(folder, *line)

    assert (0, "HD-17") == (code, imported["key"]["evidence"])
    assert 1 == len([each for each in listed(folder) if each["alias"] == "bank/902/sign"])
    assert REFUSED == run(folder, *line)[0]


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (("--fingerprint", "00" * 32, "--evidence", "HD-17"), REFUSED),
        (("--fingerprint", "", "--evidence", "HD-17"), WRONG_USE),
        (("--fingerprint", "right", "--evidence", " "), WRONG_USE),
        (("--evidence", "HD-17"), WRONG_USE),
        (("--fingerprint", "right"), WRONG_USE),
    ],
)
def test_c4_without_its_letter_no_certificate_is_taken_in(folder: Path, bank: Path, letter: tuple[str, ...], code: int) -> None:
    before = listed(folder)
    right = Certificate.read(bank.read_bytes()).fingerprint
    words = [right if word == "right" else word for word in letter]

    assert code == run(folder, "import", "bank/902/sign", str(bank), *words, "--by", "officer", "--with", "second")[0]
    assert before == listed(folder)


def test_c4_a_fingerprint_is_taken_as_the_letter_writes_it(folder: Path) -> None:
    _, letter = run(folder, "letter", "us/sign")
    written = folder.parent / "us.pem"
    run(folder, "letter", "us/sign", "--certificate", str(written))
    groups = " ".join(letter["fingerprint"][start : start + 4].upper() for start in range(0, 64, 4))
    line = ("import", "copy", str(written), "--fingerprint", groups, "--evidence", "1")
    assert 0 == run(folder, *line, "--by", "officer", "--with", "second")[0]


# ── one person stops ──


@pytest.mark.parametrize("by", ["admin", "officer", "second", "clerk"])
def test_c8_one_person_blocks_and_two_take_back(folder: Path, by: str) -> None:
    key = key_of(folder, "us/decrypt")
    code, touched = run(folder, "block", "us/decrypt", "--reason", "a disk was stolen", "--by", by)
    assert (0, "key-touched/1", "blocked") == (code, touched["schema"], touched["key"]["state"])

    _, asked = run(folder, "restore", key, "--reason", "it was not that disk", "--by", "officer")
    assert NOT_ALLOWED == approve(folder, asked["id"], "officer")[0]
    assert 0 == approve(folder, asked["id"], "second")[0]
    assert "active" == next(each["state"] for each in listed(folder) if each["id"] == key)


@pytest.mark.parametrize("by", ["reader", "gone", "stranger"])
def test_c8_a_block_is_a_named_users_of_this_deployment(folder: Path, by: str) -> None:
    assert NOT_ALLOWED == run(folder, "block", "us/decrypt", "--reason", "stolen", "--by", by)[0]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("block", "nobody", "--reason", "x", "--by", "officer"), NOTHING_FOUND),
        (("block", "master", "--reason", "x", "--by", "officer"), REFUSED),
        (("block", "us/sign", "--reason", " ", "--by", "officer"), WRONG_USE),
        (("touched", "nobody"), NOTHING_FOUND),
        (("letter", "nobody"), NOTHING_FOUND),
        (("new", "../x", "--use", "sign", "--reason", "x", "--by", "officer"), REFUSED),
        (("new", "master", "--use", "encrypt", "--reason", "x", "--by", "officer"), REFUSED),
        (("new", "us/x", "--use", "sign", "--reason", " ", "--by", "officer"), WRONG_USE),
    ],
)
def test_what_cannot_be_done_ends_in_a_sentence(folder: Path, words: tuple[str, ...], code: int) -> None:
    assert code == run(folder, *words)[0]


def test_two_keys_of_one_alias_are_told_apart_by_their_ids(folder: Path) -> None:
    run(folder, *SIGN, "--by", "officer", "--with", "second")
    assert WRONG_USE == run(folder, "block", "us/sign", "--reason", "stolen", "--by", "officer")[0]

    first, second = (each for each in listed(folder) if each["alias"] == "us/sign")
    assert 0 == run(folder, "block", first["fingerprint"].upper(), "--reason", "stolen", "--by", "officer")[0]
    assert 0 == run(folder, "retire", "us/sign", "--reason", "the other", "--by", "officer", "--with", "second")[0]
    assert {"blocked", "retired"} == {each["state"] for each in listed(folder) if each["alias"] == "us/sign"}
    assert second["id"] != first["id"]


def test_c2_a_wrong_ring_secret_stops_every_verb_and_changes_nothing(folder: Path) -> None:
    (folder / "secrets" / "ring").write_bytes(b"another")
    before = {path: path.read_bytes() for path in (folder / "keys").iterdir()}
    both = ("--by", "officer", "--with", "second")
    for words in (
        ("list",),
        ("letter", "us/sign"),
        ("touched", "us/sign"),
        (*SIGN, *both),
        ("block", "us/sign", "--reason", "stolen", "--by", "officer"),
        ("retire", "us/sign", "--reason", "old", *both),
    ):
        assert REFUSED == run(folder, *words)[0]
    assert before == {path: path.read_bytes() for path in (folder / "keys").iterdir()}
