"""A bank that calls back, from end to end: asked on its line, its own process brings the answer to ours, and the reports are whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.callbacks.town import CallBackTown


@pytest.fixture
def town(tmp_path: Path) -> Iterator[CallBackTown]:
    with CallBackTown(tmp_path) as made:
        made.intake()
        yield made


def test_a_bank_process_calls_back_and_every_household_has_its_report(town: CallBackTown) -> None:
    town.step("gather", "dispatch")
    with town.served() as port:
        town.calls_at(port)
        handled = town.bank_calls()["handled"]
    ended = [each["ended"] for each in handled]
    landed = town.landed()
    first = town.step("collect", "settle", "conclude")

    assert ["answered", "called-back"] == ended
    assert [handled[1]["parcel"]] == landed
    assert {"fetched": 1, "known": 0} == first["collect"].counts
    assert [] == town.landed()
    assert 2 == len(town.reports())
    assert {} == town.step("collect")["collect"].problems


def test_a_receiver_that_is_not_there_keeps_nothing_from_the_bank(town: CallBackTown) -> None:
    town.step("gather", "dispatch")
    with town.served() as port:
        town.calls_at(port)
    assert ["answered", "waiting"] == [each["ended"] for each in town.bank_calls()["handled"]]

    with town.served() as port:
        town.calls_at(port)
        assert ["called-back"] == [each["ended"] for each in town.bank_calls()["handled"]]
    town.step("collect", "settle", "conclude")
    assert 2 == len(town.reports())
