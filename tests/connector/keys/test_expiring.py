"""Whatever runs out is told at 60, 30, 14, 7 and 1 days, by a walk of the clock over everything that has a last moment."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.connection import Connection
from config.settings import ring_secret
from connector import alarms
from connector.assembly import Deployment, clock
from connector.bank import Banks
from connector.cli.verbs import app
from connector.founding import Founding, found, keep_secret
from connector.keys import expiring
from connector.parts import Parts
from connector.status import survey
from tests.certificates import authority, leaf
from tests.contracts.cms_contract import party
from transports.sealing.certificates.last_moment import last_moment
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED

NOW = clock()
DAY = timedelta(days=1)
PIN = "SHA256:" + "A" * 43
NEW_PIN = "SHA256:" + "B" * 43
# days left → the level; each alarm stands until the next one, and once it is over it stays
LEVELS = {61: None, 60: 60, 31: 60, 30: 30, 15: 30, 14: 14, 8: 14, 7: 7, 2: 7, 1: 1, 0: 1, -1: 0, -40: 0}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    return home


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def ring_of(folder: Path) -> KeyRing:
    return KeyRing.open(folder / "keys", ring_secret(folder))


def parts_of(folder: Path, *connections: Connection, identities: Sequence[str] = ()) -> Parts:
    parts = Deployment.open(folder).parts
    return dataclasses.replace(parts, banks=Banks({}, connections=connections), identities=tuple(identities))


def connection(**road: Any) -> Connection:
    keys = {
        "bank_encrypt": "cert:b/encrypt",
        "bank_sign": "cert:b/sign",
        "our_sign": "secret:us/sign",
        "our_decrypt": "secret:us/decrypt",
    }
    bank = {"code": "990100000001", "name": "青禾银行（示例）", "class": "city_bank"}
    return Connection.model_validate({"institution": bank, "profile": "hxcb", "keys": keys, **road})


def level(parts: Parts, about: str, ends_at: datetime, left: int) -> int | None:
    """What is told of it when so many days are left and a little more."""
    told = expiring.told(parts, ends_at - left * DAY - timedelta(hours=1))
    return next((each["level"] for each in told if about in each["about"]), None)


def test_c7_the_days_are_those_of_the_list() -> None:
    assert [60, 30, 14, 7, 1] == sorted(alarms.EXPIRY_DAYS, reverse=True)


@pytest.mark.parametrize("alias", ["us/sign", "us/decrypt"])
def test_c7_a_key_of_ours(folder: Path, alias: str) -> None:
    ends_at = ring_of(folder).certificate(alias).not_after
    assert LEVELS == {left: level(parts_of(folder), alias, ends_at, left) for left in LEVELS}


def test_c7_a_banks_certificate(folder: Path) -> None:
    certificate = party("ec-p256", "bank sign", encrypts=False).certificate
    ring_of(folder).import_certificate("b/sign", certificate.pem, evidence="HD-1")
    assert LEVELS == {left: level(parts_of(folder), "b/sign", certificate.not_after, left) for left in LEVELS}


def test_c8_a_blocked_key_is_told_while_a_connection_names_it(folder: Path) -> None:
    ring, bank = ring_of(folder), connection()
    certificate = party("ec-p256", "bank sign", encrypts=False).certificate
    ring.import_certificate("b/sign", certificate.pem, evidence="HD-1")
    ring.import_certificate("elsewhere/sign", party("ec-p256", "another", encrypts=False).certificate.pem, evidence="HD-2")
    for alias in ("us/sign", "b/sign", "elsewhere/sign"):
        ring.set_state(next(each.id for each in ring.list() if each.alias == alias), BLOCKED)
    told = [each for each in expiring.told(parts_of(folder, bank), NOW) if each["code"] == "key-named-blocked"]

    assert {("us/sign", ""), ("b/sign", bank.institution.code)} == {(each["about"][0], each["of"]) for each in told}
    assert all(each["id"] in each["zh"] and each["id"] in each["en"] and each["alarm"] for each in told)
    ring.destroy(told[0]["id"])
    assert 1 == sum(each["code"] == "key-named-blocked" for each in expiring.told(parts_of(folder, bank), NOW))


def test_c7_the_last_day_is_that_of_the_sites_calendar(folder: Path) -> None:
    ring, midnight = ring_of(folder), datetime(NOW.year, NOW.month, NOW.day, 16, tzinfo=NOW.tzinfo)
    entry = ring.new("us/other", "sign", "ec-p256", 5, midnight)
    said = next(each for each in expiring.told(parts_of(folder), NOW) if each["id"] == entry.id)
    assert f"（{(midnight + 6 * DAY):%Y-%m-%d}）" in said["zh"]


def test_c7_the_tls_identities_of_a_line(folder: Path) -> None:
    ca = authority()
    ours = leaf(ca, "us", not_after=NOW + 20 * DAY)
    keep_secret(folder, "b/line-certificate", ours.pem.encode())
    keep_secret(folder, "b/line-authority", ca.pem.encode())
    line = {"certificate": "secret:b/line-certificate", "key": "secret:b/line-key", "authority": "secret:b/line-authority"}
    parts = parts_of(folder, connection(address={"host": "127.0.0.1", "port": 1}, line=line, pins=[PIN]))

    for name, pem in (("b/line-certificate", ours.pem), ("b/line-authority", ca.pem)):
        ends_at = last_moment(pem.encode())
        assert LEVELS == {left: level(parts, name, ends_at, left) for left in LEVELS}


def test_c7_what_this_deployment_serves_with(folder: Path) -> None:
    served = leaf(authority(), "us")
    keep_secret(folder, "serve/certificate", served.pem.encode())
    parts = parts_of(folder, identities=["secret:serve/certificate"])
    ends_at = last_moment(served.pem.encode())
    assert LEVELS == {left: level(parts, "serve/certificate", ends_at, left) for left in LEVELS}


def test_c7_a_chain_ends_with_the_first_of_it(folder: Path) -> None:
    ca = authority()
    long = leaf(ca, "us", not_after=NOW + 300 * DAY)
    assert last_moment(ca.pem.encode()) == last_moment((long.pem + ca.pem).encode())


def test_c7_a_pin_with_a_last_day_unless_another_follows(folder: Path) -> None:
    until = (NOW + 10 * DAY).date()
    ends_at = datetime.combine(until, datetime.min.time(), Deployment.open(folder).parts.zone) + DAY
    reached = {"address": {"host": "127.0.0.1", "port": 1}}
    alone = parts_of(folder, connection(**reached, pins=[{"pin": PIN, "until": str(until)}]))
    followed = parts_of(folder, connection(**reached, pins=[{"pin": PIN, "until": str(until)}, {"pin": NEW_PIN}]))

    assert LEVELS == {left: level(alone, PIN, ends_at, left) for left in LEVELS}
    assert {None} == {level(followed, PIN, ends_at, left) for left in LEVELS}


def test_c7_the_fallbacks_of_a_bank_are_watched_too(folder: Path) -> None:
    until = (NOW + 10 * DAY).date()
    other = {"kind": "sftp", "address": {"host": "127.0.0.1", "port": 1}, "pins": [{"pin": PIN, "until": str(until)}]}
    assert [PIN] == [each["about"][0] for each in expiring.told(parts_of(folder, connection(fallbacks=[other])), NOW)]


def test_c7_a_key_that_has_its_successor_is_no_alarm_and_one_that_is_not_used_is_none(folder: Path) -> None:
    ring = ring_of(folder)
    [old] = ring.own("us/sign", NOW)
    ring.new("us/sign", "sign", "ec-p256", 500, NOW + DAY)
    [sealed] = ring.own("us/decrypt", NOW)
    at = old.certificate.not_after - DAY
    assert [["us/decrypt"]] == [each["about"] for each in expiring.told(parts_of(folder), at)]

    ring.set_state(sealed.certificate.fingerprint[:16], "retired")
    assert [] == expiring.told(parts_of(folder), at)


def test_c7_a_successor_that_begins_too_late_is_none(folder: Path) -> None:
    ring = ring_of(folder)
    ends_at = ring.certificate("us/sign").not_after
    ring.new("us/sign", "sign", "ec-p256", 30, ends_at + 2 * DAY)
    assert 7 == level(parts_of(folder), "us/sign", ends_at, 5)


def test_c7_the_status_tells_of_it_soonest_first_and_says_what_to_do(folder: Path) -> None:
    ring_of(folder).new("us/brief", "sign", "ec-p256", 5, NOW)
    told = survey(Deployment.open(folder).parts, NOW)["expiring"]
    assert [("our-key-ending", ["us/brief"], 4, 7)] == [
        (each["code"], each["about"], each["days_left"], each["level"]) for each in told
    ]

    shown = CliRunner().invoke(app, ["status", "--dir", str(folder)])
    assert ("▲ 本部署 [us/brief]" in shown.stdout, "connector keys new" in shown.stdout) == (True, True)
    printed = json.loads(CliRunner().invoke(app, ["status", "--dir", str(folder), "--json"]).stdout)
    assert ["us/brief"] == printed["expiring"][0]["about"]
