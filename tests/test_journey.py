"""I am one inquiry, and 523 like me: from the sheet over real SFTP to every bank and back, exactly as the city's truth says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.assembly import clock
from connector.proof.accounting import prove
from connector.proof.cells import ANSWERED
from tests.connector.proof.test_proof import expect_nothing_missing
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
    for proof in _proofs(town):
        expect_nothing_missing(proof)
        assert {"answered", "not_applicable"} >= {bank["standing"] for bank in proof["coverage"]["banks"]} or not _complete(proof)


def _proofs(town: Town) -> list[dict[str, Any]]:
    parts = town.deployment().parts
    return [prove(parts, row.household_key, clock()) for row in town._inquiries()]


def _complete(proof: dict[str, Any]) -> bool:
    """Was every cell answered for good?"""
    return proof["coverage"]["by_status"].keys() <= {*ANSWERED, "not_applicable"}
