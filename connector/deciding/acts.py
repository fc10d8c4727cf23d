"""What two persons decide, and how it is carried out once the second one agreed.

``release-batch``: a held batch goes on (one the bank has is waited for; else the next dispatch looks at the bank before it puts anything).
``resolve-batch``: what no look can tell is told by persons: the bank has it, it has it not, it was sent by hand, it goes by another road.
``release-answer``: a file that was set apart is read as a revision. ``retire-month``: carried out by the retire step.
``destroy-medium``, ``release-medium``: a medium is destroyed; one that is held may be read (connector/media).
``decide-appeal``: an appeal is upheld, corrected or declined (connector/appeals/deciding.py).
``ask-again``: what is missing of a batch is asked again (again.py). ``remake-batch``: a rejected one is made anew (remaking.py).
``replace-scan``: another scan in the place of an authorization's (connector/intake/scans.py).
``key-appoint``: a user may agree about keys from now on (connector/ledger/appointing.py).
Other ``key-…``: a key comes, is retired, taken back or destroyed (connector/keys/deciding.py).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector import decided
from connector.appeals import deciding as appealing
from connector.deciding import again, remaking
from connector.figures import refusals
from connector.hours import agreed, deadlines, taking
from connector.hours.deadlines import Deadline
from connector.intake import scans
from connector.keys import deciding
from connector.ledger import answers, appointing, audit, people, rosters, site
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import NAMES, Move, State
from connector.media import ending, holding
from connector.moments import moment, parse
from connector.parts import Parts, problem
from transports.sealing.keyring import KeyRing

Subject = Mapping[str, Any]
Due = Callable[[AnyRow, datetime], Deadline]  # (batch, when its bank got it) → when the bank must have answered
# What persons may say of a batch, and the states in which it is theirs to say.
RESOLUTIONS: Mapping[str, frozenset[State]] = {
    "received": frozenset({State.IN_DOUBT, State.HELD}),
    "not-received": frozenset({State.IN_DOUBT}),
    "by-hand": frozenset({State.SEALED, State.IN_DOUBT, State.HELD}),
    "by-road": frozenset({State.SEALED, State.IN_DOUBT}),
}
AFTER_RELEASE = timedelta(days=3)  # for the bank to be reached and to answer; sending sets the profile's own deadline


def banks_own(parts: Parts, tx: Tx) -> Due:
    """The deadline of each bank, by the rules and its profile; that of a release where the bank is not connected any more."""

    def due_at(batch: AnyRow, got_at: datetime) -> Deadline:
        bank = parts.banks.working.get(batch.institution)
        if bank is None:
            return after_release(batch, got_at)
        return deadlines.of_batch(tx, parts, bank, batch, got_at)

    return due_at


def after_release(batch: AnyRow, got_at: datetime) -> Deadline:  # noqa: ARG001 (a Due: alike for every batch)
    """What stands until a profile's own deadline does."""
    return Deadline(got_at + AFTER_RELEASE, provisional=False)


def ask_release_batch(tx: Tx, institution: str, number: str, *, reason: str, by: str, now: datetime) -> int:
    """Ask that a held batch goes on; the number of the request. Raises LedgerError when there is none held."""
    row = rosters.our_batch(tx, institution, number)
    if row is None or row.state != State.HELD:
        raise _nothing("batch-not-held", f"{institution} has no held batch {number}", f"{institution} 没有待处置的批次 {number}")
    return people.ask(
        tx,
        at=now,
        act="release-batch",
        subject={"batch": row.id, "number": number, "institution": institution},
        reason=reason,
        by=by,
    )


def ask_resolve_batch(
    tx: Tx,
    institution: str,
    number: str,
    how: str,
    *,
    road: str | None = None,
    handed_at: datetime | None = None,
    reason: str,
    by: str,
    now: datetime,
) -> int:
    """Ask that the whereabouts of a batch are settled as ``how`` (RESOLUTIONS) says; the number of the request.

    ``handed_at``: of by-hand, when the bank was given the parcel; by default now. Raises LedgerError when there is no such batch,
    its state does not leave this open, or it cannot have been handed over then.
    """
    row = open_batch(tx, institution, number, how)
    _expect_found(row, road)
    subject = {"batch": row.id, "number": number, "institution": institution, "how": how} | ({"road": road} if road else {})
    if how == "by-hand":
        subject |= {"digest": row.parcel_digest, "handed_at": moment(_possible(row, handed_at or now, now))}
    return people.ask(tx, at=now, act="resolve-batch", subject=subject, reason=reason, by=by)


