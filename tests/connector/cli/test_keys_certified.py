"""A CA certifies our keys, as two persons type it: request, certificate, and with dual certificates the encryption key the CA made."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from config.settings import read_settings, ring_secret
from connector.assembly import Deployment, clock
from connector.cli import keys
from connector.cli.console import NOT_ALLOWED, REFUSED, WAITS, WRONG_USE, explain
from connector.founding import NATIONAL
from connector.ledger import audit, key_use
from tests.enveloped_keys import enveloped
from tests.openssl_ca import OpensslCa
from tests.staffed import found_with
from transports.sealing import cms
from transports.sealing.certificates import Certificate, OwnKey, make_private_key, self_signed
from transports.sealing.certificates.issuing import signed_by
from transports.sealing.keyring import KeyRing
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
NOW = datetime.now(UTC)  # openssl dates what it certifies by the clock
STAFF = {"officer": "key_officer", "second": "approver", "reader": "auditor"}
BOTH = ("--by", "officer", "--with", "second")
KINDS = ("sm2", "ec-p256")
SUITE = "sm2-sm4gcm-sm3"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A national deployment with its staff, made once and copied."""
    return found_with(tmp_path_factory.mktemp("founded") / "deployment", STAFF, NOW - timedelta(days=1), NATIONAL)


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


