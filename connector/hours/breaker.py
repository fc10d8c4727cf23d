"""A road that cannot be called is not called again and again: growing pauses with full jitter, and a breaker that every node shares.

Closed: calls go out. After OPENS_AFTER calls in a row that certainly failed it is open: nobody calls. When its time has come it is half
open: one call goes out (a bank's lane is held by one node), and closes it or opens it for longer. What a bank says in refusing a parcel
is no failure of calling it, nor is a line that broke in the middle of one: that is looked into.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from connector.bank import Bank
from connector.ledger import audit, breakers
from connector.ledger.rows import Tx
from connector.moments import parse
from connector.parts import STEPPER, Parts, problem
from transports.errors import Unreachable

OPENS_AFTER = 5
FIRST_S, MAX_S = 5.0, 1800.0  # a pause; MAX_S is what a bank that is mended may at most have to wait
_RANDOM = secrets.SystemRandom()
OPEN = "circuit-open"


def pause_s(tries: int, first_s: float = FIRST_S, max_s: float = MAX_S) -> float:
    """Seconds before what failed ``tries`` times (from 1) is tried again: full jitter, at random up to a bound that doubles and is capped.

    So that banks and nodes that failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
    """
    return _RANDOM.uniform(0.0, min(max_s, first_s * 2.0 ** min(max(tries, 1) - 1, 32)))


def expect_closed(parts: Parts, bank: Bank, road: str, now: datetime) -> int:
    """How many calls failed on this road in a row; when it is open and its time has come, one call may go out.

    Raises Unreachable (circuit-open) while it is not to be called.
    """
    with parts.ledger.read() as tx:
        row = breakers.find(tx, bank.line_name, road)
    if row is None or row.failures < OPENS_AFTER or parse(row.until) <= now:
        return row.failures if row else 0
    said = _said(parts, row)
    raise Unreachable(said["en"], said["zh"], code=OPEN)


def failed(parts: Parts, bank: Bank, road: str, code: str, now: datetime) -> None:
    """A call certainly failed: the next one waits longer, and after OPENS_AFTER of them nobody calls until then."""
    with parts.ledger.begin() as tx:
        before = breakers.find(tx, bank.line_name, road)
        failures = (before.failures if before else 0) + 1
        wait = pause_s(failures)
        if failures >= OPENS_AFTER:  # open: never for less than half of what it might be
            wait = max(wait, min(MAX_S, FIRST_S * 2.0 ** min(failures - 1, 32)) / 2)
        breakers.failed(tx, bank.line_name, road, failures, now + timedelta(seconds=wait), code, now)
        if failures == OPENS_AFTER:
            _audit(tx, parts, bank, "breaker-opened", {"road": road, "failures": failures, "code": code}, now)


def answered(parts: Parts, bank: Bank, road: str, before: int, now: datetime) -> None:
    """It was called and answered, whatever it said; nothing where a call failed since there had been ``before`` of them."""
    with parts.ledger.begin() as tx:
        row = breakers.find(tx, bank.line_name, road)
        if row is None or row.failures > before:
            return
        breakers.mended(tx, bank.line_name, road)
        if row.failures >= OPENS_AFTER:
            _audit(tx, parts, bank, "breaker-closed", {"road": road, "failures": row.failures}, now)


def resting(tx: Tx, now: datetime) -> dict[str, set[str]]:
    """Line name → roads the clock does not call by itself yet: those whose last call failed and whose pause is not over."""
    found: dict[str, set[str]] = {}
    for row in breakers.failing(tx):
        if parse(row.until) > now:
            found.setdefault(row.institution, set()).add(row.road)
    return found


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Every breaker that is open or half open, for ``connector status``: since when, until when."""
    return [
        {
            **_said(parts, row),
            "code": OPEN,
            "institution": row.institution,
            "road": row.road,
            "state": "open" if parse(row.until) > now else "half_open",
            "since": row.since,
            "until": row.until,
            "alarm": False,  # what it stops is told by the steps, and becomes an alarm there when it lasts
        }
        for row in breakers.failing(tx)
        if row.failures >= OPENS_AFTER
    ]


def _said(parts: Parts, row: Any) -> dict[str, str]:
    since, until = (f"{parse(at).astimezone(parts.zone):%m-%d %H:%M:%S}" for at in (row.since, row.until))
    return problem(
        OPEN,
        f"自 {since} 起连续 {row.failures} 次无法接通（{row.code}），{until} 之前不再呼叫，届时先试一次；其他银行不受影响",
        f"it could not be reached {row.failures} times in a row since {since} ({row.code}); it is not called before {until}, then"
        " once to see. Other banks are not concerned",
    )


def _audit(tx: Tx, parts: Parts, bank: Bank, what: str, detail: dict[str, Any], now: datetime) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=f"lane {bank.line_name}", detail=detail)
