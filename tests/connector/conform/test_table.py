"""The table of cases is what is documented, in both languages, and what every certificate holds."""

import re
from pathlib import Path

import pytest

from connector.conform.cases import CASES, GROUPS

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize(("file", "lang"), [("conformance.md", "en"), ("conformance.zh-CN.md", "zh")])
def test_the_documents_show_every_case(file: str, lang: str) -> None:
    shown = re.findall(r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$", (DOCS / file).read_text("utf-8"), re.M)

    assert [(case.id, getattr(case, lang), case.rules or "–") for case in CASES] == shown


def test_both_languages_show_the_same_commands_and_settings() -> None:
    blocks = [re.findall(r"```\w+\n(.*?)```", (DOCS / name).read_text("utf-8"), re.S) for name in _PAGES]
    code = [[[line.partition("#")[0].strip() for line in block.splitlines()] for block in page] for page in blocks]

    assert code[0] == code[1]


def test_every_case_has_a_name_of_its_own_and_a_group() -> None:
    assert len(CASES) == len({case.id for case in CASES})
    assert set(GROUPS) == {case.group for case in CASES}


_PAGES = ("conformance.md", "conformance.zh-CN.md")
