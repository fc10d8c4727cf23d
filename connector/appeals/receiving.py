"""An appeal comes in: what is disputed, of which banks and accounts, on what papers; when the re-check must be over (domain rules 68, 70).

The disputed inquiry, its batches and the editions of its report stay as they are; the claim and the account numbers are sealed.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import orjson

from config.working_time import WorkingTime
from connector.claims import place_of_appeal
from connector.hours.deadlines import Deadline, after_workdays, appeal_deadline
from connector.ledger import answers, appeals, audit
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment
from connector.parts import Parts
from connector.reports.dossier import Dossiers, Reader

RECHECK_WORKDAYS = 10  # where the deadline rules promise nothing (domain rule 70)
_NOON = time(12)


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a person disputes. ``accounts``: institution → account numbers; a bank without any is disputed whole."""

    household: str
    banks: tuple[str, ...]
    received_on: date
    reason: str = dataclasses.field(repr=False)
    accounts: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict, repr=False)
    evidence: bytes | None = dataclasses.field(default=None, repr=False)  # the scan of the papers; its digest is kept


def receive(parts: Parts, claim: Claim, *, by: str, now: datetime) -> AnyRow:
    """Write the appeal; it as the ledger has it. Raises LedgerError: nothing that was asked is disputed by it; nothing is written then."""
    _expect_sound(parts, claim, now)
    with parts.ledger.read() as tx:
        original = answers.latest_inquiry(tx, parts.centre, claim.household)
        if original is None:
            raise LedgerError(
                f"there is no inquiry about household {claim.household}; see the number on its report",
                f"没有家庭 {claim.household} 的核对委托；请核对报告上的家庭编号",
                code="household-unknown",
            )
        found = Reader(tx, parts, now).read([original])
        version = answers.latest_report(tx, original.id)
    items = {bank: _item(found, bank, frozenset(claim.accounts.get(bank, ()))) for bank in sorted(set(claim.banks))}
    due = recheck_due(parts, claim.received_on, original)
    kept = {"reason": claim.reason.strip(), "accounts": {bank: sorted(set(numbers)) for bank, numbers in claim.accounts.items()}}
    with parts.ledger.begin() as tx:
        where = place_of_appeal(original.id, moment(now))
        key, sealed = parts.vault.seal(tx, "appeal", f"{now:%Y-%m}", orjson.dumps(kept), where)
        number = appeals.add(
            tx,
            items,
            centre=original.centre,
            region=original.region,
            original=original.id,
            report_version=version.version if version else None,
            received_on=claim.received_on,
            due_at=moment(due.at),
            provisional=due.provisional,
            evidence_digest=hashlib.sha256(claim.evidence).hexdigest() if claim.evidence is not None else None,
            sealed=sealed,
            data_key=key,
            opened_at=moment(now),
            opened_by=by,
        )
        detail = {"original": original.id, "institutions": sorted(items), "due_at": moment(due.at)}
        audit.record(tx, at=now, who=by, what="appeal-opened", centre=parts.centre, subject=f"appeal {number}", detail=detail)
        return the_one(tx, parts, number)


def the_one(tx: Tx, parts: Parts, number: int) -> AnyRow:
    """The appeal of this number. Raises LedgerError appeal-unknown."""
    row = appeals.find(tx, parts.centre, number)
    if row is None:
        raise LedgerError(
            f"there is no appeal {number}; connector appeal list shows them",
            f"没有第 {number} 号申诉；可用 connector appeal list 查看",
            code="appeal-unknown",
        )
    return row


def _expect_sound(parts: Parts, claim: Claim, now: datetime) -> None:
    """Raises LedgerError."""
    if not claim.reason.strip():
        raise LedgerError("an appeal says why: --reason", "申诉须写明理由：--reason", code="reason-missing")
    if claim.received_on > parts.day(now):
        raise LedgerError(
            f"the papers cannot have come in on {claim.received_on}, which is in the future; correct --received",
            f"受理日 {claim.received_on} 晚于今天；请更正 --received",
            code="appeal-received-later",
        )
    if strangers := sorted(set(claim.accounts) - set(claim.banks)):
        raise LedgerError(
            f"accounts are named of {', '.join(strangers)}, which --banks does not name; add the bank or take its accounts out",
            f"账号文件中有 --banks 未列出的机构：{'、'.join(strangers)}；请补上机构或删去其账号",
            code="appeal-bank-unnamed",
        )


def _item(found: Dossiers, bank: str, accounts: frozenset[str]) -> dict[str, Any]:
    """What is disputed of one bank: by member place the batch, the line and the edition its answer stands on.

    Of named accounts only those persons' lines are disputed that have them; an account no answer names may be anyone's.
    """
    (lines,) = found.lines
    asked = [line for line in lines if line.answer.institution == bank and line.batch is not None]
    if not asked:
        raise LedgerError(
            f"bank {bank} was not asked about this household, so it has no answer to dispute; see connector report",
            f"未向机构 {bank} 查询过此家庭，没有可申诉的反馈；请查看 connector report",
            code="appeal-bank-not-asked",
        )
    rows = found.holdings.select(["institution", "person_key", "account_no"]).to_pylist() if accounts else []
    held = [row for row in rows if row["institution"] == bank and row["account_no"] in accounts]
    holders = {row["person_key"] for row in held}
    if {row["account_no"] for row in held} == accounts and holders:
        asked = [line for line in asked if line.answer.person_key in holders]
    disputed = {
        str(line.place): {
            "batch": line.batch.id,
            "line": line.answer.batch,
            "position": line.at,
            "edition": line.answer.edition or 0,
        }
        for line in asked
        if line.batch is not None
    }
    return {"by_account": bool(accounts), "disputed": disputed}


def recheck_due(parts: Parts, received_on: date, original: AnyRow) -> Deadline:
    """When an appeal received on this day is to be decided; ``original``: check_type and programme of what it disputes."""
    at = datetime.combine(received_on, _NOON, parts.zone)
    kind = parts.policy.kind_of(original.check_type)
    return appeal_deadline(parts, kind, at, original.programme) or after_workdays(
        WorkingTime(parts.calendar, parts.zone), at, RECHECK_WORKDAYS
    )
