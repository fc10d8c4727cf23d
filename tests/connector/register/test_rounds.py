"""Recipients are asked again on their day, from the register and nobody else; whoever is left out is listed with the reason."""

from datetime import UTC, date, datetime

import pytest

from config.rounds import Round, period_of, read_rounds
from connector.founding import EXAMPLES
from connector.ledger import rosters
from connector.ledger.tables import intake
from connector.persons import opened
from connector.register import rounds, shown, told
from connector.register.errors import NotThere, RegisterError
from tests.connector.desk import number
from tests.connector.register.office import MONTHLY, NOW, Office, home, on, stopped
from transports import crashpoint
from transports.crashpoint import Crash


@pytest.fixture(autouse=True)
def _monthly(office: Office) -> None:
    office.rules(MONTHLY)


def why(made: dict[str, object]) -> dict[str, int]:
    return {each["code"]: each["households"] for each in made["why"]}  # type: ignore[attr-defined]


def asked_in_rounds(office: Office) -> list[str]:
    return [row.household_no for row in office.inquiries() if row.check_type != "新申请"]


# ---------------------------------------------------------------- which day, which window
@pytest.mark.parametrize(
    ("every", "month", "today", "period", "day"),
    [
        ("month", 1, date(2026, 12, 31), "2026-12", date(2026, 12, 10)),
        ("quarter", 1, date(2026, 12, 31), "2026-Q4", date(2026, 10, 10)),
        ("quarter", 3, date(2026, 2, 1), "2026-Q1", date(2026, 3, 10)),
        ("year", 12, date(2026, 2, 1), "2026", date(2026, 12, 10)),
    ],
)
def test_rule_016_each_period_has_its_day(every: str, month: int, today: date, period: str, day: date) -> None:
    made = Round.model_validate({"every": every, "day": 10, "month": month})

    assert (period, day) == (made.period(today), made.day_in(period))
    assert period == period_of(made.every, day)


