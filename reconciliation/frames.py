"""From a table of records to a frame a report can reckon with: exact integers, days as ISO text, blank text for what is not there."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from reconciliation.money import to_cny_fen_column
from reconciliation.rates import Rates


def frame(table: pa.Table, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of a table: int64 as nullable Int64 (never a float), all else as text, "" where nothing is said.

    ISO text of days and times compares and sorts as the days and times do.
    """
    ready: dict[str, Any] = {}
    for name in columns:
        column: Any = table.column(name).combine_chunks()
        if pa.types.is_integer(column.type):
            ready[name] = pd.array(column.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get), dtype="Int64")
        else:
            ready[name] = column.cast(pa.string()).fill_null("").to_pandas()
    return pd.DataFrame(ready)


def records(rows: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The rows of each household as plain values (None for an unknown number), in their order."""
    columns = [
        column.astype(object).where(column.notna(), None).tolist() if isinstance(column.dtype, pd.Int64Dtype) else column.tolist()
        for column in (rows[name] for name in rows.columns)
    ]
    found: dict[str, list[dict[str, Any]]] = {}
    for values in zip(*columns, strict=True):
        row = dict(zip(rows.columns, values, strict=True))
        found.setdefault(row["household_key"], []).append(row)
    return found


def among(rows: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which rows agree in these columns with some row of ``others`` (whose columns are taken in the order they stand)."""
    return pd.MultiIndex.from_frame(rows[list(columns)]).isin(pd.MultiIndex.from_frame(others))


def cny_fen(minor: "pd.Series[Any]", currency: "pd.Series[Any]", base: "pd.Series[Any]", rates: Rates) -> npt.NDArray[np.int64]:
    """CNY fen of amounts, each at the rate of the base date (ISO text) of its household. Raises MissingRate."""
    fen = np.zeros(len(minor), dtype=np.int64)
    days = base.to_numpy()
    for day in sorted(set(days)):
        chosen = np.flatnonzero(days == day)
        amounts = pa.array(minor.iloc[chosen].to_numpy(dtype=np.int64), pa.int64())
        codes: Any = pa.array(currency.iloc[chosen].to_numpy(dtype=object), pa.string())
        fen[chosen] = to_cny_fen_column(amounts, codes, rates.on(date.fromisoformat(day), codes.unique().to_pylist()))
    return fen
