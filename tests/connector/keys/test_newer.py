"""A newer certificate that nobody took in, only its CA's folder holds, can be blocked on the day its key is found stolen."""

import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from config.settings import read_settings
from connector.cli import keys
from connector.cli.console import NOTHING_FOUND, explain
from connector.founding import Founding, found
from connector.own_ring import open_ring
from tests.contracts.cms_contract import AT
from tests.transports.sealing.test_chains import DAY, ca_of, issued
from transports import pins
from transports.sealing.certificates import OwnKey
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED

CA = ca_of("sm2")
NEWER = issued("sm2", "bank", CA.middle, own_key="bank anew", begin=AT - DAY)
SAME_KEY = issued("sm2", "bank", CA.middle, begin=AT - DAY)
ANOTHERS = issued("sm2", "another bank", CA.middle, begin=AT - DAY)
CONNECTION = """\
institution: {{code: "901", name: 银行, class: city_bank}}
profile: p
folder: /srv/in
keys: {{bank_encrypt: "cert:b/encrypt", bank_sign: "cert:b/sign", our_sign: "secret:us/sign", our_decrypt: "secret:us/decrypt"}}
chain: {{anchors: ["{anchor}"], folder: ca, successors: {successors}}}
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), AT)
    ring_of(home).import_certificate("b/sign", CA.bank.certificate.pem, evidence="HD-1")
    place = home / "authorities" / "ca"
    place.mkdir(parents=True)
    for name, each in {"root": CA.root, "middle": CA.middle, "newer": NEWER, "same": SAME_KEY, "another": ANOTHERS}.items():
        (place / f"{name}.pem").write_bytes(each.certificate.pem)
    return home


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    home = Path(shutil.copytree(founded, tmp_path / "deployment"))
    connect(home, successors=True)
    return home


def connect(folder: Path, *, successors: bool) -> None:
    (folder / "connections").mkdir(exist_ok=True)
    said = CONNECTION.format(anchor=pins.of(CA.root.certificate.spki), successors=str(successors).lower())
    (folder / "connections" / "901.yaml").write_text(said, "utf-8")


def ring_of(folder: Path) -> KeyRing:
    return open_ring(folder, read_settings(folder))


def block(folder: Path, said: str) -> int:
    words = ["block", said, "--reason", "stolen", "--by", "admin", "--dir", str(folder), "--json"]
    ended = CliRunner().invoke(keys.app, words)
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True)
    assert "key-touched/1" == orjson.loads(ended.stdout)["schema"]
    return ended.exit_code


def states(folder: Path) -> dict[str, str]:
    return {entry.fingerprint: entry.state for entry in ring_of(folder).list() if entry.alias == "b/sign"}


@pytest.mark.parametrize("written", [str, str.upper, lambda digits: digits[:16]], ids=["whole", "upper", "its id"])
def test_c8_a_newer_certificate_is_blocked_by_its_fingerprint(folder: Path, written) -> None:
    fingerprint = NEWER.certificate.fingerprint
    assert 0 == block(folder, written(fingerprint))
    assert {CA.bank.certificate.fingerprint: ACTIVE, fingerprint: BLOCKED} == states(folder)
    assert 0 == block(folder, fingerprint)  # the ring knows it by now


def test_c8_with_another_certificate_of_a_key_that_key_is_blocked(folder: Path) -> None:
    assert 0 == block(folder, SAME_KEY.certificate.fingerprint)
    assert {BLOCKED} == set(states(folder).values())


@pytest.mark.parametrize("own", [ANOTHERS, CA.middle], ids=["another bank's", "the authority's"])
def test_a_certificate_nobody_believes_is_no_key_of_the_ring(folder: Path, own: OwnKey) -> None:
    assert NOTHING_FOUND == block(folder, own.certificate.fingerprint)
    assert {CA.bank.certificate.fingerprint: ACTIVE} == states(folder)


def test_where_the_connection_takes_none_there_is_none_to_block(folder: Path) -> None:
    connect(folder, successors=False)
    assert NOTHING_FOUND == block(folder, NEWER.certificate.fingerprint)
