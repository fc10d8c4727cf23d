"""docs/register.md is true: every column, every code, every command on it, in both languages; and each code's order is one."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from connector.cli.verbs import app
from connector.register.columns import DEATH_COLUMNS, KNOWN, REGISTER_COLUMNS
from connector.register.reasons import WHY

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("register.md", "register.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_every_column_and_every_code(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    own = [reason for reason in KNOWN.values() if reason.no.startswith("R3")]

    assert [] == [column.title for column in (REGISTER_COLUMNS | DEATH_COLUMNS).values() if column.title not in text]
    assert [f"{reason.no} {reason.slug}" for reason in own] == re.findall(r"^\| (R3\d\d [a-z-]+) \|", text, re.M)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_the_page_can_be_typed(page: str) -> None:
    lines = re.findall(r"^    connector (.+)$", (DOCS / page).read_text("utf-8"), re.M)

    assert lines
    for line in lines:
        group, verb, *words = shlex.split(line)
        command = get_command(app).commands[group].commands[verb]  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in parameter.opts}
        assert [] == [word for word in words if word.startswith("--") and word not in known]


def test_both_languages_say_the_same_commands() -> None:
    zh, en = (re.findall(r"^    connector (.+)$", (DOCS / page).read_text("utf-8"), re.M) for page in PAGES)

    assert zh == en


def test_no_reason_is_without_words() -> None:
    assert all(zh and en for zh, en in WHY.values())
    assert isinstance(app, typer.Typer)
