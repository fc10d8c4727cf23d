"""docs/roads.md is true: every key of a connection is in it, every block of it loads, every command of it has the options it shows."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from config.connection import Connection, read_connection
from connector.cli.verbs import app

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "roads.md", DOCS / "roads.zh-CN.md"]


def blocks(page: Path, kind: str) -> list[str]:
    """The contents of the blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_of_a_connection_stands_in_the_table(page: Path) -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", page.read_text("utf-8"), re.MULTILINE))

    assert set(Connection.model_fields) == listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_connection_of_the_page_loads_and_so_does_every_road_put_into_one(page: Path, tmp_path: Path) -> None:
    whole, parts = blocks(page, "yaml connection"), blocks(page, "yaml road")
    path = tmp_path / "bank.yaml"
    for text in [*whole, *(yaml.safe_dump(yaml.safe_load(whole[0]) | yaml.safe_load(part)) for part in parts)]:
        path.write_text(text, "utf-8")
        assert read_connection(path).institution.code
    assert len(whole) >= 2
    assert len(parts) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_page_is_one_and_has_the_options_shown(page: Path) -> None:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]

    assert [] == [line for line in lines if not _is_a_command(shlex.split(line, comments=True))]
    assert len(lines) >= 15


def test_both_languages_show_the_same_blocks() -> None:
    first, second = ([[part.split("#")[0].rstrip() for part in block.splitlines()] for block in _all(page)] for page in PAGES)

    assert first == second


def _all(page: Path) -> list[str]:
    return re.findall(r"^```.*?^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _is_a_command(words: list[str]) -> bool:
    """``connector verb … --option``: does the command line know the verb and every option?"""
    if words[0] != "connector":
        return False
    found: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and rest[0] in getattr(found, "commands", {}):
        found, rest = found.commands[rest[0]], rest[1:]
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return not hasattr(found, "commands") and {word for word in rest if word.startswith("--")} <= known
