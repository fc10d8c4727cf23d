"""A household's report: drawn as things stand, or read as it was kept in any of its versions.

What became of its authorizations and of the appeals against it is told as it stands now, whatever version is read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from connector.authorization import CLOSED, State
from connector.ledger import answers, appeals, authorizations
from connector.ledger.rows import AnyRow, Tx
from connector.moments import parse
from connector.parts import Parts
from connector.reports.dossier import Dossiers, Reader

_APPEALS = {
    "received": ("已受理", "was received"),
    "rechecking": ("正在复核", "is being re-checked"),
    "upheld": ("结论为维持", "ended: the answers stand"),
    "corrected": ("结论为更正", "ended: an answer was corrected"),
    "declined": ("不予受理", "was declined"),
}

_UNDISPUTED: dict[str, Any] = {"appeals": [], "appeal_of": None}


def draw(
    parts: Parts, inquiries: Sequence[AnyRow], now: datetime, *, settled_only: bool = False
) -> tuple[Dossiers, Iterator[dict[str, Any]]]:
    """The reports of some households as things stand, settled or not; nothing is kept."""
    from reconciliation.report import household_reports  # with its library of tables, for which most verbs need not wait

    with parts.ledger.read() as tx:
        found = Reader(tx, parts, now).read(inquiries, settled_only=settled_only)
        closed = authorizations.closed(tx, [inquiry.id for inquiry in inquiries])
        concerned = appeals.concerned(tx, [inquiry.id for inquiry in inquiries])
        disputes = {one.household_key: _disputes(tx, one) if one.id in concerned else _UNDISPUTED for one in inquiries}
    policy = parts.policy.model_dump(mode="json")
    reports = household_reports(found.cases, found.holdings, found.movements, rates=parts.rates, policy=policy, made_at=now)
    papers = {inquiry.household_key: closed.get(inquiry.id, ()) for inquiry in inquiries}
    told = ({**report, **disputes[report["household_key"]]} for report in reports)
    return found, (_with_papers(parts, report, papers[report["household_key"]]) for report in told)


def kept(parts: Parts, inquiry: AnyRow, version: int | None = None) -> dict[str, Any] | None:
    """The newest kept report of a household, or the one of a version; none where there is no such one."""
    with parts.ledger.read() as tx:
        rows = answers.reports_of(tx, inquiry.id)
        row = next((one for one in reversed(rows) if version in (None, one.version)), None)
        if row is None:
            return None
        sealed = b"".join(parts.objects.get(row.object))
        plain = parts.vault.open(tx, row.data_key, sealed, f"report/{inquiry.id}")
        closed = authorizations.closed(tx, [inquiry.id]).get(inquiry.id, ())
        told = {**orjson.loads(plain), **_disputes(tx, inquiry)}
    newest = rows[-1].version
    return {
        **_with_papers(parts, told, closed),
        "version": row.version,
        "superseded_by": newest if newest > row.version else None,
    }


def versions(tx: Tx, inquiry: AnyRow) -> list[dict[str, Any]]:
    """Every version that was made, first to last; all of them stay readable."""
    return [
        {"version": row.version, "made_at": row.made_at, "complete": row.complete, "digest": row.object}
        for row in answers.reports_of(tx, inquiry.id)
    ]


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


def _disputes(tx: Tx, inquiry: AnyRow) -> dict[str, Any]:
    """The appeals against an inquiry, and the one it asks for, if it is an appeal's own."""
    own = appeals.that_asked(tx, inquiry.id)
    return {
        "appeals": [_dispute(tx, row) for row in appeals.of_inquiry(tx, inquiry.id)],
        "appeal_of": {"number": own.id, "household_key": own.household_key} if own else None,
    }


def _dispute(tx: Tx, row: AnyRow) -> dict[str, Any]:
    zh, en = _APPEALS[row.state]
    banks = {item.institution: item.result for item in appeals.items(tx, row.id)}
    named = "、".join(banks)
    return {
        "number": row.id,
        "state": row.state,
        "received_on": row.received_on.isoformat(),
        "due_at": row.due_at,
        "decided_at": row.decided_at,
        "institutions": banks,
        "zh": f"第 {row.id} 号申诉（{named}）{zh}",
        "en": f"appeal {row.id} ({', '.join(banks)}) {en}",
    }
