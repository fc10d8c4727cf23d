"""The faults of single cells that the test plan names (C8–C11, C15, C19): a bad row is set aside by name, good rows go on.

Where a total needs an amount that cannot be read, the whole answer is refused (rule 45). No fault ever becomes "no record".
"""

from datetime import date

import pyarrow as pa
import pytest

from bank_profiles.values.converters import BadValue
from bank_profiles.values.dates import Day
from bank_profiles.values.identifying import seen_column, whole
from tests.bank_profiles.answers import changed, good, read, refused

NO_AMOUNTS = [
    "+12.00",
    "1,234.00",
    "12.",
    ".5",
    "12.0.0",
    "9" * 40,
    "NaN",
    "Infinity",
    "1e5",
    "0x1F",
    "１２",
    "12.0\u200b",
    "--1",
    "12 00",
]


# ---- C8 -----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_fault_c08_rule_046_an_amount_in_another_style_sets_its_row_aside(amount: str) -> None:
    of_document = read("gyzb/reply", changed("gyzb/reply", ">88.10</Bal>", f">{amount}</Bal>"))
    of_object = read("xsyh/reply", changed("xsyh/reply", '"88.10"', f'"{amount}"'))

    assert [("not-money", "000001")] == of_document.parked == of_object.parked
    assert ["found"] == of_document.column("outcome", "outcome") == of_object.column("outcome", "outcome")
    assert [5000000] == of_object.column("holding", "balance_minor")  # the account beside it


@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_fault_c08_rule_045_where_a_sum_needs_the_amount_the_answer_is_refused(amount: str) -> None:
    assert ["not-money", "total-unreadable"] == refused("hxcb/detail", changed("hxcb/detail", "156|123456|", f"156|{amount}|"))


@pytest.mark.parametrize(
    ("bank", "data"),
    [
        ("gdyz/reply", changed("gdyz/reply", "0000000000123456", "00000000001234.6")),
        ("dsnx/book", changed("dsnx/book", "12.3456", "12,3456")),
        ("zjhb/reply", good("zjhb/reply").replace(bytes.fromhex("000000000012345c"), bytes.fromhex("00000000001234ac"))),
    ],
)
def test_fault_c08_rule_045_stored_and_fixed_amounts_too(bank: str, data: bytes) -> None:
    code, total = refused(bank, data)

    assert code in ("not-money", "not-packed")
    assert "total-unreadable" == total


def test_fault_c08_the_amount_of_an_entry_below_zero_is_set_aside() -> None:
    came = read("gyzb/reply", changed("gyzb/reply", "<Amt>12.00", "<Amt>-12.00"))

    assert [("negative-amount", "000001")] == came.parked
    assert ([8810], []) == (came.column("holding", "balance_minor"), came.column("movement", "amount_minor"))


@pytest.mark.parametrize("literal", ["NaN", "-Infinity", "+1", "01"])
def test_fault_c08_what_is_no_number_of_json_refuses_the_answer(literal: str) -> None:
    assert refused("xsyh/reply", changed("xsyh/reply", '"amt": 50000', f'"amt": {literal}'))


# ---- C9 -----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "old", "new"),
    [
        (bank, old, new)
        for bank, old, days in (
            ("hxcb/detail", "|20180315|", ("|0000|", "|00000000|", "|20260230|", "|20261301|", "|2026-02-30|")),
            ("gyzb/reply", "2019-05-06", ("0000", "0000-00-00", "2026-02-30", "2026-13-01", "2019-5-6", "20190506")),
            ("xsyh/reply", "2019-05-06", ("0000-00-00", "2026-02-30", "2026/02/03", "2019-05-06T00:00:00")),
            ("dsnx/book", "2018年3月15日", ("0000", "2018年2月30日", "18年3月15日", "2018.3.15")),
            ("zjhb/reply", "20180315", ("00000230", "20180230", "2018031A")),
            ("gdyz/reply", "20180315", ("20180230", "0000    ", "2018 315")),
        )
        for new in days
    ],
)
def test_fault_c09_rule_047_a_day_that_is_none_sets_its_row_aside(bank: str, old: str, new: str) -> None:
    before, came = read(bank, good(bank)), read(bank, changed(bank, old, new))

    assert 1 == len(came.parked)
    assert came.parked[0][0] in ("date-format", "impossible-date", "missing-value")
    assert len(before.rows["holding"]) - 1 == len(came.rows.get("holding", []))
    assert before.column("outcome", "outcome") == came.column("outcome", "outcome")


@pytest.mark.parametrize(
    ("spelling", "day", "impossible"),
    [
        ("yyyyMMdd", "20260102", "20260230"),
        ("yyyy-MM-dd", "2026-01-02", "2026-02-30"),
        ("yyyyMMddHHmmss", "20260102093000", "20260230093000"),
        ("yyyy-MM-ddTHH:mm:ss", "2026-01-02T09:30:00", "2026-02-30T09:30:00"),
    ],
)
def test_rule_047_days_of_8_10_14_and_19_characters_are_read_and_impossible_ones_refused(
    spelling: str, day: str, impossible: str
) -> None:
    assert len(day) in (8, 10, 14, 19)
    assert date(2026, 1, 2) == Day((spelling,)).read(day)
    with pytest.raises(BadValue) as refusal:
        Day((spelling,)).read(impossible)
    assert "impossible-date" == refusal.value.code


# ---- C10, C11 -----------------------------------------------------------------------------------------------------------------------
def test_fault_c10_a_number_whose_check_digit_is_wrong_is_kept_as_the_bank_wrote_it() -> None:
    came = read("hxcb/detail", changed("hxcb/detail", "990101195503070021", "990101195503070022"))

    assert [None, "990101195503070022"] == came.column(
        "holding", "joint_holder_id"
    )  # never corrected: whose it is, nobody guesses
    assert [] == came.parked


