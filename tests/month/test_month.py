"""The month in short: a few banks, a few persons, a week; the whole of it is ``make month``."""

from datetime import date
from pathlib import Path

from tests.month.verdict import verdict
from tests.month.world import World


def test_every_line_of_a_week_ends_answered_or_named_and_the_counters_are_those_of_a_recount(tmp_path: Path) -> None:
    world = World(tmp_path, banks=4, lines=8, first=date(2026, 9, 1), days=4, seed=7, round_lines=8)
    for _ in world.run():
        pass

    found = verdict(world)

    assert found.differences == []
    assert sum(found.lines.values()) >= 4 * 8 * 4
