"""A bank that cannot be reached is called less and less, then not at all for a while, then once: and every node knows it (rule 29)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.hours import breaker
from connector.ledger import audit, breakers
from connector.status import survey
from tests.replies import batches
from tests.town import Town

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=2, banks=2)
    return folder


@pytest.fixture
def town(tmp_path: Path, city: Path) -> Iterator[Town]:
    with Town(tmp_path, city) as made:
        made.intake()
        made.step("gather")
        yield made


class Away:
    """A bank whose server does not answer, and a clock that passes."""

    def __init__(self, town: Town) -> None:
        self.town, self.at = town, clock() + timedelta(seconds=1)
        self.code, self.other = (each["code"] for each in town.institutions)
        town.servers[self.code].stop()

    def back(self) -> None:
        self.town.servers[self.code].start()

    def row(self) -> object:
        with self.town.ledger().read() as tx:
            return breakers.find(tx, self.code, "sftp")

    def call(self) -> str:
        """One look for answers; the code of what stopped it, empty where it went well."""
        problems = self.town.step("collect", now=self.at)["collect"].problems
        return str(problems.get(self.code, {"code": ""})["code"])


def test_pauses_grow_are_capped_and_lie_anywhere_below_their_bound() -> None:
    bounds = [max(breaker.pause_s(tries, 5, 600) for _ in range(400)) for tries in (1, 2, 4, 20, 1000)]
    least = min(breaker.pause_s(4, 5, 600) for _ in range(400))

    assert bounds[0] <= 5
    assert 5 < bounds[1] <= 10
    assert 20 < bounds[2] <= 40
    assert 300 < bounds[3] <= 600
    assert 300 < bounds[4] <= 600
    assert least < 10  # full jitter: those that failed together do not come back together


def test_rule_029_a_breaker_opens_after_so_many_failures_lets_one_call_through_and_closes(town: Town) -> None:
    away = Away(town)
    names = {row.parcel_name: row.parcel_digest for row in batches(town, away.code)}
    town.step("dispatch", now=away.at)  # the first failure: a parcel that was not put

    before = [away.call() for _ in range(breaker.OPENS_AFTER - 1)]
    opened = away.call()
    told = [each for each in survey(town.deployment().parts, away.at)["rooms"] if each["code"] == "circuit-open"]
    away.at += HOUR
    probe, again = away.call(), away.call()
    away.back()
    away.at += HOUR
    mended = away.call()
    town.step("dispatch", now=away.at)

    assert not {"circuit-open", ""} & set(before)
    assert opened == "circuit-open"
    assert [("open", away.code)] == [(each["state"], each["institution"]) for each in told]
    assert told[0]["since"] < told[0]["until"]
    assert probe == before[0]
    assert again == "circuit-open"  # half open let one call through
    assert mended == ""
    assert away.row() is None
    assert {row.parcel_name: row.parcel_digest for row in batches(town, away.code)} == names  # never under a new name
    assert {"SENT"} == {row.state for row in batches(town, away.code)}
    with town.ledger().read() as tx:
        assert ["breaker-opened", "breaker-closed"] == [
            row.what for row in audit.of_kinds(tx, "breaker-opened", "breaker-closed")
        ]


def test_rule_094_a_breaker_of_one_bank_is_no_other_banks(town: Town) -> None:
    away = Away(town)
    town.step("dispatch", now=away.at)

    with town.ledger().read() as tx:
        assert set(breaker.resting(tx, away.at)) <= {away.code}
        assert breaker.resting(tx, away.at + HOUR) == {}
    assert {"SENT"} == {row.state for row in batches(town, away.other)}
    assert {"SEALED"} == {row.state for row in batches(town, away.code)}


def test_a_refusal_of_the_bank_opens_no_breaker(town: Town) -> None:
    code = town.institutions[0]["code"]
    connection = town.dir / "connections" / f"{code}.yaml"
    pin = town.servers[town.institutions[1]["code"]].host_key_pin
    connection.write_text(connection.read_text("utf-8").replace(town.servers[code].host_key_pin, pin), "utf-8")
    for _ in range(breaker.OPENS_AFTER + 1):
        stopped = town.step("collect")["collect"].problems[code]["code"]

    assert stopped != "circuit-open"
    with town.ledger().read() as tx:
        assert list(breakers.failing(tx)) == []
