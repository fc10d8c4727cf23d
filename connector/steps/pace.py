"""What may go to a bank now and what waits until when: its window, and how much it takes in a minute and in a day, over all nodes.

Urgent parcels come first. What waits says until when and is no alarm; a parcel of which nobody knows whether it arrived waits likewise,
because a look may end in sending it.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from connector import alarms, decided
from connector.bank import Bank
from connector.hours import agreed
from connector.ledger import at_banks, rosters
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from connector.moments import moment
from connector.parts import Parts, problem

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclasses.dataclass
class _Room:
    """How many parcels this institution still takes; none: as many as there are."""

    minute: int | None
    day: int | None
    tomorrow: datetime | None  # when it takes more

    def take(self) -> None:
        self.minute = None if self.minute is None else self.minute - 1
        self.day = None if self.day is None else self.day - 1


def may_go(parts: Parts, bank: Bank, rows: Sequence[AnyRow], now: datetime) -> list[AnyRow]:
    """Of ``rows``, those that may go now, urgent ones first. The others are told to wait: until the bank opens, or takes more files.

    What is beyond the rate of a minute only waits for one of the next passes.
    """
    if not rows:
        return []
    with parts.ledger.read() as tx:
        urgent = rosters.urgent_among(tx, [row.id for row in rows])
        profile = bank.profile_on(parts.day(now))
        windows = {each: agreed.sending(tx, parts, bank, profile, now, urgent=each) for each in (True, False)}
    opens = {each: window.next_open(now) for each, window in windows.items()}
    room = _room(parts, bank, now)
    room.tomorrow = windows[False].next_open(_midnight(parts, now))
    going = []
    for row in sorted(rows, key=lambda row: row.id not in urgent):
        at = opens[row.id in urgent]
        if at is None or at > now:
            _wait(parts, row, at, _closed(parts, at), now)
        elif room.minute == 0:
            continue
        elif room.day == 0 and row.state == State.SEALED:
            _wait(parts, row, room.tomorrow, _full(parts, room.tomorrow), now)
        else:
            going.append(row)
            room.take()
    return going


def _room(parts: Parts, bank: Bank, now: datetime) -> _Room:
    limits = bank.profile_on(parts.day(now)).service.limits
    rates = [each for each in (bank.limits.parcels_per_minute, limits.messages_per_minute) if each is not None]
    with parts.ledger.read() as tx:
        put = rosters.attempts_since(tx, bank.code, now - _MINUTE) if rates else 0
        minute = max(0, min(rates) - put) if rates else None
        midnight = _midnight(parts, now) - _DAY
        day = (
            None if limits.files_per_day is None else max(0, limits.files_per_day - at_banks.files_since(tx, bank.code, midnight))
        )
    return _Room(minute, day, None)


def _midnight(parts: Parts, now: datetime) -> datetime:
    """The next one, by the site's clock."""
    return datetime.combine(parts.day(now) + _DAY, time(), parts.zone)


def _wait(parts: Parts, row: AnyRow, until: datetime | None, why: dict[str, str], now: datetime) -> None:
    """Until then it is not looked at again. What is to be said of it already, and is more than that it waits, stays said."""
    said = why if row.state == State.SEALED and not (row.problem and decided.is_decided(row.problem)) else row.problem
    with parts.ledger.begin() as tx:
        rosters.set_batch(tx, row.id, retry_at=moment(until or now + _DAY), problem=said)


def _closed(parts: Parts, until: datetime | None) -> dict[str, str]:
    at = _wall(parts, until)
    return problem(
        alarms.WINDOW_CLOSED,
        f"不在银行受理时段，将于 {at} 送出，无须处理",
        f"outside the bank's hours; it goes out at {at}. Nothing is to be done",
    )


def _full(parts: Parts, until: datetime | None) -> dict[str, str]:
    at = _wall(parts, until)
    return problem(
        alarms.DAY_FULL,
        f"已达银行当日文件数上限，将于 {at} 送出，无须处理",
        f"the bank takes no more files today; it goes out at {at}. Nothing is to be done",
    )


def _wall(parts: Parts, until: datetime | None) -> str:
    return f"{until.astimezone(parts.zone):%m-%d %H:%M}" if until else "–"
