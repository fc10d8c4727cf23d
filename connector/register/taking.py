"""A month's register taken in: who is new, who goes on, whose aid ends today. One transaction; the same file twice changes nothing.

A household that a file does not name is not ended by silence: it is told, and a round leaves it out with its reason. Where a file would
end more of the register than one person may (DIR/rounds.yaml), it waits for a second one: a wrong file must not stop a city.
"""

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from config.rounds import last_day, read_rounds
from connector.intake.scanning import must_be_clean
from connector.intake.sheet import read_sheet
from connector.ledger import audit, people, registers, stops
from connector.ledger.registers import Home
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import STEPPER, Parts
from connector.register import ending
from connector.register.columns import KNOWN, NEW, REFUSE, REGISTER
from connector.register.errors import RegisterError
from connector.register.rows import Entry, Read, look
from transports.crashpoint import crashpoint

ACT = "register-end"
_ENDED = "aid ended (the register)"
_REFUSED = "the check failed (the register)"


@dataclass(frozen=True)
class Taken:
    """What became of a register: counts, and row numbers by reason. Nothing of a person."""

    month: str
    digest: str
    rows: int
    households: Mapping[str, int]  # new, continuing, unchanged, stopped, refused, later, missing
    ended: Mapping[str, int]  # papers, waiting, unsent, marked
    refused: Mapping[str, list[int]]  # reason → row numbers
    received_at: str | None = None
    again: bool = False  # it had been taken before: nothing was changed
    two_persons: bool = False  # so much ends at once that a second person must agree
    waits: int | None = None  # the request that waits for a second person: nothing was changed


@dataclass(frozen=True, repr=False)
class _Plan:
    """What taking would do. Homes are (household number, programme)."""

    read: Read
    known: dict[Home, AnyRow]
    fresh: list[Entry]  # on the register from now on
    goes_on: list[Entry]
    over: list[Entry]  # ends, today or on its day
    unchanged: list[Entry]
    papers: dict[Home, list[int]]  # of those that end today
    later: set[Home]
    persons: dict[Home, set[bytes]]
    missing: int
    codes: dict[int, str]


def read(parts: Parts, content: bytes) -> Read:
    """The rows of a register, once they were scanned. Raises SheetError, NotScanned."""
    must_be_clean(parts, content)
    return look(read_sheet(content, REGISTER), parts.policy, parts.region)


class _Undone(Exception):
    """Ends a trial: what was done is told, and is not done."""


def try_out(parts: Parts, found: Read, month: str, by: str, now: datetime) -> Taken:
    """What taking this as the register of a month would do now: it is done, told and undone. Raises RegisterError register-older."""
    told: list[Taken] = []
    with contextlib.suppress(_Undone), parts.ledger.begin() as tx:
        before = _before(parts, tx, found, month)
        if before is not None:
            return before
        plan = _compare(parts, tx, found, month, now)
        two = _whole(parts, tx, plan) is not None
        done = _write(parts, tx, plan, month, None, by, now)
        told.append(dataclasses.replace(done, received_at=None, two_persons=two))
        raise _Undone
    return told[0]


def take(parts: Parts, found: Read, month: str, by: str, now: datetime) -> Taken:
    """Take it. The same file again gives the recorded result; where it takes two persons, ``waits`` is the request that waits.

    Raises RegisterError register-older.
    """
    with parts.ledger.begin() as tx:
        before = _before(parts, tx, found, month)
        if before is not None:
            return before
        plan = _compare(parts, tx, found, month, now)
        request = _request(parts, tx, plan, month, by, now)
        taken = None
        if request is None or request.state == "agreed":
            taken = _write(parts, tx, plan, month, request.id if request else None, by, now)
        crashpoint("O1")
    crashpoint("O2")
    return taken or dataclasses.replace(try_out(parts, found, month, by, now), waits=request.id if request else None)


