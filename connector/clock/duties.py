"""What is due at each bank now: cutting, sending, fetching, reading; urgent lines first, each bank at its own rhythm.

Nothing here waits for anything: it is asked every second, of all banks at once, in one reading of the ledger.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta

from bank_profiles.errors import Problems
from config.yaml_file import BadSettings
from connector.bank import Bank
from connector.clock.ticks import SILENT, Every
from connector.hours import breaker
from connector.ledger import at_banks, rosters, ticks
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse
from connector.parts import Parts
from connector.steps import runner
from connector.steps.giving_way import GAVE_WAY

STEPS = ("gather", "dispatch", "collect", "settle")  # at a bank, in the order of the journey
SOON = Every(timedelta(milliseconds=100))  # what waits is taken up at once
CUT_ANEW = timedelta(seconds=60)  # what a recalled batch set free, or a scan that came, is looked for so often


@dataclasses.dataclass(frozen=True)
class Rhythm:
    """How a bank is looked at for answers. ``unasked``: also while it owes none, because it may leave something by itself."""

    every: Every
    unasked: bool


@dataclasses.dataclass
class Due:
    """What is due on one line, or in a lane beside it: (step, institution, due time), in order; ``urgent``: it is not to wait for a free place."""

    work: list[tuple[str, str, datetime]] = dataclasses.field(default_factory=list)
    urgent: bool = False


@dataclasses.dataclass(frozen=True)
class _Seen:
    """One reading of the ledger."""

    last: Mapping[str, AnyRow]
    running: set[str]
    left: set[str]
    dispatch: Mapping[str, bool]
    settle: Mapping[str, bool]
    awaiting: Mapping[str, bool]
    rosters: Mapping[str, tuple[str, bool]]  # institution → when its newest roster was made, whether one is urgent
    resting: Mapping[str, set[str]]


class Rhythms:
    """Of every bank, reckoned once for a day and a set of connections; and when this node last looked at all rosters of a bank."""

    def __init__(self) -> None:
        self._looked: dict[str, datetime] = {}
        self._of: object = None
        self._known: dict[str, Rhythm] = {}

    def of(self, parts: Parts, bank: Bank, now: datetime) -> Rhythm:
        """The rhythm of a bank today."""
        key = parts.banks, parts.day(now)
        if self._of != key:
            self._of, self._known = key, {}
        if bank.code not in self._known:
            self._known[bank.code] = _rhythm(parts, bank, now)
        return self._known[bank.code]

    def look_anew(self, institution: str, now: datetime) -> bool:
        """Whether it is time again to look at all rosters of a bank."""
        if (before := self._looked.get(institution)) is not None and before <= now < before + CUT_ANEW:
            return False
        self._looked[institution] = now
        return True


def _rhythm(parts: Parts, bank: Bank, now: datetime) -> Rhythm:
    try:
        ways = [way for way in bank.ways(parts.day(now)) if way.kind != "media"]
    except (Problems, BadSettings):
        ways = []  # no edition holds today: told where a step finds it
    every = min((way.every for way in ways), default=timedelta(hours=1))
    return Rhythm(Every(every), any(way.called_back or not way.kind.startswith("line_") for way in ways))


def due(tx: Tx, parts: Parts, rhythms: Rhythms, now: datetime, *, mine: str = "") -> dict[str, Due]:
    """Line → what is due on it, urgent lines first; not what another node is at. ``mine``: the node that asks."""
    running, left = ticks.open_ones(tx, now - SILENT, mine)
    seen = _Seen(
        last=ticks.last(tx),
        running=running,
        left=left,
        dispatch=at_banks.to_dispatch(tx, now),
        settle=at_banks.to_settle(tx),
        awaiting=at_banks.awaiting(tx),
        rosters=_newest(tx, now),
        resting=breaker.resting(tx, now),
    )
    found: dict[str, Due] = {}
    for bank in parts.banks.working.values():
        at_work = {runner.lane_of(step, bank.code) for step in STEPS if schedule(step, bank.code) in running}
        for step in STEPS:
            if (lane := runner.lane_of(step, bank.code)) in at_work:
                continue  # a node is at it: its lane is taken
            at = _due(tx, parts, rhythms, bank, step, seen, now)
            if at is not None:
                line = found.setdefault(bank.line_name if lane == bank.code else lane, Due())
                line.work.append((step, bank.code, at))
                line.urgent |= _urgent(step, bank.code, seen)
    return dict(sorted(found.items(), key=lambda each: not each[1].urgent))


def schedule(step: str, institution: str) -> str:
    """The name of a bank's ticks."""
    return f"{step} {institution}"


def _due(tx: Tx, parts: Parts, rhythms: Rhythms, bank: Bank, step: str, seen: _Seen, now: datetime) -> datetime | None:
    """The due time of a step at a bank; none where there is nothing to do now."""
    name = schedule(step, bank.code)
    soon = SOON.slot(now, parts.zone)
    if name in seen.left:  # a dead node's: its due time again
        return max(soon, parse(seen.last[name].due_at))
    last = seen.last.get(name)
    if step == "gather":
        return soon if _to_cut(tx, rhythms, bank, last, seen, now) else None
    if step == "dispatch":
        return soon if bank.code in seen.dispatch and not _rests(parts, bank, seen, now) else None
    if step == "settle":
        return soon if bank.code in seen.settle else None
    rhythm = rhythms.of(parts, bank, now)
    slot = rhythm.every.slot(now, parts.zone)
    wanted = rhythm.unasked or bank.code in seen.awaiting
    fresh = last is None or last.due_at < moment(slot)
    if last is not None and not fresh and GAVE_WAY in (last.counts or {}):
        slot, fresh = soon, True
    return slot if wanted and fresh and not _rests(parts, bank, seen, now) else None


def _to_cut(tx: Tx, rhythms: Rhythms, bank: Bank, last: AnyRow | None, seen: _Seen, now: datetime) -> bool:
    """Whether a roster came since the bank was cut for last, that pass gave way, or it is time to look at all of them."""
    made, _ = seen.rosters.get(bank.code, ("", False))
    news = made and (last is None or made >= last.began_at)
    if news or (last is not None and GAVE_WAY in (last.counts or {})) or rhythms.look_anew(bank.code, now):
        return bool(rosters.uncut(tx, bank.code))
    return False


def _newest(tx: Tx, now: datetime) -> dict[str, tuple[str, bool]]:
    """What was made lately; older rosters are found by the look at all of them."""
    found: dict[str, tuple[str, bool]] = {}
    for code, urgent, made in at_banks.rosters_since(tx, now - 2 * CUT_ANEW):
        before = found.get(code, ("", False))
        found[code] = max(made, before[0]), urgent or before[1]
    return found


def _rests(parts: Parts, bank: Bank, seen: _Seen, now: datetime) -> bool:
    """Whether none of its roads is to be called yet."""
    resting = seen.resting.get(bank.line_name)
    if not resting:
        return False
    return {way.kind for way in bank.ways(parts.day(now)) if way.kind != "media"} <= resting


def _urgent(step: str, code: str, seen: _Seen) -> bool:
    if step == "gather":
        return seen.rosters.get(code, ("", False))[1]
    return {"dispatch": seen.dispatch, "collect": seen.awaiting, "settle": seen.awaiting}[step].get(code, False)
