"""The other side's settings: the example loads, and what is wrong is named by line."""

from pathlib import Path

import pytest

from config.bankside import read_bankside, read_simulated
from config.behaviours import BEHAVIOURS
from config.yaml_file import BadSettings

ROOT = Path(__file__).resolve().parents[2]


def written(folder: Path, text: str) -> Path:
    (folder / "bank.yaml").write_text(text, "utf-8")
    return folder / "bank.yaml"


def test_the_example_loads() -> None:
    bank = read_bankside(ROOT / "config" / "examples" / "bank.yaml")

    assert ("990100000001", "hxcb", ("answers",)) == (bank.institution.code, bank.profile, bank.behaviours)


def test_every_behaviour_can_be_asked_for(tmp_path: Path) -> None:
    text = f"institution: {{code: x}}\nprofile: hxcb\ndata: {{folder: d}}\nbehaviours: [{', '.join(BEHAVIOURS)}]\n"

    assert BEHAVIOURS == read_bankside(written(tmp_path, text)).behaviours


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("data: {}", "bank.yaml:3"),
        ("data: {folder: a, sqlite: b}", "bank.yaml:3"),
        ("data: {postgresql: 'postgresql://user:word@host/db'}", "bank.yaml:3"),
        ("data: {folder: a}\nbehaviours: [dances]", "bank.yaml:4"),
        ("data: {folder: a}\ncolour: red", "bank.yaml:4"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, line: str, place: str) -> None:
    with pytest.raises(BadSettings) as bad:
        read_bankside(written(tmp_path, f"institution: {{code: x}}\nprofile: hxcb\n{line}\n"))

    assert place in bad.value.en
    assert place in bad.value.zh
    assert "word@host" not in bad.value.en


def test_a_simulation_names_at_least_one_bank(tmp_path: Path) -> None:
    with pytest.raises(BadSettings):
        read_simulated(written(tmp_path, "banks: []\n"))
