"""``connector bank``: what a bank's technician sees."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from config.behaviours import BEHAVIOURS
from config.connection import read_connection
from tests.connector.bankside.centre import Centre, City
from tests.connector.bankside.conftest import NOW, Opens
from transports.sealing.keyring import KeyRing


def connector(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from connector.cli.main import main; main()", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def test_one_pass_answers_and_says_so(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    bank.receive(*centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines))

    first = connector("bank", "respond", "--bank", bank.handed.bank, "--once", "--json")
    second = connector("--lang", "en", "bank", "respond", "--bank", bank.handed.bank, "--once")

    assert 0 == first.returncode, first.stderr
    told = json.loads(first.stdout)
    assert ("respond/1", bank.code) == (told["schema"], told["bank"])
    assert [("answered", len(city.lines))] == [(each["ended"], each["lines"]) for each in told["handled"]]
    assert (0, "no inquiry is waiting\n") == (second.returncode, second.stdout)


def test_a_refused_inquiry_ends_with_findings_and_what_to_do(open_a_bank: Opens, centre: Centre, city: City) -> None:
    bank = open_a_bank("hxcb")
    name, content = centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines)
    bank.receive(name, content[: len(content) // 2])

    done = connector("bank", "respond", "--bank", bank.handed.bank, "--once")

    assert 1 == done.returncode
    assert "已拒收" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_sealed_parcel_given_to_read_is_told_as_one(open_a_bank: Opens, centre: Centre, city: City, tmp_path: Path) -> None:
    bank = open_a_bank("hxcb")
    name, content = centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines)
    (tmp_path / name).write_bytes(content)

    done = connector("--lang", "en", "profile", "read", "hxcb", tmp_path / name)

    assert (1, f"error sealed: {name} is a sealed parcel") == (done.returncode, done.stderr.partition(";")[0])


def test_settings_that_are_wrong_are_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").write_text("institution: {code: x}\nprofile: hxcb\ndata: {}\n", "utf-8")

    done = connector("--lang", "en", "bank", "respond", "--bank", tmp_path / "bank.yaml", "--once")

    assert 8 == done.returncode
    assert "bank.yaml:3" in done.stderr


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[Path, Path]:
    ring = KeyRing.create(tmp_path / "ring", b"a secret for the test")
    ring.new("sign", "sign", "ec-p256", 365, NOW)
    ring.new("encrypt", "encrypt", "ec-p256", 365, NOW)
    for alias in ("sign", "encrypt"):
        (tmp_path / f"{alias}.pem").write_bytes(ring.certificate(alias).pem)
    return tmp_path / "sign.pem", tmp_path / "encrypt.pem"


def test_a_city_of_banks_is_made_once_and_runs(city: City, tmp_path: Path, certificates: tuple[Path, Path]) -> None:
    sign, encrypt = certificates
    into = tmp_path / "banks"
    codes = list(city.truth)
    run = ("bank", "simulate", "--seconds", 0.1, "--json")

    made = connector(
        *run,
        "--city",
        city.folder,
        "--into",
        into,
        "--centre-sign",
        sign,
        "--centre-encrypt",
        encrypt,
        "--behave",
        f"{codes[1]}=silent,late",
    )
    renewed = [word for path in _more(tmp_path) for word in ("--centre-sign", path)]
    this_time = ("--behave", f"{codes[0]}=late")
    again = connector("--lang", "en", *run, "--banks", into / "banks.yaml", *renewed[:2], *this_time)
    others = connector("--lang", "en", *run, "--city", city.folder, "--into", into, "--profiles", "gdyz-folder", *renewed)

    assert 0 == made.returncode, made.stderr
    told = json.loads(made.stdout)["banks"]
    assert codes == [bank["code"] for bank in told]
    assert [["answers"], ["silent", "late"]] == [bank["behaviours"] for bank in told[:2]]
    assert {"connection.yaml", "encrypt.pem", "profiles", "secrets", "sign.pem"} == {
        path.name for path in (into / codes[0] / "hand-over").iterdir()
    }
    assert [bank["pin"] for bank in told] == [bank["pin"] for bank in json.loads(again.stdout)["banks"]]
    assert [bank["pin"] for bank in told] == [bank["pin"] for bank in json.loads(others.stdout)["banks"]]
    assert [["late"], ["silent", "late"]] == [bank["behaviours"] for bank in json.loads(again.stdout)["banks"][:2]]
    assert [["answers"], ["silent", "late"]] == [bank["behaviours"] for bank in json.loads(others.stdout)["banks"][:2]]
    assert "always" == read_connection(into / codes[0] / "hand-over" / "connection.yaml").hours
    assert "profiles and ports stay as they are" in others.stderr
    assert [True, True] == [f"{len(codes)} certificates of the centre taken in" in each.stderr for each in (again, others)]


def test_who_is_told_to_misbehave_is_one_of_the_banks_and_the_help_says_how(
    city: City, tmp_path: Path, certificates: tuple[Path, Path]
) -> None:
    given = ("--centre-sign", certificates[0], "--centre-encrypt", certificates[1], "--into", tmp_path / "banks")

    done = connector("--lang", "en", "bank", "simulate", "--city", city.folder, *given, "--behave", "123=silent")
    told = connector("bank", "simulate", "--help").stdout

    assert (2, True) == (done.returncode, "no bank 123 here" in done.stderr)
    assert set(BEHAVIOURS) <= set(re.findall(r"[a-z_]+", re.sub(r"\s*\n\s*", " ", told)))


def _more(folder: Path) -> Iterator[Path]:
    """Two more signing certificates of the centre."""
    ring = KeyRing.open(folder / "ring", b"a secret for the test")
    for alias, kind in (("sign", "ec-p256"), ("sign-sm", "sm2")):
        ring.new(alias, "sign", kind, 365, NOW)
        (folder / f"more-{kind}.pem").write_bytes(ring.certificate(alias).pem)
        yield folder / f"more-{kind}.pem"


def test_a_certificate_of_a_kind_the_seal_does_not_take_makes_no_bank(
    city: City, tmp_path: Path, certificates: tuple[Path, Path]
) -> None:
    given = ("--centre-sign", certificates[0], "--centre-encrypt", certificates[1], "--profiles", "hxcb,gdyz-folder-sm")

    done = connector("--lang", "en", "bank", "simulate", "--city", city.folder, "--into", tmp_path / "banks", *given)

    assert (2, False) == (done.returncode, (tmp_path / "banks").exists())
    assert "connector keys letter us/sign --kind sm2" in done.stderr


def test_banks_of_every_road_are_simulated_and_hand_over_what_it_needs(
    city: City, tmp_path: Path, certificates: tuple[Path, Path]
) -> None:
    needs = {
        "hxcb": ("sftp", {"sftp-key"}),
        "hxcb-tcp": ("line_tcp", {"line-certificate", "line-key", "line-authority"}),
        "hxcb-https": ("line_http", {"line-certificate", "line-key", "line-authority"}),
        "gdyz-folder": ("folder", set()),
        "hxcb-media": ("media", set()),
    }
    given = ("--centre-sign", certificates[0], "--centre-encrypt", certificates[1], "--profiles", ",".join(needs))

    made = connector("bank", "simulate", "--seconds", 0.1, "--json", "--city", city.folder, "--into", tmp_path / "banks", *given)

    assert 0 == made.returncode, made.stderr
    for bank, (profile, (road, secrets)) in zip(json.loads(made.stdout)["banks"], needs.items(), strict=False):
        handed = tmp_path / "banks" / bank["code"] / "hand-over"
        said = read_connection(handed / "connection.yaml")
        assert (road, profile, profile) == (bank["road"], bank["profile"], said.profile)
        assert secrets == {path.name for path in (handed / "secrets").iterdir()}
        assert (profile != "hxcb") == (handed / "profiles" / profile).is_dir()
        assert bool(bank["pin"]) == bool(said.pins) == (road in {"sftp", "line_tcp", "line_http"})
        assert bool(said.folder) == (road == "folder")


def test_a_profile_of_one_s_own_is_simulated_by_its_path_and_handed_over(
    city: City, tmp_path: Path, certificates: tuple[Path, Path]
) -> None:
    own = tmp_path / "notes" / "mine" / "2026.1.yaml"
    own.parent.mkdir(parents=True)
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
    own.write_text(text.replace("profile: hxcb", "profile: mine"), "utf-8")
    given = ("--centre-sign", certificates[0], "--centre-encrypt", certificates[1], "--profiles", own)

    made = connector("bank", "simulate", "--seconds", 0.1, "--json", "--city", city.folder, "--into", tmp_path / "banks", *given)

    assert 0 == made.returncode, made.stderr
    bank = json.loads(made.stdout)["banks"][0]
    handed = tmp_path / "banks" / bank["code"] / "hand-over"
    assert ["mine", "mine"] == [bank["profile"], read_connection(handed / "connection.yaml").profile]
    assert own.read_bytes() == (handed / "profiles" / "mine" / "2026.1.yaml").read_bytes()


def test_a_bank_whose_profile_nobody_knows_is_told_where_its_own_lie(open_a_bank: Opens) -> None:
    bank = open_a_bank("hxcb").handed.bank
    bank.write_text(bank.read_text("utf-8").replace("profile: hxcb", "profile: mine"), "utf-8")

    done = connector("--lang", "en", "bank", "respond", "--bank", bank, "--once")

    assert 8 == done.returncode
    assert "profiles: [FOLDER]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((), "--banks"), (("--city", ".", "--behave", "1=dances"), "dances"), (("--city", "CITY"), "--centre-sign")],
)
def test_wrong_use_is_said_plainly(city: City, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    given = [str(city.folder) if argument == "CITY" else argument for argument in arguments]

    done = connector("bank", "simulate", *given, "--into", tmp_path / "banks")

    assert 2 == done.returncode, done.stderr
    assert says in done.stderr
