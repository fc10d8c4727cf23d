"""The sum of balances a bank declares for a line, held against the accounts that came for it in that currency (domain rule 43).

Sums are taken over the rows as received, and over the same with repeated rows left out: either may be what the bank's program added up.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Places = npt.NDArray[np.int32]
_COLUMNS = {"position": np.int32, "currency": object, "balance": np.int64, "row": np.uint64}


class DeclaredSums:
    """Takes declared sums and accounts in blocks, in any order; ``gaps`` once at the end. Costs nothing where no bank declares a sum."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._declared: list[pd.DataFrame] = []
        self._accounts: list[pd.DataFrame] = []

    def declare(self, outcomes: pa.Table, place: Places) -> None:
        """Rows of outcomes with the positions of their lines (0-based)."""
        said = outcomes.column("declared_balance_minor").is_valid().to_numpy()
        if said.any():
            self._declared.append(_frame(outcomes.filter(pa.array(said)), place[said], "declared_balance_minor"))

    def add(self, holdings: pa.Table, place: Places, rows: "npt.NDArray[np.uint64]") -> None:
        """Accounts with the positions of their lines; ``rows`` are equal where two rows are the same one sent twice."""
        known = holdings.column("balance_minor").is_valid().to_numpy()
        self._accounts.append(_frame(holdings.filter(pa.array(known)), place[known], "balance_minor", rows[known]))

    def gaps(self) -> npt.NDArray[np.bool_]:
        """The lines whose declared sum is not that of their accounts."""
        flags = np.zeros(self._lines, dtype=bool)
        if not self._declared:
            return flags
        declared = pd.concat(self._declared, ignore_index=True)
        accounts = pd.concat([pd.DataFrame({n: np.zeros(0, t) for n, t in _COLUMNS.items()}), *self._accounts], ignore_index=True)
        as_came = _summed(declared, accounts)
        distinct = _summed(declared, accounts.drop_duplicates(["position", "row"]))
        said = declared["balance"].to_numpy()
        flags[declared["position"].to_numpy()[(said != as_came) & (said != distinct)]] = True
        return flags


def _frame(table: pa.Table, place: Places, amount: str, rows: Any = None) -> pd.DataFrame:
    frame = pd.DataFrame({"position": place, "currency": table.column("currency").to_numpy().astype(object)})
    frame["balance"] = table.column(amount).to_numpy()
    if rows is not None:
        frame["row"] = rows
    return frame


def _summed(declared: pd.DataFrame, accounts: pd.DataFrame) -> "npt.NDArray[np.int64]":
    """What the accounts come to, for each declared sum; a line without any comes to nothing."""
    sums = accounts.assign(sum=accounts["balance"]).groupby(["position", "currency"], as_index=False)["sum"].sum()
    found = declared.merge(sums, on=["position", "currency"], how="left")["sum"].fillna(0)
    summed: npt.NDArray[np.int64] = found.to_numpy().astype(np.int64)
    return summed
