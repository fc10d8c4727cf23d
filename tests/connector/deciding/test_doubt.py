"""What is in doubt has its own clock: looked for at growing intervals, never put again blindly, told with the commands once it lasts."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.hours import doubt
from connector.ledger import audit, rosters
from connector.lifecycle import State
from connector.status import survey
from tests.one_bank import OneBank, one_bank

BEGAN = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OneBank]:
    with one_bank(tmp_path, households=2) as made:
        yield made


def test_d301_the_looks_grow_apart_and_never_stop() -> None:
    looks = [BEGAN]
    while looks[-1] < BEGAN + timedelta(days=1):
        looks.append(doubt.next_look(BEGAN, looks[-1]))

    apart = [(after - before).total_seconds() / 60 for before, after in itertools.pairwise(looks)]
    assert [1.0, 1.0, 2.0, 4.0, 8.0] == apart[:5]
    assert apart == sorted(apart)
    assert doubt.MOST.total_seconds() / 60 == apart[-1]


def test_d301_a_doubt_that_lasts_is_told_once_with_the_commands_that_end_it(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)
    town.one("hold", number)
    town.two("release", number)
    parts, later = town.town.deployment().parts, clock() + doubt.LASTS + timedelta(minutes=1)

    soon = doubt.tell_lasting(parts, clock())
    told = doubt.tell_lasting(parts, later)
    again = doubt.tell_lasting(parts, later + timedelta(hours=1))

    assert ({}, {"lasting doubts": 1}, {}) == (soon, told, again)
    assert not doubt.is_due(parts, later)
    problem = town.batch(number).problem
    assert doubt.CODE == problem["code"]
    assert f"connector resolve {town.code} {number}" in problem["en"]
    assert "不要重发" in problem["zh"]
    (bank,) = survey(parts, later)["banks"]
    assert [True] == [why["alarm"] for why in bank["problems"] if why["code"] == doubt.CODE]
    with town.town.ledger().read() as tx:
        assert 1 == len(audit.of_kinds(tx, "doubt-lasts"))
        assert not rosters.attempts(tx, town.batch(number).id)
