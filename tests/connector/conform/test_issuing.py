"""Nobody invented reaches a real bank, nobody real a test system; and a certificate is checked by anybody."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from connector.assembly import clock
from connector.conform import certificate
from connector.conform.issuing import conform
from connector.conform.people import Agreed
from connector.ledger import audit, people
from connector.ledger.errors import NotAllowed
from tests.connector.conform.town import BANK, QUICK, TrialTown, deviations, results
from transports.errors import BrokenSeal, Refused
from transports.sealing.certificates import Certificate


@pytest.fixture
def town(samples: Path, tmp_path: Path) -> TrialTown:
    return TrialTown(tmp_path, samples / "city" / "seed1")


def test_a_connection_that_is_no_test_is_refused_and_nothing_is_sent(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", real=True) as town:
        with pytest.raises(Refused) as refused:
            town.conform()

        assert "not-a-test" == refused.value.code
        assert [] == list((town.servers[BANK].root / "in" / "cx").iterdir())


def test_no_household_is_asked_about_at_a_test_system(town: TrialTown) -> None:
    with town:
        town.intake()
        town.step("gather", "dispatch")
        parts = town.deployment().parts

        assert {} == parts.banks.working
        assert frozenset() == parts.banks.awaited
        assert [] == list((town.servers[BANK].root / "in" / "cx").iterdir())


def test_a_test_that_leads_to_the_real_place_is_refused(town: TrialTown) -> None:
    with town:
        path = town.dir / "connections" / f"{BANK}.yaml"
        said = yaml.safe_load(path.read_text("utf-8")) | {"test": False}
        (town.dir / "connections" / "real.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        banks = town.deployment().parts.banks

        assert {BANK} == set(banks.working)
        assert {} == banks.tests
        assert "test-is-real" == banks.broken[BANK]["code"]
        with pytest.raises(Refused) as refused:  # not “write test: yes”: it is written
            town.conform()
        assert "test-is-real" == refused.value.code
        assert str(path) in refused.value.en
        assert "not loaded" in refused.value.en


def test_a_test_that_cannot_be_read_is_refused_with_its_fault(town: TrialTown) -> None:
    with town:
        path = town.dir / "connections" / f"{BANK}.yaml"
        path.write_text(path.read_text("utf-8") + "\nprofil: hxcb\n", "utf-8")
        with pytest.raises(Refused) as refused:
            town.conform()

        assert "bad-settings" == refused.value.code
        assert str(path) in refused.value.zh


def test_only_an_operator_or_an_administrator_may_run_it(town: TrialTown) -> None:
    with town:
        with town.ledger().begin() as tx:
            people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        with pytest.raises(NotAllowed):
            conform(town.deployment(), BANK, by="wang", release="0", patience=QUICK, pause=lambda _: None)

        assert [] == list((town.servers[BANK].root / "in" / "cx").iterdir())


def test_persons_of_an_open_inquiry_are_no_test_persons(town: TrialTown, samples: Path) -> None:
    with town:
        town.intake()
        with pytest.raises(Refused) as refused:
            town.conform(agreed=[Agreed("某人", "resident_id", _asked(samples), "no_record")])

        assert "person-asked" == refused.value.code


def _asked(samples: Path) -> str:
    said = json.loads((samples / "city" / "seed1" / "expected_intake.json").read_text("utf-8"))
    return next(m["person_key"][2:] for h in said["households"] for m in h["members"] if m["person_key"].startswith("R:"))


def test_agreed_persons_and_a_certificate_that_openssl_verifies(town: TrialTown, samples: Path, tmp_path: Path) -> None:
    with town:
        right = town.conform(agreed=agreed_of(samples))
        wrong = town.conform(agreed=[Agreed(each.name, each.id_type, each.id_no, "no_record") for each in agreed_of(samples)])
        deployment = town.deployment()
        ours = deployment.ring.certificate("us/sign")
        with deployment.ledger.read() as tx:
            noted = [row.what for row in audit.newest(tx, 10)]

    assert "conforms" == right.said["verdict"]
    assert "kept" == results(right)["agreed-persons"]
    assert {"agreed-persons": "outcome-differs"} == deviations(wrong)
    assert 2 == noted.count("bank-conformed")
    content, signature = right.files[0].read_bytes(), right.files[1].read_bytes()
    assert right.said == certificate.check(content, signature, [ours])
    with pytest.raises(BrokenSeal):
        certificate.check(content.replace(b"conforms", b"conform5"), signature, [ours])
    assert right.files[2].read_bytes().startswith(b"%PDF-")
    _openssl(right.files[0], right.files[1], ours, tmp_path)
    assert not any(each.name in content.decode() for each in agreed_of(samples))


def test_a_file_without_a_moment_is_no_certificate() -> None:
    for ended in ("2026-11-22", "2026-11-22T10:00:00", "soon", 7):
        with pytest.raises(Refused) as refused:
            certificate.check(json.dumps({"schema": certificate.SCHEMA, "ended": ended}).encode(), b"", [])

        assert "not-a-certificate" == refused.value.code


def _openssl(content: Path, signature: Path, ours: Certificate, folder: Path) -> None:
    (folder / "ours.crt").write_bytes(ours.pem)
    line = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(signature), "-content", str(content)]
    line += ["-nointern", "-certfile", str(folder / "ours.crt"), "-noverify", "-out", "/dev/null"]
    subprocess.run(line, check=True, capture_output=True)


def agreed_of(samples: Path) -> list[Agreed]:
    """Two persons the bank of the city knows, one it does not."""
    folder = samples / "city" / "seed1"
    said = json.loads((folder / "expected_intake.json").read_text("utf-8"))
    names = {m["person_key"]: m["name"] for h in said["households"] for m in h["members"]}
    rows = [line.split(",") for line in (folder / "expected_answers.csv").read_text("utf-8").splitlines()]
    mine = [(row[2], row[3]) for row in rows if row[0] == BANK and row[2].startswith("R:")]
    chosen = [next((key, word) for key, word in mine if word == wanted) for wanted in dict.fromkeys(word for _, word in mine)]
    return [Agreed(names[key], "resident_id", key[2:], word) for key, word in chosen]
