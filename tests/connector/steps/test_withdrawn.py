"""An authorization withdrawn or ended after the household was asked: its report and the status say so, before and after it is made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.authorization import State
from connector.bankside.invented import invent
from connector.cli.report import find, summary
from connector.intake import papers
from connector.reports.exports import household_workbook
from connector.status import survey
from tests.connector.test_exports import texts, workbook
from tests.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Three households, asked and not answered yet."""
    city = tmp_path / "city"
    invent(city, households=3, banks=4)
    with Town(tmp_path, city) as made:
        made.intake()
        made.step("gather", "dispatch")
        yield made


def close(town: Town, to: State) -> str:
    """The first person's paper of the first household, closed; the household."""
    parts = town.deployment().parts
    inquiry = town._inquiries()[0]
    number = find(parts, inquiry.household_key, clock())["persons"][0]["authorization_no"]
    papers.close(parts, number, inquiry.household_no, to, "asked by the family", "li", clock())
    return str(inquiry.household_key)


def over(report: dict[str, object]) -> list[str]:
    return [paper["state"] for paper in report["authorizations_over"]]  # type: ignore[attr-defined]


def test_rule_009_an_interim_report_says_that_its_authorization_was_withdrawn(town: Town) -> None:
    household = close(town, State.REVOKED)

    found = find(town.deployment().parts, household, clock())

    assert (0, ["revoked"]) == (found["version"], over(found))
    day = f"{clock().astimezone(town.deployment().parts.zone):%Y-%m-%d}"
    assert f"授权已于 {day} 撤回" in summary(found)
    assert any(f"授权已于 {day} 撤回" in text for text in texts(workbook(household_workbook(found))["概要"]))


def test_rule_009_a_report_made_before_says_so_from_then_on_and_no_other_does(town: Town) -> None:
    town.banks_respond()
    town.step("collect", "settle", "conclude")
    before = [over(report) for report in town.reports().values()]

    household = close(town, State.ENDED)

    assert [[], [], []] == before
    assert {household: ["ended"]} == {key: over(report) for key, report in town.reports().items() if over(report)}
    assert {1} == {report["version"] for report in town.reports().values()}


def test_the_status_counts_households_whose_authorization_was_withdrawn_after_asking(town: Town) -> None:
    parts = town.deployment().parts
    before = survey(parts)["inquiries"]["authorization_over"]

    close(town, State.REVOKED)

    assert (0, 1) == (before, survey(parts)["inquiries"]["authorization_over"])
    told = town.command("status").stdout
    assert "查询后授权已撤回或终止：1 户" in told
