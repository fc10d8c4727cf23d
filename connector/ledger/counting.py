"""The counters move with what they count: whatever changes what a line comes to is an event and a difference, in the same transaction.

``changed`` holds a batch against what its events said last, appends what is new, reckons the batch's tally anew (all lines at once) and
adds the difference to the counters. Nothing here hangs on what time it is: lines that are not due yet are taken off when a figure is read.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Engine, and_, bindparam, exists, insert, select, update

from connector.ledger import events
from connector.ledger.figure_tables import counter, tally
from connector.ledger.rows import AnyRow, Tx
from connector.ledger.tables import batch, edition, inbound, roster
from connector.lifecycle import State
from connector.moments import moment, parse
from reconciliation import buckets
from reconciliation.buckets import NEVER, Course, Whereabouts
from reconciliation.exchange import OUTCOME_CODE
from reconciliation.vectors import unpack_outcomes

COUNTED = frozenset(
    {"due_at", "provisional", "delivered_at", "accepted_at", "complete_at", "sent_at"}
)  # columns that hang together with it
_ZONE = "site_zone"  # an execution option of the engine: whose months these are
_AT_FIRST = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    *(batch.c[name] for name in ("id", "number", "roster", "first", "lines", "institution", "region", "state", "state_at")),
    *(batch.c[name] for name in ("sealed_at", "sent_at", "due_at", "provisional", "delivered_at", "accepted_at", "remakes")),
    roster.c.kind,
)

# Statements that are run often are made once: to make one takes longer than to run it.
_ROW = select(*_COLUMNS).join(roster, roster.c.id == batch.c.roster).where(batch.c.id == bindparam("key"))
_TALLY = select(tally).where(tally.c.batch == bindparam("key"))
_SET_TALLY = update(tally).where(tally.c.batch == bindparam("key"))
_EDITIONS = (
    select(edition.c.number, edition.c.received_at, edition.c.outcomes)
    .where(edition.c.batch == bindparam("key"))
    .order_by(edition.c.number)
)
_CELL = tuple(column.name for column in counter.primary_key.columns)
_ADD = (
    update(counter)
    .where(*(counter.c[name] == bindparam(f"of_{name}") for name in _CELL))
    .values(amount=counter.c.amount + bindparam("by"))
)


def by_zone(engine: Engine, zone: ZoneInfo) -> None:
    """Whose months are counted: the site's."""
    engine.update_execution_options(**{_ZONE: zone})


def zone_of(tx: Tx) -> ZoneInfo:
    """The zone months are counted by."""
    zone = tx.get_execution_options().get(_ZONE, _AT_FIRST)
    assert isinstance(zone, ZoneInfo)
    return zone


def micros(at: str | datetime) -> int:
    """A moment in microseconds since 1970-01-01 UTC."""
    return ((parse(at) if isinstance(at, str) else at) - _EPOCH) // timedelta(microseconds=1)


def of_micros(at: int) -> str:
    """The moment of ``micros``."""
    return moment(_EPOCH + timedelta(microseconds=at))


# ---------------------------------------------------------------- what the rooms of the ledger call
def changed(tx: Tx, key: int, now: datetime | None = None) -> None:
    """Something of a batch changed in this transaction: note what, and count anew. ``now``: when; else when its state changed last."""
    _hold(tx, key, now, {})


