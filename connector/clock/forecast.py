"""When will it be done? Bank by bank: what waits, what may go in its windows and under its caps, and how long it takes to answer.

A bank's answer time is measured on its own batches; where there is none yet, it is what its profile or the deadline rules promise, and
the forecast says so. What waits for persons is told apart: no clock knows when they decide.
"""

import contextlib
import dataclasses
import math
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from bank_profiles.errors import Problems
from bank_profiles.language.profile import Profile
from config.windows import Window
from config.working_time import WorkingTime
from connector.bank import Bank
from connector.hours import agreed, deadlines
from connector.ledger import ahead, at_banks
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import moment, parse
from connector.parts import Parts

MEASURED_OVER = timedelta(days=60)
_FARTHEST = 2000  # windows that are looked at: a bank that needs more is told as without an end
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_FOR_PERSONS = {State.HELD: "held", State.IN_DOUBT: "in_doubt"}


@dataclasses.dataclass
class Work:
    """What is still to be done at one bank. ``files``: (lines, is it asked about) of packages to go, in their order."""

    files: list[tuple[int, bool]] = dataclasses.field(default_factory=list)
    held: list[AnyRow] = dataclasses.field(default_factory=list)  # batches the bank has and has not answered
    persons: dict[str, int] = dataclasses.field(default_factory=dict)  # lines that wait for a decision: held, in_doubt, on_medium
    left_out: int = 0  # lines its answers left out

    @property
    def lines(self) -> int:
        """Lines that go on by themselves and are asked about."""
        return sum(lines for lines, ours in self.files if ours) + sum(int(row.lines) for row in self.held)


@dataclasses.dataclass(frozen=True)
class Pace:
    """How many files a bank takes: in a minute, in a day, and still today; none: as many as there are."""

    minute: int | None
    day: int | None
    today: int | None


def forecast(parts: Parts, now: datetime, of_round: int | None = None) -> dict[str, Any]:
    """One object, schema ``forecast/1``: each bank's last day, the bottleneck, and from what it is reckoned.

    ``of_round``: only what belongs to this round, in the queue as it stands. Raises LedgerError round-unknown.
    """
    with parts.ledger.read() as tx:
        chosen, intake = _chosen(tx, parts, of_round)
        works = _works(tx, parts, chosen, intake, now)
        measured = _measured(tx, parts, now)
        banks = [_bank(tx, parts, code, works[code], measured.get(code, []), now) for code in sorted(works)]
    ends = [(bank["finished_by"], bank["institution"]) for bank in banks if bank["finished_by"]]
    unknown = [bank["institution"] for bank in banks if bank["lines"] and not bank["finished_by"]]
    last = max(ends, default=None)
    return {
        "schema": "forecast/1",
        "as_of": moment(now),
        "round": of_round,
        "lines": sum(bank["lines"] for bank in banks),
        "finished_by": last[0] if last and not unknown else None,
        "day": _day(parts, last[0]) if last and not unknown else None,
        "bottleneck": unknown[0] if unknown else last[1] if last else None,
        "without_end": unknown,
        "waits_for_persons": sum(sum(bank["waits_for_persons"].values()) for bank in banks),
        "banks": banks,
    }


# ---------------------------------------------------------------- what there is to do
def _chosen(tx: Tx, parts: Parts, of_round: int | None) -> tuple[set[int] | None, int | None]:
    if of_round is None:
        return None, None
    found = ahead.find_round(tx, parts.centre, of_round)
    if found is None:
        raise LedgerError(
            f"there is no round {of_round}; see connector register status", f"没有第 {of_round} 号批次复核", code="round-unknown"
        )
    return ahead.rosters_of_round(tx, of_round), found.intake


def _works(tx: Tx, parts: Parts, chosen: set[int] | None, intake: int | None, now: datetime) -> dict[str, Work]:
    works: dict[str, Work] = {}
    for row in ahead.open_batches(tx):
        _add(works.setdefault(row.institution, Work()), row, chosen is None or row.roster in chosen)
    for row, code, lines in ahead.uncut(tx):
        works.setdefault(code, Work()).files += _files(parts, code, lines, chosen is None or row.id in chosen, now)
    for code, lines in ahead.left_out(tx, chosen).items():
        works.setdefault(code, Work()).left_out = lines
    if waiting := ahead.ungathered(tx, intake):
        for code in parts.banks.working:
            works.setdefault(code, Work()).files += _files(parts, code, waiting, True, now)
    return works


def _add(work: Work, row: AnyRow, ours: bool) -> None:
    waits = "on_medium" if row.on_medium else _FOR_PERSONS.get(State(row.state))
    if waits:
        if ours:
            work.persons[waits] = work.persons.get(waits, 0) + row.lines
    elif row.state == State.SEALED:
        work.files.append((row.lines, ours))
    elif ours:
        work.held.append(row)


def _files(parts: Parts, code: str, lines: int, ours: bool, now: datetime) -> list[tuple[int, bool]]:
    """Lines not cut yet as the files they will be."""
    most = lines
    if bank := parts.banks.working.get(code):
        with contextlib.suppress(Problems):  # that no edition holds today is said of the bank itself
            most = bank.lines_limit(bank.profile_on(parts.day(now)))
    return [(min(most, lines - first), ours) for first in range(0, lines, most)]


def _measured(tx: Tx, parts: Parts, now: datetime) -> dict[str, list[int]]:
    """Institution → working minutes from delivery to the last whole answer, of each batch it answered lately."""
    hours = _hours(parts, now)
    found: dict[str, list[int]] = {}
    for row in ahead.answered_since(tx, now - MEASURED_OVER):
        took = hours.between(parse(row["delivered_at"]), parse(row["whole_at"])) // _MINUTE
        found.setdefault(row["institution"], []).append(took)
    return found


