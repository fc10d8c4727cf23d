"""A month's register is taken once, whole, by whoever may; what ends with it ends the same day, and nothing is ended by silence."""

import pytest

from connector.intake.errors import SheetError
from connector.intake.sheet import read_sheet
from connector.ledger import registers
from connector.register import shown, taking
from connector.register.columns import REGISTER
from connector.register.errors import RegisterError
from connector.register.rows import look
from tests.connector.desk import POLICY, number
from tests.connector.register.office import NOW, Office, home, on, register_sheet, stopped
from transports import crashpoint
from transports.crashpoint import Crash


def states(office: Office) -> dict[str, str]:
    parts = office.parts
    with parts.ledger.read() as tx:
        return {row.household_no: row.state for row in registers.listing(tx, parts.centre)}


# ---------------------------------------------------------------- the sheet
def test_titles_stand_in_any_order_in_utf8_or_gb18030_and_rows_without_persons_will_do(office: Office) -> None:
    text = "停发原因,在册状态,家庭编号,停发日期,救助项目\n,新增,H1,,低保\n𬭎某去世,停发,H2,2026/12/1,特困\n"

    for encoding in ("utf-8", "gb18030"):
        found = look(read_sheet(text.encode(encoding), REGISTER), POLICY, "321283")
        assert [(e.household_no, e.programme, e.state, str(e.ends_on)) for e in found.entries] == [
            ("H1", "低保", "new", "None"),
            ("H2", "特困", "stopped", "2026-12-01"),
        ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"household_no": ""}, "household-missing"),
        ({"programme": "彩票"}, "programme-unknown"),
        ({"state": "也许"}, "state-unknown"),
        ({"region": "32"}, "region-invalid"),
        ({"state": "停发", "reason": "x"}, "end-day-missing"),
        ({"state": "停发", "reason": "x", "ends_on": "十二月"}, "end-day-missing"),
        ({"state": "停发", "ends_on": "2026-12-01"}, "end-reason-missing"),
        ({"state": "不予批准"}, "end-reason-missing"),
        ({"ends_on": "2026-12-01"}, "end-not-ended"),
        ({"name": "某人"}, "id-missing"),
        ({"id_no": "1"}, "name-missing"),
        ({"name": "某人", "id_no": "1"}, "id-invalid"),
        ({"household_no": "H" * 61}, "cell-too-long"),
    ],
)
def test_a_bad_row_is_told_by_number_and_the_good_ones_go_on(office: Office, changes: dict[str, str], code: str) -> None:
    taken = office.register(on("H1"), on("H2", **changes), on("H3"))

    assert {code: [3]} == dict(taken.refused)
    assert {"H1": "on", "H3": "on"} == states(office)


def test_rows_of_a_household_that_contradict_each_other_change_nothing_of_it(office: Office) -> None:
    taken = office.register(on("H1"), stopped("H1"), on("H2"))

    assert {"household-contradicts": [2, 3]} == dict(taken.refused)
    assert {"H2": "on"} == states(office)


def test_a_sheet_of_another_kind_is_refused_whole(office: Office) -> None:
    with pytest.raises(SheetError, match="must be there are missing"):
        taking.read(office.parts, "家庭编号,姓名\nH1,某\n".encode())


# ---------------------------------------------------------------- rule 4: the end of aid
def test_rule_004_the_end_of_aid_ends_the_authorization_the_same_day(office: Office) -> None:
    office.bring(home("H1", 1), home("H2", 2))
    office.register(on("H1"), on("H2"), month="2026-11")

    taken = office.register(stopped("H1"), on("H2"))

    assert {"SQ-H1": "ended", "SQ-H2": "valid"} == office.papers()
    assert {"H1": "stopped", "H2": "on"} == states(office)
    assert (1, 1) == (taken.ended["papers"], taken.ended["waiting"])
    assert [True, False] == [row.withdrawn_at is not None for row in office.inquiries()]


def test_rule_004_aid_that_ends_on_a_later_day_ends_the_paper_on_that_day_and_not_before(office: Office) -> None:
    office.bring(home("H1", 1))
    taken = office.register(stopped("H1", "2026-12-20"))
    before = office.papers()
    early = taking.end_due(office.parts, NOW)

    day = NOW.replace(day=20)
    late = taking.end_due(office.parts, day)

    assert (1, {"SQ-H1": "valid"}, 0) == (taken.households["later"], before, early["papers"])
    assert (1, {"SQ-H1": "ended"}, {"H1": "stopped"}) == (late["papers"], office.papers(), states(office))
    assert 0 == taking.end_due(office.parts, day)["households"]


