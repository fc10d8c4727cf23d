"""A list of deaths taken in: persons of ours are found by the keyed index alone; nothing more is asked about them.

Whose number and name fit is stopped: lines not sent never go, sent ones are marked, the papers the person signed end, and the household
is told to get a new one. Whose name differs is not stopped: a person must look. Where a list names more of ours than one person may stop,
it waits for a second one, and everybody it names is held back from sending meanwhile. Who is none of ours is not kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from config.rounds import read_rounds
from connector.deciding.stopping import stop_people
from connector.intake.scanning import must_be_clean
from connector.intake.sheet import Sheet, read_sheet
from connector.ledger import audit, people, stops
from connector.ledger import deaths as kept
from connector.ledger.errors import KeyDestroyed
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import STEPPER, Parts
from connector.persons import place_of_member
from connector.register import ending
from connector.register.columns import DEATHS, KNOWN
from connector.register.errors import NotThere, RegisterError
from connector.register.rows import Dead, look_dead
from reconciliation.identity import normalise_name
from transports.crashpoint import crashpoint

ACT = "death-list"
_REASON = "a member died"


@dataclass(frozen=True)
class Taken:
    """What became of a list: counts, and row numbers. Nothing of a person."""

    number: int | None  # of the list; None for a trial
    digest: str
    rows: int
    found: Mapping[str, int]  # stopped, held, differs, others
    ended: Mapping[str, int]  # papers, waiting, unsent, marked
    refused: Mapping[str, list[int]]
    differs: Sequence[int] = ()  # row numbers whose name is another one here
    received_at: str | None = None
    again: bool = False
    waits: int | None = None


@dataclass(frozen=True, repr=False)
class Read:
    """The rows of a list: the persons, and why rows cannot be read."""

    sheet: Sheet
    dead: list[Dead]
    codes: dict[int, str]


def read(parts: Parts, content: bytes, now: datetime) -> Read:
    """The rows of a list, once they were scanned. Raises SheetError, NotScanned."""
    must_be_clean(parts, content)
    sheet = read_sheet(content, DEATHS)
    return Read(sheet, *look_dead(sheet, parts.day(now)))


def take(parts: Parts, found: Read, source: str, by: str, now: datetime) -> Taken:
    """Take a list, or carry it out where the second person has agreed since. The same list again changes nothing."""
    with parts.ledger.begin() as tx:
        row = kept.list_of(tx, parts.centre, found.sheet.digest)
        if row is not None:
            carry_out(parts, tx, row.id, by, now)
            return _recorded(tx, kept.find_list(tx, row.id) or row)
        taken = _take(parts, tx, found, source, by, now)
        crashpoint("O1")
    crashpoint("O2")
    return taken


def _take(parts: Parts, tx: Tx, found: Read, source: str, by: str, now: datetime) -> Taken:
    indexes = {dead.at: parts.vault.index(tx, dead.person.person_key) for dead in found.dead}
    records = kept.newest_records(tx, parts.centre, set(indexes.values()))
    ours = [dead for dead in found.dead if indexes[dead.at] in records]
    same = [dead for dead in ours if _is_same(parts, tx, dead, records[indexes[dead.at]])]
    two = len({indexes[dead.at] for dead in same}) > read_rounds(parts.folder).two_persons.deaths
    rows = found.sheet.rows
    differs = [rows[dead.at] for dead in ours if dead not in same]
    counts = {
        "stopped": 0 if two else len(same),
        "held": len(same) if two else 0,
        "differs": len(differs),
        "others": len(found.dead) - len(ours),
    }
    refused = {code: [rows[at] for at in sorted(found.codes) if found.codes[at] == code] for code in KNOWN}
    said = {"found": counts, "refused": {code: numbers for code, numbers in refused.items() if numbers}, "differs": differs}
    key = kept.add_list(
        tx,
        centre=parts.centre,
        region=parts.region,
        digest=found.sheet.digest,
        source=source,
        received_at=moment(now),
        received_by=by,
        rows=len(found.sheet),
        verdicts=said,
    )
    audit.record(
        tx,
        at=now,
        who=by,
        what="deaths-taken",
        centre=parts.centre,
        subject=f"deaths {key}",
        detail={"digest": found.sheet.digest, "source": source, "rows": len(found.sheet), **counts},
    )
    state = kept.HELD if two else kept.STOPPED
    states = {dead.at: state if dead in same else kept.DIFFERS for dead in ours}
    kept.add(tx, [_row(parts, tx, key, dead, rows[dead.at], indexes[dead.at], states[dead.at], by, now) for dead in ours])
    if two:
        kept.set_list(tx, key, approval=_ask(tx, key, len(same), by, now))
    else:
        done = _stop(parts, tx, key, {indexes[dead.at] for dead in same}, by, now)
        kept.set_list(tx, key, done_at=moment(now), verdicts={**said, "ended": done})
    return _recorded(tx, _sure(kept.find_list(tx, key)), again=False)


def _is_same(parts: Parts, tx: Tx, dead: Dead, record: AnyRow) -> bool:
    """Whether the name here is the list's; where ours is destroyed by retention nobody can tell, and a person looks."""
    try:
        ours = orjson.loads(parts.vault.open(tx, record.data_key, record.sealed, place_of_member(record.inquiry, record.place)))
    except KeyDestroyed:
        return False
    return normalise_name(ours["name"]) == dead.name


