"""``connector keys`` as a person types it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from config.settings import database_url, read_settings
from connector.cli import keys
from connector.cli.console import NOT_ALLOWED, REFUSED, explain
from connector.founding import Founding, found
from connector.ledger import audit, people
from connector.ledger.ledger import Ledger
from tests.contracts.seal_contract import party
from tests.enveloped_keys import certified, enveloped
from transports.sealing.certificates import Certificate
from transports.sealing.sm2 import Sm2PrivateKey

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    return home


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A certificate a bank handed over, as a file."""
    certificate = party("ec-p256", "bank sign", encrypts=False).certificate
    file = tmp_path / "bank.pem"
    file.write_bytes(certificate.pem)
    return file


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(keys.app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def test_a_new_key_is_shown_with_the_certificate_to_hand_over(folder: Path) -> None:
    code, made = run(folder, "new", "us/sign", "--use", "sign", "--days", "30")

    assert (0, "key/1") == (code, made["schema"])
    assert ("us/sign", "sign", "ec-p256", True, 29) == tuple(
        made["key"][name] for name in ("alias", "use", "kind", "own", "days_left")
    )
    assert made["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in str(made)


def test_an_sm2_key_is_made_by_its_kind(folder: Path) -> None:
    code, made = run(folder, "new", "us/gm/sign", "--use", "sign", "--kind", "sm2")

    assert (0, "sm2") == (code, made["key"]["kind"])
    assert "sm2" == Certificate.read(made["certificate"].encode()).kind


def test_an_encryption_key_of_the_ca_is_imported_as_ours(folder: Path, tmp_path: Path) -> None:
    _, signing = run(folder, "new", "us/gm/sign", "--use", "sign", "--kind", "sm2")
    public = Certificate.read(signing["certificate"].encode()).public_key
    made = Sm2PrivateKey.generate()
    (tmp_path / "key.der").write_bytes(enveloped(made, public))
    (tmp_path / "key.pem").write_bytes(certified(made).pem)
    words = ("import-own", "us/gm/decrypt", str(tmp_path / "key.pem"), str(tmp_path / "key.der"), "--signing")

    code, imported = run(folder, *words, "us/gm/sign")
    assert (0, True, "encrypt", "sm2") == (code, *(imported["key"][name] for name in ("own", "use", "kind")))
    code, _ = run(folder, *words, "us/sign")
    assert code not in (0, 1)


def test_a_banks_certificate_is_imported_once_and_listed(folder: Path, bank: Path) -> None:
    code, imported = run(folder, "import", "bank/902/sign", str(bank), "--evidence", "17")
    assert (0, False, "17") == (code, imported["key"]["own"], imported["key"]["evidence"])
    assert REFUSED == run(folder, "import", "bank/902/sign", str(bank))[0]

    _, listed = run(folder, "list")
    assert {"master", "audit", "us/sign", "us/decrypt", "bank/902/sign"} == {key["alias"] for key in listed["keys"]}
    assert all("sealed" not in key for key in listed["keys"])


def test_c4_a_fingerprint_that_is_not_the_letters_stops_the_import(folder: Path, bank: Path) -> None:
    before = run(folder, "list")
    assert REFUSED == run(folder, "import", "bank/902/sign", str(bank), "--fingerprint", "00" * 32)[0]
    assert before == run(folder, "list")

    _, letter = run(folder, "letter", "us/sign")
    written = folder.parent / "us.pem"
    run(folder, "letter", "us/sign", "--certificate", str(written))
    groups = " ".join(letter["fingerprint"][start : start + 4].upper() for start in range(0, 64, 4))
    assert 0 == run(folder, "import", "copy", str(written), "--fingerprint", groups)[0]


def test_c4_an_import_without_a_fingerprint_says_that_nothing_was_compared(folder: Path, bank: Path) -> None:
    fingerprint = Certificate.read(bank.read_bytes()).fingerprint
    without = CliRunner().invoke(keys.app, ["import", "a", str(bank), "--dir", str(folder)])
    with_it = CliRunner().invoke(keys.app, ["import", "b", str(bank), "--fingerprint", fingerprint, "--dir", str(folder)])

    assert (0, 0) == (without.exit_code, with_it.exit_code)
    assert ("未与任何指纹函核对" in without.stderr, fingerprint in without.stderr) == (True, True)
    assert "" == with_it.stderr


def test_every_change_of_the_ring_is_in_the_audit(folder: Path, bank: Path) -> None:
    run(folder, "new", "us/sign", "--use", "sign", "--by", "admin")
    run(folder, "import", "bank/902/sign", str(bank))
    run(folder, "list")

    settings = read_settings(folder)
    with Ledger.open(database_url(settings, folder)).read() as tx:
        records = [orjson.loads(line) for line in audit.export(tx)]
    changes = [(record["what"], record["subject"]) for record in records if record.get("what", "").startswith("key.")]
    assert [("key.new", "us/sign"), ("key.import", "bank/902/sign")] == changes


@pytest.mark.parametrize("by", ["clerk", "gone", "stranger"])
def test_c4_a_named_user_who_looks_after_no_keys_changes_none(folder: Path, bank: Path, by: str) -> None:
    with Ledger.open(database_url(read_settings(folder), folder)).begin() as tx:
        for name, role in [("clerk", "operator"), ("gone", "key_officer"), ("officer", "key_officer")]:
            people.add(tx, at=NOW, name=name, roles=[role], centre="C1", region="320507", by="admin")
        people.retire(tx, at=NOW, name="gone", by="admin")
    before = run(folder, "list")
    for words in (("new", "us/sign", "--use", "sign"), ("import", "bank/902/sign", str(bank))):
        assert NOT_ALLOWED == run(folder, *words, "--by", by)[0]

    assert before == run(folder, "list")
    assert 0 == run(folder, "import", "bank/902/sign", str(bank), "--by", "officer")[0]


@pytest.mark.parametrize("words", [("letter", "nobody"), ("new", "../x", "--use", "sign"), ("new", "master", "--use", "encrypt")])
def test_what_cannot_be_done_ends_in_a_sentence(folder: Path, words: tuple[str, ...]) -> None:
    assert REFUSED == run(folder, *words)[0]


def test_c2_a_wrong_ring_secret_stops_every_verb(folder: Path) -> None:
    (folder / "secrets" / "ring").write_bytes(b"another")
    for words in (("list",), ("letter", "us/sign"), ("new", "us/sign", "--use", "sign")):
        assert REFUSED == run(folder, *words)[0]