def _before(parts: Parts, tx: Tx, found: Read, month: str) -> Taken | None:
    """The recorded result where this file was taken before."""
    row = registers.sheet_of(tx, parts.centre, month, found.sheet.digest)
    if row is not None:
        return _recorded(row)
    newest = registers.newest_month(tx, parts.centre)
    if newest is not None and month < newest:
        raise RegisterError(
            "register-older",
            f"已有 {newest} 的在册名单，{month} 的不再接收；未作更改。如月份有误，请用 --month 指明",
            f"the register of {newest} was taken; that of {month} is not taken after it. Nothing was changed; name the month with"
            " --month if it is another",
        )
    return None


def is_due(parts: Parts, now: datetime) -> bool:
    """Whether a household's last day of aid has come."""
    with parts.ledger.read() as tx:
        return bool(registers.over(tx, parts.centre, parts.day(now)))


def end_due(parts: Parts, now: datetime, by: str = STEPPER) -> dict[str, int]:
    """End the papers of households whose last day of aid has come; for the clock."""
    with parts.ledger.begin() as tx:
        rows = registers.over(tx, parts.centre, parts.day(now))
        papers = registers.papers(tx, parts.centre, {(row.household_no, row.programme): row.ends_on for row in rows})
        keys = [key for each in papers.values() for key in each]
        ending.end(parts, tx, keys, why=stops.WITHDRAWN, reason=_ENDED, by=by, now=now)
        registers.settle(tx, [row.id for row in rows], registers.STOPPED, who=by, now=now)
        if rows:
            detail = {"households": len(rows), "papers": len(keys)}
            audit.record(tx, at=now, who=by, what="aid-ended", centre=parts.centre, subject="register", detail=detail)
    return {"households": len(rows), "papers": len(keys)}


# ---------------------------------------------------------------- what it would do
def _compare(parts: Parts, tx: Tx, found: Read, month: str, now: datetime) -> _Plan:
    known = registers.known(tx, parts.centre, [entry.home for entry in found.entries])
    today = parts.day(now)
    over = [entry for entry in found.entries if entry.ends and not _is_over(known.get(entry.home), entry)]
    stays = [entry for entry in found.entries if not entry.ends]
    fresh = [entry for entry in stays if not _receives(known.get(entry.home))]
    later = {entry.home for entry in over if entry.ends_on and entry.ends_on > today}
    ends = {entry.home: entry.ends_on or today for entry in over if entry.home not in later and _ends_paper(parts, entry)}
    persons, codes = _persons(parts, tx, stays)
    plan = _Plan(
        found,
        known,
        fresh,
        [entry for entry in stays if _receives(known.get(entry.home))],
        over,
        [entry for entry in found.entries if entry.ends and _is_over(known.get(entry.home), entry)],
        registers.papers(tx, parts.centre, ends),
        later,
        persons,
        0,
        found.codes | {at: code for at, code in codes.items() if at not in found.codes},
    )
    return dataclasses.replace(plan, missing=_missing(parts, tx, plan, month))


def _receives(row: AnyRow | None) -> bool:
    return row is not None and row.state == registers.ON


def _is_over(row: AnyRow | None, entry: Entry) -> bool:
    """The register said so before, of the same day."""
    if row is None:
        return False
    ended = row.state in (registers.STOPPED, registers.ENDING) if entry.state != REFUSE else row.state == registers.REFUSED
    return ended and (entry.ends_on is None or row.ends_on == entry.ends_on)


def _ends_paper(parts: Parts, entry: Entry) -> bool:
    """Aid that ends always ends the paper; a check that failed, where the region has it so (domain rules 3, 4)."""
    return entry.state != REFUSE or parts.policy.check_ends_paper(entry.region)


