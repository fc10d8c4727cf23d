"""How far the journal of a carrier was taken in: it stands in the audit, so that a shorter one is seen; and silence for hours is told."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from bank_profiles.errors import Problems
from config.relayed import Relayed
from connector.bank import Bank, Way
from connector.ledger import audit
from connector.ledger.ledger import Ledger
from connector.parts import Parts, problem
from transports import shelf
from transports.relay import CARRIED, state_of
from transports.relay.book import head_of

WHO = "carrier"
_NOTED = "noted.json"  # beside the head: which line stands in the audit; after a crash one may stand there twice


def note_heads(ledger: Ledger, folder: Path, centre: str, now: datetime) -> None:
    """One record for each carrier whose journal grew since. A head that cannot be read is told where its lines are taken in."""
    for state in sorted((folder / CARRIED).glob("*/head.json")):
        head = head_of(state)
        if head is None or head.n == _noted(state.parent):
            continue
        with ledger.begin() as tx:
            detail = {"line": head.n, "digest": head.digest}
            subject = f"carrier {state.parent.name}"
            audit.record(tx, at=now, who=WHO, what="carrier-journal", centre=centre, subject=subject, detail=detail)
        shelf.write(state.parent / _NOTED, orjson.dumps({"n": head.n}))


def _noted(state: Path) -> int:
    raw = shelf.read_small(state / _NOTED, 4096)
    return int(orjson.loads(raw)["n"]) if raw else 0


def told(parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """For ``status``: every carrier, the banks it travels to, when it was last heard; its ``problem`` where that is too long ago."""
    carriers: dict[str, tuple[Relayed, list[Bank]]] = {}
    for bank in parts.banks.working.values():
        for way in _ways(parts, bank, now):
            if way.carrier is not None:
                carriers.setdefault(way.carrier.key, (way.carrier, []))[1].append(bank)
    return [_told(parts, said, banks, now) for said, banks in carriers.values()]


def _ways(parts: Parts, bank: Bank, now: datetime) -> Iterator[Way]:
    try:
        yield from bank.ways(parts.day(now))
    except Problems:  # no edition of its profile holds today: told where a step finds it
        return


def _told(parts: Parts, said: Relayed, banks: Sequence[Bank], now: datetime) -> dict[str, Any]:
    state = state_of(parts.folder, said.key)
    heard, head = _heard(state), head_of(state / "head.json")
    silent = heard is not None and now - heard >= said.silent_after
    return {
        "key": said.key,
        "banks": [bank.code for bank in banks],
        "names": [bank.name for bank in banks],
        "line": head.n if head is not None else 0,
        "heard_at": heard.isoformat(timespec="seconds") if heard is not None else None,
        "problem": _silent(heard.astimezone(parts.zone)) if heard is not None and silent else None,
    }


def _heard(state: Path) -> datetime | None:
    """When its lines were last taken in, by our own clock; before the first, since when we wait for it. None: it was never used."""
    for path in (state / "head.json", state / "journal"):
        if path.exists():
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None


def _silent(since: datetime) -> dict[str, str]:
    at = f"{since:%Y-%m-%d %H:%M}"
    return problem(
        "carrier-silent",
        f"自 {at} 起未收到前置机日志，交其转运的文件均在等待。请查看：前置机与 connector carrier 是否运行、共享目录或网闸是否通、本侧 collect 是否执行",
        f"no line of the carrier's journal came since {at}; what it carries waits. Look whether its machine and connector carrier run,"
        " whether the shared folders or the gap work, and whether collect runs here",
    )
