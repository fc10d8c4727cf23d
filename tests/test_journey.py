"""I am one inquiry, and 523 like me: from the sheet over real SFTP to every bank and back, exactly as the city's truth says."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_postgres import RealPostgres
from tests.town import Town, without_findings


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


def test_every_outcome_and_every_household_is_as_the_truth_says(town: Town, samples: Path) -> None:
    city = samples / "city" / "seed1"
    with (city / "expected_answers.csv").open(encoding="utf-8") as file:
        truth = sorted(
            (r["institution"], r["household_key"], r["person_key"], r["outcome"], int(r["accounts"]), int(r["movements"]))
            for r in csv.DictReader(file)
        )
    households = json.loads((city / "expected_households.json").read_text("utf-8"))

    town.intake()
    town.journey()

    assert truth == sorted(town.lines())
    reports = town.reports()
    assert set(households) == set(reports)
    for key, expected, actual in without_findings(reports, households):
        assert expected == actual, key
