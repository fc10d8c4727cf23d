"""A list of deaths stops whom it names and nobody else: found by number, held against the name, told where a person must look."""

import pytest

from connector.ledger import deaths as kept
from connector.ledger import people
from connector.ledger.register_tables import death
from connector.register import deaths, rounds, shown, told
from connector.register.errors import NotThere, RegisterError
from connector.steps.gather import gather
from tests.connector.desk import number
from tests.connector.register.office import MONTHLY, NOW, Office, home, on
from transports import crashpoint
from transports.crashpoint import Crash

TWO_PERSONS = "two_persons: {deaths: 1}\n"


def died(serial: int, name: str = "测试人", **changes: str) -> dict[str, str]:
    return {"name": name, "id_no": number(serial), "died_on": "2026-11-28"} | changes


def persons(office: Office) -> dict[int, str]:
    """Row → state of the newest list."""
    parts = office.parts
    with parts.ledger.read() as tx:
        return {each["row"]: each["state"] for each in shown.death_lists(tx, parts)[0]["persons"]}


def codes(office: Office) -> set[str]:
    parts = office.parts
    with parts.ledger.read() as tx:
        return {each["code"] for each in told.told(tx, parts, NOW)}


def test_whom_it_names_is_stopped_and_the_paper_ends(office: Office) -> None:
    office.bring(home("H1", 1), home("H2", 2))

    taken = office.deaths(died(1), died(9))

    assert {"stopped": 1, "held": 0, "differs": 0, "others": 1} == taken.found
    assert {"papers": 1, "waiting": 1, "unsent": 0, "marked": 0} == taken.ended
    assert {"SQ-H1": "ended", "SQ-H2": "valid"} == office.papers()
    assert [True, False] == [row.withdrawn_at is not None for row in office.inquiries()]
    assert "household-member-died" in codes(office)


def test_a_household_with_a_new_paper_is_not_told_of_any_more(office: Office) -> None:
    office.bring(home("H1", 1), home("H1", 2))
    office.deaths(died(1))

    office.bring(home("H1", 2, authorization_no="SQ-NEW", signed_on="2026-12-04", application_date="2026-12-05", as_of=""))

    assert "household-member-died" not in codes(office)


def test_a_name_that_does_not_match_the_number_stops_nobody_and_a_person_must_look(office: Office) -> None:
    office.bring(home("H1", 1))

    taken = office.deaths(died(1, "别人"))

    assert (1, [2], {"SQ-H1": "valid"}) == (taken.found["differs"], list(taken.differs), office.papers())
    assert "death-name-differs" in codes(office)


@pytest.mark.parametrize(("same", "state", "paper"), [(True, "stopped", "ended"), (False, "another", "valid")])
def test_who_looked_decides(office: Office, same: bool, state: str, paper: str) -> None:
    office.bring(home("H1", 1))
    taken = office.deaths(died(1, "别人"))
    assert taken.number is not None

    deaths.look_at(office.parts, taken.number, 2, same=same, reason="户口簿已核", by="clerk", now=NOW)

    assert ({2: state}, {"SQ-H1": paper}) == (persons(office), office.papers())
    assert "death-name-differs" not in codes(office)
    with pytest.raises(NotThere):
        deaths.look_at(office.parts, taken.number, 2, same=same, reason="再看", by="clerk", now=NOW)


def test_nobody_decides_without_a_reason(office: Office) -> None:
    with pytest.raises(RegisterError, match="reason"):
        deaths.look_at(office.parts, 1, 2, same=True, reason=" ", by="clerk", now=NOW)


def test_names_are_compared_as_persons_are_spelled(office: Office) -> None:
    office.bring(home("H1", 1, name="王　芳"))

    assert 1 == office.deaths(died(1, " 王芳 ")).found["stopped"]


def test_the_old_number_of_fifteen_digits_names_the_same_person(office: Office) -> None:
    office.bring(home("H1", 1))
    old = number(1)[:6] + number(1)[8:17]

    assert 1 == office.deaths(died(1, id_no=old)).found["stopped"]


def test_bad_rows_are_told_by_number_and_the_good_ones_go_on(office: Office) -> None:
    office.bring(home("H1", 1))

    taken = office.deaths(died(2, name=""), died(3, id_no="1"), died(4, died_on="2027-01-01"), died(1))

    assert {"name-missing": [2], "id-invalid": [3], "death-day-invalid": [4]} == dict(taken.refused)
    assert 1 == taken.found["stopped"]


