"""docs/life.md: both languages show the same commands, and every one of them can be typed."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli.verbs import app
from connector.hours import doubt

DOCS = Path(__file__).parents[3] / "docs"
BOTH = [DOCS / "life.md", DOCS / "life.zh-CN.md"]


def commands(page: Path) -> list[str]:
    """What stands in the page's blocks to be typed, without remarks."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("connector ")]


def test_both_languages_type_the_same() -> None:
    english, chinese = (commands(page) for page in BOTH)

    assert english == chinese
    assert english


@pytest.mark.parametrize("command", sorted(set(commands(BOTH[0]))))
def test_every_command_is_one_that_can_be_typed(command: str, tmp_path: Path) -> None:
    """It gets as far as looking for a deployment: no word of it is wrong use."""
    ended = CliRunner().invoke(app, [*shlex.split(command)[1:], "--dir", str(tmp_path)])

    assert 2 != ended.exit_code, ended.output


def test_d301_the_times_told_are_those_of_the_clock() -> None:
    english = BOTH[0].read_text("utf-8")

    assert f"at most {doubt.MOST.seconds // 3600} hours apart" in english
    assert f"After {doubt.LASTS.seconds // 3600} hours" in english
