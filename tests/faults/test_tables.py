"""The tables of faults are whole: every fault of the catalogue has its rows, every row is run by a test that exists, or says why not."""

import subprocess
import sys
from functools import cache

import pytest

from tests.faults.table import AT_THE_BANK, CATALOGUE, ENDS, HERE, Row, read_table, runs_of

ROADS = [road for road in CATALOGUE if (HERE / f"{road}.yaml").exists()]
PUT_WITHOUT_ERROR = {"delivered", "done", "left"}


@cache
def collected() -> frozenset[str]:
    """The names of all tests that run rows, as pytest itself finds them."""
    files = {f"tests/faults/test_{road}.py" for road in ROADS}
    files |= {row.test.partition("::")[0] for road in ROADS for row in read_table(road) if row.test}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(files)]
    found = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    return frozenset(line.strip() for line in found.stdout.splitlines() if "::" in line)


@pytest.mark.parametrize("road", ROADS)
def test_every_fault_of_the_catalogue_has_its_row(road: str) -> None:
    letter, count = CATALOGUE[road]

    assert [f"{letter}{number}" for number in range(1, count + 1)] == list(dict.fromkeys(row.id for row in read_table(road)))


@pytest.mark.parametrize("road", ROADS)
def test_a_row_says_how_it_ends(road: str) -> None:
    for row in read_table(road):
        if row.not_run:
            assert not row.test, row.id
            continue
        assert row.where, row.id
        assert row.ends in ENDS, row.id
        assert bool(row.code) == bool(row.kind) == (row.ends not in PUT_WITHOUT_ERROR), row.id


def test_what_only_the_banks_own_end_hears_alarms_nobody_of_ours() -> None:
    assert [] == [row.id for road in ROADS for row in read_table(road) if row.alarm and set(row.where) & AT_THE_BANK]


@pytest.mark.parametrize("road", ROADS)
def test_every_row_is_run_at_each_of_its_places_by_a_test_that_exists(road: str) -> None:
    missing = [name for row in read_table(road) if not row.not_run for name in _tests_of(road, row) if not _exists(name, row)]

    assert missing == []


def _tests_of(road: str, row: Row) -> list[str]:
    return [row.test] if row.test else [f"tests/faults/test_{road}.py::test_fault[{run}]" for run in runs_of(row)]


def _exists(name: str, row: Row) -> bool:
    """Is there such a test, and does it carry the id of its fault?"""
    named = [test for test in collected() if test == name or test.startswith(f"{name}[")]
    return any(f"_{row.id.lower()}_" in f"{test.lower()}_".replace("[", "_").replace("-", "_") for test in named)


@pytest.mark.parametrize("road", ROADS)
def test_no_run_is_named_twice(road: str) -> None:
    names = [str(run) for row in read_table(road) for run in runs_of(row)]

    assert len(names) == len(set(names))
