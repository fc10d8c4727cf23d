"""A bank whose programs want the old password of a zip is asked and answers as any other, and what goes on the road is sealed (rule 32)."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from bank_profiles.translation import unsealed_name
from config.yaml_file import BadSettings
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.founding import keep_secret
from connector.ledger.rows import AnyRow
from connector.objects.folder import FolderStore
from connector.status import survey
from tests.connector.conform.town import TrialTown, unlike
from tests.replies import batches
from tests.town import Town

PASSWORD = b"pw of 2009"
ZIP = "steps: [{kind: zip}]"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=2, banks=2)
    with Town(tmp_path, city) as made:
        made.intake()
        yield made


def locks(town: Town) -> str:
    """The city bank under another name: a question is locked by its own name (domain.md 2.1), an answer by the password agreed."""
    code = str(town.institutions[0]["code"])
    note = (
        (BANKS / "hxcb" / "2026.1.yaml")
        .read_text("utf-8")
        .replace("profile: hxcb", "profile: locked")
        .partition("\nexamples:")[0]
    )
    assert 2 == note.count(ZIP)
    for whose in ("package_name", "connection"):
        note = note.replace(ZIP, f"steps: [{{kind: zip, legacy_password: {whose}}}]", 1)
    town.speaks(code, "locked", {"2026.1": note + "\n"}, {"2026.1": note + "\n"})
    return code


def agrees(town: Town, code: str, password: bytes = PASSWORD) -> None:
    """Both sides name the password among their secrets."""
    for home, file in ((town.dir, f"connections/{code}.yaml"), (town.bank_folder(code), "bank.yaml")):
        keep_secret(home, "zip-password", password)
        said = yaml.safe_load((home / file).read_text("utf-8")) | {"zip_password": "secret:zip-password"}
        (home / file).write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")


def parcel(town: Town, batch: AnyRow) -> bytes:
    return b"".join(FolderStore(town.dir / "objects").get(batch.parcel_digest))


def opened(town: Town, batch: AnyRow) -> bytes:
    """What the bank finds under the seal."""
    desk = town.desk(batch.institution)
    return b"".join(desk.channel(desk.profile(clock())).open(lambda: iter([parcel(town, batch)]), clock()))


def test_rule_032_asked_under_one_old_password_answered_under_another_and_sealed_both_times(town: Town, tmp_path: Path) -> None:
    code = locks(town)
    agrees(town, code)

    town.journey()

    (batch,) = batches(town, code)
    name = unsealed_name(town.desk(code).profile(clock()), batch.parcel_name).removesuffix(".zip")
    (tmp_path / "x.zip").write_bytes(opened(town, batch))
    tried = {
        password: subprocess.run(
            ["unzip", "-tqq", "-P", password, "x.zip"], cwd=tmp_path, capture_output=True, check=False
        ).returncode
        for password in (name, PASSWORD.decode())
    }
    assert "ANSWERED" == batch.state
    assert {name: 0, PASSWORD.decode(): 82} == tried
    assert b"\x30" == parcel(town, batch)[:1]  # DER: the CMS of the channel's seal
    assert b"PK\x03\x04" not in parcel(town, batch)
    assert all(report["asked"]["lines_not_answered"] == 0 for report in town.reports().values())
    assert [code] == survey(town.deployment().parts, clock())["legacy_passwords"]


def test_rule_032_without_the_password_the_bank_waits_by_name_and_the_others_go_on(town: Town) -> None:
    code = locks(town)

    banks = town.deployment().parts.banks

    assert {code: "zip-password-missing"} == {name: why["code"] for name, why in banks.broken.items()}
    assert frozenset({code}) == banks.awaited
    assert 1 == len(banks.working)
    with pytest.raises(BadSettings, match="legacy_password") as refused:
        town.desk(code).profile(clock())
    assert "zip-password-missing" == refused.value.code


def test_a_password_the_bank_does_not_share_stops_its_answer_with_a_code_and_nothing_is_taken(town: Town) -> None:
    code = locks(town)
    agrees(town, code)
    secret = town.bank_folder(code) / "secrets" / "zip-password"
    secret.write_bytes(b"another")

    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle")

    (bank,) = [each for each in survey(town.deployment().parts, clock() + timedelta(minutes=1))["banks"] if each["code"] == code]
    assert "zip-password" in {why["code"] for why in bank["problems"]}
    assert {"ANSWERED"}.isdisjoint(batch.state for batch in batches(town, code))


def test_its_test_system_is_tried_as_any_other(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        agrees(town, locks(town))
        issued = town.conform()

    assert ["agreed-persons"] == list(unlike(issued, "kept", "not_applicable"))
