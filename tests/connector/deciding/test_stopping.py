"""Domain rule 9: what was not sent stops at once, what was is marked; what the bank still answers of it is kept and no report shows it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.authorization import State as Paper
from connector.cli.report import find
from connector.deciding.stopping import Stopped, stop_people
from connector.intake import papers
from connector.ledger import answers, rosters, stops
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from connector.moments import moment
from connector.steps import dispatch
from tests.one_bank import OneBank, nothing_yet, one_bank


@pytest.fixture
def single(tmp_path: Path) -> Iterator[OneBank]:
    """One line a parcel."""
    with one_bank(tmp_path, households=8, lines_max=1) as made:
        yield made


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OneBank]:
    with one_bank(tmp_path, households=4) as made:
        yield made


def person_of(town: OneBank, number: str) -> int:
    """The member a parcel of one line asks about."""
    batch = town.batch(number)
    with town.town.ledger().read() as tx:
        (row,) = rosters.members_at(tx, batch.roster, batch.first, 1)
    return int(row.id)


def stop(town: OneBank, number: str, why: str = stops.DIED) -> Stopped:
    parts = town.town.deployment().parts
    with parts.ledger.begin() as tx:
        return stop_people(parts, tx, [person_of(town, number)], why, "li", clock())


def noted(town: OneBank, number: str) -> list[str]:
    """Why the line of a parcel never goes to its bank."""
    batch = town.batch(number)
    with town.town.ledger().read() as tx:
        return [note.problem["code"] for note in answers.unasked_at(tx, batch.roster, batch.first)]


def marks(town: OneBank, number: str) -> dict[int, str]:
    with town.town.ledger().read() as tx:
        return stops.marked(tx, town.batch(number).id)


def test_rule_009_a_person_is_stopped_in_every_state_a_batch_can_be_in(single: OneBank) -> None:
    sealed, held, doubted = single.fresh(3, State.SEALED)
    single.one("hold", held, doubted)
    single.two("release", doubted)
    unsent = [stop(single, number) for number in (sealed, held, doubted)]

    assert [(1, 0), (1, 0), (0, 1)] == [(done.unsent, done.marked) for done in unsent]
    assert ["RECALLED", "RECALLED", "IN_DOUBT"] == [single.batch(number).state for number in (sealed, held, doubted)]
    assert [["person-died"], ["person-died"], []] == [noted(single, number) for number in (sealed, held, doubted)]

    single.town.step("gather", "dispatch")
    sent, accepted, rejected, partly, answered, expired = single.fresh(6)
    single.receipt("received", accepted)
    single.receipt("parse", rejected)
    single.answer(partly, rows=nothing_yet)
    single.answer(answered)
    gone = {"SENT": sent, "ACCEPTED": accepted, "REJECTED": rejected, "ANSWERED": partly}
    assert gone == {single.batch(number).state: number for number in gone.values()}

    assert [1, 1, 1, 1] == [stop(single, number).marked for number in gone.values()]
    assert 0 == stop(single, answered).marked  # what was answered before stands
    assert {state: {0: "died"} for state in gone} == {state: marks(single, number) for state, number in gone.items()}
    assert Stopped() == stop(single, sent)  # again: nothing more
    assert {expired} <= {row.number for row in _batches(single) if row.state == State.SENT}


def _batches(town: OneBank) -> list[AnyRow]:
    with town.town.ledger().read() as tx:
        return list(rosters.batches(tx, town.code))


def test_rule_009_an_answer_to_a_stopped_line_is_kept_sealed_and_no_report_shows_it(single: OneBank) -> None:
    single.town.step("dispatch")
    (number,) = single.fresh(1)
    household = _household(single, number)
    stop(single, number, stops.WITHDRAWN)

    single.answer(number)

    batch = single.batch(number)
    assert State.ANSWERED == batch.state
    assert "not_answered" not in batch.counts  # nothing is lost
    report = find(single.town.deployment().parts, household, clock())
    (line,) = [line for line in report["answers"] if line["batch"] == f"{number}#1"]
    assert ("not_answered", "withdrawn", None) == (line["outcome"], line["standing"], line["edition"])
    assert not [one for one in report["answered_incompletely"] if f"{number}#1" in str(one)]


def test_rule_009_a_line_stopped_after_its_deadline_stays_stopped_when_the_answer_comes_late(single: OneBank) -> None:
    single.town.step("dispatch")
    (number,) = single.fresh(1)
    household, ledger = _household(single, number), single.town.ledger()
    with ledger.begin() as tx:
        rosters.set_batch(tx, single.batch(number).id, now=clock(), due_at=moment(clock() - timedelta(hours=1)))
    single.town.step("conclude")
    assert State.EXPIRED == single.batch(number).state

    assert (0, 1) == ((done := stop(single, number, stops.WITHDRAWN)).unsent, done.marked)
    single.answer(number)

    assert (State.ANSWERED, True) == (single.batch(number).state, single.batch(number).late)
    report = find(single.town.deployment().parts, household, clock())
    (line,) = [line for line in report["answers"] if line["batch"] == f"{number}#1"]
    assert ("not_answered", "withdrawn", None) == (line["outcome"], line["standing"], line["edition"])


def _household(town: OneBank, number: str) -> str:
    batch = town.batch(number)
    with town.town.ledger().read() as tx:
        (row,) = rosters.members_at(tx, batch.roster, batch.first, 1)
        keys = {each.id: str(each.household_key) for each in answers.inquiries(tx, "C1")}
        return keys[row.inquiry]


def test_rule_009_a_sealed_parcel_with_a_withdrawn_household_is_recalled_and_cut_again_without_it(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)
    parts, before = town.town.deployment().parts, town.batch(number)
    inquiry = town.town._inquiries()[1]
    papers_of = {person["authorization_no"] for person in find(parts, inquiry.household_key, clock())["persons"]}
    for paper in papers_of:
        papers.close(parts, paper, inquiry.household_no, Paper.REVOKED, "asked by the family", "li", clock())
    assert State.RECALLED == town.batch(number).state

    town.town.step("gather", "dispatch")

    again = [row for row in _batches(town) if row.state != State.RECALLED]
    with parts.ledger.read() as tx:
        members = [row.inquiry for row in rosters.members_at(tx, before.roster, before.first, before.lines)]
        asked = [row.inquiry for each in again for row in rosters.members_at(tx, each.roster, each.first, each.lines)]
    assert [each for each in members if each != inquiry.id] == asked
    assert {State.SENT} == {row.state for row in again}


def test_a_parcel_that_may_have_gone_is_never_recalled_by_a_stop(single: OneBank) -> None:
    single.killed_after_the_put()
    at_the_bank = next(row for row in _batches(single) if _attempted(single, row.id))

    done = stop(single, at_the_bank.number)

    assert ((0, 1), State.SEALED) == ((done.unsent, done.marked), single.batch(at_the_bank.number).state)


def _attempted(town: OneBank, key: int) -> bool:
    with town.town.ledger().read() as tx:
        return rosters.may_have_arrived(tx, key)


def test_rule_009_a_paper_withdrawn_after_sending_marks_its_household_and_the_report_says_stopped(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    parts, inquiry = town.town.deployment().parts, town.town._inquiries()[0]
    for paper in sorted({person["authorization_no"] for person in find(parts, inquiry.household_key, clock())["persons"]}):
        words = [
            "authorization",
            "withdraw",
            paper,
            "--household",
            inquiry.household_no,
            "--reason",
            "asked by the family",
            "--by",
            "chen",
        ]
        assert 0 == town.command(*words)

    town.answer(number)
    town.town.step("conclude")

    report = town.town.reports()[inquiry.household_key]
    assert ["revoked"] == sorted({paper["state"] for paper in report["authorizations_over"]})
    assert {"withdrawn"} == {line["standing"] for line in report["answers"]}
    assert not report["complete"]
    assert [town.code] == [bank["institution"] for bank in report["stopped"]]
    assert not report["not_answered"]  # the bank is not told of as silent
    others = [made for key, made in town.town.reports().items() if key != inquiry.household_key]
    assert {None} == {line["standing"] for made in others for line in made["answers"]}


def test_a_pass_that_began_before_the_stop_leaves_what_was_recalled_alone(single: OneBank) -> None:
    (number,) = single.fresh(1, State.SEALED)
    as_it_was, parts = single.batch(number), single.town.deployment().parts
    stop(single, number)

    assert dispatch._recalled(parts, parts.banks.working[single.code], as_it_was, clock())

    assert State.RECALLED == single.batch(number).state
