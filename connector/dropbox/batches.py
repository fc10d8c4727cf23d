"""The batches of one caller: what is owed, its parcel, and the bank's word that it received or refuses it."""

import dataclasses
import functools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bank_profiles.language.profile import Profile
from connector.answers.missing import ASK_AGAIN
from connector.bank import Bank
from connector.dropbox import notes, problems
from connector.dropbox.clients import Client
from connector.dropbox.problems import Refusal
from connector.ledger import audit, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, Move, State
from connector.moments import moment
from connector.parts import Parts, problem
from transports import shelf

OPEN = frozenset({State.IN_DOUBT, State.SENT, State.ACCEPTED, State.EXPIRED, State.HELD})
SHOWN = OPEN | {State.ANSWERED, State.REJECTED}
CLOSED = frozenset({State.REJECTED, State.RECALLED})
_NEVER_SENT = frozenset({State.IN_DOUBT, State.HELD})  # these may not have reached the bank at all

# Why a bank refuses a batch (domain rule 35).
REASONS = {
    "signature": ("签名验证未通过", "the signature does not hold"),
    "parse": ("无法解析", "it cannot be read"),
    "document_missing": ("缺少文书", "a document is missing"),
    "document_mismatch": ("文书与内容不符", "a document does not match"),
    "no_message": ("没有报文", "there is no message"),
    "other": ("其他", "another reason"),
}


@dataclasses.dataclass(frozen=True)
class Owned:
    """A batch of the caller's, the institution it was asked of, and its parcel where it lies here."""

    row: AnyRow
    bank: Bank
    parcel: Path | None


def owned(parts: Parts, client: Client, number: str) -> Owned:
    """A batch by its number. Raises Refusal not-yours: alike for one of another bank, for one never sent, and for none at all."""
    with parts.ledger.read() as tx:
        for code, bank in client.banks.items():
            row = rosters.batch_numbered(tx, code, number)
            if row is not None and (found := _shown(client, row)):
                return Owned(row, bank, found[1])
    raise Refusal(404, problems.NOT_YOURS)


def _shown(client: Client, row: AnyRow) -> tuple[AnyRow, Path | None] | None:
    """A batch the bank may know of: one that was sent, or whose parcel lies in its box."""
    parcel = client.box.parcel(row.parcel_name, row.parcel_size)
    known = row.sent_at is not None or (parcel is not None and row.state in _NEVER_SENT)
    return (row, parcel) if known and State(row.state) in SHOWN else None


def edition(parts: Parts, bank: Bank, number: str | None, now: datetime) -> Profile:
    """What a batch was written in; what the bank speaks today, where none is named."""
    with parts.ledger.read() as tx:
        row = rosters.batch_numbered(tx, bank.code, number) if number is not None else None
    return bank.profile_on(parts.day(now)) if row is None else bank.edition(row.edition)


def listed(parts: Parts, client: Client, only_open: bool, after: int, limit: int) -> dict[str, Any]:
    """The batches of a caller, oldest first, ``limit`` of them behind ``after``."""
    with parts.ledger.read() as tx:
        rows: Sequence[AnyRow] = rosters.sent_to(tx, client.banks, OPEN if only_open else SHOWN, after, limit)
    shown = [found for row in rows if (found := _shown(client, row))]
    items = [item(client, row, parcel) for row, parcel in shown]
    return {"items": items, "next": str(rows[-1].id) if len(rows) == limit else None}


def item(client: Client, row: AnyRow, parcel: Path | None) -> dict[str, Any]:
    """One batch as its bank sees it; no person in it."""
    note = notes.read(client.box, row.id)
    here = {"name": row.parcel_name, "size": row.parcel_size, "sha256": row.parcel_digest}
    if parcel is not None:
        here["sm3"] = _sm3(parcel, row.parcel_digest)
    return {
        "batch": row.number,
        "institution": row.institution,
        "state": str(row.state).lower().replace("_", "-"),
        "lines": row.lines,
        "sent_at": row.sent_at,
        "due_at": row.due_at,
        "late": bool(row.late),
        "parcel": here if parcel is not None else None,
        "taken_at": note.taken_at,
        "receipt": {key: note.receipt[key] for key in ("result", "reason", "at")} if note.receipt else None,
        "answers": [each.id for each in note.submissions],
    }


@functools.lru_cache(4096)
def _sm3(parcel: Path, sha256: str) -> str:  # noqa: ARG001 (other bytes, another digest)
    return shelf.digest(parcel, kind="sm3")


