"""Promises of report.py in the small: one household, a few accounts, each rule by itself."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.coverage import LineAnswer
from reconciliation.errors import MissingRate
from reconciliation.household import Household, Person
from reconciliation.identity import to18
from reconciliation.money import to_cny_fen
from reconciliation.rates import Rates
from reconciliation.report import household_report
from tests.reconciliation.rows import table

HEAD, WIFE = "R:" + to18("110105550701347"), "R:" + to18("110105560202002")
BANK, BROKER, OTHER = "902", "980", "903"
AS_OF, FROM = date(2026, 11, 20), date(2026, 5, 20)
RATES = Rates.from_rows(
    [
        {"currency": "USD", "date": "2026-11-20", "cny_per_unit": "7.1"},
        {"currency": "JPY", "date": "2026-11-20", "cny_per_unit": "0.0465"},
    ],
    "rates.csv",
)
POLICY: dict[str, Any] = {
    "policy": 0,
    "product_class": {
        "demand_deposit": "deposit",
        "time_deposit": "deposit",
        "loan": "liability",
        "third_party_custody": "securities",
        "securities_cash": "securities",
    },
    "own_transfer_max_days": 1,
    "exempt_benefit_summaries": ["低保金"],
    "single_outflow_cny": "50000.00",
    "cumulative_outflow_cny": "100000.00",
    "structuring": {"min_count": 3, "from_share": "0.80", "below_share": "1.00", "within_days": 10},
    "ceilings": [
        {"programme": "低保", "region": "default", "multiplier": "24", "monthly_standard": "780.00"},
        {"programme": "低保", "region": "321283", "multiplier": "1", "monthly_standard": "10.00"},
    ],
}
HOUSEHOLD = Household(
    "H1",
    "低保",
    "321283",
    date(2026, 11, 1),
    AS_OF,
    FROM,
    None,
    (Person(HEAD, "王芳", "deposit"), Person(WIFE, "李明", "deposit")),
)


def whose(kind: str, rows: list[dict[str, Any]]) -> pa.Table:
    filled = [{"ref": 1, "institution": BANK, "person_key": HEAD} | row for row in rows]
    records = table(kind, *filled)
    return records.append_column("institution", pa.array([row["institution"] for row in filled], pa.string())).append_column(
        "person_key", pa.array([row["person_key"] for row in filled], pa.string())
    )


def report(
    holdings: list[dict[str, Any]] = [],  # noqa: B006
    movements: list[dict[str, Any]] = [],  # noqa: B006
    household: Household = HOUSEHOLD,
    outcomes: dict[tuple[str, str], str] = {},  # noqa: B006
    policy: dict[str, Any] = POLICY,
) -> dict[str, Any]:
    said = dict.fromkeys([(bank, who) for bank in (BANK, BROKER) for who in (HEAD, WIFE)], "found") | outcomes
    answers = [LineAnswer(bank, f"银行{bank}", who, word) for (bank, who), word in said.items()]
    tables = whose("holding", holdings), whose("movement", movements)
    made_at = datetime(2026, 12, 1, tzinfo=UTC)
    return household_report(household, answers, *tables, rates=RATES, policy=policy, made_at=made_at)


def out(account: str, **more: Any) -> dict[str, Any]:
    return {"account_no": account, "direction": "out", "amount_minor": 500, "booked_on": date(2026, 9, 1)} | more


def test_rule_062_a_report_states_facts_and_never_a_verdict() -> None:
    text = json.dumps(report([{"balance_minor": 10**9}]), ensure_ascii=False)

    for verdict in ("eligible", "符合", "不符合", "合格", "隐瞒", "骗保"):
        assert verdict not in text


def test_rule_037_banks_that_did_not_answer_stand_first_with_their_name() -> None:
    made = report([], outcomes={(OTHER, HEAD): "not_answered", (OTHER, WIFE): "technical_failure", (BANK, WIFE): "name_mismatch"})

    assert ["complete", "not_answered", "incomplete"] == [
        key for key in made if key in ("complete", "not_answered", "incomplete", "persons")
    ][:3]
    assert [
        {
            "institution": OTHER,
            "name": "银行903",
            "lines": [{"person_key": HEAD, "outcome": "not_answered"}, {"person_key": WIFE, "outcome": "technical_failure"}],
        }
    ] == made["not_answered"]
    assert [(BANK, "name_mismatch")] == [(b["institution"], b["lines"][0]["outcome"]) for b in made["answered_incompletely"]]
    assert {"institutions": 3, "institutions_not_answered": 1, "lines": 6, "lines_not_answered": 2} == made["asked"]
    assert {"lines-not-answered": 2, "lines-incomplete": 1} == {gap["code"]: gap["count"] for gap in made["incomplete"]}
    assert made["complete"] is False


def test_f3_whom_no_institution_was_asked_about_is_missing_not_without_assets() -> None:
    answers = [LineAnswer(BANK, "银行", HEAD, "no_record")]
    tables = whose("holding", []), whose("movement", [])
    about = {"rates": RATES, "policy": POLICY, "made_at": datetime(2026, 12, 1, tzinfo=UTC)}
    one, nobody = (household_report(HOUSEHOLD, asked, *tables, **about) for asked in (answers, []))

    assert (False, False) == (one["complete"], nobody["complete"])
    assert {"persons-not-asked": 1} == {gap["code"]: gap["count"] for gap in one["incomplete"]}
    assert {"persons-not-asked": 2} == {gap["code"]: gap["count"] for gap in nobody["incomplete"]}


def test_rule_037_a_class_that_no_institution_asked_can_answer_is_missing_not_nothing() -> None:
    home = replace(HOUSEHOLD, members=(Person(HEAD, "王芳", "deposit,trust"), Person(WIFE, "李明", "deposit")))
    tables = whose("holding", []), whose("movement", [])
    about = {"rates": RATES, "policy": POLICY, "made_at": datetime(2026, 12, 1, tzinfo=UTC)}
    first, both = (
        [LineAnswer(BANK, "银行", who, "no_record", answers=frozenset(can)) for who in (HEAD, WIFE)]
        for can in ({"deposit"}, {"deposit", "trust"})
    )

    without, whole = (household_report(home, asked, *tables, **about) for asked in (first, both))

    assert (False, True) == (without["complete"], whole["complete"])
    assert {"class-not-asked": 1} == {gap["code"]: gap["count"] for gap in without["incomplete"]}
    assert [] == whole["incomplete"]


def test_accounts_of_a_line_whose_name_differs_are_never_counted() -> None:
    assert 0 == report([{"balance_minor": 500}], outcomes={(BANK, HEAD): "name_mismatch"})["total_cny_fen"]


def test_rule_048_a_converted_account_shows_its_rate_and_date() -> None:
    made = report([{"currency": "USD", "balance_minor": 5}, {"account_no": "2", "balance_minor": 7}])
    usd, cny = sorted(made["holdings"], key=lambda row: row["currency"], reverse=True)

    assert (36, "7.1", "2026-11-20") == (usd["cny_fen"], usd["rate"], usd["rate_date"])
    assert (7, None, None) == (cny["cny_fen"], cny["rate"], cny["rate_date"])
    assert {"source": "rates.csv", "date": "2026-11-20", "cny_per_unit": {"USD": "7.1"}} == made["rates"]


def test_a_currency_without_a_rate_stops_the_report_by_name() -> None:
    with pytest.raises(MissingRate, match="EUR on 2026-11-20"):
        report([{"currency": "EUR"}])


def test_rule_049_a_main_account_and_its_sub_accounts_are_summed_once() -> None:
    made = report(
        [
            {"account_no": "main", "balance_minor": 30},
            {"account_no": "a", "parent_account_no": "main", "balance_minor": 10},
            {"account_no": "b", "parent_account_no": "main", "balance_minor": 20},
            {"account_no": "self", "parent_account_no": "self", "balance_minor": 5},  # some banks name an account its own parent
            {"account_no": "c", "parent_account_no": "main", "institution": BROKER, "balance_minor": 7},  # another bank's number
        ]
    )

    assert 42 == made["total_cny_fen"]
    assert [f"{BANK}/main"] == made["accounts"]["main_not_counted"]


def test_rule_050_custody_cash_shown_by_bank_and_broker_counts_once() -> None:
    bank = {"account_no": "b", "product": "third_party_custody", "custody_id": "C1", "balance_minor": 100}
    broker = {"account_no": "s", "product": "securities_cash", "custody_id": "C1", "institution": BROKER, "balance_minor": 100}

    assert (100, [f"{BROKER}/s"]) == (
        report([bank, broker])["total_cny_fen"],
        report([bank, broker])["accounts"]["custody_duplicate"],
    )
    assert 100 == report([broker])["total_cny_fen"]
    differs = report([bank, broker | {"balance_minor": 90}])
    assert (190, [f"{BANK}/b", f"{BROKER}/s"]) == (differs["total_cny_fen"], differs["accounts"]["custody_differs"])
    assert 100 == report([bank | {"status": "closed"}, broker])["total_cny_fen"]


def test_rule_053_and_056_frozen_and_dormant_accounts_count_and_are_marked() -> None:
    made = report([{"status": "frozen"}, {"account_no": "2", "frozen_minor": 1}, {"account_no": "3", "status": "dormant"}])

    assert 300 == made["total_cny_fen"]
    assert ([f"{BANK}/2", f"{BANK}/6200"], [f"{BANK}/3"]) == (made["accounts"]["frozen"], made["accounts"]["dormant"])


def test_rule_054_a_joint_account_is_counted_once_with_its_first_holder() -> None:
    joint = {"joint_holder_id": WIFE[2:], "balance_minor": 100}
    movement = out("6200")
    made = report([joint | {"person_key": WIFE}, joint], [movement, movement | {"person_key": WIFE}])

    assert [{"deposit": {"CNY": {"accounts": 1, "original_minor": 100, "cny_fen": 100}}}, {}] == [
        p["assets"] for p in made["persons"]
    ]
    assert [f"{BANK}/6200"] == made["accounts"]["joint"]
    assert {"count": 1, "cny_fen": 500} == made["outflow_outside"]


def test_rule_054_where_only_the_joint_holder_was_answered_the_account_is_the_joint_holders() -> None:
    made = report([{"joint_holder_id": WIFE[2:].lower(), "person_key": WIFE}])

    assert [[], ["deposit"]] == [list(person["assets"]) for person in made["persons"]]


def test_rule_055_a_closed_account_is_listed_with_its_movements_and_not_counted() -> None:
    made = report([{"status": "closed", "closed_on": date(2026, 9, 2)}], [out("6200")])

    assert (0, [f"{BANK}/6200"], 1) == (made["total_cny_fen"], made["accounts"]["closed"], made["outflow_outside"]["count"])


def test_liabilities_are_listed_and_never_set_off() -> None:
    made = report([{"product": "loan", "balance_minor": -900}, {"account_no": "2"}], [out("6200")])

    assert (100, [f"{BANK}/6200"], 0) == (
        made["total_cny_fen"],
        made["accounts"]["liabilities"],
        made["outflow_outside"]["count"],
    )


def test_certificates_under_one_account_number_all_count_and_a_repeated_row_does_not() -> None:
    first, second = ({"opened_on": date(2026, 1, day), "balance_minor": 1000} for day in (1, 2))

    assert 2000 == report([first, second, first])["total_cny_fen"]


def test_a_balance_that_was_not_given_is_told() -> None:
    made = report([{"balance_minor": None}, {"account_no": "2", "resolution_minor": 100}])

    assert {"balance-unknown": 1, "balance-rounded": 1} == {gap["code"]: gap["count"] for gap in made["incomplete"]}
    assert [2, 100] == [made["persons"][0]["assets"]["deposit"]["CNY"][name] for name in ("accounts", "original_minor")]


def test_rule_058_a_transfer_with_both_legs_seen_is_netted() -> None:
    there = out("a", counterparty_institution=BROKER, counterparty_account="b", booked_time=time(9))
    back = {
        "account_no": "b",
        "institution": BROKER,
        "counterparty_institution": BANK,
        "counterparty_account": "a",
        "direction": "in",
    }
    back |= {"amount_minor": 500, "booked_on": date(2026, 9, 2)}
    accounts = [{"account_no": "a"}, {"account_no": "b", "institution": BROKER}]
    made = report(accounts, [there, there | {"booked_time": time(10)}, back])

    assert ({"count": 1, "cny_fen": 500}, 0) == (made["own_transfers_netted"], made["outflow_outside"]["count"])
    assert 0 == report(accounts, [there, back | {"booked_on": date(2026, 9, 3)}])["own_transfers_netted"]["count"]


# ---- masked numbers: alike is not the same ----------------------------------------------------------------------------------------------


def test_accounts_of_two_members_that_are_masked_alike_are_two_accounts() -> None:
    hidden = {"account_no": "6217****0001", "balance_minor": 100}
    made = report([hidden, hidden | {"person_key": WIFE}])

    assert 200 == made["total_cny_fen"]
    assert [] == made["accounts"]["joint"]


def test_a_masked_parent_makes_no_main_account_of_a_number_that_looks_like_it() -> None:
    for number in ("6217****0001", "6217000000000001"):
        made = report(
            [
                {"account_no": number, "balance_minor": 30},
                {"account_no": "a", "parent_account_no": "6217****0001", "balance_minor": 10},
            ]
        )
        assert 40 == made["total_cny_fen"]


def test_a_masked_custody_number_ties_nothing() -> None:
    bank = {"account_no": "b", "product": "third_party_custody", "custody_id": "C****1", "balance_minor": 100}
    broker = {
        "account_no": "s",
        "product": "securities_cash",
        "custody_id": "C****1",
        "institution": BROKER,
        "balance_minor": 100,
    }

    assert 200 == report([bank, broker])["total_cny_fen"]


@pytest.mark.parametrize("other", ["6217****0001", "6217000000000001"])
def test_a_transfer_to_a_masked_number_is_never_an_own_transfer(other: str) -> None:
    accounts = [{"account_no": "mine"}, {"account_no": other, "institution": BROKER}]
    there = out("mine", counterparty_institution=BROKER, counterparty_account="6217****0001", amount_minor=500)
    back = out(
        other, institution=BROKER, direction="in", counterparty_institution=BANK, counterparty_account="mine", amount_minor=500
    )
    made = report(accounts, [there, back])

    assert (0, 1) == (made["own_transfers_netted"]["count"], made["outflow_outside"]["count"])


def test_movements_of_a_masked_account_belong_to_the_account_the_same_answer_masks_so() -> None:
    made = report([{"account_no": "6217****0001"}], [out("6217****0001", amount_minor=500)])

    assert {"count": 1, "cny_fen": 500} == {name: made["outflow_outside"][name] for name in ("count", "cny_fen")}


def test_movements_outside_the_window_and_of_unknown_accounts_are_left_out_and_the_latter_told() -> None:
    days = [date(2026, 5, 19), FROM, AS_OF, date(2026, 11, 21)]
    made = report([{}], [*(out("6200", booked_on=day) for day in days), out("nobody's")])

    assert {"count": 2, "cny_fen": 1000} == made["outflow_outside"]
    assert ["movement-without-account"] == [gap["code"] for gap in made["incomplete"]]


def test_rule_060_exempt_benefits_are_shown_apart() -> None:
    made = report([{}], [out("6200", direction="in", summary=summary) for summary in ("低保金", "工资")])

    assert (500, 100) == (made["exempt_benefit_credits_cny_fen"], made["total_cny_fen"])


def test_rule_061_per_capita_is_half_up_and_equal_is_not_above() -> None:
    at, over = (report([{"balance_minor": fen}]) for fen in (2000, 2001))

    assert [(2000, "not_above", 1000), (2000, "above", 1001)] == [
        (made["ceiling"]["cny_fen"], made["ceiling"]["comparison"], made["per_capita_cny_fen"]) for made in (at, over)
    ]


def test_a_programme_without_ceiling_is_not_compared() -> None:
    made = report([{}], policy=POLICY | {"ceilings": []})

    assert (None, ["no-ceiling"]) == (made["ceiling"], [gap["code"] for gap in made["incomplete"]])


def test_rule_063_the_spread_of_days_is_that_of_the_counted_balances() -> None:
    days = [date(2026, 11, 18), AS_OF]
    made = report([{"account_no": str(day), "as_of": day} for day in days] + [{"status": "closed", "as_of": date(2020, 1, 1)}])

    assert {"from": "2026-11-18", "to": "2026-11-20", "days": 2} == made["as_of_spread"]


def test_a_household_nobody_holds_anything_of_has_a_report_too() -> None:
    made = report([], outcomes=dict.fromkeys([(BANK, HEAD), (BANK, WIFE), (BROKER, HEAD), (BROKER, WIFE)], "no_record"))

    assert (0, True, []) == (made["total_cny_fen"], made["complete"], made["holdings"])


HELD = st.lists(
    st.fixed_dictionaries(
        {
            "account_no": st.integers(0, 5).map(str),
            "institution": st.sampled_from([BANK, BROKER]),
            "person_key": st.sampled_from([HEAD, WIFE]),
            "currency": st.sampled_from(["CNY", "USD", "JPY"]),
            "balance_minor": st.integers(0, 2**40),
            "product": st.sampled_from(["demand_deposit", "time_deposit", "loan", "member_share"]),
            "status": st.sampled_from(["active", "dormant", "frozen", "closed"]),
        }
    ),
    max_size=8,
)
MOVED = st.lists(
    st.builds(
        out,
        st.integers(0, 5).map(str),
        institution=st.sampled_from([BANK, BROKER]),
        counterparty_account=st.integers(0, 5).map(str),
        counterparty_institution=st.sampled_from([BANK, BROKER]),
        direction=st.sampled_from(["in", "out"]),
        booked_time=st.sampled_from([time(9), time(10)]),
        balance_after_minor=st.integers(0, 2**30),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(HELD, MOVED, st.data())
def test_the_order_of_rows_changes_nothing(held: list[dict[str, Any]], moved: list[dict[str, Any]], data: st.DataObject) -> None:
    first = report(held, moved)
    again = report(data.draw(st.permutations(held)), data.draw(st.permutations(moved)))

    assert json.dumps(first) == json.dumps(again)


@settings(max_examples=25)
@given(HELD)
def test_every_sum_is_the_sum_of_what_is_shown(held: list[dict[str, Any]]) -> None:
    made = report(held)
    counted = [row for row in made["holdings"] if row["handling"] == "counted"]
    cells = [cell for person in made["persons"] for by in person["assets"].values() for cell in by.values()]

    assert made["total_cny_fen"] == sum(cell["cny_fen"] for cell in cells) == sum(row["cny_fen"] for row in counted)
    assert len(counted) == sum(cell["accounts"] for cell in cells)
    for row in counted:
        assert row["cny_fen"] == to_cny_fen(row["balance_minor"], row["currency"], RATES.rate(row["currency"], AS_OF))


def test_rule_018_the_report_prints_the_large_sum_thresholds_it_was_made_under() -> None:
    said = report()["thresholds"]

    assert (5_000_000, 10_000_000, "centre") == (
        said["single_outflow_cny_fen"],
        said["cumulative_outflow_cny_fen"],
        said["applied_by"],
    )
