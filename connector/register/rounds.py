"""Rounds for recipients: on its day the inquiries of a month, quarter or year are made from the register.

A round is made a few hundred households at a time, each lot in a transaction of its own: killed anywhere it goes on where it was, and
nobody is asked twice in a period. Base day and window are explicit, from the rule set (domain rules 16, 17). Only households on the
register with an authorization that covers the day are asked; every other one is listed with its reason.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from config.rounds import Round, Rounds, first_day, read_rounds
from connector.ledger import audit, inquiries, registers
from connector.ledger import rounds as kept
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import STEPPER, Parts
from connector.register.asking import Ask, ask, judge
from connector.register.errors import NotThere, RegisterError
from connector.register.reasons import words
from transports.crashpoint import crashpoint

LOT = 200  # households a transaction


@dataclasses.dataclass(frozen=True)
class Begun:
    """One round: whose, of which period, from which day on."""

    programme: str
    period: str
    kind: str
    check_type: str
    as_of: date
    window_from: date
    key: int | None = None  # None: a trial of one that is not begun
    intake: int = 0


def make_due(parts: Parts, now: datetime) -> dict[str, int]:
    """Make every round whose day has come; for the clock. How many households were asked, how many left out."""
    rules, today = read_rounds(parts.folder), parts.day(now)
    counts = {"asked": 0, "left_out": 0}
    for programme, made, period in rules.due(today):
        with parts.ledger.read() as tx:
            row = kept.find(tx, parts.centre, programme, period)
            if (row is not None and row.finished_at) or waits(tx, parts, rules, made, period):
                continue
        done = _make(parts, _begin(parts, programme, made, period, STEPPER, now), STEPPER, now, again=False)
        counts = {name: counts[name] + done[name] for name in counts}
    return counts


def is_due(parts: Parts, now: datetime) -> bool:
    """Whether the clock has a round to make."""
    rules = read_rounds(parts.folder)
    with parts.ledger.read() as tx:
        for programme, made, period in rules.due(parts.day(now)):
            row = kept.find(tx, parts.centre, programme, period)
            if (row is None or not row.finished_at) and not waits(tx, parts, rules, made, period):
                return True
    return False


def waits(tx: Tx, parts: Parts, rules: Rounds, made: Round, period: str) -> bool:
    """Whether a round waits for the register of its month: without it nobody knows whose aid ended."""
    if not rules.waits_for_register:
        return False
    newest = registers.newest_month(tx, parts.centre)
    return newest is None or newest < f"{made.day_in(period):%Y-%m}"


def by_hand(parts: Parts, month: str, programme: str | None, by: str, now: datetime, *, dry_run: bool) -> list[dict[str, Any]]:
    """Make the rounds of a month by hand, or of one programme the period the month lies in; what came of each.

    Those left out before are looked at again. ``dry_run``: only say what would come of it. Raises NotThere round-none,
    RegisterError round-ahead.
    """
    rules, day = read_rounds(parts.folder), first_day(month)
    if day > parts.day(now):
        raise RegisterError("round-ahead", f"{month} 尚未开始；未作更改", f"{month} has not begun; nothing was changed")
    chosen = {
        name: made
        for name, made in rules.programmes.items()
        if (name == programme if programme else f"{made.day_in(made.period(day)):%Y-%m}" == month)
    }
    if not chosen:
        raise NotThere(
            "round-none",
            "rounds.yaml 中没有此月份（或此项目）的定期核对；未作更改",
            "rounds.yaml has no round in this month, or for this programme; nothing was changed",
        )
    found = []
    for name, made in chosen.items():
        if dry_run:
            found.append(_trial(parts, name, made, made.period(day), now))
            continue
        begun = _begin(parts, name, made, made.period(day), by, now)
        _make(parts, begun, by, now, again=True)
        with parts.ledger.read() as tx:
            found.append(told(begun, kept.counts(tx, begun.key)))
    return found


def told(begun: "Begun | AnyRow", counts: dict[str | None, int]) -> dict[str, Any]:
    """A round with its figures; reasons in words."""
    why = [
        {"code": code, "zh": words(code)[0], "en": words(code)[1], "households": homes}
        for code, homes in sorted(counts.items(), key=lambda each: str(each[0]))
        if code is not None
    ]
    return {
        "programme": begun.programme,
        "period": begun.period,
        "kind": begun.kind,
        "as_of": begun.as_of,
        "window_from": begun.window_from,
        "asked": counts.get(None, 0),
        "left_out": sum(each["households"] for each in why),
        "why": why,
    }


# ---------------------------------------------------------------- making one
def _planned(parts: Parts, programme: str, made: Round, period: str, now: datetime) -> Begun:
    base = made.base(min(made.day_in(period), parts.day(now)))
    return Begun(programme, period, made.every, made.word(), base, parts.policy.window_from(base))


def _begin(parts: Parts, programme: str, made: Round, period: str, by: str, now: datetime) -> Begun:
    """The round as it was begun, by whoever was first."""
    with parts.ledger.begin() as tx:
        row = kept.find(tx, parts.centre, programme, period)
        if row is not None:
            return _of(row)
        begun = _planned(parts, programme, made, period, now)
        at = {"centre": parts.centre, "region": parts.region, "policy": parts.policy.policy}
        digest = hashlib.sha256(f"round/{parts.centre}/{programme}/{period}".encode()).hexdigest()
        said = {"refused": {}, "households": {}, "round": period}
        intake = inquiries.add_intake(tx, **at, digest=digest, received_at=moment(now), received_by=by, rows=0, verdicts=said)
        columns = {field.name: getattr(begun, field.name) for field in dataclasses.fields(begun) if field.name != "key"}
        key = kept.begin(tx, **at, **{**columns, "intake": intake}, made_at=moment(now), made_by=by)
        detail = {"programme": programme, "period": period, "as_of": begun.as_of.isoformat(), "policy": parts.policy.policy}
        audit.record(tx, at=now, who=by, what="round-begun", centre=parts.centre, subject=f"round {key}", detail=detail)
        return dataclasses.replace(begun, key=key, intake=intake)


def _of(row: AnyRow) -> Begun:
    return Begun(row.programme, row.period, row.kind, row.check_type, row.as_of, row.window_from, row.id, row.intake)


def _make(parts: Parts, begun: Begun, by: str, now: datetime, *, again: bool) -> dict[str, int]:
    """Lot by lot to the end."""
    counts, after = {"asked": 0, "left_out": 0}, 0
    while True:
        with parts.ledger.begin() as tx:
            lot = _lot(parts, tx, begun, after, again=again)
            if not lot:
                _finish(parts, tx, begun, by, now)
                return counts
            done = _ask_lot(parts, tx, begun, lot, by, now)
            crashpoint("O3")
        crashpoint("O4")
        counts = {name: counts[name] + done[name] for name in counts}
        after = lot[-1].id


def _ask_lot(parts: Parts, tx: Tx, begun: Begun, lot: Sequence[AnyRow], by: str, now: datetime) -> dict[str, int]:
    codes, asked = judge(parts, tx, lot, begun.as_of, now)
    made = ask(parts, tx, Ask(begun.intake, begun.check_type, begun.as_of, begun.window_from, begun.period), asked, now)
    if begun.key is None:
        raise ValueError("a round that is not begun asks nobody")
    kept.note(tx, begun.key, codes, made)
    detail = {"programme": begun.programme, "period": begun.period, "asked": len(made), "left_out": len(codes)}
    audit.record(tx, at=now, who=by, what="round-asked", centre=parts.centre, subject=f"round {begun.key}", detail=detail)
    return {"asked": len(made), "left_out": len(codes)}


def _lot(parts: Parts, tx: Tx, begun: Begun, after: int, *, again: bool) -> Sequence[AnyRow]:
    return kept.candidates(tx, parts.centre, begun.programme, begun.key, left_out=again, after=after, limit=LOT)


def _finish(parts: Parts, tx: Tx, begun: Begun, by: str, now: datetime) -> None:
    row = kept.find(tx, parts.centre, begun.programme, begun.period)
    if row is None or row.finished_at is not None:
        return
    kept.finish(tx, row.id, now)
    detail = {str(code or "asked"): homes for code, homes in kept.counts(tx, row.id).items()}
    audit.record(tx, at=now, who=by, what="round-made", centre=parts.centre, subject=f"round {row.id}", detail=detail)


def _trial(parts: Parts, programme: str, made: Round, period: str, now: datetime) -> dict[str, Any]:
    """What making it now would come to, with what it came to before."""
    with parts.ledger.begin() as tx:
        parts.vault.prepare(tx)
    with parts.ledger.read() as tx:
        row = kept.find(tx, parts.centre, programme, period)
        begun = _of(row) if row is not None else _planned(parts, programme, made, period, now)
        counts: dict[str | None, int] = {None: kept.counts(tx, begun.key).get(None, 0)}
        for lot in _lots(parts, tx, begun):
            codes, asked = judge(parts, tx, lot, begun.as_of, now)
            counts[None] += len(asked)
            for code in codes.values():
                counts[code] = counts.get(code, 0) + 1
    return told(begun, counts)


def _lots(parts: Parts, tx: Tx, begun: Begun) -> Iterator[Sequence[AnyRow]]:
    after = 0
    while lot := _lot(parts, tx, begun, after, again=True):
        yield lot
        after = lot[-1].id