def test_rule_004_a_pass_keeps_the_authorization_while_aid_lasts(office: Office) -> None:
    office.bring(home("H1", 1))
    office.conclude()

    office.register(on("H1", state="新增"), month="2026-11")
    office.register(on("H1"))

    assert {"SQ-H1": "valid"} == office.papers()


def test_a_paper_signed_after_the_aid_ended_is_of_a_new_application_and_stays(office: Office) -> None:
    office.bring(home("H1", 1, signed_on="2026-11-10"))

    office.register(stopped("H1", "2026-10-31"))

    assert {"SQ-H1": "valid"} == office.papers()


def test_a_paper_of_another_programme_stays(office: Office) -> None:
    office.bring(home("H1", 1))

    office.register(stopped("H1", programme="特困"))

    assert {"SQ-H1": "valid"} == office.papers()


# ---------------------------------------------------------------- rule 3: a check that failed
def test_rule_003_a_check_that_failed_ends_the_authorization(office: Office) -> None:
    office.bring(home("H1", 1))

    office.register(on("H1", state="不予批准", reason="超过标准"))
    again = office.bring(home("H1", 1, application_date="2026-12-05", as_of=""))

    assert ({"SQ-H1": "ended"}, {"H1": "refused"}) == (office.papers(), states(office))
    assert {"authorization-ended": [2]} == dict(again.refused)


def test_rule_003_a_region_may_have_it_otherwise(office: Office) -> None:
    office.policy("failed_check_ends: {default: true}", "failed_check_ends: {default: true, '321283': false}")
    office.bring(home("H1", 1), home("H2", 2))

    office.register(
        on("H1", state="不予批准", reason="超过标准", region="321283"),
        on("H2", state="不予批准", reason="超过标准", region="320507"),
    )

    assert {"SQ-H1": "valid", "SQ-H2": "ended"} == office.papers()


# ---------------------------------------------------------------- rule 5: a member more
def test_rule_005_a_member_the_register_adds_demands_a_new_authorization(office: Office) -> None:
    office.bring(home("H1", 1))
    person = {"name": "测试人", "id_no": number(1)}

    taken = office.register(on("H1", **person), on("H1", name="新成员", id_no=number(2)))

    assert {"member-unauthorized": [3]} == dict(taken.refused)
    assert {"H1": "on"} == states(office)


# ---------------------------------------------------------------- once, whole, not by silence
def test_the_same_file_twice_changes_nothing_and_gives_the_recorded_result(office: Office) -> None:
    office.bring(home("H1", 1))
    rows = (stopped("H1"), on("H2"), on("H3", state="?"))
    first = office.register(*rows)
    office.bring(home("H1", 1, authorization_no="SQ-NEW", signed_on="2026-12-04", application_date="2026-12-05", as_of=""))

    again = office.register(*rows)

    assert again.again
    assert (first.households, first.ended, first.refused) == (again.households, again.ended, again.refused)
    assert {"SQ-H1": "ended", "SQ-NEW": "valid"} == office.papers()


def test_a_dry_run_says_exactly_what_taking_does_and_does_nothing(office: Office) -> None:
    office.bring(home("H1", 1), home("H2", 2))
    office.register(on("H1"), on("H2"), on("H4"), month="2026-11")
    rows = (stopped("H1"), on("H2"), on("H3", state="新增"), on("H5", state="不予批准", reason="x"))

    trial = office.register(*rows, trial=True)
    before = office.papers(), states(office)
    taken = office.register(*rows)

    assert ({"SQ-H1": "valid", "SQ-H2": "valid"}, {"H1": "on", "H2": "on", "H4": "on"}) == before
    assert (trial.households, trial.ended, trial.refused) == (taken.households, taken.ended, taken.refused)
    assert {"new": 1, "continuing": 1, "stopped": 1, "refused": 1, "later": 0, "unchanged": 0, "missing": 1} == taken.households


def test_who_is_missing_from_the_file_is_told_and_not_ended(office: Office) -> None:
    office.bring(home("H1", 1))
    office.register(on("H1"), on("H2"), month="2026-11")

    taken = office.register(on("H2"))

    parts = office.parts
    with parts.ledger.read() as tx:
        missing = shown.missing(tx, parts)
    assert (1, ["H1"]) == (taken.households["missing"], [each["household_no"] for each in missing])
    assert {"SQ-H1": "valid"} == office.papers()


