"""Authorizations in the hand of a person: registered before a sheet cites them, withdrawn, ended. Their scans: scans.py.

Withdrawing stops at once what was not sent, and marks what was (domain rules 3, 4, 9): inquiries without places in a roster are withdrawn
here, the lines of the others are stopped wherever they stand (connector/deciding/stopping.py).
"""

from dataclasses import dataclass
from datetime import datetime

from connector.authorization import AuthorizationError, State, UnknownAuthorization
from connector.deciding.stopping import stop_people
from connector.intake.checks import first_reasons
from connector.intake.desk import Desk
from connector.intake.judging import household, whole_households
from connector.intake.rows import Rows
from connector.ledger import audit, authorizations, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from reconciliation.identity import normalise_text


@dataclass(frozen=True)
class Effect:
    """What a change of state stops: whole households, and persons of households already asked about."""

    households_stopped: int
    households_asked: int
    persons_asked: int


def find_one(tx: Tx, centre: str, number: str, household_no: str | None) -> AnyRow:
    """The authorization of this number. Raises UnknownAuthorization."""
    found = authorizations.find(tx, centre, normalise_text(number), household_no)
    if not found:
        raise UnknownAuthorization("没有这个授权书编号；请核对编号。", "No authorization has this number; check it.")
    if len(found) > 1:
        raise UnknownAuthorization(
            f"此编号用于 {len(found)} 户；请用 --household 指明家庭编号。",
            f"{len(found)} households have this number; name one with --household.",
            code="authorization-ambiguous",
        )
    return found[0]


def register(desk: Desk, rows: Rows, who: str, now: datetime) -> tuple[int, int]:
    """Register the papers of a sheet as drafts, nobody being asked about yet: (new, already known). Judged by the sheet alone."""
    whole = whole_households(rows, first_reasons(rows, desk.policy))
    homes = [household(rows, positions, desk.policy) for positions in whole.values()]
    cited = {(m.signature.authorization_no, home.household_no): home for home in homes for m in home.members}
    with desk.ledger.begin() as tx:
        known = authorizations.of_papers(tx, desk.centre, cited)
        fresh = {paper: home for paper, home in cited.items() if paper not in known}
        detail = {"digest": rows.sheet.digest}
        authorizations.register(tx, desk.centre, fresh, State.DRAFT, now=now, who=who, detail=detail)
    return len(fresh), len(known)


def effect(tx: Tx, key: int) -> Effect:
    """What would stop if this authorization were no longer in force."""
    citing = authorizations.citing(tx, key)
    asked = [row for row in citing if row.gathered_at is not None]
    waiting = [row for row in citing if row.gathered_at is None]
    return Effect(len(waiting), len(asked), sum(row.persons for row in asked))


def close(desk: Desk, number: str, household_no: str | None, to: State, why: str, who: str, now: datetime) -> Effect:
    """Withdraw (REVOKED) or end (ENDED) an authorization. Raises AuthorizationError, UnknownAuthorization."""
    if not why.strip():
        raise AuthorizationError("须写明理由；未作更改。", "A reason is needed; nothing was changed.", code="reason-missing")
    with desk.ledger.begin() as tx:
        row = find_one(tx, desk.centre, number, household_no)
        stopped = effect(tx, row.id)
        waiting = [inquiry.id for inquiry in authorizations.citing(tx, row.id) if inquiry.gathered_at is None]
        authorizations.move(tx, desk.centre, [row.id], to, now=now, who=who, why=why)
        rosters.withdraw(tx, waiting, now)
        stop_people(desk, tx, stops.persons_citing(tx, row.id), stops.WITHDRAWN, who, now)
        for inquiry in waiting:
            detail = {"authorization": row.id, "state": str(to)}
            audit.record(
                tx, at=now, who=who, what="inquiry-withdrawn", centre=desk.centre, subject=f"inquiry {inquiry}", detail=detail
            )
    return stopped
