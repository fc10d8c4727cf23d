"""A bank that wants the authorizations with the question is tried as any other, with papers of nobody; and by one line without its paper."""

from pathlib import Path

import pytest

from bank_profiles.papers import Carried
from connector.conform import running
from connector.conform.cases import CASES
from tests.connector.conform.town import BANK, TrialTown, deviations, unlike


def test_a_bank_that_keeps_the_authorizations_conforms(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        town.speaks(BANK, "hxcb-papers", {}, {})
        issued = town.conform()

    assert ["agreed-persons"] == list(unlike(issued, "kept"))


def test_rule_001_a_bank_that_looks_up_whoever_stands_in_a_question_is_found(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CASES", [case for case in CASES if case.id in ("one-person", "without-its-paper")])
    monkeypatch.setattr(Carried, "covers", lambda *_: True)  # only the bank's side asks
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        town.speaks(BANK, "hxcb-papers", {}, {})
        issued = town.conform()

    assert {"without-its-paper": "answered-without-paper"} == deviations(issued)
