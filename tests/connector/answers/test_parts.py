"""Answers in several packages, late ones, marked revisions, declared counts and sums: what the ledger holds after each."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from bank_profiles.package_names import PackageFacts
from connector.answers import missing
from connector.answers.editions import Read
from connector.assembly import clock
from connector.bankside.clerk import Asked, Clerk
from connector.bankside.lookup import Answer
from connector.bankside.misbehaviour import part_of
from connector.ledger import rosters
from connector.lifecycle import State
from connector.moments import moment, parse
from connector.steps import collect, settle
from reconciliation.exchange import RECORDS
from tests.connector.answers.receipting import arrived, batch, editions, first, receipting_town
from tests.replies import questions
from tests.town import Town
from transports.transport import Transport

Change = Callable[[Answer], Answer]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Asked, and not answered."""
    with receipting_town(tmp_path, "silent") as made:
        made.step("gather", "dispatch")
        yield made


def as_it_is(answer: Answer) -> Answer:
    return answer


def send(
    town: Town,
    part: int = 1,
    of: int = 1,
    *,
    change: Change = as_it_is,
    revised: bool = False,
    again: int = 0,
    settle: bool = True,
) -> None:
    """One package of the bank's answer, of ``of``; ``again``: another number of the day, so that its name is another."""
    desk, row = town.desk(first(town)), batch(town)
    clerk = Clerk(desk, desk.profile(clock()), clock())
    facts = PackageFacts(
        row.institution,
        row.number,
        row.sequence_day,
        row.sequence + 100 * again,
        clock(),
        package_no=part,
        packages=of,
        revised=revised,
    )
    answer = change(clerk.say(Asked(facts, questions(town, row))))
    if of > 1:
        answer = part_of(answer, part, of)
    for parcel in clerk.parcels(facts, answer):
        digest = desk.objects().put([parcel.content])[0]
        desk.mailbox(clerk.profile).put(parcel.name, lambda each=parcel: iter([each.content]), len(parcel.content), digest)
    if settle:
        town.step("collect", "settle")


def with_outcomes(**changes: Any) -> Change:
    """The first line found says so otherwise."""

    def changed(answer: Answer) -> Answer:
        rows = answer.outcome.to_pylist()
        found = next(row for row in rows if row["outcome"] == "found")
        found |= changes
        return dataclasses.replace(answer, outcome=pa.Table.from_pylist(rows, RECORDS["outcome"]))

    return changed


def findings(town: Town) -> set[str]:
    return {problem["code"] for problem in editions(town)[-1].problems}


def silent(town: Town) -> int:
    return int(batch(town).counts.get("not_answered", 0))


# ---------------------------------------------------------------- several packages (rule 44)
def test_rule_044_packages_come_in_any_order_and_the_answer_is_complete_with_the_last(town: Town) -> None:
    send(town, 3, 3)
    assert (State.ANSWERED, None) == (batch(town).state, batch(town).complete_at)
    with town.ledger().read() as tx:
        assert [1, 2] == missing.parts_missing(tx, batch(town).id)
    assert silent(town) == len(missing.missing_positions(batch(town))) > 0

    send(town, 1, 3)
    assert batch(town).complete_at is None
    send(town, 2, 3)

    whole = batch(town)
    assert (0, []) == (silent(town), missing.missing_positions(whole))
    assert whole.complete_at == editions(town)[-1].received_at
    assert [1, 2, 3] == [edition.number for edition in editions(town)]  # each day's packages are an edition; the first stays
    assert {"opened"} == {state for state, _ in arrived(town)}


def test_rule_044_rows_of_one_line_may_lie_in_two_packages(town: Town) -> None:
    outcomes: Change = lambda answer: Answer(answer.outcome, answer.holding.slice(0, 0), answer.movement.slice(0, 0))  # noqa: E731
    rows: Change = lambda answer: Answer(answer.outcome.slice(0, 0), answer.holding, answer.movement)  # noqa: E731
    _whole(town, 1, outcomes)
    assert batch(town).counts["partial"] > 0

    _whole(town, 2, rows)

    assert "partial" not in batch(town).counts
    assert batch(town).complete_at is not None
    assert set() == findings(town)


def _whole(town: Town, number: int, change: Change, of: int = 2) -> None:
    """Package ``number`` of so many, with all lines in it."""
    desk, row = town.desk(first(town)), batch(town)
    clerk = Clerk(desk, desk.profile(clock()), clock())
    facts = PackageFacts(row.institution, row.number, row.sequence_day, row.sequence, clock(), package_no=number, packages=of)
    (parcel,) = clerk.parcels(facts, change(clerk.say(Asked(facts, questions(town, row)))))
    digest = desk.objects().put([parcel.content])[0]
    desk.mailbox(clerk.profile).put(parcel.name, lambda: iter([parcel.content]), len(parcel.content), digest)
    town.step("collect", "settle")


def test_rule_044_a_package_that_never_comes_is_named_and_its_lines_stay_unanswered(town: Town) -> None:
    send(town, 1, 3)
    send(town, 2, 3)
    row = batch(town)
    due = parse(row.due_at)
    with town.ledger().read() as tx:
        parts = town.deployment().parts
        early, late = missing.told(tx, parts, due - timedelta(hours=1)), missing.told(tx, parts, due + timedelta(hours=1))

    assert [("parts-missing", row.number, False)] == [(one["code"], one["batch"], one["alarm"]) for one in early]
    assert [True] == [one["alarm"] for one in late]
    assert "package 3" in late[0]["en"]
    assert silent(town) > 0


