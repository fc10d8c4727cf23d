"""Which accounts of a household count, to whom they belong, and why the others do not: each piece of money once.

An account is handled by the first that applies: liability, closed, main (its sub-accounts count), custody duplicate, counted.
Joint, frozen and dormant accounts count in full and are marked (domain rules 49–57).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from reconciliation.frames import among, cny_fen, frame
from reconciliation.identity import IdentityNumber, parse_identity
from reconciliation.masks import is_masked
from reconciliation.rates import Rates

ACCOUNT = ["household_key", "institution", "account_no"]  # an account number alone is no key
WHOSE = ["household_key", "institution", "person_key"]
HELD = [
    *[
        "account_no",
        "parent_account_no",
        "product",
        "product_name",
        "currency",
        "balance_minor",
        "available_minor",
        "frozen_minor",
    ],
    *[
        "resolution_minor",
        "status",
        "opened_on",
        "closed_on",
        "matures_on",
        "as_of",
        "joint_holder_id",
        "custody_id",
        "branch",
        "level",
    ],
]


def count_accounts(holdings: pa.Table, members: pd.DataFrame, product_class: Mapping[str, str], rates: Rates) -> pd.DataFrame:
    """The accounts of some households, each once, with what becomes of them.

    ``holdings``: rows of ``assets.HOLDING`` with household_key, institution and person_key. ``members``: household_key,
    person_key, member (its place in the household), base (ISO text of the base date). The result adds asset_class, handling,
    cny_fen (0 where not counted) and the booleans of ``words.MARKS``; its person_key is whom the account is attributed to.
    """
    rows = frame(holdings, [*WHOSE, *HELD]).drop_duplicates(ignore_index=True)
    rows = _attributed(rows.merge(members, on=["household_key", "person_key"]))
    rows["asset_class"] = rows["product"].map(product_class).fillna("other")
    twin, duplicate = _custody(rows)
    rows["handling"] = "counted"
    for reason, applies in [  # the first reason is written last
        ("custody_duplicate", duplicate),
        ("main", _is_main(rows)),
        ("closed", rows["status"] == "closed"),
        ("liability", rows["asset_class"] == "liability"),
    ]:
        rows.loc[applies, "handling"] = reason
    counted = rows["handling"] == "counted"
    rows["frozen"] = counted & ((rows["status"] == "frozen") | (rows["frozen_minor"].fillna(0) > 0))
    rows["dormant"] = counted & (rows["status"] == "dormant")
    rows["joint"] &= counted
    rows["custody_differs"] = _differs(rows, counted, twin)
    rows["cny_fen"] = 0
    known = counted & rows["balance_minor"].notna()
    rows.loc[known, "cny_fen"] = cny_fen(rows["balance_minor"][known], rows["currency"][known], rows["base"][known], rates)
    return rows.sort_values([*ACCOUNT, "currency", "product", "opened_on", "balance_minor"], kind="stable", ignore_index=True)


def _attributed(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep each account with one person: its first holder where that is a member asked about, else the joint holder.

    Of masked numbers nobody can say that two persons hold the same account: each keeps those told of them.
    """
    hidden = is_masked(rows["account_no"])
    joint_key = rows["joint_holder_id"].map({text: _person_key(text) for text in rows["joint_holder_id"].unique()})
    rows["second"] = joint_key == rows["person_key"]
    owners = rows[~hidden].sort_values([*ACCOUNT, "second", "member"], kind="stable").drop_duplicates(ACCOUNT)
    told = rows.groupby(ACCOUNT, sort=False)["person_key"].transform("nunique")
    rows["joint"] = (rows["joint_holder_id"] != "") | ((told > 1) & ~hidden)
    return rows[hidden | among(rows, owners[[*ACCOUNT, "person_key"]], [*ACCOUNT, "person_key"])].drop(columns=["second"])


def _person_key(joint_holder_id: str) -> str:
    parsed = parse_identity("resident_id", joint_holder_id)
    return parsed.person_key if isinstance(parsed, IdentityNumber) else ""


def _is_main(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Some banks name an account its own parent; that makes no main account of it."""
    names_one = (rows["parent_account_no"] != "") & ~is_masked(rows["parent_account_no"])
    subs = rows[names_one & (rows["parent_account_no"] != rows["account_no"])]
    return among(rows, subs[["household_key", "institution", "parent_account_no"]], ACCOUNT)


def _custody(rows: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Securities cash that the bank shows too: which has a bank's side at all, which has one of the same currency and balance."""
    tied = (rows["custody_id"] != "") & ~is_masked(rows["custody_id"])
    bank = rows[tied & (rows["product"] == "third_party_custody") & (rows["status"] != "closed")]
    cash = (tied & (rows["product"] == "securities_cash")).to_numpy()
    pair = ["household_key", "custody_id"]
    money = rows.assign(balance=rows["balance_minor"].astype("string").fillna("unknown"))
    same = money.loc[bank.index][money.loc[bank.index, "balance"] != "unknown"][[*pair, "currency", "balance"]]
    return cash & among(rows, bank[pair], pair), cash & among(money, same, [*pair, "currency", "balance"])


def _differs(rows: pd.DataFrame, counted: "pd.Series[Any]", twin: npt.NDArray[np.bool_]) -> "pd.Series[Any]":
    """Both sides of a custody pair that disagree: both count, both are shown."""
    pair = ["household_key", "custody_id"]
    sides = rows["product"].isin(["securities_cash", "third_party_custody"]) & counted & (rows["status"] != "closed")
    return sides & among(rows, rows[counted & twin][pair], pair)
