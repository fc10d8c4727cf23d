"""A file for one named recipient: openssl and our own reader open it with the recipient's key alone; where none may have it, none is written."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from connector.addressed import addressed
from connector.assembly import Deployment, clock
from connector.founding import NATIONAL, Founding, found
from connector.ledger import audit, people
from tests.connector.cli.test_report import app, run
from tests.connector.desk import row, sheet
from tests.contracts.cms_contract import party
from tests.transports.sealing.pgp_case import party as pgp_party
from tests.transports.sealing.test_openssl import opened_by_openssl, write_key
from transports.errors import BrokenSeal, UnknownKey
from transports.sealing import cms, pgp
from transports.sealing.certificates import OwnKey
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED, RETIRED
from transports.sealing.pgp.keys import PgpCertificate

BEGUN = datetime.now(UTC) - timedelta(days=30)
BEGIN, END = BEGUN.replace(microsecond=0), (BEGUN + timedelta(days=300)).replace(microsecond=0)
CONTENT = "家庭 H1 的报告".encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A national deployment, which has EC keys beside SM2, with one household."""
    made = tmp_path_factory.mktemp("addressed") / "D"
    found(Founding(made, "C1", "Centre", "321283", "admin", suite=NATIONAL), clock())
    with Deployment.open(made).ledger.begin() as tx:
        people.add(tx, at=clock(), name="clerk", roles=["operator"], centre="C1", region="321283", by="admin")
    (made.parent / "names.csv").write_bytes(sheet(row("H1", 1)))
    assert 0 == CliRunner().invoke(app, ["intake", str(made.parent / "names.csv"), "--by", "clerk", "--dir", str(made)]).exit_code
    return made


@pytest.fixture
def ring(folder: Path) -> KeyRing:
    return Deployment.open(folder).ring


def recipient(
    ring: KeyRing, kind: str, name: str, *, encrypts: bool = True, begin: datetime = BEGIN, end: datetime = END
) -> OwnKey:
    """Somebody whose certificate is in the ring under its name."""
    own = party(kind, name, encrypts=encrypts, begin=begin, end=end)
    if not any(entry.alias == name for entry in ring.list()):
        ring.import_certificate(name, own.certificate.pem)
    return own


def ours(ring: KeyRing, kind: str) -> Any:
    """Our certificate to sign with, as the recipient has it from the letter."""
    return ring.certificate("us/sign", kind)


def read_recorded(folder: Path) -> list[dict[str, Any]]:
    with Deployment.open(folder).ledger.read() as tx:
        records = [orjson.loads(line) for line in audit.export(tx)]
    return [each["detail"] for each in records if each.get("what") == "report-read"]


@pytest.mark.real
@pytest.mark.parametrize("kind", ["ec-p256", "rsa3072"])
def test_rule_080_openssl_opens_a_report_that_is_for_it_and_verifies_whose_it_is(
    folder: Path, ring: KeyRing, tmp_path: Path, kind: str
) -> None:
    write_key(tmp_path, "office", recipient(ring, kind, f"office/{kind}"))
    (tmp_path / "bank.pem").write_bytes(ours(ring, "ec-p256").pem)
    plain = {"text": b"H1", "json": b'"household_key"', "xlsx": b"PK"}
    for form, begins in plain.items():
        file = tmp_path / f"H1.{form}.p7m"
        sealed = run(folder, "report", "H1", "--format", form, "--out", file, "--for", f"office/{kind}", "--by", "clerk")
        assert (0, False) == (sealed.exit_code, begins in file.read_bytes()[:4])
        content = opened_by_openssl(tmp_path, "office", file.read_bytes())
        assert begins in content
        assert content[:16] not in file.read_bytes()
        assert form != "xlsx" or zipfile.is_zipfile(io.BytesIO(content))
        (entry,) = [entry for entry in ring.list() if entry.alias == f"office/{kind}"]
        said = read_recorded(folder)[-1]
        assert (form, f"office/{kind}", entry.id) == (said["form"], said["for"], said["sealed_to"])


def test_rule_080_who_has_an_sm2_certificate_gets_sm2_sm3_and_sm4(folder: Path, ring: KeyRing) -> None:
    office = recipient(ring, "sm2", "office/sm2")
    sealed = addressed(ring, "office/sm2", CONTENT, clock())

    def opened(own: OwnKey) -> bytes:
        signers = [ours(ring, "sm2")]
        parcel = cms.open_verified(
            lambda: iter([sealed.content]), suite="sm2-sm4gcm-sm3", decrypt=[own], signers=signers, at=clock()
        )
        return b"".join(parcel)

    assert CONTENT == opened(office)
    with pytest.raises((BrokenSeal, UnknownKey)) as refused:
        opened(party("sm2", "another", encrypts=True, begin=BEGIN, end=END))
    assert "seal-not-for-us" == refused.value.code


def test_rule_080_who_has_an_openpgp_certificate_gets_openpgp(ring: KeyRing) -> None:
    office = pgp_party("pgp-ed25519", "office")
    ring.import_certificate("office/pgp", office.certificate.data)
    at = clock() + timedelta(hours=2)
    mine = ring.new("us/sign", "any", "pgp-ed25519", 30, clock())
    certificate = ring.certificate_of(mine)
    assert isinstance(certificate, PgpCertificate)
    sealed = addressed(ring, "office/pgp", CONTENT, at)

    opened = pgp.open_verified(lambda: iter([sealed.content]), decrypt=[office], signers=[certificate], at=at)
    assert (CONTENT, mine.id) == (b"".join(opened), sealed.signer)


@pytest.fixture
def nobody(ring: KeyRing) -> dict[str, str]:
    """Alias → why no file goes to it."""
    recipient(ring, "sm2", "office/expired", end=BEGIN + timedelta(days=1))
    recipient(ring, "sm2", "office/signs", encrypts=False)
    for alias, state in (("office/blocked", BLOCKED), ("office/retired", RETIRED)):
        recipient(ring, "sm2", alias)
        (entry,) = [entry for entry in ring.list() if entry.alias == alias]
        if entry.state != state:
            ring.set_state(entry.id, state)
    stopped = dict.fromkeys(("office/expired", "office/blocked", "office/retired"), "key-not-valid")
    return {**stopped, "office/signs": "key-unsuitable", "office/nobody": "key-missing", "us/decrypt": "key-missing"}


def test_rule_080_no_file_goes_to_who_may_not_have_it_and_none_is_recorded(
    folder: Path, tmp_path: Path, nobody: dict[str, str]
) -> None:
    before = read_recorded(folder)
    for alias, code in nobody.items():
        refused = run(folder, "report", "H1", "--out", tmp_path / "H1.p7m", "--for", alias, "--by", "clerk").exception
        assert isinstance(refused, UnknownKey)
        assert code == refused.code, alias

    assert ([], before) == (list(tmp_path.iterdir()), read_recorded(folder))


def test_rule_080_a_recipient_without_a_file_is_a_wrong_use(folder: Path) -> None:
    refused = run(folder, "report", "H1", "--for", "office/sm2", "--by", "clerk")

    assert (True, "") == (refused.exit_code != 0, refused.stdout)
