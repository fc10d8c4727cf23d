"""The household report: what was found, what it compares with, and plainly what is missing. Facts, never a verdict (rule 62).

``report/1`` is plain JSON: money as integers of minor units, days as ISO text, rates as decimal text; equal inputs give equal bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from reconciliation.counting import ACCOUNT, MARKS, count_accounts
from reconciliation.coverage import COUNTED, LineAnswer, coverage
from reconciliation.flows import by_account, moved_inside, outside, without_account
from reconciliation.household import Household
from reconciliation.money import CNY, divide_half_up
from reconciliation.rates import Rates

SCHEMA = "report/1"
_WHOSE = ["household_key", "institution", "person_key"]
_LISTS = {"liability": "liabilities", "closed": "closed", "main": "main_not_counted", "custody_duplicate": "custody_duplicate"}

# What keeps the figures from being the whole: code → (zh, en), each with a count.
GAPS: Mapping[str, tuple[str, str]] = {
    "lines-not-answered": (
        "{n} 行未反馈；合计仅含已反馈部分，未反馈不等于没有",
        "{n} lines not answered; totals hold only what came",
    ),
    "lines-incomplete": ("{n} 行的答复不完整或不能计入", "{n} lines answered incompletely or without a usable result"),
    "balance-unknown": ("{n} 个账户未给出余额，按零列示", "{n} accounts came without a balance and add nothing"),
    "balance-rounded": ("{n} 个账户的余额由银行取整，为约数", "{n} balances are rounded by the bank"),
    "movement-without-account": (
        "{n} 笔变动没有对应账户，未计入",
        "{n} movements belong to no account that came and are not counted",
    ),
    "no-ceiling": ("规则中没有该项目和地区的限额，未作比较", "the policy has no ceiling for this programme and region"),
}


@dataclass(frozen=True)
class Case:
    """One household and what holds of each of its lines."""

    household: Household
    answers: Sequence[LineAnswer]


def household_report(
    household: Household,
    answers: Sequence[LineAnswer],
    holdings: pa.Table,
    movements: pa.Table,
    *,
    rates: Rates,
    policy: Mapping[str, Any],
    made_at: datetime,
) -> dict[str, Any]:
    """The report of one household (``report/1``).

    ``holdings`` and ``movements`` are rows of ``assets.HOLDING`` and ``assets.MOVEMENT`` with institution (code) and person_key.
    ``policy`` is one rule set, by the names of city/policy.json. Raises MissingRate, UnknownCurrency.
    """
    ours = pa.scalar(household.household_key, pa.string())
    tables = [table.append_column("household_key", pa.repeat(ours, len(table))) for table in (holdings, movements)]
    return next(household_reports([Case(household, answers)], *tables, rates=rates, policy=policy, made_at=made_at))


def household_reports(
    cases: Sequence[Case],
    holdings: pa.Table,
    movements: pa.Table,
    *,
    rates: Rates,
    policy: Mapping[str, Any],
    made_at: datetime,
) -> Iterator[dict[str, Any]]:
    """The reports of many households in one reckoning, in their order; the tables have household_key too."""
    members, counted = _members(cases), _counted_lines(cases)
    holdings, movements = (table.join(counted, _WHOSE, join_type="left semi") for table in (holdings, movements))
    accounts = count_accounts(holdings, members, policy["product_class"], rates)
    flows = moved_inside(movements, accounts, members, policy["own_transfer_max_days"], rates)
    strays = without_account(movements, accounts)
    exempt = flows[(flows["direction"] == "in") & flows["summary"].isin(policy["exempt_benefit_summaries"])]
    parts = {
        "accounts": accounts,
        "flows": flows,
        "outside": outside(flows),
        "netted": flows[flows["netted"] & (flows["direction"] == "out")],
        "exempt": exempt,
        "by_account": by_account(flows),
    }
    split = {name: dict(iter(part.groupby("household_key", sort=False))) for name, part in parts.items()}
    for case in cases:
        key = case.household.household_key
        theirs = {name: split[name].get(key, part.iloc[:0]) for name, part in parts.items()}
        yield _report(case, theirs, int(strays.get(key, 0)), rates, policy, made_at)


def _members(cases: Iterable[Case]) -> pd.DataFrame:
    rows = [
        (c.household.household_key, p.person_key, place, c.household.window_from.isoformat(), c.household.as_of.isoformat())
        for c in cases
        for place, p in enumerate(c.household.members)
    ]
    return pd.DataFrame(rows, columns=["household_key", "person_key", "member", "window_start", "base"])


def _counted_lines(cases: Iterable[Case]) -> pa.Table:
    """The lines whose accounts count: those of another person (name differs) or against the outcome never do."""
    lines = [(c.household.household_key, a.institution, a.person_key) for c in cases for a in c.answers if a.outcome in COUNTED]
    columns = zip(*lines, strict=True) if lines else ((), (), ())
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(_WHOSE, columns, strict=True)})


def _report(
    case: Case, theirs: Mapping[str, pd.DataFrame], strays: int, rates: Rates, policy: Mapping[str, Any], made_at: datetime
) -> dict[str, Any]:
    household, accounts = case.household, theirs["accounts"]
    counted = accounts[accounts["handling"] == "counted"]
    total = sum(counted["cny_fen"].tolist())
    asked = coverage(case.answers)
    ceiling = _ceiling(household, total, policy)
    return {
        "schema": SCHEMA,
        **_about(household, policy, made_at),
        "complete": asked.pop("complete"),
        "not_answered": asked.pop("not_answered"),
        "incomplete": _gaps(asked, counted, strays, ceiling),
        **asked,
        "persons": _persons(household, counted),
        **_totals(household, total),
        "ceiling": ceiling,
        "accounts": _lists(accounts),
        "outflow_outside": _sum(theirs["outside"]),
        "exempt_benefit_credits_cny_fen": _sum(theirs["exempt"])["cny_fen"],
        "own_transfers_netted": _sum(theirs["netted"]),
        "rates": _rates_used(household, counted, theirs["flows"], rates),
        "as_of_spread": _spread(counted),
        "holdings": _holdings(household, accounts, rates),
        "movements": _movements(theirs["by_account"]),
    }


def _about(household: Household, policy: Mapping[str, Any], made_at: datetime) -> dict[str, Any]:
    return {
        "household_key": household.household_key,
        "programme": household.programme,
        "region": household.region,
        "check_type": household.check_type,
        "centre": household.centre,
        "application_date": household.application_date.isoformat(),
        "as_of": household.as_of.isoformat(),
        "window_start": household.window_from.isoformat(),
        "policy": policy["policy"],
        "made_at": made_at.isoformat(),
    }


def _persons(household: Household, counted: pd.DataFrame) -> list[dict[str, Any]]:
    cells = counted.assign(original_minor=counted["balance_minor"].fillna(0)).groupby(
        ["person_key", "asset_class", "currency"], as_index=False
    )
    sums = cells.agg(accounts=("cny_fen", "size"), original_minor=("original_minor", "sum"), cny_fen=("cny_fen", "sum"))
    assets: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for row in sums.to_dict("records"):
        cell = {name: int(row[name]) for name in ("accounts", "original_minor", "cny_fen")}
        assets.setdefault(row["person_key"], {}).setdefault(row["asset_class"], {})[row["currency"]] = cell
    return [
        {
            "person_key": person.person_key,
            "name": person.name,
            "relation": person.relation,
            "id_type": person.id_type,
            "scope": person.scope.split(",") if person.scope else [],
            "authorization_no": person.authorization_no,
            "assets": assets.get(person.person_key, {}),
        }
        for person in household.members
    ]


def _totals(household: Household, total: int) -> dict[str, Any]:
    declared, persons = household.declared_cny_fen, len(household.members)
    return {
        "total_cny_fen": total,
        "persons_counted": persons,
        "per_capita_cny_fen": divide_half_up(total, persons),
        "declared_cny_fen": declared,
        "undeclared_cny_fen": None if declared is None else max(0, total - declared),
    }


def _ceiling(household: Household, total: int, policy: Mapping[str, Any]) -> dict[str, Any] | None:
    """Multiplier × monthly standard × persons, of the region's own line or the programme's default. Equal is not above."""
    lines = {line["region"]: line for line in policy["ceilings"] if line["programme"] == household.programme}
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


def _lists(accounts: pd.DataFrame) -> dict[str, list[str]]:
    names = (accounts["institution"] + "/" + accounts["account_no"]).to_numpy()
    picked = {mark: names[accounts[mark].to_numpy(dtype=bool)] for mark in MARKS}
    handled = {title: names[(accounts["handling"] == handling).to_numpy()] for handling, title in _LISTS.items()}
    return {title: sorted(set(found)) for title, found in (picked | handled).items()}


def _sum(flows: pd.DataFrame) -> dict[str, int]:
    return {"count": len(flows), "cny_fen": sum(flows["cny_fen"].tolist())}


def _rates_used(household: Household, counted: pd.DataFrame, flows: pd.DataFrame, rates: Rates) -> dict[str, Any]:
    used = rates.on(household.as_of, {*counted["currency"], *flows["currency"]})
    return {
        "source": rates.source,
        "date": household.as_of.isoformat(),
        "cny_per_unit": {currency: format(rate, "f") for currency, rate in used.items()},
    }


def _spread(counted: pd.DataFrame) -> dict[str, Any]:
    """First and last day the counted balances stand for (domain rule 63)."""
    days = sorted({day for day in counted["as_of"] if day})
    if not days:
        return {"from": None, "to": None, "days": 0}
    return {"from": days[0], "to": days[-1], "days": (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days}


def _gaps(asked: Mapping[str, Any], counted: pd.DataFrame, strays: int, ceiling: object) -> list[dict[str, Any]]:
    counts = {
        "lines-not-answered": asked["asked"]["lines_not_answered"],
        "lines-incomplete": sum(len(one["lines"]) for one in asked["answered_incompletely"]),
        "balance-unknown": int(counted["balance_minor"].isna().sum()),
        "balance-rounded": int((counted["resolution_minor"].fillna(0) > 1).sum()),
        "movement-without-account": strays,
        "no-ceiling": int(ceiling is None),
    }
    return [
        {"code": code, "count": n, "zh": GAPS[code][0].format(n=n), "en": GAPS[code][1].format(n=n)}
        for code, n in counts.items()
        if n
    ]


_SHOWN = [*ACCOUNT[1:], "person_key", "parent_account_no", "product", "product_name", "asset_class", "currency"]
_MONEY = ["balance_minor", "available_minor", "frozen_minor", "resolution_minor"]
_DATED = ["status", "opened_on", "closed_on", "matures_on", "as_of", "custody_id", "branch", "level", "handling"]


def _holdings(household: Household, accounts: pd.DataFrame, rates: Rates) -> list[dict[str, Any]]:
    """Every account that came, counted or not, with its reason, its marks and the rate its value was taken at."""
    shown = []
    for row in accounts[[*_SHOWN, *_MONEY, *_DATED, *MARKS, "cny_fen"]].to_dict("records"):
        counts = row["handling"] == "counted"
        rate = format(rates.rate(row["currency"], household.as_of), "f") if counts else None
        shown.append(
            {name: row[name] or None for name in [*_SHOWN, *_DATED]}
            | {name: None if pd.isna(row[name]) else int(row[name]) for name in _MONEY}
            | {
                "cny_fen": int(row["cny_fen"]) if counts else None,
                "rate": rate,
                "rate_date": household.as_of.isoformat() if counts and row["currency"] != CNY else None,
                "marks": [mark for mark in MARKS if row[mark]],
            }
        )
    return shown


def _movements(sums: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["institution", "account_no", "person_key", "currency", "direction"]
    numbers = ["count", "amount_minor", "cny_fen"]
    return [
        {name: row[name] for name in columns} | {name: int(row[name]) for name in numbers}
        for row in sums[[*columns, *numbers]].to_dict("records")
    ]
