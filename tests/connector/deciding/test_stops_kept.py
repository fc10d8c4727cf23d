"""Who is stopped, which lines are marked, who is asked again, what is in doubt: told alike by both databases."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.deciding.stopping import Stopped, stop_lines, stop_people
from connector.ledger import authorizations, doubts, retention, rosters, stops
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from connector.lifecycle import Move, State
from connector.moments import moment
from reconciliation import vectors
from tests.connector.desk import NOW, TestDesk, desk, row, sheet

BANKS = ("A", "B")


@pytest.fixture
def at(ledger: Ledger, tmp_path: Path) -> TestDesk:
    """Two households of one person and one of two, in one roster of two banks; bank A has a parcel with all four."""
    made = desk(ledger, tmp_path)
    made.take_in(sheet(row("H1", 1), row("H2", 2), row("H3", 3), row("H3", 4, relation="配偶")))
    with ledger.begin() as tx:
        members = [each.id for each in rosters.waiting(tx)]
        key = rosters.make_roster(tx, "C1", "321283", BANKS, False, members, NOW)
        rosters.mark_gathered(tx, [each.inquiry for each in rosters.waiting(tx)], NOW)
        parcel(tx, key, "A", 0, 4)
    return made


def parcel(tx: Tx, roster: int, bank: str, first: int, lines: int) -> int:
    number = f"{bank}{first}{lines}"
    return rosters.add_batch(
        tx,
        centre="C1",
        region="321283",
        number=number,
        roster=roster,
        first=first,
        lines=lines,
        institution=bank,
        profile="p",
        edition="1",
        sequence=first + 1,
        sequence_day=NOW.date(),
        state_at=moment(NOW),
        parcel_name=number,
        parcel_digest="0" * 64,
        parcel_size=1,
        sealed_at=moment(NOW),
        due_at=moment(NOW + timedelta(days=3)),
        vector=vectors.pack_current(vectors.silent(lines)),
        counts={"not_answered": lines},
    )


def members(tx: Tx) -> list[int]:
    return [each.id for each in rosters.members_at(tx, 1, 0, 4)]


def test_rule_009_a_stopped_person_has_no_place_left_and_the_others_are_free_again(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        done = stop_people(at, tx, members(tx)[1:2], stops.DIED, "li", NOW)
        again = stop_people(at, tx, members(tx)[1:2], stops.DIED, "li", NOW)

    assert (1, 2, 0, ("A04",)) == (done.persons, done.unsent, done.marked, done.recalled)
    assert Stopped() == again
    with at.ledger.read() as tx:
        assert {1: "died"} == stops.stopped_positions(tx, 1)
        assert [1] == authorizations.not_askable_positions(tx, 1)
        assert [[0, 2, 3], [0, 2, 3]] == [rosters.free_positions(tx, 1, bank) for bank in BANKS]


def test_rule_009_what_was_sent_is_marked_once_by_its_place_in_the_parcel(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        rosters.move(tx, 1, Move.SEND, NOW)
        done = stop_lines(tx, members(tx)[2:], stops.WITHDRAWN, by="li", now=NOW)
        later = stops.mark(tx, 1, [3], stops.DIED, NOW)

    assert (2, 2, 0) == (done.marked, done.unsent, later)
    with at.ledger.read() as tx:
        assert {1: {2: "withdrawn", 3: "withdrawn"}} == stops.marked_of(tx, [1])


def test_a_household_is_stopped_whole_by_one_paper_of_its_own(at: TestDesk) -> None:
    with at.ledger.read() as tx:
        paper = rosters.members_at(tx, 1, 2, 1)[0].authorization

        assert members(tx)[2:] == stops.persons_citing(tx, paper)


def test_a_further_roster_knows_what_it_asks_again(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        again = rosters.make_roster(tx, "C1", "321283", ["A"], False, members(tx)[:2], NOW, kind="again")
        stops.ask_again(tx, again, 1, "forgotten", by="wu", now=NOW)

    with at.ledger.read() as tx:
        assert (set(members(tx)[:2]), [again]) == (
            stops.being_asked_again(tx, 1),
            [each.roster for each in stops.again_of(tx, 1)],
        )


def test_what_is_in_doubt_is_found_by_how_long_it_has_been(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        rosters.move(tx, 1, Move.LOSE_SIGHT, NOW)

    with at.ledger.read() as tx:
        assert [1] == [each.id for each in doubts.in_doubt(tx, NOW)]
        assert [] == doubts.in_doubt(tx, NOW - timedelta(seconds=1))
        assert State.IN_DOUBT == rosters.find_batch(tx, 1).state


def test_a_parcel_wanted_back_says_why_and_by_whom(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        stops.want_back(tx, 1, "wrong edition", lines_too=True, by="chen", now=NOW)

    with at.ledger.read() as tx:
        wanted = stops.wanted_back(tx, 1)
    assert wanted is not None
    assert ("wrong edition", True, "chen") == (wanted.why, bool(wanted.lines_too), wanted.asked_by)


def test_what_is_known_of_a_stopped_person_goes_with_the_month(at: TestDesk) -> None:
    with at.ledger.begin() as tx:
        persons = members(tx)
        stop_people(at, tx, persons[:1], stops.DIED, "li", NOW)
        retention.erase(tx, f"{NOW:%Y-%m}")

    with at.ledger.read() as tx:
        assert ({}, []) == (stops.stopped_members(tx, persons), members(tx))