def taken(parts: Parts, client: Client, row: AnyRow, now: datetime) -> None:
    """The bank fetched the parcel to its last byte: the first time is kept and recorded."""
    note = notes.read(client.box, row.id)
    if note.taken_at is None:
        notes.keep(client.box, row.id, dataclasses.replace(note, taken_at=moment(now)))
        with parts.ledger.begin() as tx:
            audit.of_batch(tx, row, at=now, who=client.who, what="dropbox-parcel-taken")


def receipt(parts: Parts, client: Client, batch: Owned, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The bank has the batch, or refuses it; the same word again changes nothing. Raises Refusal."""
    refused = said["result"] == "refused"
    note = notes.read(client.box, batch.row.id)
    if note.receipt is not None and (note.receipt["result"], note.receipt["reason"]) != (said["result"], said.get("reason")):
        if note.receipt["result"] == "refused" or not refused:
            raise Refusal(409, problems.RECEIPT)
        note = dataclasses.replace(note, receipt=None)  # received first, refused once it was opened
    if note.receipt is None:
        with parts.ledger.begin() as tx:
            _move(tx, rosters.find_batch(tx, batch.row.id), said, now)
            kept = {"result": said["result"], "reason": said.get("reason"), "at": moment(now), "remark": None}
            if said.get("note"):
                kept["remark"] = sealed(parts, tx, batch.row, said["note"], now)
            detail = {"result": said["result"], "reason": said.get("reason")}
            audit.of_batch(tx, batch.row, at=now, who=client.who, what="dropbox-receipt", detail=detail)
        notes.keep(client.box, batch.row.id, dataclasses.replace(note, receipt=kept))
    with parts.ledger.read() as tx:
        row = rosters.find_batch(tx, batch.row.id)
    return item(client, row, batch.parcel)


def _move(tx: Tx, row: AnyRow, said: dict[str, Any], now: datetime) -> None:
    """By the lifecycle's table; a receipt that comes too late for a move is recorded and moves nothing."""
    state, refused = State(row.state), said["result"] == "refused"
    if refused and state is State.ANSWERED:
        raise Refusal(409, problems.ANSWERED)
    if refused and state is State.HELD:
        raise Refusal(409, problems.HELD)
    done = state is (State.REJECTED if refused else State.ACCEPTED)
    if not refused and state is State.REJECTED:
        raise Refusal(409, problems.CLOSED)
    move = Move.REJECT if refused else Move.ACCEPT
    if done or (state, move) not in MOVES:
        return
    if state is State.IN_DOUBT:
        rosters.proved(tx, row.id, now, by="receipt")
    proof = {} if row.delivered_at else {"delivered_at": moment(now)}
    proof |= {} if refused else {"accepted_at": moment(now)}
    rosters.move(tx, row.id, move, now, problem=_why(said) if refused else row.problem, **proof)


def _why(said: dict[str, Any]) -> dict[str, str]:
    zh, en = REASONS[said["reason"]]
    return problem(
        "bank-refused",
        f"银行在投递箱拒收该批次：{zh}；请与银行核实，更正后重制（connector remake）",
        f"the bank refused this batch at the drop-box: {en}. Ask the bank, mend the cause, then connector remake",
    ) | {"reason": str(said["reason"])}


def sealed(parts: Parts, tx: Tx, row: AnyRow, remark: str, now: datetime) -> dict[str, Any]:
    """A remark is free text and may name a person: kept sealed, under the key that ends with this month's answers."""
    key, sealed = parts.vault.seal(tx, "segment", f"{now:%Y-%m}", remark.encode(), f"dropbox remark {row.id}")
    return {"data_key": key, "sealed": sealed.hex()}


def expect_answerable(row: AnyRow) -> None:
    """Raises Refusal: every line of this batch has its result (by whatever road), or no answer to it is taken."""
    if State(row.state) in CLOSED:
        raise Refusal(409, problems.CLOSED)
    if is_answered(row):
        raise Refusal(409, problems.ANSWERED)


def expect_uploadable(client: Client, batch: Owned, revises: str | None) -> None:
    """As ``expect_answerable``; to an answered batch something comes only to take the place of an answer. Raises Refusal."""
    if revises is None:
        expect_answerable(batch.row)
    elif revises not in {each.id for each in notes.read(client.box, batch.row.id).submissions}:
        raise Refusal(404, problems.NOT_YOURS)
    elif State(batch.row.state) in CLOSED:
        raise Refusal(409, problems.CLOSED)


def is_answered(row: AnyRow) -> bool:
    """Was it answered, and is no line left that waits for more?"""
    return bool(row.state == State.ANSWERED) and not any(row.counts.get(word, 0) for word in ASK_AGAIN)