def test_fault_c11_two_identical_rows_are_two_rows() -> None:
    line = "D|000001|6217000010001234567|20260102|073000|1|156|1200|123456|示例商户|6057592523558519170|904314850444|扫码付\n"
    came = read("hxcb/flow", changed("hxcb/flow", line, line * 2).replace(b"T|1|1200", b"T|2|2400"))

    assert [1200, 1200] == came.column("movement", "amount_minor")
    assert [] == came.parked


def test_fault_c11_one_person_twice_is_answered_twice() -> None:
    came = read("hxcb/result", changed("hxcb/result", "D|000002|", "D|000001|"))

    assert [("000001", "found"), ("000001", "no_record")] == [(r["line_ref"], r["outcome"]) for r in came.rows["outcome"]]


# ---- C15 ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "old", "new", "word"),
    [
        ("hxcb/result", "D|000002|01|", "D|000002|01|", "no_record"),
        ("hxcb/result", "D|000002|01|", "D|000002|03|", "id_unknown"),
        ("hxcb/result", "D|000002|01|", "D|000002|02|", "name_mismatch"),
        ("gdyz/reply", "100000020001", "100000021002", "id_unknown"),
        ("zjhb/reply", "R00000201", "R00000202", "name_mismatch"),
        ("dsnx/book", "无", "信息不符", "name_mismatch"),
        ("gyzb/reply", "S0000", "E1003", "id_unknown"),
        ("xsyh/reply", '"0000"', '"1002"', "name_mismatch"),
    ],
)
def test_fault_c15_rule_038_no_account_and_not_found_are_what_the_table_of_the_bank_says(
    bank: str, old: str, new: str, word: str
) -> None:
    assert word in read(bank, changed(bank, old, new)).column("outcome", "outcome")


@pytest.mark.parametrize(
    ("bank", "old", "new", "line"),
    [
        ("hxcb/result", "|01|", "||", "000002"),
        ("hxcb/result", "|01|", "|-|", "000002"),
        ("gdyz/reply", "100000020001", "10000002    ", "000002"),
        ("zjhb/reply", "R00000201", "R000002  ", "000002"),
        ("dsnx/book", "有", "", "000001"),
        ("gyzb/reply", "<Cd>S0000</Cd>", "<Cd/>", "000001"),
        ("xsyh/reply", '"retCode": "0000"', '"retCode": null', "000001"),
    ],
)
def test_fault_c15_rule_037_an_empty_answer_says_nothing_and_never_no_account(bank: str, old: str, new: str, line: str) -> None:
    came = read(bank, changed(bank, old, new))

    assert [("missing-value", line)] == came.parked
    assert line not in came.column("outcome", "line_ref")


@pytest.mark.parametrize(
    ("bank", "old", "new"),
    [
        ("hxcb/result", "|01|", "|77|"),
        ("gdyz/reply", "100000020001", "100000027777"),
        ("zjhb/reply", "R00000201", "R00000277"),
        ("dsnx/book", "不予协助", "查不到"),
        ("gyzb/reply", "S0000", "E7777"),
        ("xsyh/reply", '"0000"', '"7777"'),
    ],
)
def test_fault_c15_rule_037_an_answer_in_no_table_refuses_the_file(bank: str, old: str, new: str) -> None:
    assert {"unknown-code"} == set(refused(bank, changed(bank, old, new)))


# ---- C19 ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bank", "old", "new"),
    [
        ("hxcb/detail", "|156|", "|999|"),
        ("gdyz/reply", "CNY", "RMB"),
        ("gyzb/reply", "CNY", "XXZ"),
        ("xsyh/reply", '"CNY"', '"cny"'),
    ],
)
def test_fault_c19_a_currency_nobody_knows_refuses_the_answer(bank: str, old: str, new: str) -> None:
    assert {"unknown-code"} == set(refused(bank, changed(bank, old, new)))


# ---- numbers that are names ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shortened", ["6.217E+18", "6.217e18", "1e5", "６.217E+18"])
@pytest.mark.parametrize(
    ("bank", "account"),
    [
        ("gyzb/reply", "0200001"),
        ("xsyh/reply", "0300001"),
        ("hxcb/detail", "6217000010001234567"),
        ("gdyz/reply", "6217000010001234567"),
        ("dsnx/book", "6217000010001234567"),
        ("zjhb/reply", "6217000010001234567"),
    ],
)
def test_an_account_shortened_to_a_power_of_ten_sets_its_row_aside(bank: str, account: str, shortened: str) -> None:
    if bank in ("gdyz/reply", "zjhb/reply"):
        shortened = shortened.replace("６", "6").ljust(len(account))

    assert "number-notation" in [code for code, _ in read(bank, changed(bank, account, shortened)).parked]


@pytest.mark.parametrize("text", ["1E5A", "E12345678", "12E34", "6217E", "1E2345", "A1E5"])
def test_a_number_with_a_letter_is_no_power_of_ten(text: str) -> None:
    assert text == whole(text)
    assert ["x", text] == seen_column(pa.array(["x", text]), "account_no").to_pylist()  # type: ignore[union-attr]


def test_both_readers_know_a_power_of_ten() -> None:
    assert seen_column(pa.array(["6.217E+18"]), "account_no") is None
    assert ["6.217E+18"] == seen_column(pa.array(["6.217E+18"]), "holder_name").to_pylist()  # type: ignore[union-attr]
