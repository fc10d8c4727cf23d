"""Who is asked together, and where the cuts fall."""

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


@given(st.sets(st.integers(0, 300)), st.integers(1, 50))
def test_cutting_is_a_partition_into_contiguous_ranges(free: set[int], lines_max: int) -> None:
    cuts = cut_batches(sorted(free), lines_max)

    assert sorted(free) == [position for first, lines in cuts for position in range(first, first + lines)]
    assert all(0 < lines <= lines_max for _, lines in cuts)


def test_a_cut_falls_where_a_file_can_hold_only_one_value() -> None:
    assert [(0, 2), (2, 1)] == cut_batches([0, 1, 2], 10, {0: "a", 1: "a", 2: "b"})
