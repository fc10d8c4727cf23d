"""What two persons agreed comes once, and is that and no other key: by its request, whatever else lies under its alias."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from config.settings import ring_secret
from connector.assembly import Deployment, clock
from connector.cli import keys, people
from connector.cli.console import NOTHING_FOUND, REFUSED, WAITS, WRONG_USE, explain
from connector.deciding import acts
from connector.ledger import audit
from tests.contracts.cms_contract import party
from tests.enveloped_keys import certified, enveloped
from tests.staffed import found_with
from transports.sealing.certificates import Certificate, self_signed
from transports.sealing.keyring import KeyRing
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

NOW = datetime.now(UTC)
STAFF = {"officer": "key_officer", "other": "key_officer", "second": "approver"}
BOTH = ("--by", "officer", "--with", "second")
DAY = str((NOW + timedelta(days=20)).date())
TWO = ("new", "us/two", "--use", "sign", "--kind", "sm2", "--from", DAY, "--reason", "the old one runs out")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with its staff, made once and copied."""
    return found_with(tmp_path_factory.mktemp("founded") / "deployment", STAFF, NOW - timedelta(days=1))


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def run(folder: Path, *words: str, app: typer.Typer = keys.app) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def approve(folder: Path, request: int) -> int:
    deciding = typer.Typer()
    deciding.command()(people.approve)
    return run(folder, str(request), "--by", "second", app=deciding)[0]


def entries(folder: Path, alias: str) -> list[dict[str, Any]]:
    return [each for each in run(folder, "list")[1]["keys"] if each["alias"] == alias]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "keys").iterdir()}


def recorded(folder: Path, what: str) -> list[str]:
    """The ids of the keys a kind of record is about."""
    with Deployment.open(folder).ledger.read() as tx:
        return [row.detail["id"] for row in audit.newest(tx, 99) if row.what == what and "approval" in row.detail][::-1]