def test_the_same_list_again_changes_nothing(office: Office) -> None:
    office.bring(home("H1", 1))
    first = office.deaths(died(1))

    again = office.deaths(died(1))

    assert again.again
    assert (first.number, first.found, first.ended) == (again.number, again.found, again.ended)


def test_nothing_of_a_person_stands_in_the_ledger_in_the_clear(office: Office) -> None:
    office.bring(home("H1", 1, name="不可说"))
    office.deaths(died(1, "不可说"), died(7, "无关者"))

    held = b"".join(path.read_bytes() for path in office.folder.glob("ledger.db*"))
    parts = office.parts
    with parts.ledger.read() as tx:
        rows = tx.execute(death.select()).all()
    assert 1 == len(rows), "who is none of ours is not kept"
    for clear in ("不可说", "无关者", number(1), number(7)):
        assert clear.encode() not in held


# ---------------------------------------------------------------- a list that waits
def test_while_a_list_waits_for_a_second_person_those_it_names_are_held_back(office: Office) -> None:
    office.rules(TWO_PERSONS)
    office.bring(home("H1", 1), home("H2", 2), home("H3", 3))

    taken = office.deaths(died(1), died(2))
    parts = office.parts
    with parts.ledger.read() as tx:
        held = kept.held_inquiries(tx)

    assert (2, 0) == (taken.found["held"], taken.found["stopped"])
    assert {row.id for row in office.inquiries()[:2]} == held
    assert {"SQ-H1": "valid", "SQ-H2": "valid", "SQ-H3": "valid"} == office.papers()
    assert {"deaths-held"} == codes(office)
    gather(parts, NOW)
    assert [False] * 3 == [row.withdrawn_at is not None for row in office.inquiries()]


def test_the_second_person_agrees_and_it_is_carried_out_once(office: Office) -> None:
    office.rules(TWO_PERSONS)
    office.bring(home("H1", 1), home("H2", 2))
    taken = office.deaths(died(1), died(2))
    assert taken.waits is not None
    office.agree(taken.waits)
    waits = deaths.is_due(office.parts, NOW)

    done, again = (deaths.carry_out_agreed(office.parts, NOW) for _ in range(2))

    assert (True, {"lists": 1}, {"lists": 0}) == (waits, done, again)
    assert {"SQ-H1": "ended", "SQ-H2": "ended"} == office.papers()
    assert {2: "stopped", 3: "stopped"} == persons(office)


def test_a_list_that_was_returned_holds_nobody_back(office: Office) -> None:
    office.rules(TWO_PERSONS)
    office.bring(home("H1", 1), home("H2", 2))
    taken = office.deaths(died(1), died(2))
    assert taken.waits is not None

    office.agree(taken.waits, agree=False)

    parts = office.parts
    with parts.ledger.read() as tx:
        assert set() == kept.held_inquiries(tx)
        assert 0 == len(people.waiting(tx))
    assert {2: "returned", 3: "returned"} == persons(office)
    assert set() == codes(office)


def test_a_round_leaves_them_out_meanwhile(office: Office) -> None:
    office.rules(MONTHLY + TWO_PERSONS)
    office.bring(home("H1", 1), home("H2", 2), home("H3", 3))
    office.conclude()
    office.register(on("H1"), on("H2"), on("H3"))
    office.deaths(died(1), died(2))

    made = rounds.by_hand(office.parts, "2026-12", None, "clerk", NOW, dry_run=False)[0]

    assert (1, [("death-reported", 2)]) == (made["asked"], [(each["code"], each["households"]) for each in made["why"]])


@pytest.mark.parametrize("label", ["O1", "O2"])
def test_killed_in_the_middle_nothing_is_half_done(office: Office, label: str) -> None:
    office.bring(home("H1", 1))
    crashpoint.arm(f"{label}:raise")
    with pytest.raises(Crash):
        office.deaths(died(1))
    crashpoint.arm("")
    after = office.papers()["SQ-H1"]

    taken = office.deaths(died(1))

    assert ("valid" if label == "O1" else "ended") == after
    assert ("ended", 1, label == "O2") == (office.papers()["SQ-H1"], taken.found["stopped"], taken.again)