def test_rule_017_base_day_and_window_of_a_round_are_explicit_and_of_the_rule_set(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"))

    made = office.round()

    (row,) = [each for each in office.inquiries() if each.check_type == "定期"]
    assert (date(2026, 11, 30), date(2026, 5, 30), date(2026, 12, 5)) == (row.as_of, row.window_from, row.application_date)
    assert (row.as_of, row.window_from) == (made["as_of"], made["window_from"])


def test_rule_016_a_round_s_inquiries_are_of_its_kind_and_not_urgent(office: Office) -> None:
    office.rules("programmes: {低保: {every: quarter, month: 3, day: 5}}\n")
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"))

    made = office.round()

    (row,) = [each for each in office.inquiries() if each.check_type == "季度"]
    assert ("2026-Q4", "quarter", "quarter", False) == (
        made["period"],
        made["kind"],
        office.parts.policy.kind_of(row.check_type),
        row.urgent,
    )


# ---------------------------------------------------------------- who is asked
def test_everybody_on_the_register_is_asked_or_listed_with_the_reason(office: Office) -> None:
    office.bring(
        home("H1", 1),
        home("H2", 2, valid_to="2026-11-25"),
        home("H3", 3),
        home("H4", 4),
        home("H6", 6),
    )
    office.conclude()
    office.register(on("H6"), month="2026-11")
    person = {"name": "测试人"}
    office.register(
        on("H1"),
        on("H2"),
        on("H4", id_no=number(4), **person),
        on("H4", id_no=number(44), **person),
        on("H5"),
        stopped("H3"),
    )

    made = office.round()

    assert ["H1"] == asked_in_rounds(office)
    assert (1, 4) == (made["asked"], made["left_out"])
    assert {
        "authorization-expired": 1,
        "member-unauthorized": 1,
        "authorization-missing": 1,
        "not-in-register": 1,
    } == why(made)


def test_a_member_who_left_the_household_needs_a_new_paper_too(office: Office) -> None:
    office.bring(home("H1", 1), home("H1", 2))
    office.conclude()
    office.register(on("H1", name="测试人", id_no=number(1)))

    assert {"member-left": 1} == why(office.round())


def test_where_files_name_changes_only_nobody_is_missing(office: Office) -> None:
    office.rules(MONTHLY + "files: changes\n")
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"), month="2026-11")

    taken = office.register(on("H2"))

    assert 0 == taken.households["missing"]
    assert 1 == office.round()["asked"]


def test_rule_003_an_ended_authorization_is_not_asked_under(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1", state="不予批准", reason="超过标准"), month="2026-11")
    office.register(on("H1", state="新增"))

    assert {"authorization-ended": 1} == why(office.round())


def test_rule_005_after_the_new_paper_came_in_the_household_is_asked_again(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    rows = (on("H1", name="测试人", id_no=number(1)), on("H1", name="测试人", id_no=number(2)))
    office.register(*rows)
    before = why(office.round())
    new = {"authorization_no": "SQ-NEW", "signed_on": "2026-12-04", "application_date": "2026-12-05", "as_of": ""}

    office.bring(home("H1", 1, **new), home("H1", 2, **new))
    open_still = why(office.round())
    office.conclude()
    made = office.round()

    assert ({"member-unauthorized": 1}, {"being-asked": 1}) == (before, open_still)
    assert (1, {}) == (made["asked"], why(made))
    assert "superseded" == office.papers()["SQ-H1"]


def test_rule_015_a_person_in_an_open_inquiry_is_not_asked_about_beside_it(office: Office) -> None:
    office.bring(home("H1", 1))
    office.register(on("H1"))

    made = office.round()

    assert {"being-asked": 1} == why(made)


def test_rule_015_the_same_person_in_two_households_of_a_round_is_asked_about_once(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.bring(home("H2", 1))
    office.conclude()
    office.register(on("H1"), on("H2"))

    made = office.round()

    assert (1, {"being-asked": 1}) == (made["asked"], why(made))


def test_what_a_round_keeps_of_a_person_is_sealed_anew_under_its_month(office: Office) -> None:
    office.bring(home("H1", 1, name="王芳"))
    office.conclude()
    office.register(on("H1"))
    office.round()

    parts = office.parts
    with parts.ledger.read() as tx:
        (row,) = rosters.waiting(tx)
        person = opened(tx, parts.vault, row).person
        old = {each.data_key for each in office.inquiries() if each.check_type == "新申请"}
    assert ("王芳", number(1)) == (person.name, person.id_no)
    assert row.data_key not in old


def test_a_new_application_beside_an_open_round_is_taken_in(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"))
    office.round()
    with office.parts.ledger.begin() as tx:
        rosters.mark_gathered(tx, [row.inquiry for row in rosters.waiting(tx)], NOW)

    taken = office.bring(home("H1", 1, check_type="举报", application_date="2026-12-04", as_of="2026-12-04"))

    assert (1, {}) == (taken.households["new"], dict(taken.refused))


# ---------------------------------------------------------------- once a period
def test_the_clock_makes_a_round_on_its_day_and_once(office: Office) -> None:
    office.bring(home("H1", 1), home("H2", 2))
    office.conclude()
    office.register(on("H1"), on("H2"))
    early = datetime(2026, 12, 4, 12, 0, tzinfo=UTC)

    before = rounds.is_due(office.parts, early), rounds.make_due(office.parts, early)
    made = rounds.make_due(office.parts, NOW)
    again = rounds.is_due(office.parts, NOW), rounds.make_due(office.parts, NOW)

    nothing = {"asked": 0, "left_out": 0}
    assert (False, nothing) == before
    assert {"asked": 2, "left_out": 0} == made
    assert (False, nothing) == again
    assert ["H1", "H2"] == asked_in_rounds(office)


def test_a_round_waits_for_the_register_of_its_month_and_status_tells(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"), month="2026-11")
    parts = office.parts

    waited = rounds.make_due(parts, NOW)
    with parts.ledger.read() as tx:
        said = [each["code"] for each in told.told(tx, parts, NOW) if each["alarm"]]
        due = shown.rounds(tx, parts, NOW)["due"]
    office.register(on("H1"))
    made = rounds.make_due(office.parts, NOW)

    assert ({"asked": 0, "left_out": 0}, ["register-awaited"], [True]) == (waited, said, [each["waits"] for each in due])
    assert 1 == made["asked"]


def test_by_hand_again_asks_only_those_left_out_before(office: Office) -> None:
    office.bring(home("H1", 1), home("H2", 2, valid_to="2026-11-25"))
    office.conclude()
    office.register(on("H1"), on("H2"))
    trial, first, same = office.round(dry_run=True), office.round(), office.round()
    new = {"authorization_no": "SQ-NEW", "signed_on": "2026-12-04", "application_date": "2026-12-05", "as_of": ""}
    office.bring(home("H2", 2, **new))
    office.conclude()

    last = office.round()

    assert trial == first == same
    assert (2, 0) == (last["asked"], last["left_out"])
    assert ["H1", "H2"] == asked_in_rounds(office)


def test_a_dry_run_writes_nothing(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()
    office.register(on("H1"))

    made = office.round(dry_run=True)

    assert (1, []) == (made["asked"], asked_in_rounds(office))
    with office.parts.ledger.read() as tx:
        assert 1 == len(tx.execute(intake.select()).all())


def test_a_month_without_a_round_and_one_that_has_not_begun_are_told(office: Office) -> None:
    office.rules("programmes: {低保: {every: quarter, month: 1, day: 5}}\n")

    with pytest.raises(NotThere, match="no round"):
        office.round()
    with pytest.raises(RegisterError, match="not begun"):
        office.round("2027-01")


@pytest.mark.parametrize("label", ["O3", "O4", "O3@2", "O4@2"])
def test_killed_in_the_middle_a_round_goes_on_where_it_was(office: Office, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "LOT", 2)
    office.bring(*(home(f"H{at}", at) for at in range(1, 6)))
    office.conclude()
    office.register(*(on(f"H{at}") for at in range(1, 6)))
    crashpoint.arm(f"{label}:raise")
    with pytest.raises(Crash):
        rounds.make_due(office.parts, NOW)
    crashpoint.arm("")

    rounds.make_due(office.parts, NOW)

    assert [f"H{at}" for at in range(1, 6)] == asked_in_rounds(office)
    with office.parts.ledger.read() as tx:
        (row,) = shown.rounds(tx, office.parts, NOW)["rounds"]
    assert (5, 0, True) == (row["asked"], row["left_out"], row["finished_at"] is not None)


def test_no_file_means_no_round(office: Office) -> None:
    (office.folder / "rounds.yaml").unlink()

    assert {} == read_rounds(office.folder).programmes
    assert not rounds.is_due(office.parts, NOW)


def test_the_example_is_a_file_of_this_kind(office: Office) -> None:
    office.rules((EXAMPLES / "rounds.yaml").read_text("utf-8"))

    assert {"低保", "特困", "低收入家庭"} == set(read_rounds(office.folder).programmes)


def test_a_wrong_file_of_rounds_is_told_and_stops_no_other_word(office: Office) -> None:
    office.rules("programmes: {低保: {every: fortnight}}\n")
    parts = office.parts

    with parts.ledger.read() as tx:
        (said,) = told.told(tx, parts, NOW)

    assert ("rounds-wrong", True) == (said["code"], said["alarm"])
    assert "rounds.yaml" in said["en"]
