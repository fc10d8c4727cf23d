"""The household report: what was found, what it compares with, and plainly what is missing. Facts, never a verdict (rule 62).

``report/1`` is plain JSON: money as integers of minor units, days as ISO text, rates as decimal text; equal inputs give equal bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from reconciliation.counting import WHOSE, count_accounts
from reconciliation.coverage import COUNTED, LineAnswer, coverage
from reconciliation.figures import NONE, Found, compare, figures
from reconciliation.flows import by_account, moved_inside, totals, without_account
from reconciliation.frames import records
from reconciliation.household import Household, Person
from reconciliation.money import yuan_to_fen
from reconciliation.rates import Rates

SCHEMA = "report/1"
# What keeps the figures from being the whole: code → (zh, en), each with a count.
GAPS: Mapping[str, tuple[str, str]] = {
    "lines-not-answered": (
        "{n} 行未反馈；合计仅含已反馈部分，未反馈不等于没有",
        "{n} lines not answered; totals hold only what came",
    ),
    "persons-not-asked": (
        "{n} 人未向任何机构查询（没有机构可答其授权的类别）；未查询不等于没有",
        "{n} persons were asked of no institution (none answers a class they authorised); not asked does not mean nothing",
    ),
    "class-not-asked": (
        "{n} 项已授权的类别没有受询机构可答，未查询；未查询不等于没有",
        "{n} authorised classes that no institution asked can answer; not asked does not mean nothing",
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
    holdings, movements = (table.join(counted, WHOSE, join_type="left semi") for table in (holdings, movements))
    accounts = count_accounts(holdings, members, policy["product_class"], rates)
    flows = moved_inside(movements, accounts, members, policy["own_transfer_max_days"], rates)
    held, moved = records(accounts), records(by_account(flows))
    sums = totals(flows, policy["exempt_benefit_summaries"])
    strays = without_account(movements, accounts)
    for case in cases:
        key = case.household.household_key
        found = Found(
            held.get(key, []), moved.get(key, []), {kind: by.get(key, NONE) for kind, by in sums.items()}, strays.get(key, 0)
        )
        yield _report(case, found, rates, policy, made_at)


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
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(WHOSE, columns, strict=True)})


def _report(case: Case, found: Found, rates: Rates, policy: Mapping[str, Any], made_at: datetime) -> dict[str, Any]:
    household = case.household
    asked = coverage(case.answers, {person.person_key: _classes(person) for person in household.members})
    unasked = asked.pop("persons_not_asked"), asked.pop("classes_not_asked")
    total = found.total_cny_fen()
    ceiling = compare(total, household, policy["ceilings"])
    return {
        "schema": SCHEMA,
        **_about(household, policy, made_at),
        "complete": asked.pop("complete"),
        "not_answered": asked.pop("not_answered"),
        "incomplete": _gaps(asked, unasked, found, ceiling),
        **asked,
        "persons": found.persons(household),
        **figures(household, total),
        "ceiling": ceiling,
        "thresholds": _thresholds(policy),
        "accounts": found.lists(),
        "outflow_outside": found.flows["outside"],
        "exempt_benefit_credits_cny_fen": found.flows["exempt"]["cny_fen"],
        "own_transfers_netted": found.flows["netted"],
        "rates": _rates_used(household, found, rates),
        "as_of_spread": found.spread(),
        "holdings": found.holdings(household, rates),
        "movements": found.movements(),
    }


def _classes(person: Person) -> frozenset[str]:
    return frozenset(filter(None, person.scope.split(",")))


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


def _thresholds(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The sums above which a movement is large, as the rule set has them; applied here, never left to a bank (domain rule 18)."""
    pattern = policy["structuring"]
    return {
        "single_outflow_cny_fen": yuan_to_fen(str(policy["single_outflow_cny"])),
        "cumulative_outflow_cny_fen": yuan_to_fen(str(policy["cumulative_outflow_cny"])),
        "structuring": {name: str(value) if "share" in name else value for name, value in pattern.items()},
        "applied_by": "centre",
    }


def _rates_used(household: Household, found: Found, rates: Rates) -> dict[str, Any]:
    currencies = {row["currency"] for row in [*found.counted(), *found.moved]}
    return {
        "source": rates.source,
        "date": household.as_of.isoformat(),
        "cny_per_unit": {currency: format(rate, "f") for currency, rate in rates.on(household.as_of, currencies).items()},
    }


def _gaps(asked: Mapping[str, Any], unasked: tuple[int, int], found: Found, ceiling: object) -> list[dict[str, Any]]:
    counts = {
        "lines-not-answered": asked["asked"]["lines_not_answered"],
        "persons-not-asked": unasked[0],
        "class-not-asked": unasked[1],
        "lines-incomplete": sum(len(one["lines"]) for one in asked["answered_incompletely"]),
        "balance-unknown": sum(row["balance_minor"] is None for row in found.counted()),
        "balance-rounded": sum((row["resolution_minor"] or 0) > 1 for row in found.counted()),
        "movement-without-account": found.strays,
        "no-ceiling": int(ceiling is None),
    }
    return [
        {"code": code, "count": n, "zh": GAPS[code][0].format(n=n), "en": GAPS[code][1].format(n=n)}
        for code, n in counts.items()
        if n
    ]
