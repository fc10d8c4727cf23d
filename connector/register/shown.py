"""Where the register, its rounds and the lists of deaths stand, for people and programs; household numbers, never a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from config.rounds import read_rounds
from connector.ledger import deaths, people, registers
from connector.ledger import rounds as kept
from connector.ledger.errors import KeyDestroyed
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from connector.register.reasons import words
from connector.register.rounds import told as told_round
from connector.register.rounds import waits
from connector.register.taking import place_of


def whole(tx: Tx, parts: Parts) -> dict[str, Any]:
    """Households by programme and state; ``missing``: those on the register that its newest month does not name."""
    newest = registers.newest_month(tx, parts.centre)
    found: dict[tuple[str, str], list[int]] = {}
    for row in registers.standing(tx, parts.centre):
        counts = found.setdefault((row.programme, row.state), [0, 0])
        counts[0] += row.households
        counts[1] += row.households if _is_missing(parts, row, newest) else 0
    programmes = [
        {"programme": programme, "state": state, "households": homes, "missing": gone}
        for (programme, state), (homes, gone) in sorted(found.items())
    ]
    return {"schema": "register/1", "month": newest, "programmes": programmes}


def missing(tx: Tx, parts: Parts) -> list[dict[str, Any]]:
    """The households on the register that its newest month does not name."""
    newest = registers.newest_month(tx, parts.centre)
    return _households(tx, parts, [row for row in registers.listing(tx, parts.centre) if _is_missing(parts, row, newest)])


def one(tx: Tx, parts: Parts, household_no: str) -> list[dict[str, Any]]:
    """A household in each programme."""
    return _households(tx, parts, registers.listing(tx, parts.centre, household_no))


def rounds(tx: Tx, parts: Parts, now: datetime) -> dict[str, Any]:
    """Rounds that were begun, oldest first, and those of the present period that were not."""
    rules, today = read_rounds(parts.folder), parts.day(now)
    rows = kept.every(tx, parts.centre)
    begun = {(row.programme, row.period) for row in rows}
    due = [
        {
            "programme": programme,
            "period": made.period(today),
            "day": made.day_in(made.period(today)),
            "waits": made.day_in(made.period(today)) <= today and waits(tx, parts, rules, made, made.period(today)),
        }
        for programme, made in rules.programmes.items()
        if (programme, made.period(today)) not in begun
    ]
    found = [
        {
            **told_round(row, kept.counts(tx, row.id)),
            "made_at": row.made_at,
            "made_by": row.made_by,
            "finished_at": row.finished_at,
        }
        for row in rows
    ]
    return {"schema": "register-rounds/1", "rounds": found, "due": due}


def death_lists(tx: Tx, parts: Parts) -> list[dict[str, Any]]:
    """The lists, newest first, with whom they named of ours by row and household."""
    found = []
    for row in deaths.lists(tx, parts.centre):
        named = deaths.of_list(tx, row.id)
        homes = deaths.households(tx, parts.centre, {bytes(each.person_index) for each in named})
        request = people.request(tx, row.approval) if row.approval else None
        persons = [
            {"row": each.row, "state": _state(each.state, request), "households": homes.get(bytes(each.person_index), [])}
            for each in named
        ]
        found.append(
            {
                "number": row.id,
                "source": row.source,
                "received_at": row.received_at,
                "received_by": row.received_by,
                "rows": row.rows,
                "approval": row.approval if request is not None and request.state == "waiting" else None,
                "persons": persons,
            }
        )
    return found


def _state(state: str, request: AnyRow | None) -> str:
    """A person of a list that the second person returned is held back no more."""
    return "returned" if state == deaths.HELD and request is not None and request.state == "returned" else state


def _is_missing(parts: Parts, row: AnyRow, newest: str | None) -> bool:
    by_all = read_rounds(parts.folder).files == "whole"
    return by_all and newest is not None and row.state == registers.ON and row.month < newest


def _households(tx: Tx, parts: Parts, rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    homes = {(row.household_no, row.programme) for row in rows}
    authorized = registers.named(tx, parts.centre, homes)
    asked = kept.of_recipients(tx, [row.id for row in rows])
    return [
        {
            "household_no": row.household_no,
            "programme": row.programme,
            "region": row.region,
            "state": row.state,
            "state_at": row.state_at,
            "state_by": row.state_by,
            "ends_on": row.ends_on,
            "month": row.month,
            "authorized": (row.household_no, row.programme) in authorized,
            "reason": _reason(tx, parts, row),
            "rounds": [_round(each) for each in asked.get(row.id, [])],
        }
        for row in rows
    ]


def _round(row: AnyRow) -> dict[str, Any]:
    zh, en = words(row.code) if row.code else ("", "")
    return {"period": row.period, "inquiry": row.inquiry, "code": row.code, "zh": zh, "en": en}


def _reason(tx: Tx, parts: Parts, row: AnyRow) -> str | None:
    """Why aid ended, as the register says it; none where nothing is kept (any more)."""
    if row.sealed is None or row.data_key is None:
        return None
    try:
        said = orjson.loads(parts.vault.open(tx, row.data_key, row.sealed, place_of((row.household_no, row.programme))))
    except KeyDestroyed:
        return None
    return str(said["reason"])