def test_a_second_file_of_the_month_adds_to_the_first(office: Office) -> None:
    office.register(on("H1"))

    taken = office.register(on("H2"))

    assert (0, {"H1": "on", "H2": "on"}) == (taken.households["missing"], states(office))


def test_an_older_register_is_not_taken_after_a_newer_one(office: Office) -> None:
    office.register(on("H1"))

    with pytest.raises(RegisterError) as refused:
        office.register(stopped("H1"), month="2026-11")

    assert ("register-older", {"H1": "on"}) == (refused.value.code, states(office))


def test_why_aid_ended_is_kept_sealed_and_shown(office: Office) -> None:
    office.register(stopped("H1"))

    parts = office.parts
    with parts.ledger.read() as tx:
        (found,) = shown.one(tx, parts, "H1")
    assert ("收入超过标准", "stopped") == (found["reason"], found["state"])
    assert "收入超过标准".encode() not in (office.folder / "ledger.db").read_bytes()


# ---------------------------------------------------------------- two persons
MANY = [stopped(f"H{at}") for at in range(1, 5)]
FEW_RULE = "two_persons: {ended_share: '0.25', ended_households: 1}\n"


def test_a_file_that_ends_too_much_at_once_waits_for_a_second_person(office: Office) -> None:
    office.rules(FEW_RULE)
    office.bring(home("H1", 1))
    office.register(*(on(f"H{at}") for at in range(1, 9)), month="2026-11")

    waits = office.register(*MANY)
    same = office.register(*MANY)
    before = office.papers(), states(office)["H1"]
    assert waits.waits is not None
    office.agree(waits.waits)
    taken = office.register(*MANY)

    assert (waits.waits, True) == (same.waits, waits.two_persons)
    assert ({"SQ-H1": "valid"}, "on") == before
    assert (None, 4, {"SQ-H1": "ended"}) == (taken.waits, taken.households["stopped"], office.papers())


def test_what_was_agreed_holds_for_that_file_alone(office: Office) -> None:
    office.rules(FEW_RULE)
    office.register(*(on(f"H{at}") for at in range(1, 9)), month="2026-11")
    first = office.register(*MANY)
    assert first.waits is not None
    office.agree(first.waits)

    other = office.register(*MANY, stopped("H5"))

    assert other.waits not in (None, first.waits)


def test_what_was_returned_is_asked_anew(office: Office) -> None:
    office.rules(FEW_RULE)
    office.register(*(on(f"H{at}") for at in range(1, 9)), month="2026-11")
    first = office.register(*MANY)
    assert first.waits is not None
    office.agree(first.waits, agree=False)

    again = office.register(*MANY)

    assert again.waits not in (None, first.waits)
    assert {"on"} == set(states(office).values())


def test_few_households_need_no_second_person_whatever_their_share(office: Office) -> None:
    office.register(on("H1"), month="2026-11")

    assert office.register(stopped("H1")).waits is None


def test_households_listed_for_the_sake_of_history_count_for_nothing(office: Office) -> None:
    office.rules(FEW_RULE)

    assert office.register(*MANY, on("H9")).waits is None


# ---------------------------------------------------------------- killed anywhere
@pytest.mark.parametrize("label", ["O1", "O2"])
def test_killed_in_the_middle_nothing_is_half_taken(office: Office, label: str) -> None:
    office.bring(home("H1", 1))
    crashpoint.arm(f"{label}:raise")
    with pytest.raises(Crash):
        office.register(stopped("H1"), on("H2"))
    crashpoint.arm("")
    after = office.papers(), states(office)

    taken = office.register(stopped("H1"), on("H2"))

    nothing, all_of_it = ({"SQ-H1": "valid"}, {}), ({"SQ-H1": "ended"}, {"H1": "stopped", "H2": "on"})
    assert (nothing if label == "O1" else all_of_it) == after
    assert all_of_it == (office.papers(), states(office))
    assert taken.again is (label == "O2")


def test_a_register_by_persons_in_a_workbook_is_read_too(office: Office) -> None:
    rows = look(read_sheet(register_sheet(on("H1", name="某", id_no=number(1))), REGISTER), POLICY, "321283")

    assert [f"R:{number(1)}"] == list((rows.entries[0].persons or {}).values())
