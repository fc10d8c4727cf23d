"""An honest bank keeps every promise, whatever its road."""

from pathlib import Path

import pytest

from tests.connector.conform.town import LINES, TrialTown, unlike


@pytest.mark.parametrize(("road", "language"), [("sftp", "hxcb"), ("sftp", "gdyz"), *((line, "hxcb") for line in LINES)])
def test_an_honest_bank_keeps_its_profile_over(road: str, language: str, samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", road, language=language) as town:
        issued = town.conform()

        assert {
            "agreed-persons": ("not_tried", "no-agreed-persons", "no persons of the bank's test system were given (--persons)")
        } == (unlike(issued, "kept", "not_applicable"))
        assert "incomplete" == issued.said["verdict"]
        assert 1 == issued.files[2].read_bytes().count(b"/Type/Pages/Count 1/")  # signed on the same page
