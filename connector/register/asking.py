"""May this household of the register be asked now, and the inquiry that asks: its persons sealed anew under the month's key."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from config.rounds import read_rounds
from connector.authorization import Refusal, may_ask
from connector.ledger import deaths, inquiries, registers, rounds
from connector.ledger.errors import KeyDestroyed
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import Parts
from connector.persons import opened, place_of_inquiry, place_of_member
from connector.register.reasons import code_of


@dataclasses.dataclass(frozen=True)
class Ask:
    """What all inquiries of a lot share."""

    intake: int
    check_type: str
    as_of: date
    window_from: date
    period: str


@dataclasses.dataclass(frozen=True, repr=False)
class Home:
    """A household that may be asked: its row of the register, its last inquiry, its members there."""

    recipient: AnyRow
    last: AnyRow
    members: Sequence[AnyRow]


@dataclasses.dataclass(frozen=True, repr=False)
class _Known:
    """What the ledger holds of a lot."""

    last: Mapping[registers.Home, AnyRow]
    members: Mapping[int, Sequence[AnyRow]]
    persons: Mapping[int, set[bytes]]  # by the register
    held: set[bytes]
    open: set[bytes]  # in an inquiry that is not concluded, appeals aside
    newest: str | None  # month of a register that names everybody


def judge(parts: Parts, tx: Tx, lot: Sequence[AnyRow], as_of: date, now: datetime) -> tuple[dict[int, str], list[Home]]:
    """(recipient id → why it is left out, the households that may be asked). A person is asked about in one inquiry at a time."""
    known = _known(parts, tx, lot)
    codes: dict[int, str] = {}
    asked: list[Home] = []
    taken = set(known.open)
    for row in lot:
        last = known.last.get((row.household_no, row.programme))
        members = known.members.get(last.id, []) if last is not None else []
        code = _left_out(row, members, known, taken, parts.day(now))
        if code is None and last is not None:
            code = _refused(parts, tx, members, as_of, now)
        if code is not None or last is None:
            codes[row.id] = code or "authorization-missing"
            continue
        taken |= {bytes(each.person_index) for each in members}
        asked.append(Home(row, last, members))
    return codes, asked


def _known(parts: Parts, tx: Tx, lot: Sequence[AnyRow]) -> _Known:
    last = rounds.last_inquiries(tx, parts.centre, {(row.household_no, row.programme) for row in lot})
    members = rounds.members(tx, [row.id for row in last.values()])
    indexes = {bytes(each.person_index) for rows in members.values() for each in rows}
    whole = read_rounds(parts.folder).files == "whole"
    return _Known(
        last,
        members,
        registers.persons(tx, [row.id for row in lot]),
        deaths.held(tx, indexes),
        {bytes(row.person_index) for row in inquiries.open_of_persons(tx, parts.centre, indexes) if not row.appeal},
        registers.newest_month(tx, parts.centre) if whole else None,
    )


def _left_out(row: AnyRow, members: Sequence[AnyRow], known: _Known, taken: set[bytes], today: date) -> str | None:
    """Why this household is not asked, as far as the ledger tells without opening a person."""
    signed = {bytes(each.person_index) for each in members}
    said = known.persons.get(row.id, set())
    reasons = (
        (known.newest is not None and row.month < known.newest, "not-in-register"),
        (row.ends_on is not None and row.ends_on <= today, "aid-ended"),
        (not members, "authorization-missing"),
        (bool(said - signed), "member-unauthorized"),
        (bool(said) and bool(signed - said), "member-left"),
        (bool(signed & known.held), "death-reported"),
        (bool(signed & taken), "being-asked"),
    )
    return next((code for applies, code in reasons if applies), None)


def _refused(parts: Parts, tx: Tx, members: Sequence[AnyRow], as_of: date, now: datetime) -> str | None:
    """Why a paper does not cover the day: one member's stops the household."""
    today = parts.day(now)
    for row in members:
        try:
            member = opened(tx, parts.vault, row)
        except KeyDestroyed:
            return "person-not-kept"
        verdict = may_ask(
            member.person,
            member.signature,
            row.authorization_state,
            member.signature.classes,
            signed_by=today,
            on=parts.policy.covered_day(as_of, today),
            adult_age=parts.policy.adult_age,
        )
        if isinstance(verdict, Refusal):
            return code_of(verdict)
    return None


# ---------------------------------------------------------------- asking
def ask(parts: Parts, tx: Tx, said: Ask, homes: Sequence[Home], now: datetime) -> dict[int, int]:
    """Write the inquiries of these households; recipient id → its inquiry."""
    keys = inquiries.add_inquiries(tx, [_inquiry(parts, tx, said, home, now) for home in homes])
    made = list(zip(keys, homes, strict=True))
    inquiries.add_members(tx, [_member(parts, tx, key, row, now) for key, home in made for row in home.members])
    return {int(home.recipient.id): key for key, home in made}


def _inquiry(parts: Parts, tx: Tx, said: Ask, home: Home, now: datetime) -> dict[str, Any]:
    last, today = home.last, parts.day(now)
    about = parts.vault.open(tx, last.data_key, last.sealed, place_of_inquiry(last.intake, last.household_key))
    key, sealed = parts.vault.seal(tx, "inquiry", f"{now:%Y-%m}", about, place_of_inquiry(said.intake, last.household_no))
    return {
        "centre": parts.centre,
        "region": last.region,
        "intake": said.intake,
        "household_no": last.household_no,
        "household_key": last.household_no,
        "programme": last.programme,
        "check_type": said.check_type,
        "appeal": False,
        "urgent": said.check_type in parts.policy.urgent_check_types,
        "application_date": today,
        "as_of": said.as_of,
        "window_from": said.window_from,
        "policy": parts.policy.policy,
        "fingerprint": parts.vault.index(tx, f"round:{last.programme}:{said.period}:{last.household_no}"),
        "sealed": sealed,
        "data_key": key,
        "received_at": moment(now),
    }


def _member(parts: Parts, tx: Tx, inquiry: int, row: AnyRow, now: datetime) -> dict[str, Any]:
    """The same person under the same paper, sealed for the month and the place where it stands now."""
    person = parts.vault.open(tx, row.data_key, row.sealed, place_of_member(row.inquiry, row.place))
    key, sealed = parts.vault.seal(tx, "member", f"{now:%Y-%m}", person, place_of_member(inquiry, row.place))
    columns = ("centre", "region", "place", "person_index", "authorization", "signed_on", "valid_to", "sign_mode", "scope")
    return {**{name: getattr(row, name) for name in columns}, "inquiry": inquiry, "sealed": sealed, "data_key": key}
