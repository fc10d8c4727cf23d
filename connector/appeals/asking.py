"""The banks an appeal disputes are asked again: a new inquiry of its own, linked to the disputed one, limited to those banks (rule 68).

It goes by the urgent lane and the limits of appeals, under the paper of the household as far as that still holds, else under a new one.
The disputed inquiry is not touched; de-duplication (rule 15) compares appeals with appeals only.
"""

import dataclasses
from datetime import date, datetime
from typing import Any

import orjson

from connector import authorization
from connector.appeals.receiving import the_one
from connector.authorization import Refusal, State
from connector.inquiry import Member
from connector.intake import papers
from connector.intake.rows import APPEAL_MARK
from connector.ledger import answers, appeals, audit, authorizations, inquiries
from connector.ledger.errors import LedgerError, NotAllowed
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import Parts
from connector.persons import opened, place_of_inquiry, place_of_member, sealed_as
from transports.crashpoint import crashpoint


@dataclasses.dataclass(frozen=True)
class Paper:
    """A new authorization under which the household agrees to be asked again; ``signed_on`` where no sheet has told it."""

    number: str
    signed_on: date | None = None
    valid_to: date | None = None


def ask(parts: Parts, number: int, *, paper: Paper | None = None, by: str, now: datetime) -> AnyRow:
    """Write the new inquiry; the appeal as it then stands. Raises LedgerError, NotAllowed: nothing was written."""
    with parts.ledger.begin() as tx:
        row = the_one(tx, parts, number)
        _expect_open(row)
        items = appeals.items(tx, number)
        _expect_reachable(parts, tx, row, [item.institution for item in items])
        original = appeals.inquiry_row(tx, row.original)
        places = {int(place) for item in items for place in item.disputed}
        members = [one for one in answers.members_of(tx, original.id) if one.place in places]
        members = list({one.place: one for one in members}.values())  # a person asked again stands in several rosters
        signed = [_Signed.under(tx, parts, original, one, paper, now=now, by=by) for one in members]
        for one in signed:
            _expect_permitted(parts, one, original, now)
        new = _write_inquiry(tx, parts, original, signed, number, now)
        inquiries.add_members(tx, [_member(tx, parts, new, original, one, now) for one in signed])
        appeals.asked(tx, number, new, by=by, now=now)
        detail = {"appeal": number, "original": original.id, "inquiry": new, "institutions": [item.institution for item in items]}
        audit.record(tx, at=now, who=by, what="appeal-asked", centre=parts.centre, subject=f"appeal {number}", detail=detail)
        crashpoint("O4")
        return the_one(tx, parts, number)


# ---------------------------------------------------------------- may it be asked?
def _expect_open(row: AnyRow) -> None:
    if row.state != appeals.RECEIVED:
        raise LedgerError(
            f"appeal {row.id} was asked or decided already; see connector appeal show {row.id}",
            f"第 {row.id} 号申诉已发起重问或已有结论；请查看 connector appeal show {row.id}",
            code="appeal-asked-already",
        )


def _expect_reachable(parts: Parts, tx: Tx, row: AnyRow, banks: list[str]) -> None:
    known = parts.banks.working.keys() | parts.banks.awaited
    if gone := sorted(set(banks) - known):
        raise LedgerError(
            f"{', '.join(gone)} is not connected now and cannot be asked; see connector bank list, or decide without it",
            f"机构 {'、'.join(gone)} 目前未接入，无法重问；请查看 connector bank list",
            code="appeal-bank-gone",
        )
    if double := sorted(set(banks) & appeals.open_banks(tx, row.original)):
        raise LedgerError(
            f"{', '.join(double)} is being asked again for another appeal of this household; decide that one first (connector appeal list)",
            f"机构 {'、'.join(double)} 正因本户另一申诉被重问；请先作出该申诉的结论（connector appeal list）",
            code="appeal-bank-asked",
        )


def _expect_permitted(parts: Parts, one: "_Signed", original: AnyRow, now: datetime) -> None:
    verdict = authorization.may_ask(
        one.member.person,
        one.member.signature,
        one.state,
        one.member.signature.classes,
        signed_by=max(original.application_date, one.member.signature.signed_on) if one.is_new else original.application_date,
        on=parts.policy.covered_day(original.as_of, parts.day(now)),
        adult_age=parts.policy.adult_age,
    )
    if isinstance(verdict, Refusal):
        raise NotAllowed(
            f"{verdict.en} Name a new one: connector appeal ask NUMBER --authorization …",
            f"{verdict.zh}可指定新的授权书：connector appeal ask 编号 --authorization …",
            code=verdict.code,
        )


