"""Small answers for tests: tables of records from a few words a row; what a row leaves out is null."""

from datetime import date
from typing import Any

import pyarrow as pa

from reconciliation.exchange import RECORDS

BATCH = "20260921-0042"
_USUAL: dict[str, dict[str, Any]] = {
    "outcome": {"outcome": "found"},
    "holding": {"account_no": "6200", "product": "demand_deposit", "currency": "CNY", "balance_minor": 100, "status": "active"},
    "movement": {"account_no": "6200", "booked_on": date(2026, 9, 1), "direction": "out", "currency": "CNY", "amount_minor": 1},
}


def table(kind: str, *rows: dict[str, Any]) -> pa.Table:
    """Rows of ``exchange.RECORDS[kind]``; ``ref`` (1-based position) stands for line_ref."""
    filled = [{"line_ref": f"{row['ref']:06d}"} | _USUAL[kind] | row if "ref" in row else _USUAL[kind] | row for row in rows]
    schema = RECORDS[kind]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in filled], schema=schema)


def outcome(ref: int, word: str = "found", accounts: int | None = None, movements: int | None = None) -> dict[str, Any]:
    return {"ref": ref, "outcome": word, "declared_accounts": accounts, "declared_movements": movements}
