"""A server that asks to be left alone for a while (Retry-After), or cannot be reached, is left alone by every node: the ledger remembers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connector.bank import Bank, Way
from connector.hours import breaker
from connector.ledger import banks
from connector.moments import moment, parse
from connector.parts import Parts
from transports.errors import Unreachable
from transports.transport import Transport


@contextmanager
def opened(parts: Parts, bank: Bank, way: Way, now: datetime, *, calls: bool = True) -> Iterator[Transport]:
    """The line of a way. Raises Unreachable (asked-for-patience, circuit-open) while its server is to be left alone; nothing is attempted
    then.

    ``calls``: whether the bank's server is called at all; what landed here is taken without it.
    """
    with parts.ledger.read() as tx:
        until = banks.quiet_until(tx, bank.line_name, way.kind)
    if calls and until is not None and moment(now) < until:
        raise _asked(parse(until).astimezone(parts.zone))
    before = breaker.expect_closed(parts, bank, way.kind, now) if calls else 0
    try:
        with way.open() as line:
            yield line
    except Unreachable as busy:
        heed(parts, bank, way.kind, busy.wait_s, now)
        if calls and not busy.wait_s:
            breaker.failed(parts, bank, way.kind, busy.code, now)
        raise
    if calls and before:
        breaker.answered(parts, bank, way.kind, before, now)


def heed(parts: Parts, bank: Bank, road: str, wait_s: float, now: datetime) -> None:
    """Remember what a server asked for; nothing where it asked for nothing."""
    if wait_s > 0:
        with parts.ledger.begin() as tx:
            banks.note_quiet(tx, bank.line_name, road, now + timedelta(seconds=wait_s))


def _asked(until: datetime) -> Unreachable:
    at = f"{until:%m-%d %H:%M:%S}"
    return Unreachable(
        f"The bank's server asked not to be called before {at}; it is called again then. Nothing is to be done.",
        f"银行服务器要求在 {at} 之前不要再请求，届时将自动继续，无须处理。",
        code="asked-for-patience",
    )
