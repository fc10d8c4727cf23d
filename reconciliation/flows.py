"""How a household's money moved inside the window: transfers between its own accounts netted, the rest told apart.

Movements of asset accounts count (closed, frozen, dormant and joint ones included), those of liabilities do not. A transfer is
netted when both legs are seen: each names the other account, same currency and amount, the credit 0 to N days after the debit.
"""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from reconciliation.counting import ACCOUNT, WHOSE
from reconciliation.frames import among, cny_fen, frame
from reconciliation.masks import is_masked
from reconciliation.rates import Rates

MOVED = [
    *["account_no", "booked_on", "booked_time", "direction", "currency", "amount_minor", "balance_after_minor", "serial"],
    *["counterparty_name", "counterparty_account", "counterparty_institution", "summary"],
]
_OTHER_SIDE = ["household_key", "counterparty_institution", "counterparty_account"]
_IN_ORDER = ["household_key", "booked_on", "booked_time", "institution", "account_no"]


def moved_inside(
    movements: pa.Table, accounts: pd.DataFrame, members: pd.DataFrame, own_transfer_max_days: int, rates: Rates
) -> pd.DataFrame:
    """The movements of some households inside their windows, each once, in order of booking.

    ``accounts`` is what ``count_accounts`` gives; ``members`` has also window_start and base (ISO text, both days included).
    The result adds cny_fen, household_account (the other side is an account of the household) and netted.
    """
    rows = frame(movements, [*WHOSE, *MOVED])
    told_apart = (rows["serial"] != "") | ((rows["booked_time"] != "") & rows["balance_after_minor"].notna())
    rows = rows[~(rows.duplicated() & told_apart)].merge(members, on=["household_key", "person_key"])
    assets = accounts[accounts["handling"] != "liability"]
    theirs = among(rows, assets[[*ACCOUNT, "person_key"]], [*ACCOUNT, "person_key"])
    inside = (rows["window_start"] <= rows["booked_on"]) & (rows["booked_on"] <= rows["base"])
    rows = rows[theirs & inside].sort_values(_IN_ORDER, kind="stable", ignore_index=True)
    rows["cny_fen"] = cny_fen(rows["amount_minor"], rows["currency"], rows["base"], rates)
    rows["household_account"] = among(rows, accounts[ACCOUNT], _OTHER_SIDE) & ~is_masked(rows["counterparty_account"])
    rows["netted"] = False
    rows.loc[_netted(rows[rows["household_account"]], own_transfer_max_days), "netted"] = True
    return rows


def without_account(movements: pa.Table, accounts: pd.DataFrame) -> dict[str, int]:
    """How many movements of each household belong to no account that was returned: they are told, not counted."""
    rows = frame(movements, ACCOUNT)
    strays = rows[~among(rows, accounts[ACCOUNT], ACCOUNT)]
    return {str(key): int(n) for key, n in strays["household_key"].value_counts().items()}


def _netted(rows: pd.DataFrame, days_max: int) -> list[int]:
    """Labels of both legs. Pairs are one to one: debits in order of booking, each takes the earliest free credit."""
    outs, ins = (rows[rows["direction"] == direction].rename_axis("leg").reset_index() for direction in ("out", "in"))
    money = ["household_key", "currency", "amount_minor"]
    pairs = outs.merge(
        ins,
        left_on=[*money, "institution", "account_no", "counterparty_institution", "counterparty_account"],
        right_on=[*money, "counterparty_institution", "counterparty_account", "institution", "account_no"],
        suffixes=("", "_in"),
    )
    later = (pd.to_datetime(pairs["booked_on_in"]) - pd.to_datetime(pairs["booked_on"])).dt.days
    fits = pairs[(later >= 0) & (later <= days_max)].sort_values(["leg", "leg_in"])
    taken: set[int] = set()
    for out, into in zip(fits["leg"].tolist(), fits["leg_in"].tolist(), strict=True):  # only pairs that fit, a handful
        if out not in taken and into not in taken:
            taken |= {out, into}
    return sorted(taken)


def by_account(rows: pd.DataFrame) -> pd.DataFrame:
    """Credits and debits of each account and currency: counts and sums in minor units and in fen."""
    keys = [*ACCOUNT, "person_key", "currency", "direction"]
    return rows.groupby(keys, as_index=False).agg(
        count=("cny_fen", "size"), amount_minor=("amount_minor", "sum"), cny_fen=("cny_fen", "sum")
    )


def totals(rows: pd.DataFrame, exempt_summaries: Sequence[str]) -> dict[str, dict[str, dict[str, int]]]:
    """Count and CNY fen by household of three kinds of movement: outside, netted (the debits), exempt.

    Outside are debits that left the household: neither netted nor to one of its own accounts; cash has no other side and is outside.
    """
    out = rows["direction"] == "out"
    kinds = {
        "outside": out & ~rows["netted"] & ~rows["household_account"],
        "netted": out & rows["netted"],
        "exempt": ~out & rows["summary"].isin(exempt_summaries),
    }
    found: dict[str, dict[str, dict[str, int]]] = {}
    for kind, chosen in kinds.items():
        sums = rows[chosen].groupby("household_key")["cny_fen"].agg(["size", "sum"])
        found[kind] = {
            key: {"count": n, "cny_fen": fen} for key, n, fen in zip(sums.index, *sums.T.to_numpy().tolist(), strict=True)
        }
    return found
