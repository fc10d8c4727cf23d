"""A list of deaths that waits keeps discs in the house: what it holds back is not written, and a written one is not handed over."""

from pathlib import Path

import pytest

from connector.assembly import clock
from connector.intake.sheet import read_sheet
from connector.media.words import DEATH_REPORTED
from connector.register import deaths
from tests.connector.register.office import deaths_sheet
from tests.media.town import MediaTown


def report_death(town: MediaTown) -> None:
    """Of the first person, in a list that takes two."""
    (town.dir / "rounds.yaml").write_text("two_persons: {deaths: 0}\n", "utf-8")
    found = read_sheet((town.city / "requests.xlsx").read_bytes())
    first = {field: cells[0] for field, cells in found.columns.items()}
    parts, now = town.deployment().parts, clock()
    rows = deaths_sheet({**first, "died_on": f"{parts.day(now):%Y-%m-%d}"})
    assert deaths.take(parts, deaths.read(parts, rows, now), "公安局", "zhao", now).waits is not None


def test_what_is_held_back_is_not_written(tmp_path: Path) -> None:
    with MediaTown(tmp_path) as town:
        town.asked()
        report_death(town)

        assert [] == town.write(town.empty("disc"))


def test_a_written_disc_is_not_handed_over(tmp_path: Path) -> None:
    with MediaTown(tmp_path) as town:
        town.asked()
        disc = town.empty("disc")
        (key,) = town.write(disc)
        town.seal(key, disc)
        report_death(town)

        with pytest.raises(Exception, match="list of deaths") as refused:
            town.hand_over(key)

        assert refused.value.code == DEATH_REPORTED[0]  # type: ignore[attr-defined]
