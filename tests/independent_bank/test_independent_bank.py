"""The independent bank reads what we write and we read what it writes; both agree with the city's truth."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from connector.bankside.directory import CsvFolder
from connector.bankside.lookup import look_up
from tests.connector.bankside.centre import Centre, City, profile_of
from transports.sealing.certificates import Certificate

HERE = Path(__file__).resolve().parent
TOOLS = ("bash", "gawk", "iconv", "openssl", "zip", "unzip")
FOLDERS = {"hxcb": ("in/cx", "out/cx"), "gdyz": ("upload", "download")}
WITHOUT = {
    "holding": {"product_code", "resolution_minor", "rate", "branch", "level"},
    "movement": {"channel", "serial"},
}  # not sent

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in TOOLS), reason="a tool of the independent bank is not installed"
    ),
]


@pytest.fixture(scope="session")
def city(samples: Path) -> City:
    return City.read(samples / "city" / "seed1")


class Bank:
    """An independent bank in a folder, and a centre that knows it."""

    def __init__(self, folder: Path, city: City, code: str, language: str, keys: str, cipher: str) -> None:
        self.folder, self.code, self.profile = folder, code, profile_of(language)
        self.inbox, self.outbox = (folder / name for name in FOLDERS[language])
        for made in (self.inbox, self.outbox):
            made.mkdir(parents=True)
        subprocess.run([HERE / "make_keys.sh", folder, keys], check=True)
        send, take = FOLDERS[language]
        (folder / "bank.conf").write_text(
            f"BANK={code}\nLANGUAGE={language}\nSEND={send}\nTAKE={take}\nDONE=done\nDATA='{city.folder}'\nCIPHER={cipher}\n",
            "utf-8",
        )
        self.sign, self.encrypt = ((folder / "keys" / f"{name}.crt").read_bytes() for name in ("sign", "decrypt"))
        self.centre = Centre(folder / "centre", Certificate.read(self.sign).not_before + timedelta(hours=1))
        certificates = self.centre.certificates()
        (folder / "keys" / "centre_sign.crt").write_bytes(*certificates.sign)
        (folder / "keys" / "centre_encrypt.crt").write_bytes(*certificates.encrypt)

    def ask(self, city: City) -> None:
        name, content = self.centre.ask(self.profile, self.code, self.encrypt, city.lines, batch_no="202611210000007")
        (self.inbox / name).write_bytes(content)
        (self.inbox / f"{name}.ok").touch()

    def run(self) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [HERE / "independent_bank.sh", self.folder], check=False, capture_output=True, text=True, timeout=120
        )


@pytest.fixture(
    params=[
        ("902307450222", "hxcb", "ec", "-aes-256-gcm"),
        ("906322250666", "hxcb", "rsa", "-aes-256-gcm"),
        ("980329680080", "gdyz", "rsa", "-aes-256-cbc"),
        ("901303750111", "gdyz", "ec", "-aes-256-gcm"),
    ],
    ids=lambda given: "-".join(given[1:3]),
)
def bank(request: pytest.FixtureRequest, tmp_path: Path, city: City) -> Bank:
    return Bank(tmp_path, city, *request.param)


def test_what_it_answers_is_the_citys_truth_to_the_last_field(bank: Bank, city: City) -> None:
    bank.ask(city)

    done = bank.run()

    assert (0, "") == (done.returncode, done.stderr)
    (name,) = done.stdout.split()
    assert [name, f"{name}.ok"] == sorted(path.name for path in bank.outbox.iterdir())
    read = bank.centre.read(
        bank.profile, name, (bank.outbox / name).read_bytes(), bank.sign, expected={"batch_no": "202611210000007"}
    )
    assert city.truth[bank.code] == read.outcomes()
    ours = look_up(city.lines, CsvFolder(city.folder, bank.code))
    for kind, table in (("holding", ours.holding), ("movement", ours.movement)):
        assert comparable(table, kind) == comparable(read.tables[kind], kind)


def comparable(table: pa.Table, kind: str) -> list[str]:
    """Every row as text, in any order; blanks around a text do not travel."""
    rows = table.drop_columns(list(WITHOUT[kind])).to_pylist()
    return sorted(str([value.strip() if isinstance(value, str) else value for value in row.values()]) for row in rows)


def test_it_answers_once_and_puts_the_inquiry_away(bank: Bank, city: City) -> None:
    bank.ask(city)
    bank.run()
    first = {path.name: path.read_bytes() for path in bank.outbox.iterdir()}

    again = bank.run()

    assert (0, "") == (again.returncode, again.stdout)
    assert first == {path.name: path.read_bytes() for path in bank.outbox.iterdir()}
    assert [] == list(bank.inbox.iterdir())


def test_it_refuses_what_the_centre_did_not_sign(bank: Bank, city: City) -> None:
    stranger = Centre(bank.folder / "stranger", bank.centre.now)
    name, content = stranger.ask(bank.profile, bank.code, bank.encrypt, city.lines)
    (bank.inbox / name).write_bytes(content)
    (bank.inbox / f"{name}.ok").touch()

    assert 0 != bank.run().returncode
    assert [] == list(bank.outbox.iterdir())
