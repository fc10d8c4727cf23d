"""Closing a month: on the 5th working day after it ends its figures are kept for ever; later events are shown beside, never in them.

Two persons may re-open a month: then one more revision is closed from what is known now, and the earlier ones stay readable.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from connector.figures import months
from connector.figures.months import Month
from connector.ledger import audit, people, tallies
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.parts import STEPPER, Parts

CLOSES_AFTER = 5  # working days after the month's end
REOPEN = "reopen-month"  # the act of two persons


def ended(parts: Parts, month: str, now: datetime) -> bool:
    """May this month be closed: has the 5th working day after its end come?"""
    last = (months.bounds(parts, month)[1] - timedelta(days=1)).date()
    return parts.calendar.add(last, CLOSES_AFTER).day <= parts.day(now)


def waiting(tx: Tx, parts: Parts, now: datetime) -> list[str]:
    """The months to be closed now: ended and never closed, or re-opened since their newest revision."""
    return [month for month in tallies.months(tx) if ended(parts, month, now) and _revision_due(tx, month) is not None]


def close_due(parts: Parts, now: datetime) -> Mapping[str, int]:
    """Close every month that is to be closed: the duty of the clock."""
    with parts.ledger.read() as tx:
        due = waiting(tx, parts, now)
    for month in due:
        close(parts, month, STEPPER, now)
    return {"closed": len(due)} if due else {}


def close(parts: Parts, month: str, by: str, now: datetime) -> int:
    """Close a month; the revision. Raises LedgerError month-not-over, month-closed, month-empty."""
    with parts.ledger.begin() as tx:
        if not ended(parts, month, now):
            day = parts.calendar.add((months.bounds(parts, month)[1] - timedelta(days=1)).date(), CLOSES_AFTER).day
            raise LedgerError(
                f"{month} closes on {day}, the 5th working day after it ends; until then: connector statistics --month {month}",
                f"{month} 于 {day}（月末后第 5 个工作日）关账；此前请用 connector statistics --month {month}",
                code="month-not-over",
            )
        if month not in tallies.months(tx):
            raise LedgerError(f"nothing was due in {month}", f"{month} 没有任何应反馈的查询", code="month-empty")
        due = _revision_due(tx, month)
        if due is None:
            raise LedgerError(
                f"{month} is closed; to close it anew two persons re-open it: connector statistics reopen --month {month} --reason …",
                f"{month} 已关账；如需重新关账，须双人重开：connector statistics reopen --month {month} --reason …",
                code="month-closed",
            )
        revision, reason = due
        found = months.now_of(tx, parts, month, now)
        tallies.close(tx, month, revision, now, by, reason, found.as_json())
        detail = {"month": month, "revision": revision, "cells": len(found.cells)}
        audit.record(tx, at=now, who=by, what="month-closed", centre=parts.centre, subject=f"month {month}", detail=detail)
    return revision


def ask_reopen(tx: Tx, month: str, *, reason: str, by: str, now: datetime) -> int:
    """Ask that a closed month is closed anew from what is known now. Raises LedgerError month-open, reason-missing."""
    people.require(tx, by, "manager", "supervisor")
    revisions = tallies.revisions(tx, month)
    if not revisions:
        raise LedgerError(f"{month} is not closed", f"{month} 尚未关账", code="month-open")
    subject = {"month": month, "revision": len(revisions) + 1}
    return people.ask(tx, at=now, act=REOPEN, subject=subject, reason=reason, by=by)


def closed(tx: Tx, month: str, revision: int | None = None) -> tuple[Month, AnyRow] | None:
    """The closed figures of a month (its newest revision) and the record of the closing; none while it is open."""
    rows = tallies.revisions(tx, month)
    chosen = [row for row in rows if revision in (None, row.revision)]
    return (Month.of_json(month, chosen[-1].cells), chosen[-1]) if chosen else None


def _revision_due(tx: Tx, month: str) -> tuple[int, str] | None:
    """The revision to be closed next and why; none where the newest one stands."""
    revision = len(tallies.revisions(tx, month)) + 1
    if revision == 1:
        return 1, ""
    wanted = {"month": month, "revision": revision}
    asked = [row for row in people.of_act(tx, REOPEN) if row.state == "agreed" and row.subject == wanted]
    return (revision, asked[-1].reason) if asked else None
