"""The same on PostgreSQL: a register, a round, a list of deaths that waits, in one story."""

from pathlib import Path

import pytest

from connector.assembly import Deployment
from connector.founding import Founding, found
from connector.ledger import deaths as kept
from connector.ledger import people
from connector.register import deaths, rounds, shown, taking, told
from tests.connector.desk import number
from tests.connector.register.office import FOUNDED, MONTHLY, NOW, STAFF, Office, home, on, stopped
from tests.real_postgres import RealPostgres


@pytest.fixture
def office(postgres: RealPostgres, tmp_path: Path) -> Office:
    folder = tmp_path / "centre"
    found(Founding(folder, "C1", "核对中心", "320507", "admin", postgres.fresh()), FOUNDED)
    with Deployment.open(folder, lambda: FOUNDED).ledger.begin() as tx:
        for name, role in STAFF.items():
            people.add(tx, at=FOUNDED, name=name, roles=[role], centre="C1", region="320507", by="admin")
    return Office(folder)


@pytest.mark.real
def test_a_month_on_postgresql(office: Office) -> None:
    office.rules(MONTHLY + "two_persons: {deaths: 0}\n")
    office.bring(*(home(f"H{at}", at) for at in range(1, 6)))
    office.conclude()
    trial = office.register(stopped("H1"), *(on(f"H{at}") for at in range(2, 5)), trial=True)
    taken = office.register(stopped("H1"), *(on(f"H{at}", name="测试人", id_no=number(at)) for at in range(2, 5)))
    waits = office.deaths({"name": "测试人", "id_no": number(2), "died_on": "2026-11-28"})
    made = rounds.make_due(office.parts, NOW)
    later = taking.end_due(office.parts, NOW)
    assert waits.waits is not None
    office.agree(waits.waits)
    done = deaths.carry_out_agreed(office.parts, NOW)

    assert trial.ended == taken.ended
    assert {"asked": 2, "left_out": 1} == made
    assert ({"households": 0, "papers": 0}, {"lists": 1}) == (later, done)
    assert {"SQ-H1": "ended", "SQ-H2": "ended", "SQ-H3": "valid", "SQ-H4": "valid", "SQ-H5": "valid"} == office.papers()
    parts = office.parts
    with parts.ledger.read() as tx:
        assert set() == kept.held_inquiries(tx) | kept.held_positions(tx, 1)
        assert {"round-left-out", "household-member-died"} == {each["code"] for each in told.told(tx, parts, NOW)}
        assert 1 == len(shown.rounds(tx, parts, NOW)["rounds"])
        assert ["H2"] == shown.death_lists(tx, parts)[0]["persons"][0]["households"]
        assert {"on", "stopped"} == {each["state"] for each in shown.whole(tx, parts)["programmes"]}
        assert 4 == len([each for home_no in range(1, 5) for each in shown.one(tx, parts, f"H{home_no}")])