@contextmanager
def power_cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After the ring was changed, before its record: the transaction is lost."""
    with monkeypatch.context() as patch:
        patch.setattr("connector.keys.deciding.record", lambda *_, **__: (_ for _ in ()).throw(OSError("power cut")))
        yield


# ── a key of ours ──


def test_c3_a_key_asked_for_again_after_a_block_is_another_key(folder: Path) -> None:
    first = run(folder, *TWO, *BOTH)[1]["key"]["id"]
    assert 0 == run(folder, "block", first, "--reason", "stolen", "--by", "officer")[0]

    code, again = run(folder, *TWO, *BOTH)
    assert (0, "active") == (code, again["key"]["state"])
    assert first != again["key"]["id"]
    assert {first: "blocked", again["key"]["id"]: "active"} == {each["id"]: each["state"] for each in entries(folder, "us/two")}
    assert [first, again["key"]["id"]] == recorded(folder, "key.new")


def test_c3_two_requests_for_keys_alike_in_everything_make_two(folder: Path) -> None:
    asked = [run(folder, *TWO, "--by", by)[1]["id"] for by in ("officer", "other")]
    assert [0, 0] == [approve(folder, each) for each in asked]
    made = [each["id"] for each in entries(folder, "us/two")]
    assert 2 == len(set(made))
    assert made == recorded(folder, "key.new")


def test_c3_what_a_power_cut_left_is_no_other_requests_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut, whole = (run(folder, *TWO, "--by", by)[1]["id"] for by in ("officer", "other"))
    with power_cut(monkeypatch):
        assert 0 != approve(folder, cut)
    [left] = entries(folder, "us/two")
    assert 0 == approve(folder, whole)
    assert 0 == approve(folder, cut)

    assert {left["id"], *recorded(folder, "key.new")} == {each["id"] for each in entries(folder, "us/two")}
    assert 2 == len(entries(folder, "us/two"))
    assert left["id"] == recorded(folder, "key.new")[-1]


def test_c3_a_key_blocked_between_the_cut_and_the_second_yes_is_not_handed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(folder, *TWO, "--by", "officer")[1]["id"]
    with power_cut(monkeypatch):
        assert 0 != approve(folder, asked)
    [left] = entries(folder, "us/two")
    assert 0 == run(folder, "block", left["id"], "--reason", "nobody knows it", "--by", "officer")[0]
    assert REFUSED == approve(folder, asked)
    assert [left["id"]] == [each["id"] for each in entries(folder, "us/two")]
    assert [] == recorded(folder, "key.new")


def test_c3_who_opened_the_ring_before_a_power_cut_elsewhere_makes_no_second_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(folder, *TWO, "--by", "officer")[1]["id"]
    stale = Deployment.open(folder)
    with power_cut(monkeypatch):
        assert 0 != approve(folder, asked)
    with stale.ledger.begin() as tx:
        acts.decide(tx, asked, agree=True, by="second", now=NOW, ring=stale.ring)
    assert [each["id"] for each in entries(folder, "us/two")] == recorded(folder, "key.new")


def test_the_certificate_printed_is_that_of_the_key_that_was_made(folder: Path) -> None:
    """One that begins later is there already: newer by its dates, and not what was made now."""
    later = run(folder, *TWO, *BOTH)[1]
    line = ("new", "us/two", "--use", "sign", "--kind", "sm2", "--reason", "needed today", *BOTH)
    made = run(folder, *line)[1]

    printed = [Certificate.read(each["certificate"].encode()).fingerprint for each in (later, made)]
    assert [later["key"]["fingerprint"], made["key"]["fingerprint"]] == printed
    letters = {key: run(folder, "letter", key)[1]["fingerprint"] for key in ("us/two", made["key"]["id"], printed[1].upper())}
    assert {"us/two": printed[0], made["key"]["id"]: printed[1], printed[1].upper(): printed[1]} == letters
    target = folder.parent / "made.pem"
    assert 0 == run(folder, "letter", made["key"]["id"], "--certificate", str(target))[0]
    assert made["certificate"] == target.read_text("utf-8")
    assert NOTHING_FOUND == run(folder, "letter", made["key"]["id"], "--kind", "rsa3072")[0]


# ── a bank's certificate ──


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    file = tmp_path / "bank.pem"
    file.write_bytes(party("ec-p256", "bank sign", encrypts=False).certificate.pem)
    return file


def import_line(file: Path, evidence: str, alias: str = "bank/902/sign") -> tuple[str, ...]:
    fingerprint = Certificate.read(file.read_bytes()).fingerprint
    return "import", alias, str(file), "--fingerprint", fingerprint, "--evidence", evidence


def test_c3_c4_of_two_requests_to_take_a_certificate_in_one_does_and_its_letter_stays(folder: Path, bank: Path) -> None:
    first, later = (run(folder, *import_line(bank, slip), "--by", "officer")[1]["id"] for slip in ("HD-1", "HD-2"))
    assert [0, REFUSED] == [approve(folder, each) for each in (first, later)]
    assert ["HD-1"] == [each["evidence"] for each in entries(folder, "bank/902/sign")]
    assert 1 == len(recorded(folder, "key.import"))


def test_c3_a_taking_in_that_was_cut_short_is_done_once(folder: Path, bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run(folder, *import_line(bank, "HD-1"), "--by", "officer")[1]["id"]
    with power_cut(monkeypatch):
        assert 0 != approve(folder, asked)
    assert 0 == approve(folder, asked)
    assert [each["id"] for each in entries(folder, "bank/902/sign")] == recorded(folder, "key.import")


def test_c4_a_certificate_of_ours_or_one_that_was_stopped_is_taken_in_by_no_letter(folder: Path, bank: Path) -> None:
    ours = folder.parent / "ours.pem"
    run(folder, "letter", "us/sign", "--certificate", str(ours))
    assert REFUSED == run(folder, *import_line(ours, "HD-1", "us/sign"), *BOTH)[0]
    ring = KeyRing.open(folder / "keys", ring_secret(folder))
    ring.set_state(ring.import_certificate("bank/902/sign", bank.read_bytes()).id, "retired")
    assert REFUSED == run(folder, *import_line(bank, "HD-1"), *BOTH)[0]
    assert {""} == {each["evidence"] for each in run(folder, "list")[1]["keys"]}
    assert [] == recorded(folder, "key.import")


# ── a CA's certificate of our key ──


def test_c3_of_two_requests_for_a_cas_certificate_one_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder.parent / "certified.pem"
    [ours] = KeyRing.open(folder / "keys", ring_secret(folder)).own("us/sign", NOW)
    until = NOW + timedelta(days=500)
    file.write_bytes(self_signed(ours.private, "us, by the CA", encrypts=False, not_before=NOW, not_after=until).pem)
    line = ("certify", "us/sign", str(file), "--reason", "the banks ask for it", "--by")
    first, later = (run(folder, *line, by)[1]["id"] for by in ("officer", "other"))
    with power_cut(monkeypatch):
        assert 0 != approve(folder, first)
    assert [REFUSED, 0] == [approve(folder, each) for each in (later, first)]
    assert 2 == len(entries(folder, "us/sign"))
    assert [Certificate.read(file.read_bytes()).fingerprint[:16]] == recorded(folder, "key.certify")


# ── an encryption key a CA made for us ──


@pytest.fixture
def handed_over(folder: Path, tmp_path: Path) -> tuple[str, ...]:
    """What a CA sends: its certificate and SM2EnvelopedKey, as ``import-own`` takes them."""
    line = ("new", "us/gm/sign", "--use", "sign", "--kind", "sm2", "--reason", "GM/T 0010", *BOTH)
    public = Certificate.read(run(folder, *line)[1]["certificate"].encode()).public_key
    assert isinstance(public, Sm2PublicKey)
    made = Sm2PrivateKey.generate()
    (tmp_path / "key.der").write_bytes(enveloped(made, public))
    (tmp_path / "ca.pem").write_bytes(certified(made).pem)
    (tmp_path / "junk").write_bytes(b"junk")
    return "import-own", "us/ca", str(tmp_path / "ca.pem"), str(tmp_path / "key.der"), "--signing", "us/gm/sign"


def test_c3_a_certificate_that_lies_there_as_a_banks_is_no_key_of_ours(folder: Path, handed_over: tuple[str, ...]) -> None:
    assert 0 == run(folder, *import_line(Path(handed_over[2]), "HD-1", "us/ca"), *BOTH)[0]
    before = files_of(folder)
    assert REFUSED == run(folder, *handed_over, *BOTH)[0]
    assert before == files_of(folder)
    assert [] == recorded(folder, "key.import-own")


def test_c3_an_encryption_key_that_is_there_is_not_taken_in_again(folder: Path, handed_over: tuple[str, ...]) -> None:
    assert 0 == run(folder, *handed_over, *BOTH)[0]
    before = files_of(folder)
    junk = (*handed_over[:3], str(Path(handed_over[3]).with_name("junk")), *handed_over[4:])
    for words in (handed_over, junk):
        assert REFUSED == run(folder, *words, *BOTH)[0]
    assert before == files_of(folder)
    assert 1 == len(recorded(folder, "key.import-own"))


def test_c3_an_encryption_key_whose_taking_in_was_cut_short_comes_by_its_envelope_and_once(
    folder: Path, handed_over: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with power_cut(monkeypatch):
        assert 0 != run(folder, *handed_over, *BOTH)[0]
    [left] = entries(folder, "us/ca")
    junk = (*handed_over[:3], str(Path(handed_over[3]).with_name("junk")), *handed_over[4:])
    codes = [run(folder, *words, *BOTH)[0] for words in (junk, handed_over, handed_over)]
    assert [REFUSED, 0, REFUSED] == codes
    assert [left["id"]] == [each["id"] for each in entries(folder, "us/ca")] == recorded(folder, "key.import-own")


# ── what lasts as long as the ring ──


@pytest.mark.parametrize("what", ["master", "audit"])
def test_c3_a_renewal_asked_before_another_was_carried_out_renews_nothing(folder: Path, what: str) -> None:
    first, stale = (run(folder, "renew", what, "--reason", "each year", "--by", by)[1]["id"] for by in ("officer", "other"))
    assert 0 == approve(folder, first)
    before = files_of(folder)
    assert REFUSED == approve(folder, stale)
    assert before == files_of(folder)
    assert [each["id"] for each in entries(folder, what)][1:] == recorded(folder, "key.renew")


@pytest.mark.parametrize("what", ["master", "audit"])
def test_the_suite_is_of_the_ring_and_refused_for_what_takes_none(folder: Path, what: str) -> None:
    for suite in ("international", "national"):
        assert WRONG_USE == run(folder, "renew", what, "--suite", suite, "--reason", "x", "--by", "officer")[0]
    assert WAITS == run(folder, "renew", "ring", "--suite", "national", "--reason", "x", "--by", "officer")[0]


# ── the first day ──


def test_a_first_day_that_is_past_is_refused_and_today_is_now(folder: Path) -> None:
    line = ("new", "us/two", "--use", "sign", "--kind", "sm2", "--reason", "x", *BOTH)
    for day in ("2020-01-01", str((NOW - timedelta(days=2)).date())):
        assert WRONG_USE == run(folder, *line, "--from", day)[0]
    assert [] == entries(folder, "us/two")
    today = Deployment.open(folder).now().astimezone(Deployment.open(folder).parts.zone).date()
    code, made = run(folder, *line, "--from", str(today))
    assert (0, True) == (code, abs(datetime.fromisoformat(made["key"]["not_before"]) - clock()) < timedelta(minutes=5))
