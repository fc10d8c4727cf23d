"""A receipt speaks of a package, never of a line: it moves its batch to ACCEPTED or REJECTED, and proves that the package arrived.

What the bank writes beside its code may name a person and is not kept. A receipt for a batch we do not know is set apart.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pyarrow as pa

from bank_profiles.errors import Problems
from bank_profiles.language.profile import Profile
from bank_profiles.package_names import BANK_TIME, is_sealed_name, sealed_name
from config.working_time import WorkingTime
from connector.bank import Bank
from connector.hours import deadlines
from connector.ledger import audit, receipts, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, Move, State
from connector.moments import moment, parse
from connector.parts import STEPPER, Parts, problem
from reconciliation.words import RECEIPTS

RECEIVED = "received"
WITHIN = timedelta(hours=4)  # working time by which a package is receipted, where the profile does not say


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What a bank says of one package: ``batch_no`` or the name of its ``package``, a word of RECEIPTS, when it had it."""

    batch_no: str | None
    package: str | None
    code: str
    accepted: bool
    said_at: datetime | None


def said(table: pa.Table, facts: Mapping[str, Any]) -> Iterator[Receipt]:
    """The receipts of one file; ``facts`` are what its name and header say for all of them."""
    for row in table.to_pylist():
        code = row["code"]
        accepted = code == RECEIVED if row["accepted"] is None else row["accepted"] == "yes"
        code = code if accepted == (code == RECEIVED) else RECEIVED if accepted else "other"
        day, clock = row["received_on"], row["received_time"]
        at = datetime.combine(day, clock or time(), BANK_TIME) if day else None
        yield Receipt(row["batch_no"] or _text(facts.get("batch_no")), row["package"], code, accepted, at if clock else None)


def _text(value: object) -> str | None:
    return str(value) if value else None


def whose(tx: Tx, bank: Bank, profile: Profile, receipt: Receipt) -> AnyRow | None:
    """The batch a receipt is of: by its number, else by the name of its package, sealed or bare. Only one that may have gone out."""
    batch = rosters.batch_numbered(tx, bank.code, receipt.batch_no) if receipt.batch_no else None
    if batch is None and receipt.package:
        names = [receipt.package]
        names += [] if is_sealed_name(profile, receipt.package) else [sealed_name(profile, receipt.package)]
        batch = receipts.by_parcel(tx, bank.code, names)
    if batch is None or State(batch.state) is State.RECALLED:
        return None
    return None if batch.state == State.SEALED and not rosters.may_have_arrived(tx, batch.id) else batch


def take(tx: Tx, parts: Parts, bank: Bank, file: AnyRow, batch: AnyRow, receipt: Receipt, now: datetime) -> None:
    """Keep one receipt and let it do what it may: a word that comes too late for a move is kept and moves nothing."""
    receipts.add(tx, batch, file, receipt.code, accepted=receipt.accepted, said_at=receipt.said_at)
    state = State(batch.state)
    if state in {State.SEALED, State.IN_DOUBT}:  # a crash or a broken line after the put: now it is proved
        rosters.proved(tx, batch.id, now, by="receipt")
    if state is State.SEALED:
        state = rosters.move(tx, batch.id, Move.LOSE_SIGHT, now)
    got_at = _got_at(file, batch, receipt)
    proof: dict[str, Any] = {} if batch.delivered_at else {"delivered_at": moment(got_at)}
    started = receipt.accepted and not batch.accepted_at and deadlines.starts_by_receipt(parts, got_at)
    if batch.due_at is None or batch.sent_at is None or started:  # till now it ran from the sealing, or from the delivery
        until = deadlines.of_batch(tx, parts, bank, batch, got_at)
        proof |= {"due_at": moment(until.at), "provisional": until.provisional}
    if batch.sent_at is None:
        proof["sent_at"] = moment(got_at)
    if receipt.accepted:
        _accepted(tx, batch, state, proof, got_at, now)
    else:
        _refused(tx, batch, state, proof, receipt, now)
    detail = {"code": receipt.code, "accepted": receipt.accepted, "state": rosters.find_batch(tx, batch.id).state}
    audit.of_batch(tx, batch, at=now, who=STEPPER, what="receipt-taken", detail=detail)


def _got_at(file: AnyRow, batch: AnyRow, receipt: Receipt) -> datetime:
    """When the bank had the package: as it says, if that lies between our making it and its receipt's coming; else when that came."""
    arrived = parse(file.arrived_at)
    return receipt.said_at if receipt.said_at and parse(batch.sealed_at) <= receipt.said_at <= arrived else arrived