@pytest.fixture(scope="module", params=KINDS)
def ca(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpensslCa:
    return OpensslCa(tmp_path_factory.mktemp("ca"), request.param)


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(keys.app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def ring_of(folder: Path) -> KeyRing:
    assert read_settings(folder)
    return KeyRing.open(folder / "keys", ring_secret(folder))


def asked(folder: Path, kind: str, alias: str = "us/sign", *more: str) -> Path:
    target = folder.parent / f"{alias.replace('/', '-')}.csr"
    words = ("request", alias, "--kind", kind, "--out", str(target), "--by", "officer", *more)
    assert 0 == run(folder, *words)[0]
    return target


def certified(folder: Path, ca: OpensslCa, *more: str) -> Path:
    """The CA's certificate of our signing key, as a file."""
    file = folder.parent / "certified.pem"
    file.write_bytes(ca.answer(asked(folder, ca.kind, "us/sign", *more).read_bytes()))
    return file


def test_c3_a_cas_certificate_comes_by_two_persons_for_the_key_there_is(folder: Path, ca: OpensslCa) -> None:
    file = certified(folder, ca, "--subject", "CN=核对中心签名,O=核对中心,C=CN")
    before = ring_of(folder).own("us/sign", NOW)
    line = ("certify", "us/sign", str(file), "--reason", "the banks ask for CFCA", "--by", "officer")
    code, waiting = run(folder, *line)
    assert (WAITS, len(before)) == (code, len(ring_of(folder).own("us/sign", NOW)))

    code, made = run(folder, *line, "--with", "second")
    assert (0, waiting["id"]) == (code, 1)
    [own] = [each for each in ring_of(folder).own("us/sign", _soon()) if each.certificate not in _of(before)]
    assert own.certificate == Certificate.read(file.read_bytes())
    assert any(own.private.public_key() == each.private.public_key() for each in before)
    assert "核对中心签名" in own.certificate.x509.subject.rfc4514_string()
    told = _records(folder)
    assert ("key.certify", "second", "officer") == (told[-1]["what"], told[-1]["who"], told[-1]["detail"]["asked_by"])
    assert "key.request" in {each["what"] for each in told}
    assert REFUSED == run(folder, *line, "--with", "second")[0]  # it is there already
    assert made["key"]["id"] == own.certificate.fingerprint[:16]


def _soon() -> datetime:
    """openssl dates what it certifies by the clock as it is then, however long after this module was loaded."""
    return datetime.now(UTC) + timedelta(minutes=1)


def _of(keys_: list[OwnKey]) -> list[Certificate]:
    return [each.certificate for each in keys_]


def _records(folder: Path) -> list[dict[str, Any]]:
    with Deployment.open(folder).ledger.read() as tx:
        return [row._asdict() for row in audit.newest(tx, 50)][::-1]


def test_c3_one_person_or_the_wrong_one_takes_nothing_in(folder: Path, ca: OpensslCa) -> None:
    file = certified(folder, ca)
    line, request = ("certify", "us/sign", str(file), "--reason", "x"), ("request", "us/sign", "--kind", ca.kind)
    assert NOT_ALLOWED == run(folder, *line, "--by", "officer", "--with", "officer")[0]
    assert NOT_ALLOWED == run(folder, *line, "--by", "reader")[0]
    assert NOT_ALLOWED == run(folder, *request, "--out", str(folder.parent / "x"), "--by", "reader")[0]
    assert REFUSED == run(folder, "certify", "us/decrypt", str(file), "--reason", "x", *BOTH)[0]
    assert WRONG_USE == run(folder, *request, "--out", str(file), "--by", "officer")[0]
    assert REFUSED == run(folder, *request, "--out", str(folder / "y"), "--by", "officer", "--subject", "me")[0]
    assert not (folder.parent / "x").exists()
    assert not (folder / "y").exists()


def test_c6_a_certificate_counts_from_the_day_that_was_agreed(folder: Path, ca: OpensslCa) -> None:
    day = (NOW + timedelta(days=20)).date()
    assert 0 == run(folder, "certify", "us/sign", str(certified(folder, ca)), "--reason", "x", "--from", str(day), *BOTH)[0]
    count = [
        len(ring_of(folder).own("us/sign", NOW + timedelta(days=days))) for days in (18, 22)
    ]  # the day begins by the clock of the site
    assert [2, 3] == count


def test_c8_what_a_certified_key_touched_is_told_under_either_certificate(folder: Path, ca: OpensslCa) -> None:
    assert 0 == run(folder, "certify", "us/sign", str(certified(folder, ca)), "--reason", "x", *BOTH)[0]
    ids = [entry.id for entry in ring_of(folder).list() if entry.alias == "us/sign" and entry.kind == ca.kind]
    with Deployment.open(folder).ledger.begin() as tx:
        for number, key in enumerate(ids):
            key_use.note(tx, "file", number, [(key, "verify")], NOW)
    told = run(folder, "block", ids[0], "--reason", "stolen", "--by", "officer")[1]
    assert ids[0] == told["key"]["id"]
    assert {"blocked"} == {entry.state for entry in ring_of(folder).list() if entry.id in ids}
    blocked = [each["detail"]["id"] for each in _records(folder) if each["what"] == "key.block"]
    assert ids == blocked


def test_dual_certificates_from_request_to_an_opened_parcel(folder: Path, tmp_path: Path) -> None:
    """GB/T 35276, GM/T 0034: we ask for the signing key; the CA sends its certificate, and an encryption key of its own making."""
    ca = OpensslCa(tmp_path / "ca", "sm2")
    signing = certified(folder, ca)
    public = Certificate.read(signing.read_bytes()).public_key
    assert isinstance(public, Sm2PublicKey)
    made, certificate = ca.encryption_certificate("us, to encrypt")
    (tmp_path / "encrypt.pem").write_bytes(certificate)
    (tmp_path / "enveloped").write_bytes(enveloped(Sm2PrivateKey.from_pkcs8(made), public))

    assert 0 == run(folder, "certify", "us/sign", str(signing), "--reason", "CFCA", *BOTH)[0]
    words = ("import-own", "us/decrypt", str(tmp_path / "encrypt.pem"), str(tmp_path / "enveloped"), "--signing", "us/sign")
    assert 0 == run(folder, *words, *BOTH)[0]

    at, ring = clock() + timedelta(minutes=5), ring_of(folder)
    ours = [each for each in ring.own("us/sign", at) + ring.own("us/decrypt", at) if b"CA" in each.certificate.issuer]
    root = Certificate.read((ca.folder / "ca.pem").read_bytes())
    assert [True, True] == [signed_by(root, each.certificate.x509) for each in ours]
    _opens(ring, Certificate.read(certificate), ours[0], at)


def _opens(ring: KeyRing, certificate: Certificate, signer: OwnKey, at: datetime) -> None:
    """A bank seals to the CA's certificate, we open; we sign with the certified key, the bank believes it."""
    key = make_private_key("sm2")
    bank = OwnKey(key, self_signed(key, "bank", encrypts=False, not_before=NOW, not_after=NOW + timedelta(days=9)))
    parcel = b"".join(cms.seal([b"answer"], suite=SUITE, signer=bank, recipients=[certificate], at=at))
    opened = cms.open_verified(
        lambda: iter([parcel]), suite=SUITE, decrypt=ring.own_any("us/decrypt"), signers=[bank.certificate], at=at
    )
    assert b"answer" == b"".join(opened)
    back = b"".join(cms.seal([b"question"], suite=SUITE, signer=signer, recipients=[certificate], at=at))
    read = cms.open_verified(
        lambda: iter([back]), suite=SUITE, decrypt=ring.own_any("us/decrypt"), signers=[signer.certificate], at=at
    )
    assert b"question" == b"".join(read)


def test_a_request_of_an_encryption_key_asks_to_encrypt(folder: Path, ca: OpensslCa) -> None:
    said = subprocess.run(
        ["openssl", "req", "-in", str(asked(folder, ca.kind, "us/decrypt")), "-noout", "-text"], capture_output=True, check=True
    ).stdout.decode()
    assert "CN = us/decrypt" in said
    assert "Digital Signature" not in said
