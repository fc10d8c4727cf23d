"""Who is asked together, and where the cuts fall."""

import dataclasses
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from connector.batch import Asked, cut_batches, plan_rosters

DAY = date(2026, 11, 20)


def asked(member: int, scope: str = "deposit", *, centre: str = "C1", urgent: bool = False) -> Asked:
    return Asked(member, centre, urgent, DAY, scope)


def test_a_roster_is_written_once_for_all_its_banks() -> None:
    plans = plan_rosters([asked(1), asked(2)], {"A": frozenset({"deposit"}), "B": frozenset({"deposit", "fund"})})

    assert [(("A", "B"), (1, 2))] == [(plan.institutions, plan.members) for plan in plans]


def test_a_bank_is_only_asked_for_what_it_can_answer() -> None:
    plans = plan_rosters([asked(1, "fund"), asked(2)], {"A": frozenset({"deposit"}), "B": frozenset({"fund"})})

    assert {("A",): (2,), ("B",): (1,)} == {plan.institutions: plan.members for plan in plans}


def test_two_centres_never_share_a_roster() -> None:
    plans = plan_rosters([asked(1), asked(2, centre="C2")], {"A": frozenset({"deposit"})})

    assert [("C1", (1,)), ("C2", (2,))] == [(plan.centre, plan.members) for plan in plans]


def test_the_urgent_go_first() -> None:
    plans = plan_rosters([asked(1), asked(2, urgent=True)], {"A": frozenset({"deposit"})})

    assert [(True, (2,)), (False, (1,))] == [(plan.urgent, plan.members) for plan in plans]


def test_rule_016_each_kind_and_each_programme_of_its_own_limit_is_asked_in_a_roster_of_its_own() -> None:
    people = [
        dataclasses.replace(asked(1), kind="month"),
        dataclasses.replace(asked(2), kind="month"),
        asked(3),
        dataclasses.replace(asked(4), programme="临时救助"),
        dataclasses.replace(asked(5, urgent=True), kind="appeal"),
    ]

    plans = plan_rosters(people, {"A": frozenset({"deposit"})})

    assert [("appeal", "", (5,)), ("month", "", (1, 2)), ("new", "", (3,)), ("new", "临时救助", (4,))] == [
        (plan.kind, plan.programme, plan.members) for plan in plans
    ]


def test_rule_068_an_appeal_asks_the_disputed_banks_alone() -> None:
    disputed = dataclasses.replace(asked(1), kind="appeal", only=frozenset({"B"}))

    plans = plan_rosters([disputed], {"A": frozenset({"deposit"}), "B": frozenset({"deposit"})})

    assert [("B",)] == [plan.institutions for plan in plans]


@given(st.sets(st.integers(0, 300)), st.integers(1, 50))
def test_cutting_is_a_partition_into_contiguous_ranges(free: set[int], lines_max: int) -> None:
    cuts = cut_batches(sorted(free), lines_max)

    assert sorted(free) == [position for first, lines in cuts for position in range(first, first + lines)]
    assert all(0 < lines <= lines_max for _, lines in cuts)


def test_a_cut_falls_where_a_file_can_hold_only_one_value() -> None:
    assert [(0, 2), (2, 1)] == cut_batches([0, 1, 2], 10, {0: "a", 1: "a", 2: "b"})