def _accepted(tx: Tx, batch: AnyRow, state: State, proof: Mapping[str, Any], got_at: datetime, now: datetime) -> None:
    known = dict(proof) | ({} if batch.accepted_at else {"accepted_at": moment(got_at)})
    if (state, Move.ACCEPT) in MOVES:
        over = (
            {} if state in {State.HELD, State.EXPIRED} else {"problem": None, "retry_at": None}
        )  # what a person looks at stands
        rosters.move(tx, batch.id, Move.ACCEPT, now, **over, **known)
    elif known and state is not State.REJECTED:
        rosters.set_batch(tx, batch.id, now=now, **known)


def _refused(tx: Tx, batch: AnyRow, state: State, proof: Mapping[str, Any], receipt: Receipt, now: datetime) -> None:
    why = refusal(receipt.code)
    if (state, Move.REJECT) in MOVES:
        rosters.move(tx, batch.id, Move.REJECT, now, problem=why, retry_at=None, **proof)
    elif (state, Move.HOLD) in MOVES and (state, Move.ANSWER) in MOVES and state is not State.ANSWERED:
        rosters.move(tx, batch.id, Move.HOLD, now, problem=why, **proof)


def refusal(code: str) -> dict[str, str]:
    """Why a batch was rejected, as it is kept and told; ``reason`` is a word of RECEIPTS."""
    word = RECEIPTS[code]
    return problem(
        "package-refused",
        f"银行回执拒收该包（{word.zh}）；请按原因更正后重新制作（connector remake），不要原样重发",
        f"the bank's receipt refuses the package ({word.en}): correct the cause and make it anew (connector remake); never send it as"
        " it was",
    ) | {"reason": code}


# ---------------------------------------------------------------- a receipt that does not come
def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Batches whose bank receipts what it gets, and has not for longer than agreed, in working time (domain rule 34)."""
    found = []
    for batch in receipts.unreceipted(tx):
        within = _within(parts, batch)
        if within is None:
            continue
        days = WorkingTime(parts.calendar, parts.zone, parts.deadlines.on(parts.day(now)).hours)
        if days.between(parse(batch.sent_at), now) > within:
            hours = f"{within / timedelta(hours=1):g}"
            found.append(
                {
                    "code": "receipt-missing",
                    "institution": batch.institution,
                    "batch": batch.number,
                    "zh": f"批次 {batch.number} 送达后 {hours} 个工作小时内未收到银行回执；请与银行核实是否收到，不要重发",
                    "en": f"no receipt for batch {batch.number} within {hours} working hours: ask the bank whether it has it; do not"
                    " send it again",
                    "alarm": True,
                }
            )
    return found


def _within(parts: Parts, batch: AnyRow) -> timedelta | None:
    bank = parts.banks.working.get(batch.institution)
    try:
        profile = bank.edition(batch.edition) if bank else None
    except Problems:  # its edition cannot be read: told where a step finds it
        return None
    return None if profile is None or profile.receipt is None else profile.service.receipt_within or WITHIN


# ---------------------------------------------------------------- what a file of receipts came to
def unknown(count: int) -> dict[str, str]:
    """Why a file of receipts is set apart."""
    return problem(
        "receipt-unknown",
        f"{count} 条回执所指的包不是我方发给该银行的；已隔离，未改变任何批次。请银行核对",
        f"{count} receipts name packages we never sent to this bank; set apart, and no batch was changed by them. Ask the bank to check",
    )


def sifted(tx: Tx, bank: Bank, profile: Profile, found: Sequence[Receipt]) -> tuple[list[Receipt], int]:
    """Of a file: each thing it says of a package of ours, once; and how many of its receipts are of none.

    However long a file a bank makes, what is then written (``take_all``) is no more than there are batches and words.
    """
    known: dict[tuple[str | None, str | None], int | None] = {}
    ours: dict[tuple[int, str], Receipt] = {}
    strange = 0
    for receipt in found:
        named = receipt.batch_no, receipt.package
        if named not in known:
            batch = whose(tx, bank, profile, receipt)
            known[named] = None if batch is None else batch.id
        key = known[named]
        if key is None:
            strange += 1
        else:
            ours.setdefault((key, receipt.code), receipt)
    return list(ours.values()), strange


def take_all(
    tx: Tx, parts: Parts, bank: Bank, profile: Profile, file: AnyRow, found: Sequence[Receipt], now: datetime
) -> tuple[int | None, int]:
    """Take what names batches of ours: the first such batch, and how many receipts name none."""
    first, strange = None, 0
    for receipt in found:
        batch = whose(tx, bank, profile, receipt)
        if batch is None:
            strange += 1
            continue
        take(tx, parts, bank, file, batch, receipt, now)
        first = first or batch.id
    return first, strange