def _persons(parts: Parts, tx: Tx, stays: list[Entry]) -> tuple[dict[Home, set[bytes]], dict[int, str]]:
    """Who lives there by the register, and which of them no paper in force of the household names (domain rule 5)."""
    by_persons = {entry.home: entry.persons for entry in stays if entry.persons}
    named = registers.named(tx, parts.centre, set(by_persons))
    persons: dict[Home, set[bytes]] = {}
    codes: dict[int, str] = {}
    for home, keys in by_persons.items():
        indexes = {at: parts.vault.index(tx, key) for at, key in keys.items()}
        persons[home] = set(indexes.values())
        if home in named:
            codes |= {at: "member-unauthorized" for at, index in indexes.items() if index not in named[home]}
    return persons, codes


def _missing(parts: Parts, tx: Tx, plan: _Plan, month: str) -> int:
    """Households on the register that no file of this month names, where each names everybody."""
    if read_rounds(parts.folder).files == "changes":
        return 0
    named = {entry.home for entry in plan.read.entries}
    rows = registers.listing(tx, parts.centre)
    return sum(row.state == registers.ON and row.month < month and (row.household_no, row.programme) not in named for row in rows)


def _ends(plan: _Plan) -> int:
    """Households whose aid or whose papers end; not those a register lists for the sake of history."""
    receiving = {home for home, row in plan.known.items() if row.state in registers.RECEIVES}
    return sum(entry.home in receiving or entry.home in plan.papers or entry.home in plan.later for entry in plan.over)


def _whole(parts: Parts, tx: Tx, plan: _Plan) -> int | None:
    """Of how many households so many would end that one person may not do it; none where one may."""
    rules = read_rounds(parts.folder).two_persons
    ends, whole = _ends(plan), max(registers.receiving(tx, parts.centre), len(plan.read.entries))
    return whole if ends > rules.ended_households and Decimal(ends) > rules.ended_share * whole else None


def _request(parts: Parts, tx: Tx, plan: _Plan, month: str, by: str, now: datetime) -> AnyRow | None:
    """The request for a second person, agreed or waiting, for just this file and so many households; none where one person may."""
    whole, ends = _whole(parts, tx, plan), _ends(plan)
    if whole is None:
        return None
    subject = {"month": month, "digest": plan.read.sheet.digest, "ended": ends, "register": whole}
    open_ones = [row for row in people.of_act(tx, ACT) if row.subject == subject and row.state in ("agreed", "waiting")]
    if open_ones:
        return open_ones[-1]
    why = f"{ends} of {whole} households end by the register of {month}"
    return people.request(tx, people.ask(tx, at=now, act=ACT, subject=subject, reason=why, by=by))


# ---------------------------------------------------------------- what it does
def _write(parts: Parts, tx: Tx, plan: _Plan, month: str, approval: int | None, by: str, now: datetime) -> Taken:
    ended = _end_papers(parts, tx, plan, by, now)
    taken = dataclasses.replace(_taken(plan, month, ended), received_at=moment(now))
    told = {name: dict(getattr(taken, name)) for name in ("households", "ended", "refused")}
    sheet = registers.add_sheet(
        tx,
        centre=parts.centre,
        region=parts.region,
        month=month,
        digest=taken.digest,
        received_at=taken.received_at,
        received_by=by,
        rows=taken.rows,
        verdicts=told,
        approval=approval,
    )
    _set_households(parts, tx, plan, sheet, month, by, now)
    detail = {"month": month, "digest": taken.digest, "rows": taken.rows, **told, "approval": approval}
    detail["refused"] = {code: len(numbers) for code, numbers in taken.refused.items()}
    audit.record(tx, at=now, who=by, what="register-taken", centre=parts.centre, subject=f"register {sheet}", detail=detail)
    return taken


def _end_papers(parts: Parts, tx: Tx, plan: _Plan, by: str, now: datetime) -> ending.Ended:
    """Those of failed checks and those of aid that ended, each with its reason; what both reached."""
    failed = {entry.home for entry in plan.over if entry.state == REFUSE}
    done = []
    for reason, homes in ((_ENDED, plan.papers.keys() - failed), (_REFUSED, plan.papers.keys() & failed)):
        keys = sorted(key for home in homes for key in plan.papers[home])
        done.append(ending.end(parts, tx, keys, why=stops.WITHDRAWN, reason=reason, by=by, now=now))
    one, other = (dataclasses.asdict(each) for each in done)
    return ending.Ended(**{name: one[name] + other[name] for name in one})


