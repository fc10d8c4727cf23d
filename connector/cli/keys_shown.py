"""Keys as a person reads them: a line each, with whose it is, where it is kept, its dates and what became of it."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from connector.cli.console import many, tr
from connector.keys.words import STATES, USES
from connector.moments import day_of

BANKS_SHOWN = 3

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from transports.sealing.keyring.index import Entry


def shown(entry: "Entry", now: datetime) -> dict[str, Any]:
    """An entry for people and programs: without what is sealed, with the days it has left."""
    shown = {name: value for name, value in dataclasses.asdict(entry).items() if name != "sealed"}
    return {**shown, "days_left": _days_left(entry, now)}


def _days_left(entry: "Entry", now: datetime) -> int | None:
    return (datetime.fromisoformat(entry.not_after) - now).days if entry.dated else None


def lines_of(entries: "Sequence[Entry]", now: datetime, zone: "ZoneInfo") -> str:
    """A line each; columns stand below each other, however long an alias is and however wide its characters are on a screen."""
    rows = [_cells(entry, now, zone) for entry in entries]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    padded = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(set_cell_size(text, width) for text, width in row).rstrip() for row in padded)


def _cells(entry: "Entry", now: datetime, zone: "ZoneInfo") -> tuple[str, ...]:
    from connector.inventory import is_national

    whose = tr("我方", "ours") if entry.own else tr("对方", "theirs")
    left = _days_left(entry, now)
    dates = tr("长期", "as long as the ring") if left is None else f"{_dates(entry, zone)} ({_days(left)})"
    dates += _known_to([bank for bank, _ in entry.known_to])
    use, state = tr(USES.get(entry.use, entry.use), entry.use), tr(STATES.get(entry.state, entry.state), entry.state)
    kind = entry.kind if not entry.dated or is_national(entry.kind) else tr(f"{entry.kind}（非国密）", f"{entry.kind} (not SM)")
    return entry.id, whose, entry.alias, use, kind, _home(entry), dates, state


def _dates(entry: "Entry", zone: "ZoneInfo") -> str:
    return f"{day_of(entry.not_before, zone)} — {day_of(entry.not_after, zone)}"


def _known_to(banks: "Sequence[str]") -> str:
    """Which banks have it, by their slips; of many the first."""
    named = ", ".join(banks[:BANKS_SHOWN]) + (" …" if len(banks) > BANKS_SHOWN else "")
    return tr(f"；{len(banks)} 家银行已收：{named}", f"; known to {many(len(banks), 'bank')}: {named}") if banks else ""


def _home(entry: "Entry") -> str:
    """Where our private key is; a certificate of a bank has none here."""
    if not entry.own or not entry.dated:
        return ""
    return tr("硬件", "hardware") if entry.hardware else tr("密钥环", "ring")


def _days(left: int) -> str:
    if left < 0:
        return tr(f"已过期 {-left} 天", f"ended {-left} d ago")
    return tr(f"剩 {left} 天", f"{left} d left")