def open_batch(tx: Tx, institution: str, number: str, how: str) -> AnyRow:
    """A batch whose whereabouts may be settled as ``how`` says. Raises LedgerError batch-not-open."""
    row = rosters.our_batch(tx, institution, number)
    if row is None or row.state not in RESOLUTIONS[how]:
        state = NAMES[State(row.state)] if row else ("没有此批次", "there is no such batch")
        raise _nothing(
            "batch-not-open",
            f"{institution} batch {number}: {state[1].lower()}; nothing to resolve as {how}",
            f"{institution} 批次 {number}：{state[0]}，不可作此处置",
        )
    return row


def _possible(row: AnyRow, handed_at: datetime, now: datetime) -> datetime:
    """A parcel is handed over after it was sealed, and not in the future. Raises LedgerError handed-at-wrong."""
    if not parse(row.sealed_at) <= handed_at <= now:
        raise _nothing(
            "handed-at-wrong",
            f"batch {row.number} cannot have been handed over then: before it was sealed, or in the future; correct --handed-at",
            f"批次 {row.number} 不可能在该时间交出（早于封装或晚于现在），请更正 --handed-at",
        )
    return handed_at


def _expect_found(row: AnyRow, road: str | None) -> None:
    """No step looks for what goes by a medium: what may have arrived by another road is not put on one. Raises LedgerError."""
    if road == "media" and row.state == State.IN_DOUBT:
        raise _nothing(
            "batch-in-doubt",
            f"batch {row.number} may have arrived already: settle that first (--received or --not-received), then choose the medium",
            f"批次 {row.number} 可能已送达：请先确认（--received 或 --not-received），再改走介质",
        )


def ask_release_answer(tx: Tx, inbound: int, *, reason: str, by: str, now: datetime) -> int:
    """Ask that a quarantined answer is read as a revision; the number of the request."""
    row = answers.find_inbound(tx, inbound)
    if (
        row is None
        or row.state != "quarantined"
        or row.batch is None
        or not site.is_ours(tx, rosters.find_batch(tx, row.batch).centre)
    ):
        raise _nothing("answer-not-set-apart", f"file {inbound} is not an answer set apart", f"{inbound} 号文件不是被隔离的反馈")
    return people.ask(
        tx, at=now, act="release-answer", subject={"inbound": inbound, "institution": row.institution}, reason=reason, by=by
    )


def decide(
    tx: Tx, request: int, *, agree: bool, by: str, now: datetime, due_at: Due = after_release, ring: KeyRing | None = None
) -> AnyRow:
    """Decide as the second person and carry the act out in the same transaction.

    ``due_at``: see ``banks_own``. ``ring``: what acts on keys are carried out on.
    """
    row = people.decide(tx, request, at=now, by=by, agree=agree)
    if agree and row.act in deciding.ACTS:
        if ring is None:
            raise ValueError("an act on keys needs the ring")
        deciding.carry_out(tx, ring, row, by, now)
    elif agree and row.act == appealing.ACT:
        appealing.carry_out(tx, row.subject, now, by)
    elif agree and row.act in _CARRY_OUT:
        _CARRY_OUT[row.act](tx, row.subject, now, due_at)
    elif agree and row.act in _IN_THEIR_WORDS:
        _IN_THEIR_WORDS[row.act](tx, row, now)
    if agree and row.act in {*_CARRY_OUT, *_IN_THEIR_WORDS}:
        audit.record(
            tx, at=now, who=by, what=f"{row.act}-done", centre=row.centre, subject=f"approval {row.id}", detail=dict(row.subject)
        )
    return row