def _set_households(parts: Parts, tx: Tx, plan: _Plan, sheet: int, month: str, by: str, now: datetime) -> None:
    at = {"centre": parts.centre, "sheet": sheet, "month": month, "state_at": moment(now), "state_by": by}
    rows: dict[Home, dict[str, Any]] = {}
    for entry in plan.fresh:
        about = {"household_no": entry.household_no, "programme": entry.programme, "region": entry.region}
        rows[entry.home] = {**at, **about, "state": registers.ON, "ends_on": None, "sealed": None, "data_key": None}
    for entry in plan.over:
        kept = orjson.dumps({"reason": entry.reason})
        key, sealed = parts.vault.seal(tx, "register", f"{now:%Y-%m}", kept, place_of(entry.home))
        about = {"household_no": entry.household_no, "programme": entry.programme, "region": entry.region}
        ends_on = entry.ends_on or parts.day(now)
        state = _state(plan, entry)
        rows[entry.home] = {**at, **about, "state": state, "ends_on": ends_on, "sealed": sealed, "data_key": key}
    keys = {home: int(row.id) for home, row in plan.known.items()}
    fresh = [home for home in rows if home not in keys]
    keys |= dict(zip(fresh, registers.add(tx, [rows[home] for home in fresh]), strict=True))
    for home in rows.keys() - set(fresh):
        registers.change(tx, [keys[home]], **rows[home])
    registers.change(tx, [keys[entry.home] for entry in [*plan.goes_on, *plan.unchanged]], month=month, sheet=sheet)
    registers.set_persons(tx, {keys[home]: indexes for home, indexes in plan.persons.items()})


def _state(plan: _Plan, entry: Entry) -> str:
    if entry.home in plan.later:
        return registers.ENDING
    return registers.REFUSED if entry.state == REFUSE else registers.STOPPED


def place_of(home: Home) -> str:
    """Where the reason of a household's end stands: moved to another it does not open."""
    return f"recipient/{home[1]}/{home[0]}"


# ---------------------------------------------------------------- what is told
def _taken(plan: _Plan, month: str, ended: ending.Ended) -> Taken:
    rows = plan.read.sheet.rows
    refused: dict[str, list[int]] = {code: [] for code in KNOWN}
    for at in sorted(plan.codes):
        refused[plan.codes[at]].append(rows[at])
    households = {
        NEW: len(plan.fresh),
        "continuing": len(plan.goes_on),
        "stopped": sum(entry.state != REFUSE for entry in plan.over),
        "refused": sum(entry.state == REFUSE for entry in plan.over),
        "later": len(plan.later),
        "unchanged": len(plan.unchanged),
        "missing": plan.missing,
    }
    told = {code: numbers for code, numbers in refused.items() if numbers}
    return Taken(month, plan.read.sheet.digest, len(rows), households, dataclasses.asdict(ended), told)


def _recorded(row: AnyRow) -> Taken:
    said = row.verdicts
    in_order = {code: said["refused"][code] for code in KNOWN if code in said["refused"]}
    return Taken(row.month, row.digest, row.rows, said["households"], said["ended"], in_order, row.received_at, again=True)


def month_of(said: str | None, today: date) -> str:
    """The month a register is of: as said, by default that of today. Raises RegisterError month-invalid."""
    month = said or f"{today:%Y-%m}"
    try:
        if last_day(month).strftime("%Y-%m") == month:
            return month
    except ValueError:
        pass
    raise RegisterError(
        "month-invalid", "月份须写成 2026-12 的形式；未作更改", "a month is written as 2026-12; nothing was changed"
    )