def test_rule_044_a_bank_that_is_asked_for_its_answers_is_asked_on_until_the_last_package(town: Town) -> None:
    assert [batch(town).parcel_name] == _asked_for(town)
    send(town, 1, 2)
    assert [batch(town).parcel_name] == _asked_for(town)
    send(town, 2, 2)
    assert [] == _asked_for(town)


def _asked_for(town: Town) -> list[str]:
    """What a line is told to ask its bank for."""
    parts = town.deployment().parts
    bank = parts.banks.working[first(town)]
    return collect._awaited(parts, bank, cast(Transport, None), None)


@pytest.mark.parametrize(("part", "of"), [(2, 1), (3, 2)])
def test_rule_044_a_package_with_an_impossible_number_is_refused_and_counts_for_nothing(town: Town, part: int, of: int) -> None:
    _whole(town, part, as_it_is, of)

    assert [("refused", "package-number-wrong")] == arrived(town)
    assert (State.HELD, [], []) == (batch(town).state, editions(town), _missing(town))

    _whole(town, 1, as_it_is, 1)
    assert (State.ANSWERED, 0) == (batch(town).state, silent(town))


@pytest.mark.parametrize(("number", "packages"), [(1, 10**9), (10**9, None), (256, 256), (-1, 2), (1, 0), (1, -1)])
def test_rule_044_no_bank_makes_us_wait_for_more_packages_than_an_answer_may_have(number: int, packages: int | None) -> None:
    read = Read("1", None, [], 0, frozenset(), [], None, number, packages)

    assert not settle._is_numbered(read)
    assert settle._is_numbered(dataclasses.replace(read, package_no=255, packages=255))


def _missing(town: Town) -> list[int]:
    with town.ledger().read() as tx:
        return missing.parts_missing(tx, batch(town).id)


def test_rule_044_a_package_sent_twice_is_a_duplicate_and_one_that_differs_is_set_apart(town: Town) -> None:
    send(town, 1, 3)
    send(town, 1, 3, again=1)
    send(town, 1, 3, again=2, change=with_outcomes(outcome="partial"))

    assert [("opened", None), ("duplicate", None), ("quarantined", "answer-differs")] == arrived(town)
    assert 1 == len(editions(town))


# ---------------------------------------------------------------- late and revised (rules 40, 41)
def _now_due(town: Town) -> None:
    with town.ledger().begin() as tx:
        rosters.set_batch(tx, batch(town).id, now=clock(), due_at=moment(clock() - timedelta(hours=1)))


def test_rule_040_a_late_answer_is_taken_and_marked(town: Town) -> None:
    _now_due(town)
    town.step("conclude")
    assert State.EXPIRED == batch(town).state

    send(town)

    assert (State.ANSWERED, True) == (batch(town).state, batch(town).late)
    assert [True] == [edition.late for edition in editions(town)]


def test_rule_040_an_answer_whose_last_package_is_late_was_late(town: Town) -> None:
    send(town, 1, 2)
    assert not batch(town).late
    _now_due(town)
    send(town, 2, 2)

    assert (True, [False, True]) == (batch(town).late, [edition.late for edition in editions(town)])


def test_rule_041_a_marked_revision_is_a_further_edition_and_the_first_stays(town: Town) -> None:
    send(town, change=with_outcomes(message="as first said"))
    answered = batch(town)
    _now_due(town)

    send(town, revised=True, again=1, change=with_outcomes(outcome="partial", message="revised"))

    assert [("opened", None), ("opened", None)] == arrived(town)
    assert [1, 2] == [edition.number for edition in editions(town)]
    assert 1 == batch(town).counts["partial"]
    assert "partial" not in editions(town)[0].counts
    # punctuality stays with the first complete answer, however late the revision
    assert (answered.complete_at, False) == (batch(town).complete_at, batch(town).late)


def test_rule_041_what_differs_and_is_not_marked_is_set_apart_and_changes_nothing(town: Town) -> None:
    send(town)
    before = batch(town).counts
    send(town, again=1, change=with_outcomes(outcome="partial"))

    assert ("quarantined", "answer-differs") == arrived(town)[-1]
    assert (before, 1) == (batch(town).counts, len(editions(town)))


def test_rule_041_a_simulated_bank_revises(tmp_path: Path) -> None:
    with receipting_town(tmp_path, "revises", "in_parts") as town:
        town.step("gather", "dispatch")
        town.banks_respond()
        town.step("collect", "settle")

        assert 0 == silent(town)
        assert "id_unknown" in editions(town)[0].counts
        assert batch(town).complete_at is not None


# ---------------------------------------------------------------- declared counts and sums (rules 42, 43), strangers (39)
@pytest.mark.parametrize("field", ["declared_accounts", "declared_movements"])
def test_rule_042_a_declared_count_that_is_not_met_leaves_the_line_partial_with_a_finding(town: Town, field: str) -> None:
    send(town, change=with_outcomes(**{field: 77}))

    assert (1, {"count-gap"}) == (batch(town).counts["partial"], findings(town))
    assert batch(town).complete_at is None


def test_rule_043_a_declared_sum_that_the_accounts_do_not_come_to_leaves_the_line_partial_with_a_finding(town: Town) -> None:
    send(town, change=with_outcomes(declared_balance_minor=7_777_777))

    assert (1, {"sum-gap"}) == (batch(town).counts["partial"], findings(town))


def test_rule_039_a_line_nobody_asked_about_is_sealed_apart_and_the_others_count(tmp_path: Path) -> None:
    with receipting_town(tmp_path, "not_asked") as town:
        town.step("gather", "dispatch")
        town.banks_respond()
        town.step("collect", "settle")

        assert {("opened", None), ("rows-parked", "rows-not-asked")} == set(arrived(town))
        assert batch(town).lines == sum(batch(town).counts.values())
        assert 0 == silent(town)
