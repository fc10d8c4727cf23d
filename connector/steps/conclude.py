"""conclude: all lines of a household settled or overdue → its report. A later answer makes a further version; none is overwritten."""

import functools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from connector.ledger import answers, at_banks, audit, concluding, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move
from connector.parts import STEPPER, Parts, problem
from connector.reports.standing import draw
from connector.steps.elsewhere import Ids, begun
from connector.steps.giving_way import GAVE_WAY, ends_here
from reconciliation.errors import MissingRate
from transports.crashpoint import crashpoint

HOUSEHOLDS_AT_ONCE = 100  # reckoned together; bounds what is opened in memory, and what an urgent household waits for
PIECES_AT_ONCE = 4  # handed out together, where others do them


def conclude(parts: Parts, now: datetime) -> dict[str, int]:
    """One pass: what is overdue expires; how many reports were made. Urgent households come first, also those settled meanwhile."""
    counts = {"expired": _expire(parts, now), "reports": 0}
    with parts.ledger.read() as tx:
        ready, serial = concluding.to_conclude(tx, now), answers.newest_serial(tx)
    missing: MissingRate | None = None
    seen, chunks = serial, list(_chunks(ready))
    at_once = 1 if parts.heavy is None else PIECES_AT_ONCE
    for at in range(0, len(chunks), at_once):
        urgent, seen = _urgent_since(parts, seen, now)
        pieces = [*_chunks(urgent), *chunks[at : at + at_once]]
        for came in begun(parts, "report", [_piece(parts, chunk, now) for chunk in pieces], now):
            try:
                counts["reports"] += came()
            except MissingRate as without:
                missing = without
        if ends_here(parts):
            return counts | {GAVE_WAY: 1}
    if missing is not None:
        raise missing  # after all others were made: the households concerned wait for the rate
    _note_read(parts, serial, now)
    return counts


def _piece(parts: Parts, chunk: Sequence[AnyRow], now: datetime) -> tuple[Ids, Callable[[], int]]:
    return (tuple(inquiry.id for inquiry in chunk),), functools.partial(_report_all, parts, chunk, now)


def _urgent_since(parts: Parts, serial: int, now: datetime) -> tuple[Sequence[AnyRow], int]:
    """Urgent households that may be settled by an answer read after ``serial``, and the newest serial."""
    with parts.ledger.read() as tx:
        if not at_banks.urgent_answered(tx, serial):
            return [], serial
        return concluding.to_conclude(tx, now, urgent=True), answers.newest_serial(tx)


def _note_read(parts: Parts, serial: int, now: datetime) -> None:
    """The next pass need not ask again of answers every report has read; one that still waits for a line is asked about again."""
    with parts.ledger.read() as tx:
        done = serial > concluding.read_to(tx) and not any(row.concluded_at for row in concluding.to_conclude(tx, now))
    if done:
        with parts.ledger.begin() as tx:
            concluding.note_read(tx, serial)


def report_on(parts: Parts, inquiries: tuple[int, ...], now: datetime) -> int:
    """Some households by their numbers, as another process is given them; how many reports were made. Raises MissingRate after that."""
    with parts.ledger.read() as tx:
        ready = concluding.to_conclude(tx, now, inquiries)
    return _report_all(parts, ready, now)


def _report_all(parts: Parts, inquiries: Sequence[AnyRow], now: datetime) -> int:
    """Together; one by one where a rate is missing, so that only those wait who need it. Raises MissingRate after all others were made."""
    try:
        return _report(parts, inquiries, now)
    except MissingRate:
        made, missing = _one_by_one(parts, inquiries, now)
    if missing is not None:
        raise missing
    return made


def _one_by_one(parts: Parts, inquiries: Sequence[AnyRow], now: datetime) -> tuple[int, MissingRate | None]:
    """A rate is missing for some of these: only they wait."""
    made, missing = 0, None
    for inquiry in inquiries:
        try:
            made += _report(parts, [inquiry], now)
        except MissingRate as without:
            missing = without
    return made, missing


def _expire(parts: Parts, now: datetime) -> int:
    """Batches whose deadline passed in silence."""
    with parts.ledger.begin() as tx:
        overdue = rosters.overdue(tx, now)
        for row in overdue:
            rosters.move(tx, row.id, Move.EXPIRE, now, problem=_OVERDUE)
            audit.of_batch(tx, row, at=now, who=STEPPER, what="batch-expired", detail={"due_at": row.due_at})
    return len(overdue)


_OVERDUE = problem(
    "deadline-passed",
    "期限已过，银行未反馈；请催办。迟到的反馈仍会读入，并标明迟到",
    "the deadline passed and the bank has not answered: call the bank. A late answer is still taken, marked late",
)


def _report(parts: Parts, inquiries: Sequence[AnyRow], now: datetime) -> int:
    """Reports of the settled ones among some households, kept in one transaction."""
    found, reports = draw(parts, inquiries, now, settled_only=True)
    by_key = {inquiry.household_key: inquiry for inquiry in inquiries}
    made = [(by_key[report["household_key"]], report) for report in reports]
    if made:
        _keep(parts, made, found.read_to, now)
    return len(made)


def _keep(parts: Parts, made: Sequence[tuple[AnyRow, dict[str, Any]]], read_to: int, now: datetime) -> None:
    """Seal and store first, then name them all: a crash in between leaves bytes nobody names."""
    period = f"{now:%Y-%m}"
    with parts.ledger.begin() as tx:
        parts.vault.prepare(tx, "report", period)
    with parts.ledger.read() as tx:
        stored = [_store(parts, tx, inquiry, report, period) for inquiry, report in made]
    crashpoint("N18")
    with parts.ledger.begin() as tx:
        for (inquiry, report), (key, digest) in zip(made, stored, strict=True):
            last = answers.latest_report(tx, inquiry.id)
            if last is not None and last.read_to >= read_to:
                continue  # another process made it since, which was taken for dead
            values = {"centre": inquiry.centre, "region": inquiry.region, "complete": report["complete"]}
            values["read_to"] = read_to
            version = answers.add_report(tx, inquiry.id, now, object=digest, data_key=key, **values)
            detail = {"version": version, "complete": report["complete"]}
            subject = f"inquiry {inquiry.id}"
            audit.record(tx, at=now, who=STEPPER, what="report-made", centre=inquiry.centre, subject=subject, detail=detail)


def _store(parts: Parts, tx: Tx, inquiry: AnyRow, report: dict[str, Any], period: str) -> tuple[int, str]:
    key, sealed = parts.vault.seal(tx, "report", period, orjson.dumps(report), f"report/{inquiry.id}")
    return key, parts.objects.put([sealed])[0]


def _chunks(inquiries: Sequence[AnyRow]) -> Iterator[list[AnyRow]]:
    """Some households at a time, urgent ones first, no household_key twice in one chunk (two inquiries about it may be open)."""
    by_turn: dict[tuple[int, bool], list[AnyRow]] = {}
    seen: dict[str, int] = {}
    for inquiry in inquiries:
        turn = seen.get(inquiry.household_key, 0)
        seen[inquiry.household_key] = turn + 1
        by_turn.setdefault((turn, not inquiry.urgent), []).append(inquiry)
    for _, together in sorted(by_turn.items()):
        yield from (together[i : i + HOUSEHOLDS_AT_ONCE] for i in range(0, len(together), HOUSEHOLDS_AT_ONCE))
