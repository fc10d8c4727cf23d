"""Runs a step over the banks: takes each lane, catches what stops one bank, and never lets it delay another.

The only reader of the wings' error roots: what is ours or theirs to mend is noted at the bank and shown by ``connector status``.
"""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from bank_profiles.errors import Problems
from connector.bank import Bank
from connector.ledger import audit, banks, lanes
from connector.ledger.errors import LedgerBusy, LedgerError, LedgerUnreachable
from connector.objects.store import ObjectError, StoreFull
from connector.steps.collect import collect
from connector.steps.conclude import conclude
from connector.steps.dispatch import dispatch
from connector.steps.gather import gather
from connector.steps.parts import STEPPER, Parts, problem
from connector.steps.retire import retire
from connector.steps.settle import settle
from reconciliation.errors import ReconciliationError
from transports.errors import TransportError, Unreachable

Counts = dict[str, int]
WHOLE: dict[str, Callable[[Parts, datetime], Counts]] = {"gather": gather, "conclude": conclude, "retire": retire}
BY_BANK: dict[str, Callable[[Parts, Bank, int, datetime], Counts]] = {
    "dispatch": dispatch,
    "collect": lambda parts, bank, _epoch, now: collect(parts, bank, now),
    "settle": lambda parts, bank, _epoch, now: settle(parts, bank, now),
}
_TRY_LATER = (Unreachable, LedgerBusy, LedgerUnreachable, StoreFull)
ORDER = ("gather", "dispatch", "collect", "settle", "conclude", "retire")


@dataclasses.dataclass(frozen=True)
class StepResult:
    """What one pass of a step did: in all, by bank, and what stopped whom."""

    step: str
    counts: Counts
    by_bank: dict[str, Counts]
    problems: dict[str, dict[str, Any]]


def run(step: str, parts: Parts, now: datetime, executor: Executor) -> StepResult:
    """One pass. Whole steps hold a lane of their own; bank steps run side by side, each in its bank's lane."""
    result = _pass(step, parts, now, executor)
    with parts.ledger.begin() as tx:
        audit.checkpoint_if_due(tx, parts.signer, now)
    return result


def _pass(step: str, parts: Parts, now: datetime, executor: Executor) -> StepResult:
    if step in WHOLE:
        counts, why = _held(parts, f"step:{step}", lambda _epoch: WHOLE[step](parts, now))
        return StepResult(step, counts, {}, {step: why} if why else {})
    work = {code: executor.submit(_bank_pass, step, parts, bank, now) for code, bank in parts.banks.working.items()}
    ended = {code: future.result() for code, future in work.items()}
    total: Counts = {}
    for counts, _ in ended.values():
        for key, number in counts.items():
            total[key] = total.get(key, 0) + number
    by_bank = {code: counts for code, (counts, _) in ended.items()}
    return StepResult(step, total, by_bank, {code: why for code, (_, why) in ended.items() if why})


def _bank_pass(step: str, parts: Parts, bank: Bank, now: datetime) -> tuple[Counts, dict[str, Any] | None]:
    counts, why = _held(parts, bank.code, lambda epoch: BY_BANK[step](parts, bank, epoch, now))
    if step != "settle":
        _remember(parts, bank, why, now)
    return counts, why


def _held(parts: Parts, lane: str, work: Callable[[int], Counts]) -> tuple[Counts, dict[str, Any] | None]:
    with lanes.hold(parts.ledger, lane, parts.folder) as held:
        if held is None:
            return {"held by another": 1}, None
        try:
            return work(held.epoch), None
        except (TransportError, LedgerError, ObjectError, ReconciliationError) as stopped:
            whose = "retry" if isinstance(stopped, _TRY_LATER) else "stopped"
            return {whose: 1}, problem(stopped.code, stopped.zh, stopped.en)
        except Problems as wrong:
            return {"stopped": 1}, problem(wrong.problems[0].code, wrong.render("zh"), wrong.render("en"))


def _remember(parts: Parts, bank: Bank, why: dict[str, Any] | None, now: datetime) -> None:
    """A stopped road is shown until a pass goes well again."""
    with parts.ledger.read() as tx:
        known = banks.problems(tx).get(bank.code)
    if not why and not known:
        return
    with parts.ledger.begin() as tx:
        banks.note_problem(tx, bank.code, why, now)
        if (known or {}).get("code") != (why or {}).get("code"):
            detail = {"institution": bank.code, "code": why["code"] if why else "mended"}
            what = "road-stopped" if why else "road-open"
            audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=f"bank {bank.code}", detail=detail)
