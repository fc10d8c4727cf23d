"""settle: a sealed parcel → one more answer edition: outcomes and sealed segments, in one transaction. Mirrors gather.

The seal is verified before a byte is parsed; the whole file is read before a row is kept. What cannot be read is refused whole, what
nobody asked for is set apart, and the file as it came stays in the object store either way.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from bank_profiles.errors import RowProblem, UnreadableFile
from bank_profiles.profile import Profile
from bank_profiles.translation import Reading, read_package
from connector import segments
from connector.bank import Bank
from connector.ledger import answers, audit, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, Move, State
from connector.moments import moment, parse
from connector.objects.store import ObjectError
from connector.steps.parts import STEPPER, Parts, problem
from reconciliation import vectors
from reconciliation.content import ContentDigest
from reconciliation.exchange import OUTCOME_CODE
from reconciliation.matching import Matched, Matcher
from transports.crashpoint import crashpoint
from transports.errors import BrokenSeal, TransportError, UnknownKey

PROBLEMS_KEPT_MAX = 200  # parked rows named one by one; the rest are counted
_ASK_AGAIN = [OUTCOME_CODE[word] for word in ("not_answered", "pending", "partial", "technical_failure")]
_MORE = [
    OUTCOME_CODE[word] for word in ("not_answered", "pending", "technical_failure", "found", "partial")
]  # after a partial one


@dataclasses.dataclass(frozen=True)
class _Read:
    """A package read to its end: nothing of it is kept before."""

    batch_no: str | None
    rows: Sequence[tuple[str, str, pa.Table]]  # file, kind, rows
    parked: int  # rows that could not be read
    parked_lines: frozenset[str]  # the lines they speak of
    problems: Sequence[RowProblem]  # some of them, in words


class _Unreadable(Exception):
    """The package is refused whole; the batch it names, where that much could be read."""

    def __init__(self, batch_no: str | None, cause: UnreadableFile) -> None:
        super().__init__()
        self.batch_no = batch_no
        self.why = problem(
            cause.problems[0].code,
            f"{cause.render('zh')}\n整个文件未读入。请把以上内容转告银行，更正后重新反馈",
            f"{cause.render('en')}\nNothing of the file was taken. Pass this on to the bank and ask for a corrected answer",
        )


def settle(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """Open what arrived from one bank; how many files ended how. One bad file never stops the next, not even by a fault of ours."""
    with parts.ledger.read() as tx:
        arrived = answers.to_settle(tx, bank.code)
    counts: dict[str, int] = {}
    fault: Exception | None = None
    for row in arrived:
        try:
            ended = _settle_one(parts, bank, row, now)
        except (TransportError, LedgerError, ObjectError):
            raise  # a key, the ledger or the store: the next file would meet the same
        except Exception as ours:
            fault, ended = ours, "stopped"
        counts[ended] = counts.get(ended, 0) + 1
    if fault is not None:
        raise fault  # it stays where it is, and is told until it goes well
    return counts


def _settle_one(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> str:
    profile = _profile(parts, bank, now)
    try:
        read = _read(parts, bank, profile, row)
    except (BrokenSeal, UnknownKey) as broken:
        if isinstance(broken, UnknownKey) and broken.code != "seal-not-for-us":
            raise  # our ring lacks a key: the file waits until it is there
        return _set_aside(parts, bank, row, None, "refused", problem(broken.code, broken.zh, broken.en), now)
    except _Unreadable as unreadable:
        return _set_aside(parts, bank, row, unreadable.batch_no, "refused", unreadable.why, now)
    with parts.ledger.read() as tx:
        batch = rosters.batch_numbered(tx, bank.code, read.batch_no) if read.batch_no else None
    if batch is None:
        return _set_aside(parts, bank, row, None, "quarantined", _NOT_OURS, now)
    if (State(batch.state), Move.ANSWER) not in MOVES:
        return _set_aside(parts, bank, row, batch.number, "quarantined", _NOT_AWAITED, now)
    return _apply(parts, row, batch, read, now)


_NOT_OURS = problem(
    "batch-unknown",
    "反馈中的批次号不是我方发给该银行的批次；文件已隔离，未读入任何数据。请银行核对批次号后重发",
    "the answer names a batch we never sent to this bank; the file is set apart and nothing of it was taken. Ask the bank to check",
)
_NOT_AWAITED = problem(
    "answer-not-awaited",
    "反馈所指的批次尚未送达、已撤回或已被拒收；文件已隔离，未读入任何数据。请银行说明如何得到该批次；属实则由两人放行后读入"
    "（connector release --answer）",
    "the answer names a batch that was not sent, was recalled or was rejected; the file is set apart and nothing of it was taken. Ask"
    " the bank how it came by the batch; if rightly, two persons release it (connector release --answer)",
)
_DIFFERS = problem(
    "answer-differs",
    "该批次已有反馈，此文件内容不同且未标明为更正；已隔离，原反馈不变。请与银行核实，如属更正，由两人放行后读入"
    "（connector release --answer）",
    "this batch was answered before and this file says something else without being marked a revision; it is set apart and the"
    " first answer stands. Ask the bank; if it is a revision, two persons release it (connector release --answer)",
)


def _profile(parts: Parts, bank: Bank, now: datetime) -> Profile:
    """An answer is read in the edition its inquiry was written in: the one of the newest batch of this bank."""
    with parts.ledger.read() as tx:
        sent = rosters.batches(tx, bank.code)
    return bank.edition(sent[-1].edition) if sent else bank.profile_on(parts.day(now))


def _read(parts: Parts, bank: Bank, profile: Profile, row: AnyRow) -> _Read:
    """Verify, open and read one parcel to its end. Raises BrokenSeal, UnknownKey, _Unreadable."""
    arrived = parse(row.arrived_at)
    blocks = bank.channel(profile).open(lambda: parts.objects.get(row.digest), arrived)
    crashpoint("N6")
    reading = read_package(profile, "response", row.name, blocks)
    try:
        rows = [(piece.file, piece.kind, piece.table) for piece in reading]
    except UnreadableFile as unreadable:
        raise _Unreadable(_batch_no(reading), unreadable) from None
    crashpoint("N9")
    parked = reading.parked.total()
    return _Read(_batch_no(reading), rows, parked, frozenset(reading.parked_lines), reading.problems)


def _batch_no(reading: Reading) -> str | None:
    """The batch the package itself names; it came under a good seal, so it is the bank's word."""
    said = reading.facts.get("batch_no")
    return str(said) if said else None


