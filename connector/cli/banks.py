"""The banks as a table for a terminal: who was asked, who answered, in what state their batches are."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from connector.cli.console import NOTHING_FOUND, fail, table, tr
from connector.lifecycle import NAMES, State
from connector.road_names import ROADS

if TYPE_CHECKING:
    from connector.bank import Banks

_BANK = (("机构代码", "code"), ("机构", "institution"))
_LINES = (("查询行", "lines"), ("已反馈", "answered"), ("反馈率", "rate"), ("批次", "batches"))


def bank_table(banks: Iterable[Mapping[str, Any]], *, roads: bool = False) -> Table:
    """One row a bank; ``states`` (state → batches) or a single ``state``; with ``roads``, by which ``road`` it is reached."""
    road = (("通道", "road"),) if roads else ()
    rows = [(*_bank(bank), *((tr(*ROADS[bank["road"]]),) if roads else ()), *_lines(bank)) for bank in banks]
    return table((*_BANK, *road, *_LINES), rows)


def _bank(bank: Mapping[str, Any]) -> tuple[str, ...]:
    return bank["code"], bank["name"]


def _lines(bank: Mapping[str, Any]) -> tuple[str, ...]:
    rate = f"{bank['response_rate']:.0%}" if bank["lines"] else "–"
    states = bank["states"] if "states" in bank else {bank["state"]: 1} if bank["state"] else {}
    said = ", ".join(_state(state, count) for state, count in states.items())
    late = tr("（迟到）", " (late)") if bank.get("late") else ""
    return f"{bank['lines']:,}", f"{bank['answered']:,}", rate, (said or "–") + late


def _state(state: str, count: int) -> str:
    name = tr(*NAMES[State(state)]) if state in set(State) else state
    return name if count == 1 else f"{name} {count}"


def must_be_known(banks: "Banks", code: str | None) -> None:
    """A bank that was named is one of this deployment, connected or not; none named is all of them."""
    if code and code not in {*banks.working, *banks.broken}:
        zh, en = f"没有机构 {code}；见 connector status", f"no institution {code}; see connector status"
        fail("institution-unknown", zh, en, NOTHING_FOUND)
