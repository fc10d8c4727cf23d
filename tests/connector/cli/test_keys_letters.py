"""``connector keys letter`` and ``request``: which key is meant, and what of its letter the other house types."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.yaml_file import BadSettings
from connector.cli import keys
from connector.cli.console import NOTHING_FOUND, WRONG_USE
from connector.founding import NATIONAL as BY_SM
from connector.founding import Founding, found
from connector.ledger import people as users
from tests.connector.cli.test_keys import NOW, bank, folder, founded, key_of, ledger, letter_of, listed, run

__all__ = ["bank", "folder", "founded"]
BOTH = ("--by", "officer", "--with", "second")


@pytest.fixture(scope="module")
def national(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("national") / "deployment"
    found(dataclasses.replace(Founding(home, "C1", "核对中心", "320507", "officer"), suite=BY_SM), NOW)
    return home


@pytest.mark.parametrize(
    "words", [("letter", "us/sign"), ("request", "us/sign", "--out", "us.csr", "--by", "officer")], ids=["letter", "request"]
)
def test_of_an_alias_with_keys_of_several_kinds_the_kind_is_asked(national: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    home = Path(shutil.copytree(national, tmp_path / "deployment"))
    here = [str(tmp_path / word) if word == "us.csr" else word for word in words]
    assert WRONG_USE == run(home, *here)[0]
    assert not (tmp_path / "us.csr").exists()
    for kind in ("sm2", "ec-p256"):
        here = [str(tmp_path / kind) if word == "us.csr" else word for word in words]
        code, said = run(home, *here, "--kind", kind)
        assert (0, kind) == (code, next(each["kind"] for each in listed(home) if each["id"] == said["id"]))


def test_a_request_names_its_key_by_an_id_too(folder: Path, tmp_path: Path) -> None:
    key = key_of(folder, "us/sign")
    code, said = run(folder, "request", key, "--out", str(tmp_path / "us.csr"), "--by", "officer")
    assert (0, key, "us/sign", "CN=us/sign") == (code, *(said[name] for name in ("id", "alias", "subject")))
    assert NOTHING_FOUND == run(folder, "request", "nobody", "--out", str(tmp_path / "no.csr"), "--by", "officer")[0]


def test_c4_either_digest_of_the_letter_is_taken(folder: Path, bank: Path, tmp_path: Path) -> None:
    _, ours = run(folder, "letter", "us/sign", "--certificate", str(tmp_path / "us.pem"))
    sm3 = "".join(ours["text"].partition("SM3 指纹")[2].split("\n\n")[0].split("\n", 1)[1].split())
    assert 64 == len(sm3)
    for alias, digits in (("copy/one", sm3), ("copy/two", sm3.lower()), ("copy/three", ours["fingerprint"])):
        line = ("import", alias, str(tmp_path / "us.pem"), "--fingerprint", digits, "--evidence", "HD-1", *BOTH)
        assert 0 == run(folder, *line)[0]
    before = listed(folder)
    assert 8 == run(folder, "import", "bank/sign", str(bank), "--fingerprint", sm3, *letter_of(bank)[2:], *BOTH)[0]
    assert before == listed(folder)


def test_what_is_renewed_of_the_ring_is_its_files_and_no_key(national: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(national, tmp_path / "deployment"))
    with ledger(home).begin() as tx:
        users.add(tx, at=NOW, name="second", roles=["approver"], centre="C1", region="320507", by="officer")
    line = ["renew", "ring", "--reason", "each year", *BOTH, "--dir", str(home)]
    assert "密钥环文件已按 sm4gcm 套件重写。" == CliRunner().invoke(keys.app, line).stdout.strip()


@pytest.mark.parametrize("words", [("list",), ("letter", "us/sign")], ids=["list", "letter"])
def test_a_verb_that_only_reads_the_ring_says_where_no_deployment_is(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(keys.app, [*words, "--dir", str(tmp_path / "nosuch")])
    assert isinstance(ended.exception, BadSettings)
    assert "there is no deployment here" in ended.exception.en