def _release_batch(tx: Tx, subject: Subject, now: datetime, due_at: Due) -> None:  # noqa: ARG001 (dispatch sets the bank's own)
    row = rosters.find_batch(tx, subject["batch"])
    if row.state != State.HELD:
        raise _nothing(
            "batch-moved-on",
            f"batch {row.number} is no longer held ({NAMES[State(row.state)][1].lower()}): there is nothing to release; disagree to close the request",
            f"批次 {row.number} 已不在待处置状态（{NAMES[State(row.state)][0]}），无须放行；请以不同意结束本申请",
        )
    if row.sent_at is not None:  # the bank has it: it is waited for as before, and nothing is put again
        rosters.move(tx, row.id, Move.SEND, now, problem=decided.WAITED_FOR, retry_at=None)
    else:
        rosters.move(tx, row.id, Move.RELEASE, now, problem=decided.RELEASED, retry_at=None, due_at=moment(now + AFTER_RELEASE))


def _resolve_batch(tx: Tx, subject: Subject, now: datetime, due_at: Due) -> None:
    row, how = rosters.find_batch(tx, subject["batch"]), subject["how"]
    if row.state not in RESOLUTIONS[how]:
        raise _nothing(
            "batch-moved-on",
            f"batch {row.number} is meanwhile {NAMES[State(row.state)][1].lower()}: disagree to close the request",
            f"批次 {row.number} 现为{NAMES[State(row.state)][0]}；请以不同意结束本申请",
        )
    _expect_found(row, subject.get("road"))
    if how in ("received", "by-hand"):
        rosters.proved(tx, row.id, now, how)
        got_at = parse(subject.get("handed_at", moment(now)))
        until = due_at(row, got_at)
        rosters.move(tx, row.id, Move.SEND, now, **until.from_delivery(got_at), problem=None, retry_at=None)
    elif how == "not-received":
        rosters.disproved(tx, row.id, now)
        rosters.move(tx, row.id, Move.CLEAR, now, problem=decided.NOT_RECEIVED, retry_at=None)
    else:
        rosters.set_batch(tx, row.id, road=subject["road"], problem=decided.by_road(subject["road"]), retry_at=None)


def _release_answer(tx: Tx, subject: Subject, now: datetime, due_at: Due) -> None:  # noqa: ARG001 (nothing is waited for)
    row = answers.find_inbound(tx, subject["inbound"])
    if row is None or row.state != "quarantined":
        raise _nothing(
            "answer-moved-on",
            f"file {subject['inbound']} is no longer set apart: there is nothing to release; disagree to close the request",
            f"{subject['inbound']} 号文件已不在隔离状态，无须放行；请以不同意结束本申请",
        )
    released = problem("released", "两人放行，按更正版读入", "released by two persons as a revision")
    answers.set_inbound(tx, subject["inbound"], state="arrived", problem=released)


_CARRY_OUT: Mapping[str, Callable[[Tx, Subject, datetime, Due], None]] = {
    "release-batch": _release_batch,
    "resolve-batch": _resolve_batch,
    "release-answer": _release_answer,
    ending.DESTROY: lambda tx, subject, now, due_at: ending.destroy(tx, subject, now),  # noqa: ARG005
    holding.RELEASE: lambda tx, subject, now, due_at: holding.release(tx, subject, now),  # noqa: ARG005
    people.APPOINT: lambda tx, subject, now, due_at: appointing.carry_out(tx, subject, now),  # noqa: ARG005
    scans.REPLACE: lambda tx, subject, now, due_at: scans.replace(tx, subject, now),  # noqa: ARG005
    agreed.OUTAGE: lambda tx, subject, now, due_at: agreed.carry_out(tx, subject, now),  # noqa: ARG005
    refusals.ACCEPT: lambda tx, subject, now, due_at: refusals.carry_out(tx, subject, now),  # noqa: ARG005
}

# What notes why it was asked, and by whom it was agreed.
_IN_THEIR_WORDS: Mapping[str, Callable[[Tx, AnyRow, datetime], object]] = {
    taking.ACT: taking.carry_out,
    again.ACT: lambda tx, row, now: again.carry_out(tx, row.subject, why=row.reason, by=row.decided_by, now=now),
    remaking.ACT: lambda tx, row, now: remaking.carry_out(tx, row.subject, by=row.decided_by, now=now),
}


def _nothing(code: str, en: str, zh: str) -> LedgerError:
    return LedgerError(en, zh, code=code)
