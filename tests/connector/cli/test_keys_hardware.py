"""``connector keys new --home hardware`` as two persons type it, with a real token behind service.yaml."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from config.settings import read_settings
from connector.assembly import Deployment, clock
from connector.cli import keys
from connector.cli.console import REFUSED, explain
from connector.founding import Founding, found, keep_secret
from connector.ledger import people
from connector.ledger.ledger import Ledger
from connector.own_ring import open_ring
from tests.softhsm import PIN, new_token
from transports.sealing.cms import detached
from transports.sealing.keyring import hardware

SETTINGS = "hardware:\n  library: {library}\n  token: {label}\n  pin: secret:token-pin\n"
NEW = ("new", "us/sign", "--use", "sign", "--kind", "rsa3072", "--reason", "into hardware", "--by", "officer", "--with", "second")


@pytest.fixture
def now() -> datetime:
    return clock()


@pytest.fixture
def folder(tmp_path: Path, now: datetime) -> Iterator[Path]:
    """A deployment whose settings name a token."""
    before = os.environ.get("SOFTHSM2_CONF")
    token = new_token(tmp_path / "softhsm", "centre")
    home = tmp_path / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), now)
    with Ledger.open(f"sqlite:///{home / 'ledger.db'}").begin() as tx:
        for name, role in {"officer": "key_officer", "second": "approver"}.items():
            people.add(tx, at=now, name=name, roles=[role], centre="C1", region="320507", by="admin")
    with (home / "service.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(library=token.library, label=token.label))
    keep_secret(home, "token-pin", PIN)
    yield home
    hardware.forget()
    if before is None:
        os.environ.pop("SOFTHSM2_CONF", None)


def ended(folder: Path, *words: str) -> int:
    said = CliRunner().invoke(keys.app, [*words, "--dir", str(folder), "--json"])
    return explain(said.exception, True) if isinstance(said.exception, Exception) else said.exit_code


def test_c1_c3_a_key_in_hardware_comes_by_two_persons_and_signs(folder: Path) -> None:
    assert 0 == ended(folder, *NEW, "--home", "hardware")

    deployment = Deployment.open(folder)
    newest = deployment.ring.own("us/sign", deployment.now())[0]
    signature = detached.sign(b"a list", newest, deployment.now())
    assert newest.certificate == detached.verify(b"a list", signature, [newest.certificate], deployment.now())

    listed = orjson.loads(CliRunner().invoke(keys.app, ["list", "--dir", str(folder), "--json"]).stdout)["keys"]
    [made] = [each for each in listed if each["hardware"]]
    assert ("us/sign", "rsa3072") == (made["alias"], made["kind"])
    assert not list((folder / "keys").glob(f"{made['id']}.key*"))


def test_c3_a_key_asked_for_in_hardware_is_none_of_the_rings_files_however_alike(folder: Path) -> None:
    """The same alias, use, kind and dates, asked for twice on one day: once for each home."""
    day = ("--from", str((clock() + timedelta(days=20)).date()))
    assert [0, 0] == [ended(folder, *NEW, *day), ended(folder, *NEW, *day, "--home", "hardware")]
    made = [each for each in open_ring(folder, read_settings(folder)).list() if each.kind == "rsa3072"]
    assert [False, True] == [bool(each.hardware) for each in made]
    assert made[0].not_after == made[1].not_after


def test_c2_a_wrong_pin_is_an_outage_of_its_own_and_nothing_is_made(folder: Path) -> None:
    before = open_ring(folder, read_settings(folder)).list()
    (folder / "secrets" / "token-pin").write_bytes(b"0000")

    assert REFUSED == ended(folder, *NEW, "--home", "hardware")
    assert before == open_ring(folder, read_settings(folder)).list()
    assert 0 == ended(folder, *NEW)  # in the ring's own files


def test_c1_the_pin_is_shown_nowhere(folder: Path) -> None:
    deployment = Deployment.open(folder)
    assert PIN.decode() not in repr(deployment.settings) + repr(vars(deployment.ring))
    assert PIN not in (folder / "service.yaml").read_bytes()
