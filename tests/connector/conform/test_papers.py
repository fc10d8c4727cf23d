"""A bank that wants the authorizations with the question is tried as any other: with papers of nobody."""

from pathlib import Path

from tests.connector.conform.town import BANK, TrialTown, unlike


def test_a_bank_that_keeps_the_authorizations_conforms(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        town.speaks(BANK, "hxcb-papers", {}, {})
        issued = town.conform()

    assert ["agreed-persons"] == list(unlike(issued, "kept"))