# ---------------------------------------------------------------- one bank
def _bank(tx: Tx, parts: Parts, code: str, work: Work, took: Sequence[int], now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {
        "institution": code,
        "lines": work.lines,
        "files_to_send": sum(ours for _, ours in work.files),
        "at_bank": sum(row.lines for row in work.held),
        "late": sum(row.lines for row in work.held if row.due_at and parse(row.due_at) < now),
        "left_out": work.left_out,
        "waits_for_persons": work.persons,
        **{"sent_by": None, "finished_by": None, "day": None, "because": "", "measure": None},
    }
    bank = parts.banks.working.get(code)
    if bank is None:
        return found | {"because": "not-connected"}
    try:
        profile = bank.profile_on(parts.day(now))
    except Problems:
        return found | {"because": "no-profile-today"}
    if not work.lines:
        return found
    return found | _reckoned(tx, parts, bank, profile, work, took, now)


def _reckoned(
    tx: Tx, parts: Parts, bank: Bank, profile: Profile, work: Work, took: Sequence[int], now: datetime
) -> dict[str, Any]:
    window = agreed.sending(tx, parts, bank, profile, now, urgent=False)
    gone = sends(window, [ours for _, ours in work.files], _pace(tx, parts, bank, profile, now), now)
    if gone is None:
        return {"because": "no-window"}
    speed = _Speed(parts, bank, profile, took, now, len(work.held) + len(gone))
    ends = [speed.answered(parse(row.delivered_at or row.sent_at), row.kind, row.programme) for row in work.held]
    ends += [speed.answered(at, "new", "") for at in gone[-1:]]
    end = max(ends)
    sent = gone[-1] if gone else None
    sending = sent is not None and sent - now > end - sent
    return {
        "sent_by": moment(sent) if sent else None,
        "finished_by": moment(end),
        "day": _day(parts, moment(end)),
        "because": "sending" if sending else "answering",
        "measure": speed.said(),
    }


@dataclasses.dataclass(frozen=True)
class _Speed:
    """How long a bank takes; ``ahead``: so many batches are still to be answered, and the last of them is what is waited for."""

    parts: Parts
    bank: Bank
    profile: Profile
    took: Sequence[int]
    now: datetime
    ahead: int

    @property
    def minutes(self) -> int | None:
        """The answer time the slowest of so many batches is expected to take; none without a measure."""
        if not self.took:
            return None
        share = self.ahead / (self.ahead + 1)
        return sorted(self.took)[math.ceil(share * len(self.took)) - 1]

    def answered(self, got_at: datetime, kind: str, programme: str) -> datetime:
        """When a batch the bank got then is answered, as far as can be said; what is late already, not before the next working day ends."""
        hours = _hours(self.parts, self.now)
        if self.minutes is not None:
            end = hours.after(got_at, timedelta(minutes=self.minutes))
        else:
            service = self.profile.service
            end = deadlines.bank_deadline(self.parts, self.bank, service, kind=kind, programme=programme, got_at=got_at).at
        if end > self.now:
            return end
        return hours.after(
            self.now, sum((e - b for b, e in hours.on(self.parts.calendar.next_workday(self.parts.day(self.now)))), timedelta())
        )

    def said(self) -> dict[str, Any]:
        """From what it is reckoned."""
        if self.minutes is None:
            return {"what": "promised", "batches": 0, "minutes": None}
        return {"what": "measured", "batches": len(self.took), "minutes": self.minutes}


# ---------------------------------------------------------------- sending
def sends(window: Window, files: Collection[bool], pace: Pace, now: datetime) -> list[datetime] | None:
    """When each file that is asked about (True) goes, others taking their turn before it; none where its windows never take them all."""
    queue, gone, at, today = list(files), list[datetime](), now, pace.today
    last = max((place for place, ours in enumerate(queue) if ours), default=-1)
    queue, place = queue[: last + 1], 0
    for _ in range(_FARTHEST):
        if place == len(queue):
            return gone
        opens = window.next_open(at)
        if opens is None:
            return None
        if opens.astimezone(window.zone).date() != at.astimezone(window.zone).date():
            today = pace.day
        midnight = datetime.combine(opens.astimezone(window.zone).date() + _DAY, time(), window.zone)
        until = min(midnight, window.next_cut_off(opens) or midnight)
        many = _taken(pace, today, until - opens, len(queue) - place)
        for turn in range(many):
            if queue[place + turn]:
                gone.append(opens + (_MINUTE * turn / pace.minute if pace.minute else timedelta()))
        place += many
        today = None if today is None else today - many
        at = midnight if today == 0 else until
        today = pace.day if at == midnight else today
    return None


def _taken(pace: Pace, today: int | None, length: timedelta, waiting: int) -> int:
    """How many files go in one window."""
    by_minute = waiting if pace.minute is None else max(1, length * pace.minute // _MINUTE)
    return min(waiting, by_minute, waiting if today is None else max(0, today))


def _pace(tx: Tx, parts: Parts, bank: Bank, profile: Profile, now: datetime) -> Pace:
    limits = profile.service.limits
    rates = [each for each in (bank.limits.parcels_per_minute, limits.messages_per_minute) if each is not None]
    if limits.files_per_day is None:
        return Pace(min(rates, default=None), None, None)
    midnight = datetime.combine(parts.day(now), time(), parts.zone)
    today = max(0, limits.files_per_day - at_banks.files_since(tx, bank.code, midnight))
    return Pace(min(rates, default=None), limits.files_per_day, today)


def _hours(parts: Parts, now: datetime) -> WorkingTime:
    return WorkingTime(parts.calendar, parts.zone, parts.deadlines.on(parts.day(now)).hours)


def _day(parts: Parts, at: str) -> str:
    return parts.day(parse(at)).isoformat()
