"""How long banks take: working minutes from proved delivery to the first whole answer (screens: median and 95th of all due lines)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from config.working_time import WorkingTime
from connector.figures.rates import nearest_rank
from connector.ledger.rows import AnyRow
from connector.moments import parse

_MINUTE = timedelta(minutes=1)
Times = list[tuple[int, int]]  # (working minutes, lines)


def of_batches(tallies: Iterable[AnyRow], hours: WorkingTime) -> Times:
    """The answer times of the lines of some batches; each is reckoned once for all lines that came together."""
    found: dict[int, int] = {}
    for row in tallies:
        for whole_at, lines in row.spans:
            minutes = hours.between(parse(row.delivered_at), parse(whole_at)) // _MINUTE if row.delivered_at else 0
            found[minutes] = found.get(minutes, 0) + lines
    return sorted(found.items())


def joined(several: Iterable[Sequence[Sequence[int]]]) -> Times:
    """Several groups' answer times as one."""
    found: dict[int, int] = {}
    for times in several:
        for minutes, lines in times:
            found[minutes] = found.get(minutes, 0) + lines
    return sorted(found.items())


def summary(times: Times, due: int) -> dict[str, Any]:
    """Median and 95th in working minutes over all due lines; none: not reached, too many lines are open."""
    return {"median_minutes": nearest_rank(times, due, 0.5), "p95_minutes": nearest_rank(times, due, 0.95)}
