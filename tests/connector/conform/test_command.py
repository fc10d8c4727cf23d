"""The command itself: a run against a bank that answers by itself, what it says, what it ends in, and its certificate looked at again."""

import json
import threading
from pathlib import Path

import pytest

from config.yaml_file import BadSettings
from connector.conform.people import read_agreed
from reconciliation.identity import to18
from tests.connector.conform.test_issuing import agreed_of
from tests.connector.conform.town import BANK, TrialTown

FAST = ("--wait", "0.5", "--silence", "0.2", "--idle", "0.1", "--every", "0.1", "--by", "li")


def test_a_run_and_its_certificate(samples: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        bank = threading.Thread(target=_responding, args=(town, stop))
        bank.start()
        try:
            persons = tmp_path / "persons.csv"
            rows = [f"{each.name},{each.id_type},{each.id_no},{each.outcome}" for each in agreed_of(samples)]
            persons.write_text("\n".join(["name,id_type,id_no,outcome", *rows]) + "\n", "utf-8")
            ran = town.command("bank", "conform", BANK, "--persons", str(persons), *FAST, "--json")
        finally:
            stop.set()
            bank.join()
        said = json.loads(ran.stdout)
        file = Path(said["files"][0])
        looked = town.command("bank", "conform", "--check", str(file))
        by_name = town.command("bank", "conform", "--check", file.name)
        file.write_bytes(file.read_bytes().replace(b"kept", b"mept", 1))
        changed = town.command("bank", "conform", "--check", str(file))

    assert ("conforms", 0) == (said["verdict"], ran.returncode), ran.stderr
    assert all(f"第 {number} 轮（共 3 轮）" in ran.stderr for number in (1, 2, 3))
    assert "等待反馈，最长 0.5 分钟" in ran.stderr
    assert (0, 0) == (looked.returncode, by_name.returncode)
    assert "签名有效" in looked.stderr
    assert 7 == changed.returncode  # integrity
    assert "seal-" in changed.stderr


def test_a_real_bank_and_an_unknown_one_are_told_apart(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", real=True) as town:
        real = town.command("--lang", "en", "bank", "conform", BANK, *FAST)
        unknown = town.command("--lang", "en", "bank", "conform", "999", *FAST)

    assert (8, "error not-a-test") == (real.returncode, real.stderr.partition(":")[0])
    assert (8, "error bank-unknown") == (unknown.returncode, unknown.stderr.partition(":")[0])


def test_persons_that_are_not_as_agreed_are_refused_by_line_without_a_value(samples: Path, tmp_path: Path) -> None:
    persons = tmp_path / "persons.csv"
    persons.write_text("name,id_type,id_no,outcome\n示例甲,resident_id,X,perhaps\n", "utf-8")
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        ran = town.command("--lang", "en", "bank", "conform", BANK, "--persons", str(persons), *FAST)

    assert 8 == ran.returncode
    assert f"{persons}:2: outcome is one of" in ran.stderr
    assert "示例甲" not in ran.stderr


def test_a_number_with_a_wrong_check_character_is_refused_with_its_row(tmp_path: Path) -> None:
    persons = tmp_path / "persons.csv"
    good = to18("990110500101001")
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    rows = [f"示例甲,resident_id,{number},found" for number in (good, wrong)]
    persons.write_text("\n".join(["name,id_type,id_no,outcome", *rows]) + "\n", "utf-8")

    with pytest.raises(BadSettings) as refused:
        read_agreed(persons)

    assert f"{persons}:3: id_no: The check character" in refused.value.en
    assert wrong not in refused.value.en + refused.value.zh


def _responding(town: TrialTown, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        town.banks_respond()
