"""How an appeal ends: upheld, corrected or declined, bank by bank, by two persons (domain rule 69).

A correction comes from the answer to the re-check, or from a revised answer the bank gave to the disputed batch itself. It flows into a
further version of the report; the versions before stay readable.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from connector.appeals.receiving import the_one
from connector.ledger import answers, appeals, audit, people
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from connector.reports.lines import Line, Lines
from reconciliation.coverage import COMPLETE

ACT = "decide-appeal"
RESULTS = (appeals.UPHELD, appeals.CORRECTED, appeals.DECLINED)
_Results = dict[str, tuple[str, str | None]]  # institution → (result, where a correction comes from)


def ask_decision(
    tx: Tx, parts: Parts, number: int, result: str, *, banks: Collection[str] = (), reason: str, by: str, now: datetime
) -> int:
    """Ask that an appeal ends so; the number of the request for the second person.

    ``banks``: of a correction, whose answers take the place of the disputed ones; by default every disputed bank that answered.
    Raises LedgerError: it was decided already, or the answers do not bear this out.
    """
    row = the_one(tx, parts, number)
    _expect_undecided(row)
    items = appeals.items(tx, number)
    if strangers := sorted(set(banks) - {item.institution for item in items}):
        raise LedgerError(
            f"appeal {number} does not dispute {', '.join(strangers)}; see connector appeal show {number}",
            f"第 {number} 号申诉未涉及机构 {'、'.join(strangers)}；请查看 connector appeal show {number}",
            code="appeal-bank-not-disputed",
        )
    results = _declined(row, items) if result == appeals.DECLINED else _weighed(tx, parts, row, items, result, banks, now)
    subject = {"appeal": number, "result": result, "banks": {bank: list(said) for bank, said in sorted(results.items())}}
    return people.ask(tx, at=now, act=ACT, subject=subject, reason=reason, by=by)


def carry_out(tx: Tx, subject: Mapping[str, Any], now: datetime, by: str) -> None:
    """Two persons agreed. A corrected one opens the disputed inquiry for a further version of its report."""
    number, state = int(subject["appeal"]), str(subject["result"])
    row = appeals.row(tx, number)
    _expect_undecided(row)
    results: _Results = {bank: (said[0], said[1]) for bank, said in subject["banks"].items()}
    appeals.decided(tx, number, state, results, by=by, now=now)
    detail = {"result": state, "institutions": subject["banks"]}
    audit.record(tx, at=now, who=by, what="appeal-decided", centre=row.centre, subject=f"appeal {number}", detail=detail)
    if state == appeals.CORRECTED:
        appeals.reopen_original(tx, row.original)


def stand(tx: Tx, parts: Parts, row: AnyRow, now: datetime) -> dict[str, dict[str, Any]]:
    """Institution → how its re-check stands: ``rechecked`` (answered, awaited, silent, not_asked), ``revised`` (the bank answered the
    disputed batch anew), ``outcomes``, ``due_at`` of the bank's own clock (rule 70), ``batches``."""
    finder = Lines(tx, parts, now)
    again = _by_bank(tx, finder, row.inquiry) if row.inquiry is not None else {}
    before = _by_bank(tx, finder, row.original)
    return {item.institution: _of_bank(item, again, before) for item in appeals.items(tx, row.id)}


def _of_bank(item: AnyRow, again: Mapping[tuple[str, int], Line], before: Mapping[tuple[str, int], Line]) -> dict[str, Any]:
    places = [int(place) for place in item.disputed]
    lines = [line for place in places if (line := again.get((item.institution, place))) is not None]
    whole = len(lines) == len(places)
    if not lines:
        rechecked = "not_asked"
    elif whole and all(line.answer.outcome in COMPLETE for line in lines):
        rechecked = "answered"
    else:
        rechecked = "silent" if all(line.settled for line in lines) else "awaited"
    revised = any(
        (line := before.get((item.institution, int(place)))) is not None and (line.answer.edition or 0) > said["edition"]
        for place, said in item.disputed.items()
    )
    due = [line.batch.due_at for line in lines if line.batch is not None and line.batch.due_at]
    return {
        "rechecked": rechecked,
        "revised": revised,
        "outcomes": [line.answer.outcome for line in lines],
        "due_at": max(due, default=None),
        "batches": sorted({line.answer.batch for line in lines if line.answer.batch}),
    }


def _by_bank(tx: Tx, finder: Lines, inquiry: int) -> dict[tuple[str, int], Line]:
    """(institution, member place) → the line of an inquiry."""
    by_place: dict[int, list[AnyRow]] = {}
    for one in answers.members_of(tx, inquiry):
        by_place.setdefault(one.place, []).append(one)
    lines = (line for rows in by_place.values() for line in finder.of(rows, ""))
    return {(line.answer.institution, line.place): line for line in lines}


# ---------------------------------------------------------------- what the answers bear out
def _declined(row: AnyRow, items: Collection[AnyRow]) -> _Results:
    if row.state != appeals.RECEIVED:
        raise LedgerError(
            f"the banks were asked again for appeal {row.id}: it is upheld or corrected by what they answer, not declined",
            f"第 {row.id} 号申诉已向银行重问，应按反馈作出维持或更正的结论，不能再不予受理",
            code="appeal-asked-already",
        )
    return {item.institution: (appeals.DECLINED, None) for item in items}


def _weighed(
    tx: Tx, parts: Parts, row: AnyRow, items: Collection[AnyRow], result: str, banks: Collection[str], now: datetime
) -> _Results:
    """Each disputed bank by what it answered. Silence neither upholds nor corrects (rule 37)."""
    found = stand(tx, parts, row, now)
    answered = {bank for bank, said in found.items() if said["rechecked"] == "answered" or said["revised"]}
    if awaited := sorted(bank for bank, said in found.items() if bank not in answered and said["rechecked"] != "silent"):
        raise LedgerError(
            f"{', '.join(awaited)} has not answered the re-check of appeal {row.id}; see connector appeal show {row.id}",
            f"机构 {'、'.join(awaited)} 尚未反馈第 {row.id} 号申诉的重问；请查看 connector appeal show {row.id}",
            code="appeal-bank-awaited",
        )
    corrected = (set(banks) or answered) if result == appeals.CORRECTED else set()
    if silent := sorted(corrected - answered) or ([] if answered else sorted(found)):
        raise LedgerError(
            f"{', '.join(silent)} answered nothing that could uphold or correct its part; press it (a late answer is still taken)",
            f"机构 {'、'.join(silent)} 没有可据以维持或更正的反馈；请催办（迟到的反馈仍会读入）",
            code="appeal-bank-silent",
        )
    return {item.institution: _result(item.institution, found[item.institution], corrected, answered) for item in items}


def _result(bank: str, said: Mapping[str, Any], corrected: Collection[str], answered: Collection[str]) -> tuple[str, str | None]:
    if bank not in answered:
        return appeals.UNANSWERED, None
    if bank not in corrected:
        return appeals.UPHELD, None
    return appeals.CORRECTED, appeals.BY_APPEAL if said["rechecked"] == "answered" else appeals.BY_REVISION


def _expect_undecided(row: AnyRow) -> None:
    if row.state not in appeals.OPEN:
        raise LedgerError(
            f"appeal {row.id} was decided already ({row.state}, {row.decided_at[:10]})",
            f"第 {row.id} 号申诉已有结论（{row.decided_at[:10]}）",
            code="appeal-decided-already",
        )
