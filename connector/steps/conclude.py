"""conclude: all lines of a household settled or overdue → its report. A later answer makes a further version; none is overwritten."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from connector.authorization import CLOSED, State
from connector.ledger import answers, audit, authorizations, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move
from connector.moments import parse
from connector.reports.dossier import Dossiers, Reader
from connector.steps.parts import STEPPER, Parts, problem
from reconciliation.errors import MissingRate
from reconciliation.report import household_reports
from transports.crashpoint import crashpoint

HOUSEHOLDS_AT_ONCE = 500  # reckoned together; bounds what is opened in memory


def conclude(parts: Parts, now: datetime) -> dict[str, int]:
    """One pass: what is overdue expires; how many reports were made."""
    expired = _expire(parts, now)
    reports = 0
    with parts.ledger.read() as tx:
        ready = answers.to_conclude(tx)
    missing: MissingRate | None = None
    for chunk in _chunks(ready):
        try:
            reports += _report(parts, chunk, now)
        except MissingRate:
            made, missing = _one_by_one(parts, chunk, now)
            reports += made
    if missing is not None:
        raise missing  # after all others were made: the households concerned wait for the rate
    return {"expired": expired, "reports": reports}


def _one_by_one(parts: Parts, inquiries: Sequence[AnyRow], now: datetime) -> tuple[int, MissingRate | None]:
    """A rate is missing for some of these: only they wait."""
    made, missing = 0, None
    for inquiry in inquiries:
        try:
            made += _report(parts, [inquiry], now)
        except MissingRate as without:
            missing = without
    return made, missing


def draw(
    parts: Parts, inquiries: Sequence[AnyRow], now: datetime, *, settled_only: bool = False
) -> tuple[Dossiers, Iterator[dict[str, Any]]]:
    """The reports of some households as things stand, settled or not; nothing is kept."""
    with parts.ledger.read() as tx:
        found = Reader(tx, parts, now).read(inquiries, settled_only=settled_only)
        closed = authorizations.closed(tx, [inquiry.id for inquiry in inquiries])
    policy = parts.policy.model_dump(mode="json")
    reports = household_reports(found.cases, found.holdings, found.movements, rates=parts.rates, policy=policy, made_at=now)
    papers = {inquiry.household_key: closed.get(inquiry.id, ()) for inquiry in inquiries}
    return found, (_with_papers(parts, report, papers[report["household_key"]]) for report in reports)


def _with_papers(parts: Parts, report: dict[str, Any], closed: Sequence[AnyRow]) -> dict[str, Any]:
    """The report, saying which of its authorizations were withdrawn or ended since the household was asked (domain rule 9)."""
    over = []
    for paper in closed:
        zh, en = CLOSED[State(paper.state)]
        day = parts.day(parse(paper.state_at))
        over.append(
            {
                "authorization_no": paper.number,
                "state": paper.state,
                "at": paper.state_at,
                "persons": [one["person_key"] for one in report["persons"] if one["authorization_no"] == paper.number],
                "zh": f"授权已于 {day} {zh}（{paper.number}）",
                "en": f"the authorization was {en} on {day} ({paper.number})",
            }
        )
    return {**report, "authorizations_over": over}


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
            values = {"centre": inquiry.centre, "region": inquiry.region, "complete": report["complete"]}
            values["read_to"] = read_to
            version = answers.add_report(tx, inquiry.id, now, object=digest, data_key=key, **values)
            detail = {"version": version, "complete": report["complete"]}
            subject = f"inquiry {inquiry.id}"
            audit.record(tx, at=now, who=STEPPER, what="report-made", centre=inquiry.centre, subject=subject, detail=detail)


def _store(parts: Parts, tx: Tx, inquiry: AnyRow, report: dict[str, Any], period: str) -> tuple[int, str]:
    key, sealed = parts.vault.seal(tx, "report", period, orjson.dumps(report), f"report/{inquiry.id}")
    return key, parts.objects.put([sealed])[0]


def kept(parts: Parts, inquiry: AnyRow) -> dict[str, Any] | None:
    """The newest kept report of a household, if there is one; what became of its authorizations is told as it stands now."""
    with parts.ledger.read() as tx:
        row = answers.latest_report(tx, inquiry.id)
        if row is None:
            return None
        sealed = b"".join(parts.objects.get(row.object))
        plain = parts.vault.open(tx, row.data_key, sealed, f"report/{inquiry.id}")
        closed = authorizations.closed(tx, [inquiry.id]).get(inquiry.id, ())
    return {**_with_papers(parts, orjson.loads(plain), closed), "version": row.version}


def _chunks(inquiries: Sequence[AnyRow]) -> Iterator[list[AnyRow]]:
    """Some households at a time, no household_key twice in one chunk (two inquiries about it may be open)."""
    by_turn: dict[int, list[AnyRow]] = {}
    seen: dict[str, int] = {}
    for inquiry in inquiries:
        turn = seen.get(inquiry.household_key, 0)
        seen[inquiry.household_key] = turn + 1
        by_turn.setdefault(turn, []).append(inquiry)
    for together in by_turn.values():
        yield from (together[i : i + HOUSEHOLDS_AT_ONCE] for i in range(0, len(together), HOUSEHOLDS_AT_ONCE))
