"""What is asked once more: only what is missing, or what the bank rejected and was mended; each by two persons, each under a new number."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.assembly import clock
from connector.bankside.lookup import Answer
from connector.cli.verbs import app
from connector.deciding import again, remaking
from connector.ledger import answers, people, rosters, stops
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from reconciliation.words import LINE_MARKS
from tests.one_bank import OneBank, one_bank
from tests.replies import batches


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OneBank]:
    with one_bank(tmp_path, households=4) as made:
        yield made


def newest(town: OneBank) -> AnyRow:
    return batches(town.town, town.code)[-1]


def first_line_only(answer: Answer) -> Answer:
    """The bank forgets all the other lines."""
    first = answer.outcome["line_ref"][0].as_py()
    kept = {
        kind: (table := getattr(answer, kind)).filter([ref == first for ref in table["line_ref"].to_pylist()])
        for kind in ("outcome", "holding", "movement")
    }
    return dataclasses.replace(answer, **kept)


def members(town: OneBank, batch: AnyRow) -> list[int]:
    with town.town.ledger().read() as tx:
        return [row.id for row in rosters.members_at(tx, batch.roster, batch.first, batch.lines)]


def code_of(town: OneBank, verb: str, number: str, *more: str) -> str:
    """The code of the error a verb ends in."""
    words = [verb, town.code, number, *more, "--reason", "looked", "--by", "chen", "--dir", str(town.town.dir)]
    return str(getattr(CliRunner().invoke(app, words).exception, "code", ""))


def shown(town: OneBank, household: str) -> str:
    """A report as a person reads it."""
    return str(CliRunner().invoke(app, ["report", household, "--dir", str(town.town.dir)]).stdout)


# ---------------------------------------------------------------- again
def test_only_what_is_missing_is_asked_again_and_the_report_reads_the_best_of_both(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    town.answer(number, rows=first_line_only)
    before = town.batch(number)
    assert before.lines - 1 == before.counts["not_answered"]
    assert "again-answer-may-come" == code_of(town, "again", number)

    town.two("again", number, "--now")
    assert "nothing-missing" == code_of(town, "again", number, "--now")  # it is being asked
    town.town.step("gather", "dispatch")

    asked = newest(town)
    assert members(town, before)[1:] == members(town, asked)
    assert (before.parcel_name, before.number) != (asked.parcel_name, asked.number)
    with town.town.ledger().read() as tx:
        (link,) = stops.again_of(tx, before.id)
        roster = answers.roster_row(tx, asked.roster)
    assert (asked.roster, "looked into", "wu") == (link.roster, link.why, link.asked_by)
    assert ("again", [town.code]) == (roster.kind, roster.institutions)
    town.answer(asked.number)
    town.town.step("conclude")
    lines = [line for report in town.town.reports().values() for line in report["answers"]]
    assert len(lines) == before.lines
    assert {False: 1, True: before.lines - 1} == {
        mark: sum(("again" in line["marks"]) is mark for line in lines) for mark in (False, True)
    }
    assert not [line for line in lines if line["outcome"] == "not_answered"]
    marked = {key for key, report in town.town.reports().items() if any("again" in line["marks"] for line in report["answers"])}
    assert marked == {key for key in town.town.reports() if LINE_MARKS["again"][1] in shown(town, key)}
    assert {"not_answered", "found", "no_record"} >= set(town.batch(number).counts)  # the first answer stays as it came


def test_only_some_outcomes_are_asked_again_and_no_other_word_is_taken(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    town.answer(number, rows=first_line_only)

    assert "nothing-missing" == code_of(town, "again", number, "--now", "--only", "technical_failure")
    assert "outcome-not-missing" == code_of(town, "again", number, "--now", "--only", "found")
    with town.town.ledger().begin() as tx:
        _, lines = again.ask(
            tx, town.code, number, only=["not_answered"], at_once=True, reason="forgotten", by="chen", now=clock()
        )
    assert town.batch(number).lines - 1 == lines


def test_what_its_bank_never_had_is_not_asked_again(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)

    assert "again-not-open" == code_of(town, "again", number, "--now")
    town.one("hold", number)
    assert "again-not-open" == code_of(town, "again", number, "--now")


def test_silence_past_the_deadline_is_asked_again_without_more(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    town.town.step("conclude", now=clock() + timedelta(days=40))

    town.two("again", number)
    town.town.step("gather")

    assert members(town, town.batch(number)) == members(town, newest(town))


def test_a_yes_that_comes_after_the_answer_is_void(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    with town.town.ledger().begin() as tx:
        request, _ = again.ask(tx, town.code, number, only=[], at_once=True, reason="urgent", by="chen", now=clock())
    town.answer(number)

    assert 0 != town.command("approve", str(request), "--by", "wu")
    with town.town.ledger().read() as tx:
        assert [request] == [row.id for row in people.waiting(tx)]
    assert number == newest(town).number


# ---------------------------------------------------------------- made anew
def test_a_rejected_package_is_mended_and_goes_under_a_new_number_and_the_old_one_never(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    assert "batch-not-rejected" == code_of(town, "remake", number)
    town.receipt("document_mismatch", number)
    rejected = town.batch(number)
    assert "line-not-in-batch" == code_of(town, "remake", number, "--without", "99")

    town.two("remake", number, "--without", "1")
    town.town.step("gather", "dispatch")

    made = newest(town)
    assert (State.RECALLED, "decided-remade") == (town.batch(number).state, town.batch(number).problem["code"])
    assert (rejected.id, State.SENT) == (made.remakes, made.state)
    assert members(town, rejected)[1:] == members(town, made)
    with town.town.ledger().read() as tx:
        (note,) = answers.unasked_at(tx, rejected.roster, rejected.first)
    assert "line-rejected" == note.problem["code"]

    town.answer(number)  # the bank answers the old one after all: it is set apart
    town.answer(made.number)
    with town.town.ledger().read() as tx:
        assert ["quarantined", "opened"] == [row.state for row in answers.inbounds(tx, town.code)][-2:]
    assert State.ANSWERED == town.batch(made.number).state


def test_a_package_of_which_nothing_would_be_left_is_not_made_anew(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    town.receipt("parse", number)

    every = range(1, town.batch(number).lines + 1)
    with town.town.ledger().begin() as tx, pytest.raises(LedgerError) as told:
        remaking.ask(tx, town.code, number, without=every, reason="all named", by="chen", now=clock())

    assert "nothing-left" == told.value.code


# ---------------------------------------------------------------- one person's brake
def test_a_held_batch_says_so_and_goes_nowhere(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)
    words = [town.code, number, "--reason", "the bank asked", "--by", "chen", "--dir", str(town.town.dir)]
    first, second = (CliRunner().invoke(app, ["hold", *words]) for _ in range(2))

    assert f"connector release {town.code} {number}" in first.output
    assert "此前已暂停" in second.output
    town.town.step("dispatch")
    assert State.HELD == town.batch(number).state
    assert "the bank asked" in town.batch(number).problem["zh"]
    stranger = CliRunner().invoke(app, ["hold", *words, "--by", "nobody"])
    assert "user-unknown" == getattr(stranger.exception, "code", "")


def test_what_was_sent_is_not_called_back_and_what_is_in_doubt_is_looked_for_first(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)
    town.killed_after_the_put()
    assert "recall-in-doubt" == code_of(town, "recall", number)
    town.town.step("dispatch")

    assert "recall-too-late" == code_of(town, "recall", number)
    assert State.SENT == town.batch(number).state


def test_the_lines_of_a_recalled_batch_are_cut_again_unless_they_are_called_back_too(town: OneBank) -> None:
    (number,) = town.fresh(1, State.SEALED)
    before = town.batch(number)
    town.one("recall", number)
    town.town.step("gather")
    cut = newest(town)
    assert (members(town, before), State.SEALED) == (members(town, cut), cut.state)

    assert 0 == town.command("recall", town.code, cut.number, "--lines-too", "--reason", "asked by mistake", "--by", "chen")
    town.town.step("gather", "dispatch")

    assert [State.RECALLED, State.RECALLED] == [row.state for row in batches(town.town, town.code)]
    with town.town.ledger().read() as tx:
        assert {"line-recalled"} == {
            note.problem["code"] for at in range(cut.lines) for note in answers.unasked_at(tx, cut.roster, cut.first + at)
        }


def test_a_released_batch_that_its_bank_has_is_waited_for_and_never_put_again(town: OneBank) -> None:
    town.town.step("dispatch")
    (number,) = town.fresh(1)
    sent = town.batch(number)
    town.one("hold", number)
    town.two("release", number)
    town.town.step("dispatch")

    now = town.batch(number)
    assert (State.SENT, sent.due_at, sent.sent_at) == (now.state, now.due_at, now.sent_at)
    with town.town.ledger().read() as tx:
        assert 1 == rosters.attempts(tx, now.id)
