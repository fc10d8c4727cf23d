"""The slip of our own letter is on record bank by bank; who has not the key that follows is named before it is used."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from connector.assembly import Deployment, clock
from connector.cli import keys
from connector.cli.console import NOT_ALLOWED, NOTHING_FOUND, REFUSED, WRONG_USE, explain
from connector.founding import Founding, found
from connector.keys import expiring
from connector.ledger import audit, people
from tests.connector.keys.test_expiring import connection, parts_of, ring_of
from tests.contracts.cms_contract import party
from transports.sealing.keyring.index import Entry

NOW = clock()
BANK = connection().institution.code
OTHER = "990100000002"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    with Deployment.open(home).ledger.begin() as tx:
        for name, role in {"officer": "key_officer", "clerk": "operator"}.items():
            people.add(tx, at=NOW, name=name, roles=[role], centre="C1", region="320507", by="admin")
    for code in (BANK, OTHER):  # known by its code, whatever else is still to be filled in
        (home / "connections" / f"{code}.yaml").write_text(f'institution: {{code: "{code}"}}\n', "utf-8")
    return home


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    ended = CliRunner().invoke(keys.app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def handed(folder: Path, key: str, slip: str = "HD-9", bank: str = BANK) -> None:
    assert 0 == run(folder, "handed", key, bank, "--evidence", slip, "--by", "officer")[0]


def key_of(folder: Path, alias: str = "us/sign") -> Entry:
    return next(entry for entry in ring_of(folder).list() if entry.alias == alias)


def successor(folder: Path, kind: str = "ec-p256") -> Entry:
    return ring_of(folder).new("us/sign", "sign", kind, 365, NOW + timedelta(days=20))


def told(folder: Path) -> list[tuple[str, str]]:
    found_ = expiring.told(parts_of(folder, connection()), NOW)
    return [(each["id"], each["of"]) for each in found_ if each["code"] == "slip-awaited"]


def test_c4_that_a_bank_took_our_key_in_is_on_record_with_its_slip(folder: Path) -> None:
    handed(folder, "us/sign")
    assert (("HD-9", ""), 1) == (tuple(key_of(folder).slip_of(bank) for bank in (BANK, OTHER)), len(key_of(folder).known_to))
    with Deployment.open(folder).ledger.read() as tx:
        row = audit.newest(tx, 1)[0]
    assert ("key.handed", "officer", BANK, "HD-9") == (row.what, row.who, row.detail["bank"], row.detail["slip"])
    handed(folder, "us/sign", "HD-10")
    handed(folder, "us/sign", "HD-11", OTHER)
    assert (("990100000001", "HD-10"), (OTHER, "HD-11")) == key_of(folder).known_to
    assert "2 家银行已收" in CliRunner().invoke(keys.app, ["list", "--dir", str(folder)]).stdout


def test_c4_a_bank_without_the_key_that_follows_is_named_from_its_making_on(folder: Path) -> None:
    assert [] == told(folder)
    handed(folder, "us/sign")
    made = successor(folder)
    assert [(made.id, BANK)] == told(folder)
    handed(folder, made.id)
    assert [] == told(folder)


def test_c4_a_site_that_notes_no_slips_is_not_told(folder: Path) -> None:
    successor(folder)
    assert [] == told(folder)


def test_c4_a_key_for_other_seals_is_no_successor(folder: Path) -> None:
    handed(folder, "us/sign")
    successor(folder, "sm2")
    assert [] == told(folder)


def test_c4_only_our_own_keys_are_handed_and_only_by_a_slip(folder: Path) -> None:
    ring_of(folder).import_certificate("b/sign", party("ec-p256", "bank sign", encrypts=False).certificate.pem, evidence="HD-1")
    line = ("--evidence", "HD-9", "--by", "officer")
    assert REFUSED == run(folder, "handed", "b/sign", BANK, *line)[0]
    assert REFUSED == run(folder, "handed", "master", BANK, *line)[0]
    assert NOTHING_FOUND == run(folder, "handed", "nobody", BANK, *line)[0]
    assert WRONG_USE == run(folder, "handed", "us/sign", BANK, "--evidence", " ", "--by", "officer")[0]
    assert NOT_ALLOWED == run(folder, "handed", "us/sign", BANK, "--evidence", "HD-9", "--by", "clerk")[0]
    assert () == key_of(folder).known_to


@pytest.mark.parametrize("bank", ["990100000009", "", " "])
def test_c4_a_slip_of_an_institution_we_have_no_connection_to_is_not_noted(folder: Path, bank: str) -> None:
    assert NOTHING_FOUND == run(folder, "handed", "us/sign", bank, "--evidence", "HD-9", "--by", "officer")[0]
    assert () == key_of(folder).known_to


def test_c4_a_key_that_is_not_in_use_is_handed_to_nobody(folder: Path) -> None:
    key = key_of(folder).id
    assert 0 == run(folder, "block", key, "--reason", "stolen", "--by", "officer")[0]
    assert REFUSED == run(folder, "handed", key, BANK, "--evidence", "HD-9", "--by", "officer")[0]
    assert REFUSED == run(folder, "letter", key)[0]
    assert () == key_of(folder).known_to
