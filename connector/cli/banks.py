"""The banks as a table for a terminal: who was asked, who answered, in what state their batches are."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from connector.cli.console import table, tr
from connector.lifecycle import NAMES, State

_TITLES = (
    ("机构代码", "code"),
    ("机构", "institution"),
    ("查询行", "lines"),
    ("已反馈", "answered"),
    ("反馈率", "rate"),
    ("批次", "batches"),
)


def bank_table(banks: Iterable[Mapping[str, Any]]) -> Table:
    """One row a bank; ``states`` (state → batches) or a single ``state``."""
    return table(_TITLES, [_row(bank) for bank in banks])


def _row(bank: Mapping[str, Any]) -> tuple[str, ...]:
    rate = f"{bank['response_rate']:.0%}" if bank["lines"] else "–"
    states = bank["states"] if "states" in bank else {bank["state"]: 1} if bank["state"] else {}
    said = ", ".join(_state(state, count) for state, count in states.items())
    return bank["code"], bank["name"], f"{bank['lines']:,}", f"{bank['answered']:,}", rate, said or "–"


def _state(state: str, count: int) -> str:
    name = tr(*NAMES[State(state)]) if state in set(State) else state
    return name if count == 1 else f"{name} {count}"
