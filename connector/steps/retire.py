"""retire: erase what may no longer be kept, and leave one record that says so.

What is sealed ends with its data key: keys are per purpose and month, and a month is retired once it lies wholly before the retention
time and no inquiry of it (or of an earlier month) is still open. Destruction is an act of two persons: this step asks, and acts only on
what another user approved.
"""

from datetime import datetime, timedelta
from typing import Any

from connector.dropbox import tidying
from connector.ledger import audit, data_keys, people, retention
from connector.parts import STEPPER, Parts
from transports.crashpoint import crashpoint

ACT = "retire-month"


def retire(parts: Parts, now: datetime) -> dict[str, int]:
    """One pass: how many months were erased, for how many a second person is asked."""
    cutoff = f"{now - timedelta(days=parts.retention_days):%Y-%m}"
    counts = {"erased": 0, "asked": 0}
    _finish(parts)
    tidying.drop_uploads(parts, cutoff)
    with parts.ledger.read() as tx:
        due = retention.months_due(tx, cutoff)
        asked = {row.subject["month"]: row for row in people.of_act(tx, ACT)}
    for month in due:
        request = asked.get(month)
        if request is None:
            _ask(parts, month, now)
            counts["asked"] += 1
        elif request.state == "agreed":
            _erase(parts, month, request.decided_by, now)
            counts["erased"] += 1
    return counts


def _ask(parts: Parts, month: str, now: datetime) -> None:
    with parts.ledger.begin() as tx:
        found = retention.counts(tx, month)
        why = f"the retention time of {month} is over: {found}"
        people.ask(
            tx, at=now, act=ACT, subject={"month": month}, reason=why, by=STEPPER, centre=parts.centre, region=parts.region
        )


def _erase(parts: Parts, month: str, approved_by: str, now: datetime) -> None:
    """Keys first, in the transaction that records the erasure and what is still to be removed; the bytes follow."""
    with parts.ledger.begin() as tx:
        objects = retention.objects_of(tx, month)
        found: dict[str, Any] = retention.counts(tx, month)
        retention.erase(tx, month)
        data_keys.destroy(tx, month, now)
        retention.record(tx, parts.centre, parts.region, ACT, found | {"month": month, retention.LEFT: objects}, now)
        detail = {"month": month, "approved_by": approved_by, **found}
        audit.record(tx, at=now, who=STEPPER, what="month-retired", centre=parts.centre, subject=f"month {month}", detail=detail)
    crashpoint("O24")
    _finish(parts)


def _finish(parts: Parts) -> None:
    """Remove what erasures left, those of a pass that was cut short too: parcels still open to the ring's keys, here and in boxes."""
    with parts.ledger.read() as tx:
        left = retention.unfinished(tx)
    for key, objects in left.items():
        for digest in objects:
            parts.objects.delete(digest)
        tidying.forget(parts.folder, set(objects))
        parts.ledger.scrub()
        with parts.ledger.begin() as tx:
            retention.finish(tx, key)