def answered(tx: Tx, key: int, values: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """An edition was appended. ``values``: its columns; ``facts``: rows, parked, declares (one flag a line), as far as they are known."""
    detail = {"number": values["number"], "received_at": values["received_at"]}
    detail |= {name: int(facts[name]) for name in ("rows", "parked") if name in facts}
    declares = facts.get("declares")
    packed = events.pack_flags(declares) if declares is not None and declares.any() else None
    events.append(tx, key, "edition", values["received_at"], detail, packed)
    _hold(tx, key, parse(values["received_at"]), {"answered": True})


def stopped(tx: Tx, key: int, positions: Collection[int], why: str, now: datetime) -> None:
    """Lines of a batch (positions in it, 0-based) were withdrawn, or their person reported dead (connector/ledger/stops.py)."""
    if positions:
        events.append(tx, key, "stopped", now, {"positions": events.runs(positions), "why": why})
        _hold(tx, key, now, {"marked": True})


def upheld(tx: Tx, key: int, positions: Collection[int], by: str, now: datetime) -> None:
    """The centre accepts that the bank refused these lines rightly."""
    if positions:
        events.append(tx, key, "upheld", now, {"positions": events.runs(positions), "by": by})
        _hold(tx, key, now, {"marked": True})


def outage(tx: Tx, begins: datetime, ends: datetime, by: str, now: datetime) -> int:
    """Our collector was down: what fell due then and was not whole by then is ours. How many batches that touches."""
    events.append(tx, None, "outage", now, {"begins": moment(begins), "ends": moment(ends), "by": by})
    within = and_(tally.c.due_at >= moment(begins), tally.c.due_at <= moment(ends))
    touched = [int(key) for key in tx.execute(select(tally.c.batch).where(within)).scalars()]
    for key in touched:
        _hold(tx, key, now, {"down": True})
    return len(touched)


def catch_up(tx: Tx) -> int:
    """Count the batches of a ledger made before anything was counted: their events are what can still be told of them. How many."""
    keys = tx.execute(select(batch.c.id).where(batch.c.id.not_in(select(tally.c.batch))).order_by(batch.c.id)).scalars().all()
    for key in keys:
        changed(tx, key)
        for row in tx.execute(_EDITIONS, {"key": key}).all():
            answered(tx, key, {"number": row.number, "received_at": row.received_at}, {})
    return len(keys)


# ---------------------------------------------------------------- what is new
def _hold(tx: Tx, key: int, now: datetime | None, news: Mapping[str, bool]) -> None:
    """Hold a batch against what was told of it. ``news``: what is true of it from now on, beside its columns."""
    row = tx.execute(_ROW, {"key": key}).one()
    at = row.state_at if now is None else moment(now)
    before = tx.execute(_TALLY, {"key": key}).one_or_none()
    told = _noted(tx, row, dict(before.told) if before else {}, at)
    if told.pop("mends", None):
        _mended(tx, row.remakes, at)
    told.update(news)
    if before is None or news or _standing(told) != _standing(before.told):
        _count(tx, row, told, before)
    elif told != before.told:
        tx.execute(_SET_TALLY, {"key": key, "told": told, "delivered_at": told.get("delivered_at")})


def _standing(told: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of a batch the buckets of its lines hang on."""
    return whereabouts(told), told.get("due_at"), told.get("promised"), told.get("down", False)


def _noted(tx: Tx, row: AnyRow, told: dict[str, Any], at: str) -> dict[str, Any]:
    """Append an event for each thing that is not as it was told last; what is told now."""
    if not told:
        names = ("number", "roster", "first", "lines", "institution", "region", "kind", "sealed_at", "remakes")
        events.append(tx, row.id, "made", row.sealed_at, {name: getattr(row, name) for name in names})
        told = {"doubt": False, "mends": row.remakes is not None}
    _state(tx, row, told, at)
    for name, what, value in (
        ("delivered_at", "delivered", row.delivered_at or row.sent_at),
        ("accepted_at", "receipt", row.accepted_at),
    ):
        if told.get(name) != value:
            events.append(tx, row.id, what, at, {"at": value})
            told[name] = value
    due = (row.due_at, bool(row.provisional))
    if (told.get("due_at"), told.get("provisional", False)) != due:
        if told.get("provisional") and told.get("due_at"):
            told["promised"] = max(told.get("promised") or "", told["due_at"])
        events.append(tx, row.id, "deadline", at, {"due_at": due[0], "provisional": due[1]})
        told["due_at"], told["provisional"] = due
        told["down"] = _down(tx, row.due_at)
    return told


def _state(tx: Tx, row: AnyRow, told: dict[str, Any], at: str) -> None:
    damaged = row.state == State.HELD and _file_refused(tx, row.id)
    if (told.get("state"), told.get("damaged", False)) == (row.state, damaged):
        return
    events.append(tx, row.id, "state", at, {"state": row.state} | ({"damaged": True} if damaged else {}))
    told["state"], told["damaged"] = row.state, damaged
    if row.state != State.HELD:
        told["doubt"] = row.state == State.IN_DOUBT


def _file_refused(tx: Tx, key: int) -> bool:
    bad = and_(inbound.c.batch == key, inbound.c.state.in_(["refused", "quarantined"]))
    return bool(tx.execute(select(exists().where(bad))).scalar_one())


def _mended(tx: Tx, key: int, at: str) -> None:
    """The lines of a package the bank refused are asked anew in a mended one: it refused rightly."""
    before = tx.execute(_TALLY, {"key": key}).one_or_none()
    if before is None or before.told.get("mended"):
        return
    events.append(tx, key, "mended", at, {})
    row = tx.execute(_ROW, {"key": key}).one()
    _count(tx, row, {**before.told, "mended": True}, before)


# ---------------------------------------------------------------- the tally of a batch, and the difference it makes
def whereabouts(told: Mapping[str, Any]) -> Whereabouts:
    """Where a batch is by what its events told."""
    state = told["state"]
    if state == State.HELD:
        if told.get("delivered_at"):
            return Whereabouts.DAMAGED if told.get("damaged") else Whereabouts.OURS
        return Whereabouts.IN_DOUBT if told.get("doubt") else Whereabouts.OURS
    if state == State.REJECTED:
        return Whereabouts.MENDED if told.get("mended") else Whereabouts.REJECTED
    known = {State.SEALED: Whereabouts.WAITING, State.IN_DOUBT: Whereabouts.IN_DOUBT, State.RECALLED: Whereabouts.RECALLED}
    return known.get(State(state), Whereabouts.BANK)


def of_lines(tx: Tx, key: int, lines: int, told: Mapping[str, Any]) -> tuple[buckets.Answers, Any]:
    """What a batch's editions come to, and the bucket of every line."""
    rows = tx.execute(_EDITIONS, {"key": key}) if told.get("answered") else ()
    kept = [(int(row.number), micros(row.received_at), unpack_outcomes(row.outcomes, lines)) for row in rows]
    answers = buckets.laid(lines, kept)
    stopped_at, accepted = np.full(lines, NEVER, dtype=np.int64), np.zeros(lines, dtype=bool)
    marks = [event for event in events.of_batch(tx, key) if event.what in ("stopped", "upheld")] if told.get("marked") else []
    for event in marks:
        for first, last in event.detail["positions"]:
            if event.what == "upheld":
                accepted[first : last + 1] = True
            else:
                stopped_at[first : last + 1] = np.minimum(stopped_at[first : last + 1], micros(event.at))
    return answers, buckets.buckets(answers, stopped_at, accepted, _course(told))


def _course(told: Mapping[str, Any]) -> Course:
    due, promised = told.get("due_at"), told.get("promised")
    down = told.get("down", False)
    return Course(whereabouts(told), micros(due) if due else NEVER, micros(promised) if promised else None, down)


def _down(tx: Tx, due: str | None) -> bool:
    return due is not None and any(o.detail["begins"] <= due <= o.detail["ends"] for o in events.outages(tx))


def _count(tx: Tx, row: AnyRow, told: dict[str, Any], before: AnyRow | None) -> None:
    answers, found = of_lines(tx, row.id, row.lines, told)
    counts = {**buckets.tally(found), **_further(tx, row, answers)}
    reckoned = parse(told.get("due_at") or row.sealed_at).astimezone(zone_of(tx))
    values = {
        "month": f"{reckoned:%Y-%m}",
        **{"institution": row.institution, "region": row.region, "kind": row.kind, "due_at": told.get("due_at")},
        "delivered_at": told.get("delivered_at"),
        "counts": counts,
        "spans": [[of_micros(at), lines] for at, lines in buckets.spans(answers, found)],
        "told": told,
    }
    if before is None:
        tx.execute(insert(tally), {"batch": row.id, **values})
    else:
        tx.execute(_SET_TALLY, {"key": row.id, **values})
    _move(tx, _cells(before.month, before, before.counts) if before else {}, _cells(values["month"], row, counts))


def _further(tx: Tx, row: AnyRow, answers: buckets.Answers) -> dict[str, int]:
    """What is counted of a batch beside its buckets: found, no_record, refused…, and how many declared counts came whole."""
    if not answers.edition.any():
        return {}
    outcomes = np.bincount(answers.outcome, minlength=len(OUTCOME_CODE))
    further = {word: int(outcomes[OUTCOME_CODE[word]]) for word in ("found", "no_record") if outcomes[OUTCOME_CODE[word]]}
    declared = np.zeros(row.lines, dtype=bool)
    for number, packed in events.with_declared(tx, row.id).items():
        declared |= events.unpack_flags(packed, row.lines) & (answers.edition == number)
    whole, part = (answers.outcome == OUTCOME_CODE[word] for word in ("found", "partial"))
    further |= {"declared": int((declared & (whole | part)).sum()), "as_declared": int((declared & whole).sum())}
    return {name: lines for name, lines in further.items() if lines} | _corrections(tx, row, answers)


def _corrections(tx: Tx, row: AnyRow, answers: buckets.Answers) -> dict[str, int]:
    """Lines whose whole answer an edition replaced, under the month that edition came in: ``corrected 2026-09``."""
    found: dict[str, int] = {}
    if answers.corrected:
        when = select(edition.c.number, edition.c.received_at).where(edition.c.batch == row.id)
        for number, at in tx.execute(when.where(edition.c.number.in_(answers.corrected))):
            month = f"{parse(at).astimezone(zone_of(tx)):%Y-%m}"
            found[f"corrected {month}"] = found.get(f"corrected {month}", 0) + answers.corrected[number]
    return found


def _cells(month: str, row: AnyRow, counts: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    cells: dict[tuple[str, ...], int] = {}
    for figure, lines in counts.items():
        name, _, came = figure.partition(" ")
        cells[came or month, row.institution, row.region, row.kind, name] = lines
    return cells


def _move(tx: Tx, before: Mapping[tuple[str, ...], int], after: Mapping[tuple[str, ...], int]) -> None:
    """Add the difference to the counters; in one order, whoever writes."""
    for cell in sorted({*before, *after}):
        if by := after.get(cell, 0) - before.get(cell, 0):
            named = {f"of_{name}": value for name, value in zip(_CELL, cell, strict=True)}
            if tx.execute(_ADD, {**named, "by": by}).rowcount == 0:
                tx.execute(insert(counter), {**dict(zip(_CELL, cell, strict=True)), "amount": by})