@dataclasses.dataclass(frozen=True)
class _Signed:
    """A disputed person with the paper the new question stands on."""

    member: Member
    place: int
    person_index: bytes
    authorization: int
    state: str
    is_new: bool

    @classmethod
    def under(
        cls, tx: Tx, parts: Parts, original: AnyRow, row: AnyRow, paper: Paper | None, *, now: datetime, by: str
    ) -> "_Signed":
        """Under the new paper where one is named, else under the one of the disputed inquiry."""
        member = opened(tx, parts.vault, row)
        if paper is None:
            state = str(appeals.papers_of(tx, original.id)[row.place].state)
            return cls(member, row.place, bytes(row.person_index), row.authorization, state, is_new=False)
        found = papers.find_one(tx, parts.centre, paper.number, original.household_no)
        if found.state == State.DRAFT:
            authorizations.move(tx, parts.centre, [found.id], State.VALID, now=now, who=by, why="appeal")
        state = State.VALID if found.state == State.DRAFT else State(found.state)
        said = appeals.signed(tx, found.id, bytes(row.person_index))
        signed_on = said.signed_on if said else paper.signed_on
        if signed_on is None:
            raise LedgerError(
                f"no sheet says when {found.number} was signed; give its date: --signed-on DATE (and --valid-to DATE where it ends)",
                f"尚无名单写明授权书 {found.number} 的签署日期；请给出 --signed-on 日期（有截止日的再给 --valid-to）",
                code="appeal-paper-undated",
            )
        signature = dataclasses.replace(
            member.signature,
            authorization_no=found.number,
            signed_on=signed_on,
            valid_to=said.valid_to if said else paper.valid_to,
            mode=said.sign_mode if said else member.signature.mode,
            scope=said.scope if said else member.signature.scope,
        )
        renewed = dataclasses.replace(member, signature=signature)
        return cls(renewed, row.place, bytes(row.person_index), found.id, state, is_new=True)


# ---------------------------------------------------------------- the new inquiry
def _write_inquiry(tx: Tx, parts: Parts, original: AnyRow, signed: list[_Signed], number: int, now: datetime) -> int:
    key = original.household_key + APPEAL_MARK
    kept = parts.vault.open(tx, original.data_key, original.sealed, place_of_inquiry(original.intake, original.household_key))
    data_key, sealed = parts.vault.seal(tx, "inquiry", _period(now), kept, place_of_inquiry(original.intake, key))
    newest = max([original.application_date, *(one.member.signature.signed_on for one in signed if one.is_new)])
    columns: dict[str, Any] = {
        "centre": original.centre,
        "region": original.region,
        "intake": original.intake,
        "household_no": original.household_no,
        "household_key": key,
        "programme": original.programme,
        "check_type": parts.policy.appeal_check_type,
        "appeal": True,
        "urgent": True,
        "application_date": newest,
        "as_of": original.as_of,
        "window_from": original.window_from,
        "policy": str(parts.policy.policy),
        "fingerprint": parts.vault.index(tx, f"appeal:{number}"),
        "sealed": sealed,
        "data_key": data_key,
        "received_at": moment(now),
    }
    return inquiries.add_inquiries(tx, [columns])[0]


def _member(tx: Tx, parts: Parts, new: int, original: AnyRow, one: _Signed, now: datetime) -> dict[str, Any]:
    content = orjson.dumps(sealed_as(one.member))
    key, sealed = parts.vault.seal(tx, "member", _period(now), content, place_of_member(new, one.place))
    signature = one.member.signature
    return {
        "centre": original.centre,
        "region": original.region,
        "inquiry": new,
        "place": one.place,
        "person_index": one.person_index,
        "authorization": one.authorization,
        "signed_on": signature.signed_on,
        "valid_to": signature.valid_to,
        "sign_mode": signature.mode,
        "scope": signature.scope,
        "sealed": sealed,
        "data_key": key,
    }


def _period(now: datetime) -> str:
    return f"{now:%Y-%m}"
