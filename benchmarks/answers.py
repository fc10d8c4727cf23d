"""Whole answers about made-up people: for each an outcome, two accounts, three entries an account. Nine rows a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.holdings import holdings
from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.exchange import OUTCOME

ACCOUNTS = 2
ENTRIES = 3
ROWS_A_PERSON = 1 + ACCOUNTS + ACCOUNTS * ENTRIES
_NOTES = ["工资", "转账", "消费：超市", "", "利息 & 税", "还款"]
_PEERS = ["示例商贸有限公司", "王伟", "示例物业", ""]


def answers(persons: int, seed: int = 1) -> dict[str, pa.Table]:
    """By kind of record; in each the rows of a person, and of an account, stand together."""
    held = _holdings(persons, seed)
    refs = held.column("line_ref").take(pa.array(np.arange(0, persons * ACCOUNTS, ACCOUNTS)))
    said = {"outcome": "found", "message": "OK", "declared_accounts": ACCOUNTS}
    columns = {name: pa.repeat(pa.scalar(value), persons) for name, value in said.items()}
    return {"outcome": _table(OUTCOME, columns | {"line_ref": refs}), "holding": held, "movement": _movements(held, seed)}


def _holdings(persons: int, seed: int) -> pa.Table:
    rows = persons * ACCOUNTS
    table = pa.concat_tables(holdings(rows, seed)).combine_chunks()
    own = {
        "line_ref": pa.array([f"{i // ACCOUNTS + 1:06d}" for i in range(rows)]),
        "account_no": pa.array([f"6217{i:015d}" for i in range(rows)]),
    }
    return _table(HOLDING, {name: table.column(name) for name in table.column_names} | own)


def _movements(held: pa.Table, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    of = pa.array(np.repeat(np.arange(held.num_rows), ENTRIES))
    rows = len(of)
    days = (date(2026, 1, 4) - date(1970, 1, 1)).days - rng.integers(0, 365, rows)
    columns = {name: held.column(name).take(of) for name in ("line_ref", "account_no", "currency")} | {
        "booked_on": pa.array(days.astype(np.int32)).cast(pa.date32()),
        "booked_time": pa.array(rng.integers(0, 86_400, rows).astype(np.int32)).cast(pa.time32("s")),
        "direction": pa.array(["in", "out"]).take(pa.array(rng.integers(0, 2, rows))),
        "amount_minor": pa.array(rng.integers(1, 10**7, rows)),
        "balance_after_minor": pa.array(rng.integers(0, 10**8, rows)),
        "counterparty_name": pa.array(_PEERS).take(pa.array(rng.integers(0, len(_PEERS), rows))),
        "summary": pa.array(_NOTES).take(pa.array(rng.integers(0, len(_NOTES), rows))),
    }
    return _table(MOVEMENT, columns)


def _table(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    rows = len(columns["line_ref"])
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=schema)
