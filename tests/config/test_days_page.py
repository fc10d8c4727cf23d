"""The page of days says what holds: its settings load, its commands exist, both languages show the same ones."""

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from config.deadlines import DeadlineRules
from config.hours import Hours
from connector.cli import verbs

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["days.md", "days.zh-CN.md"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_its_settings_load(page: str) -> None:
    hours, rules = (yaml.safe_load(text) for text in blocks(page, "yaml"))

    assert [True, False] == [one.stops_the_clock for one in Hours.model_validate(hours).maintenance]
    assert ["delivery", "receipt"] == [rule.clock.after for rule in DeadlineRules.model_validate(rules).rules]


@pytest.mark.parametrize("page", PAGES)
def test_its_commands_exist(page: str) -> None:
    typed = [line.split("#")[0].split()[1:] for text in blocks(page, "sh") for line in text.splitlines()]
    for words in typed:
        told = CliRunner().invoke(verbs.app, [*words, "--help"])
        assert 0 == told.exit_code, words
        assert [] == [word for word in words if word.startswith("--") and word not in told.output]


def test_both_languages_type_the_same() -> None:
    typed = [[re.sub(r"#.*|\".*\"", "", text) for text in blocks(page, "sh")] for page in PAGES]

    assert [re.sub(r" +\n", "\n", text) for text in typed[0]] == [re.sub(r" +\n", "\n", text) for text in typed[1]]
