"""A new deployment promises: what it keeps, chains and seals with is of the suite that was chosen, the national one unless said otherwise."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from connector.assembly import Deployment, clock
from connector.bankside.opening import to_hand_over
from connector.founding import INTERNATIONAL, NATIONAL, Founding, found
from connector.keys import endings
from connector.ledger import audit
from connector.status import survey
from transports.errors import UnknownKey
from transports.sealing.certificates import Certificate


@pytest.fixture(params=[NATIONAL, INTERNATIONAL])
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deployment(tmp_path: Path, suite: str) -> Deployment:
    found(Founding(tmp_path / "D", "C1", "核对中心", "320507", "admin", suite=suite), clock())
    return Deployment.open(tmp_path / "D")


def test_rule_087_c9_keys_records_index_and_chain_are_of_the_suite(deployment: Deployment, suite: str) -> None:
    expected = {NATIONAL: ({"sm2", "ec-p256"}, 2, "sm4gcm", "sm3"), INTERNATIONAL: ({"ec-p256"}, 1, "aes256gcm", "sha256")}
    vault = deployment.parts.vault
    with deployment.ledger.begin() as tx:
        _, sealed = vault.seal(tx, "member", "2026-11", b"x", "member")
        vault.index(tx, "R:1")
        chain = {row.suite for row in audit.newest(tx, 10)}
    kinds = {entry.kind for entry in deployment.ring.list() if entry.alias == "us/sign"}

    assert expected[suite] == (kinds, sealed[0], deployment.settings.at_rest, *chain)


def test_each_seal_gets_the_certificates_of_its_kind(deployment: Deployment, suite: str) -> None:
    now = clock()
    assert {"ec-p256"} == {Certificate.read(pem).kind for pem in to_hand_over(deployment.ring, "hxcb", now)}
    if suite == NATIONAL:
        assert {"sm2"} == {Certificate.read(pem).kind for pem in to_hand_over(deployment.ring, "xsyh", now)}
    else:
        with pytest.raises(UnknownKey):
            to_hand_over(deployment.ring, "xsyh", now)


def test_keys_of_two_kinds_stand_beside_each_other_and_none_follows_the_other(tmp_path: Path) -> None:
    found(Founding(tmp_path / "D", "C1", "核对中心", "320507", "admin", suite=NATIONAL), clock())
    ring = Deployment.open(tmp_path / "D").ring
    ring.new("us/sign", "sign", "sm2", 700, clock())

    ended = {each.id: bool(each.successor) for each in endings.of_ring(ring) if each.about == "us/sign"}
    kinds = {entry.id: entry.kind for entry in ring.list()}
    assert sorted([("ec-p256", False), ("sm2", False), ("sm2", True)]) == sorted(
        (kinds[key], over) for key, over in ended.items()
    )
    assert "无 / none" in ring.letter("us/sign", "ec-p256")
    assert "无 / none" not in ring.letter("us/sign", "sm2")


def test_rule_087_init_takes_the_national_suite_unless_told_otherwise(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from connector.cli.main import main; main()", "init", "--centre", "440100"]
    command += ["--region", "440100", "--user", "li", "--json"]
    for folder, more, kinds in (("D", [], {"sm2", "ec-p256"}), ("E", ["--suite", "international"], {"ec-p256"})):
        home = tmp_path / folder
        made = subprocess.run([*command, *more, "--dir", str(home)], capture_output=True, check=True, timeout=60)
        assert ["us/sign", "us/decrypt"] == orjson.loads(made.stdout)["keys"]
        assert kinds == {entry.kind for entry in Deployment.open(home).ring.list() if entry.alias == "us/decrypt"}


def test_rule_087_status_names_what_is_not_national(deployment: Deployment, suite: str) -> None:
    expected = {
        NATIONAL: {},  # the EC keys beside SM2 are not in use while no bank's seal takes them (tests/test_demo.py: once one does)
        INTERNATIONAL: {
            "at_rest": ["aes256gcm"],
            "audit": ["sha256"],
            "checkpoints": ["ed25519"],
            "ring": ["aes256gcm"],
        },
    }
    assert expected[suite] == survey(deployment.parts, clock())["not_national"]