def _row(
    parts: Parts, tx: Tx, key: int, dead: Dead, row: int, index: bytes, state: str, by: str, now: datetime
) -> dict[str, Any]:
    said = {"name": dead.name, "id_type": dead.id_type, "id_no": dead.person.number, "died_on": dead.died_on}
    data_key, sealed = parts.vault.seal(tx, "death", f"{now:%Y-%m}", orjson.dumps(said), f"death/{key}/{row}")
    at = {"centre": parts.centre, "region": parts.region, "state": state, "state_at": moment(now), "state_by": by}
    return {**at, "list": key, "row": row, "person_index": index, "sealed": sealed, "data_key": data_key}


def _ask(tx: Tx, key: int, persons: int, by: str, now: datetime) -> int:
    why = f"list {key} names {persons} persons of ours"
    return people.ask(tx, at=now, act=ACT, subject={"list": key, "persons": persons}, reason=why, by=by)


# ---------------------------------------------------------------- carried out
def carry_out(parts: Parts, tx: Tx, key: int, by: str, now: datetime) -> bool:
    """Stop everybody a list holds back, once a second person agreed; whether there was anything to do."""
    row = kept.find_list(tx, key)
    request = people.request(tx, row.approval) if row is not None and row.approval and not row.done_at else None
    if row is None or request is None or request.state != "agreed":
        return False
    held = kept.of_list(tx, key, kept.HELD)
    kept.settle(tx, [each.id for each in held], kept.STOPPED, who=by, now=now)
    done = _stop(parts, tx, key, {bytes(each.person_index) for each in held}, by, now)
    counts = {**row.verdicts["found"], "stopped": len(held), "held": 0}
    kept.set_list(tx, key, done_at=moment(now), verdicts={**row.verdicts, "found": counts, "ended": done})
    detail = {"approval": request.id, "persons": len(held), **done}
    audit.record(tx, at=now, who=by, what="deaths-carried-out", centre=parts.centre, subject=f"deaths {key}", detail=detail)
    return True


def is_due(parts: Parts, now: datetime) -> bool:  # noqa: ARG001 (asked as every duty is)
    """Whether two persons agreed on a list that was not carried out yet."""
    with parts.ledger.read() as tx:
        return bool(kept.agreed(tx, parts.centre))


def carry_out_agreed(parts: Parts, now: datetime) -> dict[str, int]:
    """Every list that two persons agreed; for the clock."""
    with parts.ledger.begin() as tx:
        return {"lists": sum(carry_out(parts, tx, key, STEPPER, now) for key in kept.agreed(tx, parts.centre))}


def _stop(parts: Parts, tx: Tx, key: int, indexes: set[bytes], by: str, now: datetime) -> dict[str, int]:
    """The persons first, as dead; then the papers they signed, and with them whoever signed the same."""
    own = stop_people(parts, tx, kept.asked_about(tx, parts.centre, indexes), stops.DIED, by, now)
    papers = kept.papers(tx, parts.centre, indexes)
    rest = ending.end(parts, tx, papers, why=stops.WITHDRAWN, reason=f"{_REASON} (list {key})", by=by, now=now)
    return {
        "papers": rest.papers,
        "waiting": rest.waiting,
        "unsent": own.unsent + rest.unsent,
        "marked": own.marked + rest.marked,
    }


def look_at(parts: Parts, key: int, row: int, *, same: bool, reason: str, by: str, now: datetime) -> str:
    """A person looked at one whose name differs: it is the same one, who is stopped, or another. The state it comes to.

    Raises NotThere death-unknown, RegisterError reason-missing.
    """
    if not reason.strip():
        raise RegisterError("reason-missing", "须写明理由；未作更改", "a reason is needed; nothing was changed")
    with parts.ledger.begin() as tx:
        found = [each for each in kept.of_list(tx, key, kept.DIFFERS) if each.row == row and each.centre == parts.centre]
        if not found:
            raise NotThere(
                "death-unknown",
                f"第 {key} 号名单第 {row} 行没有待核对的人；请看 connector deaths show",
                f"row {row} of list {key} is nobody to look at; see connector deaths show",
            )
        state = kept.STOPPED if same else kept.ANOTHER
        kept.settle(tx, [found[0].id], state, who=by, now=now)
        done = _stop(parts, tx, key, {bytes(found[0].person_index)}, by, now) if same else {}
        detail = {"row": row, "same": same, "reason": reason, **done}
        audit.record(tx, at=now, who=by, what="death-looked-at", centre=parts.centre, subject=f"deaths {key}", detail=detail)
    return state


# ---------------------------------------------------------------- told
def _recorded(tx: Tx, row: AnyRow, *, again: bool = True) -> Taken:
    said = row.verdicts
    request = people.request(tx, row.approval) if row.approval and not row.done_at else None
    waits = request.id if request is not None and request.state == "waiting" else None
    ended = said.get("ended", {"papers": 0, "waiting": 0, "unsent": 0, "marked": 0})
    refused = {code: said["refused"][code] for code in KNOWN if code in said["refused"]}
    return Taken(row.id, row.digest, row.rows, said["found"], ended, refused, said["differs"], row.received_at, again, waits)


def _sure(row: AnyRow | None) -> AnyRow:
    if row is None:
        raise ValueError("a list that was just written is not there")
    return row
