"""The figures of one household's report from the accounts and movements found: sums, lists, and the one comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reconciliation.household import Household
from reconciliation.money import CNY, divide_half_up
from reconciliation.rates import Rates
from reconciliation.words import MARKS

Row = Mapping[str, Any]
NONE = {"count": 0, "cny_fen": 0}
_LISTS = {"liability": "liabilities", "closed": "closed", "main": "main_not_counted", "custody_duplicate": "custody_duplicate"}
_SHOWN = [
    *["institution", "account_no", "person_key", "parent_account_no", "product", "product_name", "asset_class", "currency"],
    *["status", "opened_on", "closed_on", "matures_on", "as_of", "custody_id", "branch", "level", "handling"],
]
_MONEY = ["balance_minor", "available_minor", "frozen_minor", "resolution_minor"]


@dataclass(frozen=True)
class Found:
    """What was found of one household: rows of ``count_accounts`` and ``by_account``, ``totals`` by kind, stray movements."""

    accounts: Sequence[Row]
    moved: Sequence[Row]
    flows: Mapping[str, Mapping[str, int]]
    strays: int

    def counted(self) -> list[Row]:
        return [row for row in self.accounts if row["handling"] == "counted"]

    def total_cny_fen(self) -> int:
        return sum(row["cny_fen"] for row in self.counted())

    def persons(self, household: Household) -> list[dict[str, Any]]:
        """Each member with counts and sums by asset class and currency."""
        assets: dict[str, dict[str, dict[str, dict[str, int]]]] = {person.person_key: {} for person in household.members}
        for row in sorted(self.counted(), key=lambda row: (row["asset_class"], row["currency"])):
            by_currency = assets[row["person_key"]].setdefault(row["asset_class"], {})
            cell = by_currency.setdefault(row["currency"], {"accounts": 0, "original_minor": 0, "cny_fen": 0})
            cell["accounts"] += 1
            cell["original_minor"] += row["balance_minor"] or 0
            cell["cny_fen"] += row["cny_fen"]
        return [
            {
                "person_key": person.person_key,
                "name": person.name,
                "relation": person.relation,
                "id_type": person.id_type,
                "scope": person.scope.split(",") if person.scope else [],
                "authorization_no": person.authorization_no,
                "assets": assets[person.person_key],
            }
            for person in household.members
        ]

    def lists(self) -> dict[str, list[str]]:
        """Accounts (institution/account number) by mark and by why they do not count."""
        found: dict[str, set[str]] = {title: set() for title in (*MARKS, *_LISTS.values())}
        for row in self.accounts:
            aside = _LISTS.get(row["handling"])
            for title in [mark for mark in MARKS if row[mark]] + ([aside] if aside else []):
                found[title].add(f"{row['institution']}/{row['account_no']}")
        return {title: sorted(accounts) for title, accounts in found.items()}

    def spread(self) -> dict[str, Any]:
        """First and last day the counted balances stand for (domain rule 63)."""
        days = sorted({row["as_of"] for row in self.counted() if row["as_of"]})
        if not days:
            return {"from": None, "to": None, "days": 0}
        return {"from": days[0], "to": days[-1], "days": (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days}

    def holdings(self, household: Household, rates: Rates) -> list[dict[str, Any]]:
        """Every account that came, counted or not, with its reason, its marks and the rate its value was taken at (rule 48)."""
        return [_holding(row, household.as_of, rates) for row in self.accounts]

    def movements(self) -> list[dict[str, Any]]:
        """Credits and debits of each account inside the window."""
        return [{name: value for name, value in row.items() if name != "household_key"} for row in self.moved]


def figures(household: Household, total: int) -> dict[str, Any]:
    """The household's sum, the sum a head (half up), and what was declared beside it: shown, not judged."""
    declared, persons = household.declared_cny_fen, len(household.members)
    return {
        "total_cny_fen": total,
        "persons_counted": persons,
        "per_capita_cny_fen": divide_half_up(total, persons),
        "declared_cny_fen": declared,
        "undeclared_cny_fen": None if declared is None else max(0, total - declared),
    }


def compare(total: int, household: Household, ceilings: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Multiplier × monthly standard × persons, of the region's own line or the programme's default. Equal is not above.

    None when the policy has no line: then nothing is compared. It is a comparison, not a decision (domain rule 62).
    """
    lines = {line["region"]: line for line in ceilings if line["programme"] == household.programme}
    line = lines.get(household.region[:6]) or lines.get("default")
    if line is None:
        return None
    multiplier, standard = str(line["multiplier"]), str(line["monthly_standard"])
    numerator, denominator = (Decimal(multiplier) * Decimal(standard) * len(household.members) * 100).as_integer_ratio()
    return {
        "multiplier": multiplier,
        "monthly_standard": standard,
        "policy_region": line["region"],
        "cny_fen": divide_half_up(numerator, denominator),
        "comparison": "above" if total * denominator > numerator else "not_above",
    }


def _holding(row: Row, as_of: date, rates: Rates) -> dict[str, Any]:
    counts = row["handling"] == "counted"
    converted = counts and row["currency"] != CNY
    return {
        **{name: row[name] or None for name in _SHOWN},
        **{name: row[name] for name in _MONEY},
        "cny_fen": row["cny_fen"] if counts else None,
        "rate": format(rates.rate(row["currency"], as_of), "f") if converted else None,
        "rate_date": as_of.isoformat() if converted else None,
        "marks": [mark for mark in MARKS if row[mark]],
    }
