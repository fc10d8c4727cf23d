"""The table of cases is what is documented, in both languages, and what every certificate holds."""

import re
from pathlib import Path

import pytest

from config.connection import read_connection
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


def test_the_connection_of_the_page_loads_as_a_test(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "conformance.md").read_text("utf-8"), re.S)
    path = tmp_path / "bank-a-test.yaml"
    path.write_text(block, "utf-8")

    assert read_connection(path).test


def test_every_case_has_a_name_of_its_own_and_a_group() -> None:
    assert len(CASES) == len({case.id for case in CASES})
    assert set(GROUPS) == {case.group for case in CASES}


_PAGES = ("conformance.md", "conformance.zh-CN.md")
