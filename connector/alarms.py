"""When a person must hear of what went wrong: at once where no further try mends it, later where it may pass by itself; of what runs
out, before it does."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.decided import is_decided
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from connector.moments import parse
from transports.relay.words import WITH_THE_CARRIER

LASTS = timedelta(minutes=30)  # what is tried again by itself is told as an alarm once it has gone on for so long

WINDOW_CLOSED, DAY_FULL = "window-closed", "day-full"  # of a parcel that waits for the bank's hours: never an alarm
EXPIRY_DAYS = (1, 7, 14, 30, 60)  # so many days before the last one, and on it, a person is told again (security C7)


def days_alarm(left: int) -> int | None:
    """Of what ends in so many days: the nearest of EXPIRY_DAYS; 0 once it is over; none while there is time."""
    return 0 if left < 0 else next((days for days in EXPIRY_DAYS if left <= days), None)


def of_step(why: Mapping[str, Any], now: datetime | None) -> bool:
    """Of what stops a step in a lane, as the runner noted it."""
    return not why.get("transient") or _lasts(why.get("since"), now)


def of_batch(row: AnyRow, since: str | None, now: datetime | None) -> bool:
    """Of a batch with a problem. ``since``: when the tries began that all failed for certain; none where there is none.

    What lies with a carrier is told of when its carrier falls silent (connector/carried.py); what was decided is on its way.
    """
    if row.problem["code"] in (WITH_THE_CARRIER, WINDOW_CLOSED, DAY_FULL) or is_decided(row.problem):
        return False
    return row.state != State.SEALED or _lasts(since, now)


def _lasts(since: str | None, now: datetime | None) -> bool:
    return since is not None and now is not None and parse(since) + LASTS <= now
