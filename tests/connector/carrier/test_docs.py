"""docs/carrier.md: both languages say the same, and what they tell to type and to write is so."""

import re
from pathlib import Path

import pytest
import yaml

from config.relayed import Relayed
from connector.cli.verbs import app
from tests.carrying import KEY

DOCS = Path(__file__).resolve().parents[3] / "docs"
BOTH = [DOCS / "carrier.md", DOCS / "carrier.zh-CN.md"]


def _typed(text: str) -> list[str]:
    return [line.partition("#")[0].strip() for line in re.findall(r"(?m)^connector carrier.*$", text)]


def test_both_languages_show_the_same_commands_and_codes() -> None:
    english, chinese = (path.read_text("utf-8") for path in BOTH)

    assert _typed(english) == _typed(chinese)
    assert set(re.findall(r"`[a-z-]+`", english)) == set(re.findall(r"`[a-z-]+`", chinese))
    assert english.count("\n## ") == chinese.count("\n## ")


def test_every_option_is_one_the_command_has() -> None:
    from typer.main import get_command

    command = get_command(app).commands["carrier"]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in parameter.opts}

    assert set(re.findall(r"--[a-z]+", BOTH[0].read_text("utf-8"))) <= known


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_the_line_of_the_connection_is_one(path: Path) -> None:
    (shown,) = re.findall(r"(?m)^carrier: .*$", path.read_text("utf-8"))
    said = yaml.safe_load(shown.replace("ed25519:…", KEY.public))["carrier"]

    assert "6:00:00" == str(Relayed(**said).silent_after)
