"""The invented city is the same for a seed, formally right, and nobody's."""

import csv
import json
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from config.policy import read_policy
from connector.bankside.invented import AS_OF, City, invent
from connector.intake.sheet import read_sheet
from reconciliation.identity import IdentityNumber, parse_identity
from reconciliation.rates import Rates
from reconciliation.words import PRODUCTS, STATUSES

ROOT = Path(__file__).resolve().parents[3]
POLICY = ROOT / "config" / "examples" / "policy" / "example.yaml"


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> City:
    return invent(tmp_path_factory.mktemp("city"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_city(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        invent(tmp_path / name, households=30, banks=4, seed=seed)

    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert ["accounts.csv", "institutions.json", "movements.csv", "rates.csv", "requests.xlsx"] == files
    assert [(tmp_path / "a" / name).read_bytes() for name in files] == [(tmp_path / "b" / name).read_bytes() for name in files]
    assert (tmp_path / "a" / "accounts.csv").read_bytes() != (tmp_path / "c" / "accounts.csv").read_bytes()


def test_the_sheet_holds_200_good_households_and_ten_that_must_be_refused(invented: City) -> None:
    sheet = read_sheet(invented.requests.read_bytes())

    assert 210 == len(set(sheet.columns["household_no"]))
    numbers = zip(sheet.columns["id_type"], sheet.columns["id_no"], strict=True)
    bad = sum(not isinstance(parse_identity(*pair), IdentityNumber) for pair in numbers)
    assert 1 <= bad <= len(sheet) // 25
    assert set(sheet.columns["programme"]) - {"其他救助"} <= set(read_policy(POLICY).programmes)
    assert any(day and day < AS_OF.isoformat() for day in sheet.columns["valid_to"])


def test_no_number_could_be_a_persons(invented: City) -> None:
    sheet = read_sheet(invented.requests.read_bytes())
    filed = [row["id_no"] for row in rows(invented.folder / "accounts.csv")]

    assert {"99"} == {number[:2] for number in [*sheet.columns["id_no"], *filed]}


def test_the_last_institution_is_a_securities_firm_and_all_hold_something(invented: City) -> None:
    listed = json.loads((invented.folder / "institutions.json").read_text("utf-8"))["institutions"]
    holding = {row["institution"] for row in rows(invented.folder / "accounts.csv")}

    assert 6 == len(listed) == len(invented.institutions)
    assert "securities_firm" == listed[-1]["kind"]
    assert {institution["code"] for institution in listed} == holding


def test_every_special_kind_occurs(invented: City) -> None:
    accounts = rows(invented.folder / "accounts.csv")

    assert {"CNY", "USD", "JPY", "KWD"} == {row["currency"] for row in accounts}
    assert {row["product"] for row in accounts} <= set(PRODUCTS)
    assert {"active", "dormant", "frozen", "closed"} == {row["status"] for row in accounts} <= set(STATUSES)
    assert any(row["joint_holder_id"] for row in accounts)
    assert any(len(row["id_no"]) == 15 for row in accounts)
    mains = {(row["institution"], row["parent_account_no"]) for row in accounts if row["parent_account_no"]}
    assert mains <= {(row["institution"], row["account_no"]) for row in accounts}
    pairs = defaultdict(set)
    for row in accounts:
        if row["custody_id"]:
            pairs[row["custody_id"]].add(row["product"])
    assert all({"third_party_custody", "securities_cash"} <= products for products in pairs.values())


def test_a_main_account_is_the_sum_of_its_sub_accounts(invented: City) -> None:
    accounts = rows(invented.folder / "accounts.csv")
    sums: dict[str, int] = defaultdict(int)
    for row in accounts:
        if row["parent_account_no"]:
            sums[row["parent_account_no"]] += int(row["balance_minor"])

    assert sums
    assert sums == {row["account_no"]: int(row["balance_minor"]) for row in accounts if row["account_no"] in sums}


def test_running_balances_add_up_to_the_balance(invented: City) -> None:
    balances = {row["account_no"]: int(row["balance_minor"]) for row in rows(invented.folder / "accounts.csv")}
    by_account: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(invented.folder / "movements.csv"):
        by_account[row["account_no"]].append(row)

    for account_no, booked in by_account.items():
        times = [(row["booked_on"], row["booked_time"]) for row in booked]
        assert times == sorted(set(times))
        for before, after in pairwise(booked):
            sign = 1 if after["direction"] == "in" else -1
            assert int(before["balance_after_minor"]) + sign * int(after["amount_minor"]) == int(after["balance_after_minor"])
        assert all(int(row["amount_minor"]) > 0 for row in booked)
        assert int(booked[-1]["balance_after_minor"]) == balances[account_no]


def test_the_rates_cover_the_base_date(invented: City) -> None:
    rates = Rates.from_rows(rows(invented.rates), "rates.csv")

    assert {"USD", "JPY", "KWD"} == set(rates.on(date(2026, 11, 20), ["CNY", "USD", "JPY", "KWD"]))