def _set_aside(
    parts: Parts, bank: Bank, row: AnyRow, batch_no: str | None, state: str, why: dict[str, str], now: datetime
) -> str:
    """Refuse or quarantine a file whole. An awaited batch the (authenticated) file names is held, so that a person looks."""
    with parts.ledger.begin() as tx:
        batch = rosters.batch_numbered(tx, bank.code, batch_no) if batch_no else None
        answers.set_inbound(tx, row.id, state=state, problem=why, batch=batch.id if batch else None)
        if batch is not None and {(State(batch.state), move) for move in (Move.ANSWER, Move.HOLD)} <= MOVES.keys():
            rosters.move(tx, batch.id, Move.HOLD, now, problem=why)
        detail = {"institution": bank.code, "code": why["code"], "digest": row.digest}
        _audit(tx, parts, now, f"answer-{state}", f"inbound {row.id}", detail)
    return state


# ---------------------------------------------------------------- a further edition
@dataclasses.dataclass(frozen=True)
class _Edition:
    """An answer laid on its batch: outcomes and findings, the rows placed (and those of nobody we asked for), its digest."""

    matched: Matched
    tables: dict[str, pa.Table]
    digest: str
    read: _Read


def _lay(read: _Read, batch: AnyRow) -> _Edition:
    matcher, digest = Matcher(batch.lines, batch.number), ContentDigest()
    placed: dict[str, list[pa.Table]] = {}
    for file, kind, table in read.rows:
        digest.add(file, kind, table)
        placed.setdefault(kind, []).append(matcher.add(kind, table))
    matcher.park(pa.array(sorted(read.parked_lines), pa.string()))
    matched = matcher.finish()
    tables = {kind: pa.concat_tables(placed[kind]).sort_by("position") for kind in ("holding", "movement") if kind in placed}
    nowhere = {f"unasked.{kind}": _nowhere(table) for kind, table in matched.not_asked.items()}
    return _Edition(matched, tables | nowhere, digest.hexdigest(), read)


def _nowhere(table: pa.Table) -> pa.Table:
    """Rows of nobody we asked for have no place; they are kept together, sealed, and no report reads them."""
    return table.append_column("position", pa.array(np.zeros(len(table), np.int32)))


def _apply(parts: Parts, row: AnyRow, batch: AnyRow, read: _Read, now: datetime) -> str:
    """Seal the segments first, then name them with the edition: the ledger's only writer is held for a moment."""
    edition = _lay(read, batch)
    with parts.ledger.begin() as tx:
        keyed = parts.vault.index(tx, f"answer {edition.digest}").hex()  # a plain digest of a small answer could be guessed
        edition = dataclasses.replace(edition, digest=keyed)
        earlier = answers.editions(tx, batch.id)
        known = _known(tx, parts, row, batch, edition, earlier, now)
        parts.vault.prepare(tx, "segment", _period(now))
    if known:
        return known
    number = len(earlier) + 1
    with parts.ledger.read() as tx:
        named = segments.write(tx, parts.vault, parts.objects, batch.id, number, _period(now), edition.tables)
    crashpoint("N11")
    with parts.ledger.begin() as tx:
        batch = rosters.find_batch(tx, batch.id)
        _append(parts, tx, row, batch, edition, number, now)
        answers.add_segments(tx, named)
        crashpoint("N12")
    crashpoint("N22")
    return "opened"


