"""After the retention time two persons end a month, and what stood under its keys ends with them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.ledger import answers, audit, people, retention
from connector.ledger.errors import NotAllowed
from tests.town import Town

LATER = timedelta(days=3650 + 62)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Six households, asked and reported."""
    city = tmp_path_factory.mktemp("city")
    invent(city, households=6, banks=4)
    with Town(tmp_path_factory.mktemp("town"), city) as made:
        made.intake()
        made.journey()
        with made.deployment().ledger.begin() as tx:
            people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        yield made


def test_i21_a_retired_month_is_gone_and_its_figures_and_audit_stay(town: Town) -> None:
    month = f"{clock():%Y-%m}"
    before = {path.name for path in (town.dir / "objects").rglob("*") if path.is_file()}
    assert 6 == len(town.reports())

    early = town.step("retire")["retire"].counts
    asked = town.step("retire", now=clock() + LATER)["retire"].counts
    unchanged = town.step("retire", now=clock() + LATER)["retire"].counts
    parts = town.deployment().parts
    with parts.ledger.begin() as tx:
        request = people.of_act(tx, "retire-month")[0]
        acts.decide(tx, request.id, agree=True, by="wang", now=clock())
    erased = town.step("retire", now=clock() + LATER)["retire"].counts

    assert {"erased": 0, "asked": 0} == early
    assert {"erased": 0, "asked": 1} == asked
    assert {"erased": 0, "asked": 0} == unchanged
    assert {"erased": 1, "asked": 0} == erased
    assert {} == town.reports()
    assert set() == {path.name for path in (town.dir / "objects").rglob("*") if path.is_file()} & before
    with parts.ledger.read() as tx:
        assert {"persons": 0, "segments": 0, "reports": 0} == retention.counts(tx, month)
        assert all(row.sealed == b"" for row in answers.inquiries(tx, "C1"))
        assert "month-retired" in {row.what for row in audit.newest(tx, 50)}
    assert 0 == town.command("audit", "verify").returncode


def test_rule_076_the_one_who_asks_does_not_decide(town: Town) -> None:
    with town.deployment().ledger.begin() as tx:
        request = people.ask(tx, at=clock(), act="retire-month", subject={"month": "2001-01"}, reason="over", by="wang")
        with pytest.raises(NotAllowed):
            acts.decide(tx, request, agree=True, by="wang", now=clock())
