"""A real journey with real banks: what the steps did is what the figures say, and the recount agrees at every stage."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.clock.forecast import forecast
from connector.figures import recount
from connector.figures.statistics import statistics
from connector.ledger import tallies
from connector.moments import parse
from tests.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=3, banks=2)
    with Town(tmp_path, city) as made:
        yield made


def agrees(town: Town) -> dict[str, int]:
    """Lines by figure, after the recount gave the same."""
    parts = town.deployment().parts
    found: dict[str, int] = {}
    with parts.ledger.read() as tx:
        assert [] == recount.differences(tx, parts.zone)
        for cell, lines in tallies.counters(tx).items():
            found[cell[4]] = found.get(cell[4], 0) + lines
    return found


@pytest.mark.real
def test_rule_082_085_086_what_the_steps_did_is_what_is_counted(town: Town) -> None:
    town.intake()
    town.step("gather")
    lines = agrees(town)["W"]
    parts = town.deployment().parts
    assert lines == forecast(parts, clock())["lines"]

    town.step("dispatch")
    assert {"B6": lines} == agrees(town)
    told = forecast(parts, clock())
    assert (lines, "promised") == (told["lines"], told["banks"][0]["measure"]["what"])

    town.banks_respond()
    town.step("collect", "settle", "conclude")
    counted = agrees(town)
    assert lines == counted["B1"]
    assert 0 == forecast(parts, clock())["lines"]
    assert 0 == town.command("statistics", "recount").returncode

    with parts.ledger.read() as tx:
        due = max(
            parse(row.due_at) for month in tallies.months(tx) for row in tallies.due(tx, month, clock() + timedelta(days=90))
        )
    found = statistics(parts, f"{due.astimezone(parts.zone):%Y-%m}", due)
    assert lines == sum(row["due"] for row in found["now"]["banks"]) > 0
    assert all(1.0 == row["rates"]["on_time"]["rate"] for row in found["now"]["banks"])
    assert all(row["connected"] and row["last_answer"] for row in found["coverage"])
    this_month = statistics(parts, f"{clock().astimezone(parts.zone):%Y-%m}", clock())["programmes"]
    asked = town._inquiries()
    assert (len(asked), len(asked)) == tuple(sum(row[name] for row in this_month) for name in ("households", "reports"))
    assert {one.programme for one in asked} == {row["programme"] for row in this_month}
    canary = orjson.dumps(found)
    assert not any(one.household_no.encode() in canary for one in town._inquiries())
