"""A carrier that has nothing to say and one that is dead do not look alike: it says every hour that it lives, and silence is told."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import yaml

from connector import carried
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.carrier.journal import Journal
from connector.carrier.process import Carrier
from connector.status import survey
from tests.carrying import KEY
from tests.town import Town
from transports.relay import state_of

START = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def test_a_line_an_hour_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "back" / "journal").mkdir(parents=True)
    for minutes in range(0, 181, 10):
        journal = Journal(tmp_path / "journal", tmp_path / "back", KEY, lambda m=minutes: START + timedelta(minutes=m))  # type: ignore[misc]
        Carrier(tmp_path / "out", tmp_path / "back", journal, {}).once()

    lines = (tmp_path / "journal" / "journal.jsonl").read_bytes().splitlines()
    assert ["begun", "alive", "alive", "alive"] == [orjson.loads(line)["what"] for line in lines]
    assert 4 == len(list((tmp_path / "back" / "journal").iterdir()))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two of its banks are reached by one carrier."""
    city = tmp_path / "city"
    invent(city, households=1, banks=4)
    with Town(tmp_path, city) as made:
        for institution in made.institutions[:2]:
            path = made.dir / "connections" / f"{institution['code']}.yaml"
            said = yaml.safe_load(path.read_text("utf-8"))
            said["carrier"] = {"bank": institution["code"], "out": "out", "back": "back", "key": KEY.public, "silent_after": "4h"}
            path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
            for name in ("out", "back"):
                (made.dir / name / institution["code"]).mkdir(parents=True)
        (made.dir / "back" / "journal").mkdir()
        yield made


def test_silence_is_told_once_for_all_banks_of_a_carrier(town: Town) -> None:
    parts = town.deployment().parts
    assert [None] == [each["problem"] for each in carried.told(parts, clock() + timedelta(days=9))]  # it was never used

    town.step("collect")
    (soon,) = survey(parts, clock() + timedelta(hours=3))["carriers"]
    (late,) = survey(parts, clock() + timedelta(hours=5))["carriers"]
    assert (None, "carrier-silent") == (soon["problem"], late["problem"]["code"])
    assert [each["code"] for each in town.institutions[:2]] == late["banks"]

    (town.dir / "j").mkdir()
    Journal(town.dir / "j", town.dir / "back", KEY, clock).lay_out()
    _backdate(state_of(town.dir, KEY.public) / "journal", timedelta(days=2))
    town.step("collect")
    (heard,) = survey(parts, clock() + timedelta(hours=3))["carriers"]
    assert (1, None) == (heard["line"], heard["problem"])


def test_the_status_names_its_banks_and_says_where_to_look(town: Town) -> None:
    town.step("collect")
    _backdate(state_of(town.dir, KEY.public) / "journal", timedelta(hours=5))

    told = town.command("status").stdout.replace("\n", "")
    assert f"前置机（{'、'.join(each['name'] for each in town.institutions[:2])}）" in told
    assert "connector carrier 是否运行" in told


def _backdate(path: Path, by: timedelta) -> None:
    then = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (then, then))
