"""The clock's agenda: every duty, how often, and what it runs. A new duty is one more line.

A duty is run by one node at a time, in a lane of its own (``step:NAME``); what stops it is shown by ``connector status`` until it goes
well, as with a step. The duties at the banks (cut, dispatch, collect, settle) are not here but in duties.py: they follow what waits at
each bank, its windows and its rhythm.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta

from connector.clock import recomputing, reminding
from connector.clock.ticks import Daily, Every, Schedule
from connector.figures import closing
from connector.hours import doubt
from connector.ledger import at_banks, authorizations
from connector.parts import STEPPER, Parts
from connector.register import deaths, rounds, taking
from connector.steps import runner

Counts = Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Duty:
    """What the clock does for the deployment as a whole. ``run`` takes its time from the clock and tells what it did, by word.

    ``name``: of its ticks and its lane. ``waits``: whether there is anything to do; it may only read, and is asked before every tick.
    """

    name: str
    schedule: Schedule
    run: Callable[[Parts, datetime], Counts]
    waits: Callable[[Parts, datetime], bool] = lambda parts, now: True  # noqa: ARG005


def agenda() -> tuple[Duty, ...]:
    """Every duty, in the order of a day."""
    return (
        Duty("gather", Every(timedelta(seconds=1)), runner.WHOLE["gather"], _somebody_waits),
        Duty("end papers", Every(timedelta(minutes=10)), _end_papers),
        Duty("conclude", Every(timedelta(seconds=2)), runner.WHOLE["conclude"]),
        Duty("end aid", Every(timedelta(minutes=10)), taking.end_due, taking.is_due),
        Duty("deaths", Every(timedelta(minutes=1)), deaths.carry_out_agreed, deaths.is_due),
        Duty("make rounds", Every(timedelta(minutes=10)), rounds.make_due, rounds.is_due),
        Duty("in-doubt clock", Every(timedelta(minutes=1)), doubt.tell_lasting, doubt.is_due),
        Duty("close month", Daily(time(6)), closing.close_due),
        Duty("remind", Every(timedelta(minutes=10)), reminding.remind),
        Duty("checkpoint", Every(timedelta(seconds=30)), _sign),
        Duty("recompute deadlines", Every(timedelta(hours=1)), recomputing.recompute),
        Duty("retire", Daily(time(2, 30)), runner.WHOLE["retire"]),
    )


def _somebody_waits(parts: Parts, now: datetime) -> bool:  # noqa: ARG001 (a duty's)
    with parts.ledger.read() as tx:
        return at_banks.waits_to_be_gathered(tx)


def _end_papers(parts: Parts, now: datetime) -> Counts:
    """Authorizations whose last day has passed."""
    with parts.ledger.begin() as tx:
        return {"papers": authorizations.expire(tx, parts.centre, parts.day(now), now=now, who=STEPPER)}


def _sign(parts: Parts, now: datetime) -> Counts:
    """The audit's checkpoint where one is due; a key that may not sign is told by status."""
    runner.afterwards(parts, now)
    return {}
