"""The city over every road: the same lines, the same households, and the same bytes of business, whatever carries them (domain rule 27)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.road_town import Founded, RoadTown
from tests.roads import ROADS
from tests.town import differences

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("every road")]
FIRST = next(iter(ROADS))


class Carried:
    """The city carried over roads one after another, from one founding."""

    def __init__(self, folder: Path, founded: Founded) -> None:
        self.folder, self.founded = folder, founded
        self.content: dict[str, tuple[object, object]] = {}
        self.differing: dict[str, list[str]] = {}

    def over(self, road: str) -> list[str]:
        """Where the city's households differ from the truth; what was asked and answered is kept in ``content``. Once a road."""
        if road in self.differing:
            return self.differing[road]
        with RoadTown(self.folder / str(list(ROADS).index(road)), self.founded, ROADS[road]) as town:
            town.journey()
            self.content[road] = town.asked(), town.answered()
            self.differing[road] = differences(town, self.founded.city)
            return self.differing[road]


@pytest.fixture(scope="module")
def carried(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    with Founded(tmp_path_factory.mktemp("founded"), samples / "city" / "seed1") as founded:
        yield Carried(tmp_path_factory.mktemp("carried"), founded)


@pytest.mark.parametrize("road", ROADS)
def test_rule_027_the_city_comes_out_the_same_and_byte_for_byte_over(road: str, carried: Carried) -> None:
    assert [] == carried.over(road)
    if not ROADS[road].numbered_alike:
        return

    carried.over(FIRST)
    first, other = carried.content[FIRST], carried.content[road]
    assert first == other
    assert all(all(digests.values()) for digests in first)  # type: ignore[attr-defined]
