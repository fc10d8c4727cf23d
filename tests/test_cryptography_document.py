"""docs/cryptography.md tells the truth: it is what the code's own tables say, and says of each whether it is of China's own."""

import re
from pathlib import Path
from typing import Literal, get_args

import pytest

from bank_profiles.language.seal import SuiteName
from connector import audit_verifier, inventory
from transports.sealing import at_rest, certificates, checkpoints
from transports.sealing.pgp import keys as pgp_keys

PAGES: dict[Literal["en", "zh"], str] = {"en": "cryptography.md", "zh": "cryptography.zh-CN.md"}
DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("lang", PAGES)
def test_c13_the_inventory_is_written_from_the_code(lang: Literal["en", "zh"]) -> None:
    assert inventory.page(lang) == (DOCS / PAGES[lang]).read_text("utf-8"), "run docs/make_docs.py"


def test_c13_every_suite_and_kind_of_key_there_is_stands_in_it() -> None:
    named = {row.name for row in inventory.rows()}
    kinds = {*certificates.KINDS, *pgp_keys.KINDS, *checkpoints.KINDS}
    there = {*get_args(SuiteName), *at_rest.SUITES, *audit_verifier.SUITES, *kinds}

    assert there - named == set()


def test_c13_a_suite_without_a_line_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_rest, "SUITES", (*at_rest.SUITES, "rot13"))
    with pytest.raises(KeyError):
        list(inventory.rows())


def test_rule_087_national_is_what_is_made_of_sm_algorithms_alone() -> None:
    for row in inventory.rows():
        parts = re.split(r"[;,] ", row.made_of)
        assert row.national == all("SM" in part or part == "HKDF-Expand" for part in parts), row.name
