"""Runs a step over the banks: takes each lane, catches what stops one bank, and never lets it delay another.

The only reader of the wings' error roots: what is ours or theirs to mend is noted at the bank and shown by ``connector status``.
"""

import dataclasses
import functools
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import Any

from bank_profiles.errors import Problems
from config.yaml_file import BadSettings
from connector import carried, kept_checkpoint
from connector.bank import Bank
from connector.keys import blocking
from connector.ledger import audit, banks, lanes
from connector.ledger.errors import ChainBroken, LedgerBusy, LedgerError, LedgerUnreachable
from connector.objects.store import ObjectError, StoreAway, StoreFull
from connector.parts import STEPPER, Parts, problem
from connector.steps import abreast
from connector.steps.collect import collect
from connector.steps.conclude import conclude
from connector.steps.dispatch import dispatch
from connector.steps.elsewhere import FaultElsewhere, WorkerDied
from connector.steps.gather import cut, gather
from connector.steps.retire import retire
from connector.steps.settle import settle
from reconciliation.errors import ReconciliationError
from transports.errors import TransportError, UnknownKey, Unreachable

Counts = dict[str, int]
WHOLE: dict[str, Callable[[Parts, datetime], Counts]] = {"gather": gather, "conclude": conclude, "retire": retire}
BY_BANK: dict[str, Callable[[Parts, Bank, int, datetime], Counts]] = {
    "gather": lambda parts, bank, _epoch, now: cut(parts, bank, now),
    "dispatch": dispatch,
    "collect": lambda parts, bank, _epoch, now: collect(parts, bank, now),
    "settle": lambda parts, bank, _epoch, now: settle(parts, bank, now),
}
# What a step holds at a bank: the road is one, and whoever waits at it keeps nobody from writing questions or reading answers.
_LANES = {"gather": "cut:", "settle": "read:"}
_TRY_LATER = (Unreachable, LedgerBusy, LedgerUnreachable, StoreFull, StoreAway, WorkerDied)
ORDER = ("gather", "dispatch", "collect", "settle", "conclude", "retire")


@dataclasses.dataclass(frozen=True)
class StepResult:
    """What one pass of a step did: in all, by bank, and what stopped whom."""

    step: str
    counts: Counts
    by_bank: dict[str, Counts]
    problems: dict[str, dict[str, Any]]


_Ended = tuple[Counts, dict[str, Any] | None]  # what a lane's pass did, and what stopped it


def run(step: str, parts: Parts, now: datetime, executor: Executor) -> StepResult:
    """One pass: what the step does as a whole, in a lane of its own; then bank by bank, side by side, each in its bank's lane."""
    total: Counts = {}
    problems: dict[str, dict[str, Any]] = {}
    if step in WHOLE:
        total, why = whole(step, parts, WHOLE[step], now)
        problems |= {step: why} if why else {}
    ended = _bank_passes(step, parts, now, executor) if step in BY_BANK else {}
    for code, (counts, why) in ended.items():
        problems |= {code: why} if why else {}
        for key, number in counts.items():
            total[key] = total.get(key, 0) + number
    problems |= afterwards(parts, now)
    return StepResult(step, total, {code: counts for code, (counts, _) in ended.items()}, problems)


def whole(name: str, parts: Parts, work: Callable[[Parts, datetime], Mapping[str, int]], now: datetime) -> _Ended:
    """What is done for the deployment as a whole, in a lane of its own; what it did, and what stopped it."""
    return _lane_pass(name, parts, f"step:{name}", lambda within, _epoch: work(within, now), now)


def at_bank(step: str, parts: Parts, bank: Bank, now: datetime) -> _Ended:
    """One step at one bank, in its lane; what it did, and what stopped it."""
    return _lane_pass(
        step, parts, bank.code, lambda within, epoch: BY_BANK[step](within, bank, epoch, now), now, lane_of(step, bank.code)
    )


def lane_of(step: str, institution: str) -> str:
    """The lane in which a step works at a bank."""
    return _LANES.get(step, "") + institution


def afterwards(parts: Parts, now: datetime) -> dict[str, dict[str, Any]]:
    """What follows passes: the carriers' heads, the audit's checkpoint; what is amiss with it."""
    carried.note_heads(parts.ledger, parts.folder, parts.centre, now)
    amiss = _sign_audit(parts, now)
    return {"audit": amiss} if amiss else {}


def _sign_audit(parts: Parts, now: datetime) -> dict[str, str] | None:
    """A checkpoint where one is due, kept beside the database too; what is amiss when the database lost what was kept, or nobody may sign."""
    unsigned = _unsigned(parts, now)
    try:
        kept_checkpoint.keep(parts.folder, parts.ledger)
    except ChainBroken as cut:
        return problem(cut.code, cut.zh, cut.en)
    return unsigned