def _known(
    tx: Tx, parts: Parts, row: AnyRow, batch: AnyRow, edition: _Edition, earlier: Sequence[AnyRow], now: datetime
) -> str | None:
    """What ends here: the same answer again, or one that contradicts an answer without being marked a revision."""
    if any(e.content_digest == edition.digest for e in earlier):
        answers.set_inbound(tx, row.id, state="duplicate", batch=batch.id, problem=None)
        _audit(tx, parts, now, "answer-duplicate", f"inbound {row.id}", {"batch": batch.number})
        return "duplicate"
    if earlier and not _released(row) and _contradicts(batch, edition.matched):
        answers.set_inbound(tx, row.id, state="quarantined", batch=batch.id, problem=_DIFFERS)
        _audit(tx, parts, now, "answer-quarantined", f"inbound {row.id}", {"batch": batch.number, "code": _DIFFERS["code"]})
        return "quarantined"
    return None


def _period(now: datetime) -> str:
    """The month whose data keys seal what is kept now."""
    return f"{now:%Y-%m}"


def _released(row: AnyRow) -> bool:
    """Two persons decided that this file is a revision."""
    return bool(row.problem and row.problem.get("code") == "released")


def _contradicts(batch: AnyRow, matched: Matched) -> bool:
    """The file speaks of a line that has a settled answer, or takes back what a partial one gave: not more of the same."""
    current = vectors.unpack_current(batch.vector, batch.lines).outcome
    settled = ~np.isin(current, _ASK_AGAIN)
    speaks = matched.outcome != OUTCOME_CODE["not_answered"]
    taken_back = (current == OUTCOME_CODE["partial"]) & ~np.isin(matched.outcome, _MORE)
    return bool(((settled & speaks) | taken_back).any())


def _append(parts: Parts, tx: Tx, row: AnyRow, batch: AnyRow, edition: _Edition, number: int, now: datetime) -> None:
    """The edition, the vector that follows from it, the batch's move and the audit, in the transaction that names the segments."""
    matched = edition.matched
    late = bool(batch.due_at and row.arrived_at > batch.due_at) or batch.state == State.EXPIRED
    answers.add_edition(
        tx,
        batch.id,
        number,
        centre=batch.centre,
        region=batch.region,
        inbound=row.id,
        received_at=row.arrived_at,
        late=late,
        outcomes=vectors.pack_outcomes(matched.outcome),
        content_digest=edition.digest,
        counts=matched.counts(),
        problems=_problems(edition),
    )
    current = vectors.fold(vectors.unpack_current(batch.vector, batch.lines), matched.outcome, number)
    values = {"vector": vectors.pack_current(current), "counts": current.counts(), "late": late, "answered_at": moment(now)}
    rosters.move(tx, batch.id, Move.ANSWER, now, problem=None, **values)
    why = _left_over(edition)
    answers.set_inbound(tx, row.id, state="rows-parked" if why else "opened", batch=batch.id, problem=why)
    detail = {"edition": number, "counts": current.counts(), "parked": edition.read.parked, "late": late}
    _audit(tx, parts, now, "answer-settled", f"batch {batch.id}", detail | {"batch": batch.number})


def _problems(edition: _Edition) -> list[dict[str, object]]:
    """What is wrong with single lines, named one by one up to a limit; masked where they come from."""
    findings = edition.matched.findings.slice(0, PROBLEMS_KEPT_MAX).to_pylist()
    return [*findings, *(p.as_json() for p in edition.read.problems[:PROBLEMS_KEPT_MAX])]


def _left_over(edition: _Edition) -> dict[str, str] | None:
    """What of a file that was read a person must look at: rows nobody could read, rows of nobody we asked about."""
    if edition.read.parked:
        first, parked = edition.read.problems[0], edition.read.parked
        return problem(
            "rows-parked",
            f"{parked} 行无法读入，已搁置，其余已入库；请更正画像或请银行更正后重发。首处：{first.zh}",
            f"{parked} rows could not be read and were parked, the others are kept. Correct the profile, or ask the bank to"
            f" correct and send again. First: {first.en}",
        )
    unasked = sum(len(table) for table in edition.matched.not_asked.values())
    if unasked:
        return problem(
            "rows-not-asked",
            f"{unasked} 行所指的查询序号不在该批次内，已隔离封存，任何报告都不读取；请银行核对并说明",
            f"{unasked} rows name lines this batch does not have; they are sealed apart and no report reads them. Ask the bank why",
        )
    return None


def _audit(tx: Tx, parts: Parts, now: datetime, what: str, subject: str, detail: dict[str, object]) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=subject, detail=detail)
