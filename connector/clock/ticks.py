"""A tick: one duty at one due time, run by whichever node wrote it down first.

A tick is an insert of (schedule, due time) that can succeed once; it may fire on every node. Ticks that were missed while nobody was
there coalesce: the newest is run, once. One that a dead node left unended is run again by another; the lane's lock decides that never
two are at the same work, so there is nothing to sweep.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.ledger import ticks
from connector.ledger.ledger import Ledger

SILENT = timedelta(seconds=15)  # a node not seen for so long is taken for dead; it says that it is there every few seconds
Counts = Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Every:
    """Again and again, at the multiples of a length of time, the same on every node."""

    length: timedelta

    def slot(self, now: datetime, zone: ZoneInfo) -> datetime:  # noqa: ARG002 (a Schedule)
        """The newest due time that is not after ``now``."""
        began = datetime.fromtimestamp(0, tz=now.tzinfo)
        return began + (now - began) // self.length * self.length


@dataclasses.dataclass(frozen=True)
class Daily:
    """Once a day, at a time of the site's clock."""

    at: time

    def slot(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest due time that is not after ``now``."""
        local = now.astimezone(zone)
        today = datetime.combine(local.date(), self.at, zone)
        return today if today <= local else datetime.combine(local.date() - timedelta(days=1), self.at, zone)


Schedule = Every | Daily


def run(
    ledger: Ledger, schedule: str, due_at: datetime, node: str, now: Callable[[], datetime], work: Callable[[datetime], Counts]
) -> Counts | None:
    """Run a tick where it is ours; what it did, or None where another node has run it or is at it.

    ``work`` is given the time at which it began. What it raises is raised; the tick then stays unended and the next one follows.
    """
    at = now()
    with ledger.read() as tx:  # most of the time another node has it: then nothing is written
        if not ticks.free(tx, schedule, due_at, node, at - SILENT):
            return None
    with ledger.begin() as tx:
        if not ticks.take(tx, schedule, due_at, node, at, at - SILENT):
            return None
    did = work(at)
    with ledger.begin() as tx:
        ticks.end(tx, schedule, due_at, node, did, now())
    return did
