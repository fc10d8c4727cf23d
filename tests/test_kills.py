"""Killed at any moment and started again, the journey ends as if nothing had happened."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.bankside.invented import invent
from tests.kills import broken_promises, finish, is_over, kill_at_random, one_pass
from tests.town import Town, differences

# Every named place a pass of the centre goes through, the road's own included (transports/).
LABELS = (
    *("O4", "O10", "O11", "O12", "O13", "O14", "O15", "O16", "O17", "O18", "O19", "O20", "O21"),
    *("O7", "O8", "O9", "N3", "N5", "N6", "N9", "N11", "N12", "N13", "N14", "N15", "N16", "N18", "N22"),
)


def test_rule_093_ten_kills_at_random_times_change_nothing(tmp_path: Path, samples: Path) -> None:
    city = samples / "city" / "seed1"
    chance, killed, journeys = random.Random(20261121), 0, 0
    while killed < 10:
        journeys += 1
        with Town(tmp_path / str(journeys), city, lines_max=50) as town:
            killed += kill_at_random(town, 10 - killed, chance)

            assert [] == broken_promises(town)
            assert [] == differences(town, city)


@pytest.fixture(scope="module")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight households and four institutions, invented."""
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=8, banks=4)
    return folder


@pytest.fixture(params=LABELS)
def town(request: pytest.FixtureRequest, tmp_path: Path, small_city: Path) -> Iterator[Town]:
    with Town(tmp_path, small_city) as made:
        made.label = request.param
        yield made


def test_rule_093_killed_at_a_named_place_and_started_again(town: Town) -> None:
    killed = False
    while not killed and not is_over(town):
        killed = one_pass(town, label=town.label)
        town.banks_respond()
    finish(town)

    assert killed, f"no pass came by {town.label}"
    assert [] == broken_promises(town)
    assert 8 == len(town.reports())
