"""``connector bank disc`` as a bank's staff type it: the volumes of a set in by their slips, the answers back on a disc of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.test_commands import HANDS
from tests.media.town import SEAL, MediaTown


@pytest.fixture
def town(tmp_path: Path) -> Iterator[MediaTown]:
    with MediaTown(tmp_path) as made:
        said = (made.dir / "profiles" / "hxm" / "2026.1.yaml").read_text("utf-8")
        (made.bank_folder(made.code) / "profiles" / "hxm" / "2026.1.yaml").write_text(said, "utf-8")
        yield made.asked()


def at_bank(town: MediaTown, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The real command at the bank, which has no deployment."""
    bank = str(town.bank_folder(town.code) / "bank.yaml")
    line = [sys.executable, "-m", "connector", "bank", *arguments, "--bank", bank]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_rule_026_a_bank_takes_a_disc_answers_it_and_gives_its_own(town: MediaTown) -> None:
    ours, theirs = town.empty("ours"), town.empty("theirs")
    written = town.command("media", "write", town.code, "--to", str(ours), "--by", "zhao", "--json")
    (told,) = json.loads(written.stdout)["media"]
    town.command("media", "seal", str(told["id"]), "--seal", SEAL, "--read", str(ours), *HANDS)
    town.command("media", "hand-over", str(told["id"]), *HANDS)
    give = ("disc", "give", "--centre", "C1", "--label", "R-1", "--to", str(theirs), "--json")

    nothing = at_bank(town, *give)
    wrong = at_bank(town, "disc", "take", str(ours), "--centre", "C1", "--label", "X-1", "--json")
    taken = at_bank(town, "disc", "take", str(ours), "--centre", "C1", "--label", told["label"])
    answered = at_bank(town, "respond", "--once")
    given = at_bank(town, *give)

    assert (4, 8, "media-other-label") == (nothing.returncode, wrong.returncode, json.loads(wrong.stderr)["code"])
    assert (0, 0, 0) == (taken.returncode, answered.returncode, given.returncode), taken.stderr + answered.stderr + given.stderr
    (back,) = json.loads(given.stdout)["volumes"]
    town.command("media", "receive", town.code, "--label", back["label"], "--seal", SEAL, "--not-on-slip", *HANDS)
    read = town.command("media", "import", back["folder"], "--label", back["label"], "--seal", SEAL, *HANDS)
    town.command("step", "settle")
    assert 0 == read.returncode, read.stderr
    assert {"ANSWERED"} == set(town.states())


def test_each_volume_needs_its_label(town: MediaTown) -> None:
    wrong = at_bank(town, "disc", "take", ".", ".", "--centre", "C1", "--label", "R-1", "--json")

    assert (2, "wrong-use") == (wrong.returncode, json.loads(wrong.stderr)["code"])