def _unsigned(parts: Parts, now: datetime) -> dict[str, str] | None:
    """Signs where it is due; why the audit's key signs nothing, told by every pass and not only by the one in which it should."""
    try:
        with parts.ledger.begin() as tx:
            audit.checkpoint_if_due(tx, parts.signer, now)
    except UnknownKey as blocked:
        return problem(blocked.code, blocked.zh, blocked.en)
    told = next(blocking.unsigned(parts.ring, now), None) if parts.ring is not None else None
    return problem(told["code"], told["zh"], told["en"]) if told else None


def _bank_passes(step: str, parts: Parts, now: datetime, executor: Executor) -> dict[str, _Ended]:
    """Banks side by side; those that share a line one behind the other on it."""
    lines: dict[str, list[Bank]] = {}
    for bank in parts.banks.working.values():
        lines.setdefault(bank.line_name, []).append(bank)
    ended: dict[str, _Ended] = {}
    work = {name: functools.partial(_line_pass, step, parts, sharing, now, ended) for name, sharing in lines.items()}
    for name, over in abreast.passes(executor, work):
        if over is None:
            for bank in lines[name]:
                if bank.code not in ended:
                    ended[bank.code] = {"stopped": 1}, _NOT_BACK
                    _remember(parts, bank.code, step, _NOT_BACK, now)
    return {code: ended[code] for code in parts.banks.working}


def _line_pass(step: str, parts: Parts, banks: list[Bank], now: datetime, ended: dict[str, _Ended]) -> bool:
    for bank in banks:
        ended.setdefault(bank.code, at_bank(step, parts, bank, now))
    return True


_NOT_BACK = problem(
    "lane-silent",
    "此银行的这一步迟迟没有结束，不再等待，其他银行照常；它仍在继续，结束后自行清除本条。请检查其通道与本机磁盘",
    "this step has not come back from this bank and is not waited for, the others go on; it still works, and once it is done this goes"
    " away. Look at its road and at this machine's disks",
)


def is_road(lane: str) -> bool:
    """Whether a lane of ``lane_of`` is the road to a bank itself."""
    return not lane.startswith(tuple(_LANES.values()))


def _lane_pass(
    step: str, parts: Parts, told_at: str, work: Callable[[Parts, int], Mapping[str, int]], now: datetime, lane: str = ""
) -> _Ended:
    """``told_at``: where what stops it is shown, and the lane, where it has no other name."""
    with lanes.hold(parts.ledger, lane or told_at, parts.folder) as held:
        if held is None:
            return {"held by another": 1}, None
        within = dataclasses.replace(parts, ledger=lanes.fenced(parts.ledger, held))
        counts, why = _caught(lambda: dict(work(within, held.epoch)))
        if why is not None and why["code"] == lanes.LaneLost.code:
            return {"lane-lost": 1}, None  # whoever has it now tells what there is to be told
        _remember(parts, told_at, step, why, now)
    return counts, why


def _caught(work: Callable[[], Counts]) -> _Ended:
    """What stops one lane stops no other, foreseen or not."""
    try:
        return work(), None
    except Problems as wrong:
        return {"stopped": 1}, problem(wrong.problems[0].code, wrong.render("zh"), wrong.render("en"))
    except (TransportError, LedgerError, ObjectError, ReconciliationError, BadSettings, WorkerDied) as stopped:
        whose = "retry" if isinstance(stopped, _TRY_LATER) else "stopped"
        return {whose: 1}, {**problem(stopped.code, stopped.zh, stopped.en), "transient": whose == "retry"}
    except Exception as bug:
        return {"stopped": 1}, _our_fault(bug)


def _our_fault(bug: Exception) -> dict[str, str]:
    """Told by its kind and place alone: what it says might repeat a person's data."""
    frame = traceback.extract_tb(bug.__traceback__)[-1]
    what = bug.what if isinstance(bug, FaultElsewhere) else f"{type(bug).__name__}, {Path(frame.filename).name}:{frame.lineno}"
    return problem(
        "our-fault",
        f"程序内部错误（{what}），此处未作更改；其他银行不受影响。请把本行告知维护者",
        f"our fault ({what}); nothing was changed here and the other banks go on. Tell the maintainers this line",
    )


def _remember(parts: Parts, lane: str, step: str, why: dict[str, Any] | None, now: datetime) -> None:
    """What stops a step in a lane is shown until that step goes well there."""
    with parts.ledger.read() as tx:
        known = banks.problems(tx).get(lane, {}).get(step)
    if not why and not known:
        return
    with parts.ledger.begin() as tx:
        banks.note_problem(tx, lane, step, why, now)
        if (known or {}).get("code") != (why or {}).get("code"):
            detail = {"lane": lane, "step": step, "code": why["code"] if why else "mended"}
            what = "step-stopped" if why else "step-mended"
            audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=f"lane {lane}", detail=detail)
