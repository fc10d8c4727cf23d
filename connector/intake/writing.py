"""What a sheet brings in, written: the intake, papers, inquiries, members. No cell of a refused row is stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from connector.authorization import State
from connector.inquiry import Household
from connector.intake.comparison import Plan
from connector.intake.desk import Desk
from connector.intake.rows import Paper, Rows
from connector.ledger import audit, authorizations, inquiries, rosters
from connector.ledger.rows import Tx
from connector.moments import moment
from connector.persons import place_of_inquiry, place_of_member, sealed_as


def write(tx: Tx, desk: Desk, rows: Rows, plan: Plan, verdicts: Mapping[str, Any], who: str, now: datetime) -> str:
    """Write the plan in the caller's transaction; the moment it was received."""
    received = moment(now)
    intake = inquiries.add_intake(
        tx,
        centre=desk.centre,
        region=desk.region,
        digest=rows.sheet.digest,
        policy=desk.policy.policy,
        received_at=received,
        received_by=who,
        rows=len(rows),
        verdicts=verdicts,
    )
    replaced = [inquiry for waiting in plan.replaces.values() for inquiry in waiting]
    rosters.withdraw(tx, replaced, now)
    homes = list(plan.incoming.values())
    papers = _papers(tx, desk, intake, homes, who, now)
    keys = inquiries.add_inquiries(tx, [_inquiry(tx, desk, intake, home, plan, now) for home in homes])
    members = [(key, home, place) for key, home in zip(keys, homes, strict=True) for place in range(len(home.members))]
    inquiries.add_members(tx, [_member(tx, desk, *one, papers, plan, now) for one in members])
    _supersede(tx, desk, homes, who, now)
    detail = {
        "policy": desk.policy.policy,
        "digest": rows.sheet.digest,
        "rows": len(rows),
        "members": len(members),
        "households": verdicts["households"],
        "refused": {slug: len(numbers) for slug, numbers in verdicts["refused"].items()},
        "withdrawn": authorizations.as_ranges(replaced),
    }
    audit.record(tx, at=now, who=who, what="intake", centre=desk.centre, subject=f"intake {intake}", detail=detail)
    return received


def _papers(tx: Tx, desk: Desk, intake: int, homes: list[Household], who: str, now: datetime) -> dict[Paper, int]:
    """The ids of the papers cited: new ones registered as valid, drafts made valid."""
    cited = {(m.signature.authorization_no, home.household_no): home for home in homes for m in home.members}
    known = authorizations.of_papers(tx, desk.centre, cited)
    drafts = [row.id for row in known.values() if row.state == State.DRAFT]
    authorizations.move(tx, desk.centre, drafts, State.VALID, now=now, who=who, why=f"intake {intake}")
    fresh = {paper: home for paper, home in cited.items() if paper not in known}
    keys = authorizations.register(tx, desk.centre, fresh, State.VALID, now=now, who=who, detail={"intake": intake})
    return {paper: int(row.id) for paper, row in known.items()} | dict(zip(fresh, keys, strict=True))


def _supersede(tx: Tx, desk: Desk, homes: list[Household], who: str, now: datetime) -> None:
    """The older papers of these households. An appeal leaves the paper alone under which the disputed answer was given."""
    for appeal in (False, True):
        households = {home.household_no for home in homes if home.appeal is appeal}
        older = authorizations.left_behind(tx, desk.centre, households, concluded_cites=appeal)
        authorizations.move(tx, desk.centre, older, State.SUPERSEDED, now=now, who=who, why="a newer paper of the household")


def _inquiry(tx: Tx, desk: Desk, intake: int, home: Household, plan: Plan, now: datetime) -> dict[str, Any]:
    kept = {"declared_cny_fen": home.declared_cny_fen, "entrust_no": home.entrust_no, "entrust_office": home.entrust_office}
    key, sealed = desk.vault.seal(tx, "inquiry", _period(now), orjson.dumps(kept), place_of_inquiry(intake, home.household_key))
    return {
        "centre": desk.centre,
        "region": home.region,
        "intake": intake,
        "household_no": home.household_no,
        "household_key": home.household_key,
        "programme": home.programme,
        "check_type": home.check_type,
        "appeal": home.appeal,
        "urgent": home.urgent,
        "application_date": home.application_date,
        "as_of": home.as_of,
        "window_from": home.window_from,
        "policy": desk.policy.policy,
        "fingerprint": plan.fingerprints[home.household_key],
        "sealed": sealed,
        "data_key": key,
        "received_at": moment(now),
    }


def _member(
    tx: Tx, desk: Desk, inquiry: int, home: Household, place: int, papers: Mapping[Paper, int], plan: Plan, now: datetime
) -> dict[str, Any]:
    member = home.members[place]
    signature = member.signature
    key, sealed = desk.vault.seal(tx, "member", _period(now), orjson.dumps(sealed_as(member)), place_of_member(inquiry, place))
    return {
        "centre": desk.centre,
        "region": home.region,
        "inquiry": inquiry,
        "place": place,
        "person_index": plan.persons[member.person.person_key],
        "authorization": papers[signature.authorization_no, home.household_no],
        "signed_on": signature.signed_on,
        "valid_to": signature.valid_to,
        "sign_mode": signature.mode,
        "scope": signature.scope,
        "sealed": sealed,
        "data_key": key,
    }


def _period(now: datetime) -> str:
    """The month whose data key seals what came in now."""
    return f"{now:%Y-%m}"
