"""docs/dependencies.md and docs/coverage.md name what is there: every library and why, every rule a test says it holds."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def make_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_library_that_runs_has_its_line_and_every_line_its_library() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    required = {re.split(r"[\[<>=! ]", each)[0].lower() for each in said}
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    cells = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")][1:]
    explained = {name.split()[0].lower() for cell in cells if cell != "(none)" for name in cell.split(", ")}

    assert required == explained


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("test_rule_080_a_file", [80]),
        ("test_rule_088_089_the_peer", [88, 89]),
        ("test_rule_024_a2_a_changed_host_key", [24]),
        ("test_c9_rule_087_c10_openssl", [87]),
        ("test_rule_012_4000_lines", [12]),
        ("test_a_file", []),
    ],
)
def test_a_test_may_hold_several_rules(make_docs: ModuleType, name: str, rules: list[int]) -> None:
    assert rules == make_docs.rules_of(name)


def test_every_rule_a_test_names_stands_in_the_coverage(make_docs: ModuleType) -> None:
    page = (ROOT / "docs" / "coverage.md").read_text("utf-8")
    named = {number for names in make_docs.tests().values() for name in names for number in make_docs.rules_of(name)}

    assert [] == sorted(number for number in named if f"\n- {number:03d}: " not in page)
