"""Every way a bank misbehaves is a deviation by its own name, and what is not concerned is not blamed."""

from pathlib import Path

import pytest

from tests.connector.conform.town import BANK, TrialTown, deviations, results

ANSWERED = ("one-person", "many-persons", "rare-characters", "longest-values", "full-batch")  # what an answer must be good for
# behaviour → the cases it deviates in, and by which code; nothing else is held against it
NAMED = {
    "miscounts": ((*ANSWERED, "answer-readable"), "total-differs"),
    "duplicate": (("answered-once",), "answered-twice"),
    "wrong_batch": ((*ANSWERED, "answer-lines"), "batch-unknown"),
    "unsigned": ((*ANSWERED, "answer-signed"), "seal-unsigned"),
    "flipped": ((*ANSWERED, "answer-signed"), "seal-content-changed"),
    "truncated": ((*ANSWERED, "answer-signed"), "seal-truncated"),
}


@pytest.mark.parametrize("behaviour", NAMED)
def test_a_bank_that(behaviour: str, samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", behaviours={BANK: [behaviour]}) as town:
        issued = town.conform()

    cases, code = NAMED[behaviour]
    assert "deviates" == issued.said["verdict"]
    assert dict.fromkeys(cases, code) == deviations(issued)
    assert "kept" == results(issued)["two-lines"]


@pytest.mark.parametrize("behaviour", ["silent", "no_flag"])
def test_silence_before_the_deadline_is_no_deviation_and_no_proof(behaviour: str, samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", behaviours={BANK: [behaviour]}) as town:
        issued = town.conform()
        codes = {case["id"]: case["code"] for case in issued.said["cases"]}

    assert "incomplete" == issued.said["verdict"]
    assert "no-answer-yet" == codes["one-person"]
    assert "silence-proves-nothing" == codes["by-a-stranger"]
