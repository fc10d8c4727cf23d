"""What the institutions of an invented city return for each accepted row, straight from its files: no bank, no wire, no service."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from reconciliation.coverage import LineAnswer
from reconciliation.exchange import RECORDS
from reconciliation.household import Household, Person
from reconciliation.identity import IdentityNumber, normalise_name, parse_identity
from reconciliation.rates import Rates
from reconciliation.report import Case

Row = dict[str, str]
_PARSED = {pa.int64(): int, pa.date32(): date.fromisoformat, pa.time32("s"): time.fromisoformat, pa.decimal128(30, 8): Decimal}


class Answered(NamedTuple):
    """The answers to all cases, as a report takes them, and what expected_answers.csv counts."""

    cases: list[Case]
    holdings: pa.Table
    movements: pa.Table
    counts: dict[tuple[str, str, str], tuple[str, int, int]]  # (institution, household, person) -> outcome, accounts, movements


def make_city(samples: Path, folder: Path, *arguments: str) -> Path:
    """Another city beside the one of the collection."""
    script = samples / "city" / "make_city.py"
    subprocess.run([sys.executable, str(script), *arguments, "--out", str(folder)], check=True, capture_output=True)
    return folder


def read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_rates(city: Path) -> Rates:
    return Rates.from_rows(read_csv(city / "rates.csv"), "rates.csv")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def answered(city: Path) -> Answered:
    """Every institution asked about every accepted row (README A1–A6)."""
    institutions = {one["code"]: one["name"] for one in read_json(city / "institutions.json")["institutions"]}
    product_class = read_json(city / "policy.json")["product_class"]
    own, shared = _held(read_csv(city / "accounts.csv"))
    booked = defaultdict(list)
    for movement in read_csv(city / "movements.csv"):
        booked[movement["institution"], movement["account_no"]].append(movement)
    cases, counts = [], {}
    tables: dict[str, list[dict[str, Any]]] = {"holding": [], "movement": []}
    for home in read_json(city / "expected_intake.json")["households"]:
        answers = []
        for member in home["members"]:
            for code, name in institutions.items():
                here = (member["person_key"], code)
                outcome, accounts = _answer(home, member, own.get(here, []), shared.get(here, []), product_class)
                moved = [
                    m
                    for a in accounts
                    for m in booked[code, a["account_no"]]
                    if home["window_start"] <= m["booked_on"] <= home["as_of"]
                ]
                whose = {"household_key": home["household_key"], "institution": code, "person_key": member["person_key"]}
                tables["holding"] += [a | whose for a in accounts]
                tables["movement"] += [m | whose for m in moved]
                answers.append(LineAnswer(code, name, member["person_key"], outcome))
                counts[code, home["household_key"], member["person_key"]] = (outcome, len(accounts), len(moved))
        cases.append(Case(_household(home), answers))
    return Answered(cases, *(_table(kind, rows) for kind, rows in tables.items()), counts)


def _held(accounts: list[Row]) -> tuple[dict[tuple[str, str], list[Row]], dict[tuple[str, str], list[Row]]]:
    own, shared = defaultdict(list), defaultdict(list)
    for account in accounts:
        first, second = (
            parse_identity(account["id_type"], account["id_no"]),
            parse_identity("居民身份证", account["joint_holder_id"]),
        )
        if isinstance(first, IdentityNumber):
            own[first.person_key, account["institution"]].append(account)
        if isinstance(second, IdentityNumber):
            shared[second.person_key, account["institution"]].append(account)
    return own, shared


def _answer(home: Any, member: Any, own: list[Row], shared: list[Row], product_class: dict[str, str]) -> tuple[str, list[Row]]:
    def due(account: Row) -> bool:
        asset = product_class[account["product"]]
        in_scope = member["liabilities_in_scope"] if asset == "liability" else asset in member["scope"]
        return account["opened_on"] <= home["as_of"] and not "" < account["closed_on"] < home["window_start"] and in_scope

    own, shared = list(filter(due, own)), list(filter(due, shared))
    if any(normalise_name(account["holder_name"]) != member["name"] for account in own):
        return "name_mismatch", []
    return ("found" if own or shared else "no_record"), own + shared


def _household(home: Any) -> Household:
    members = tuple(
        Person(m["person_key"], m["name"], ",".join(sorted([*m["scope"], *["liability"] * m["liabilities_in_scope"]])))
        for m in home["members"]
    )
    days = (date.fromisoformat(home[name]) for name in ("application_date", "as_of", "window_start"))
    return Household(home["household_key"], home["programme"], home["region"], *days, home["declared_cny_fen"], members)


def _table(kind: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a city file as the records a profile would give, with whose they are."""
    schema = RECORDS[kind]
    columns = {}
    for field in schema:
        parse = _PARSED.get(field.type, str)
        texts = (row.get(field.name) for row in rows)
        columns[field.name] = pa.array([parse(text) if text else None for text in texts], field.type)
    whose = {name: pa.array([row[name] for row in rows], pa.string()) for name in ("household_key", "institution", "person_key")}
    return pa.table(columns | whose)
