"""I am one inquiry, and 523 like me: from the sheet over real SFTP to every bank and back, exactly as the city's truth says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_postgres import RealPostgres
from tests.town import Town, differences


@pytest.fixture(params=["sqlite", "postgresql", "independent"])
def town(request: pytest.FixtureRequest, tmp_path: Path, samples: Path) -> Iterator[Town]:
    """The city with its eight banks: on SQLite, on PostgreSQL, and with two banks of shell tools."""
    city = samples / "city" / "seed1"
    if request.param == "postgresql":
        with RealPostgres() as server, Town(tmp_path, city, database=server.fresh()) as made:
            yield made
        return
    codes = [bank["code"] for bank in json.loads((city / "institutions.json").read_text("utf-8"))["institutions"]]
    shell = (codes[0], codes[1]) if request.param == "independent" else ()
    with Town(tmp_path, city, shell_banks=shell) as made:
        yield made


def test_every_outcome_and_every_household_is_as_the_truth_says(town: Town) -> None:
    taken = town.intake()
    town.journey()

    assert taken.households["new"] == len(town.reports())
    assert [] == differences(town, town.city)
