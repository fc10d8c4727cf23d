"""settle: a sealed parcel → one more answer edition: outcomes and sealed segments, in one transaction. Mirrors gather.

The seal is verified before a byte is parsed, and the virus scanner, where there is one, has seen the opened content before a row of it
is read: without its word the file waits as it came. The whole file is read before a row is kept. What cannot be read is refused whole, what
nobody asked for is set apart, and the file as it came stays in the object store either way.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bank_profiles.language.profile import Profile
from connector import segments
from connector.answers import editions, receipts
from connector.answers.editions import Edition, Read
from connector.answers.missing import parts_missing
from connector.bank import Bank
from connector.keys.used import noting
from connector.ledger import answers, audit, rosters
from connector.ledger import receipts as parted
from connector.ledger.errors import LedgerError
from connector.ledger.key_use import Use
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, Move, State
from connector.moments import parse
from connector.objects.store import StoreAway, StoreFull
from connector.parts import STEPPER, Parts, problem
from connector.steps.elsewhere import ELSEWHERE, done
from connector.steps.giving_way import GAVE_WAY, ends_here
from connector.steps.joining import joined, others_retired
from connector.steps.reading import Infected, Sealed, Unreadable, as_receipts, lacks_a_key, read_as_sent, read_receipts
from reconciliation.vectors import EDITIONS_MAX
from transports.crashpoint import crashpoint
from transports.errors import BrokenSeal, UnknownKey
from transports.scanner import NotScanned, ScannerDown


def settle(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """Open what arrived from one bank; how many files ended how. One bad file never stops the next, not even by a fault of ours."""
    with parts.ledger.read() as tx:
        arrived = answers.to_settle(tx, bank.code)
    counts: dict[str, int] = {}
    fault: Exception | None = None
    waits: NotScanned | None = None
    for row in arrived:
        try:
            ended = done(parts, "settle", (bank.code, row.id), now, functools.partial(_settle_one, parts, bank, row, now))
        except (LedgerError, StoreFull, StoreAway, ScannerDown):
            raise  # the next file would meet the same
        except NotScanned as undecided:
            waits, ended = waits or undecided.about(f"{row.name} (#{row.id})"), "waits"  # told, and asked again by the next pass
        except Exception as ours:
            fault, ended = ours, "stopped"  # a key or an object that is missing, a fault of ours: it stays, and is told
        counts[ended] = counts.get(ended, 0) + 1
        if ends_here(parts):
            counts[GAVE_WAY] = 1
            break
    if stopped := fault or waits:
        raise stopped
    return counts


def settle_file(parts: Parts, code: str, inbound: int, now: datetime) -> str:
    """One file by its number, as another process is given it."""
    with parts.ledger.read() as tx:
        row = answers.still_to_settle(tx, inbound)
    return _settle_one(parts, parts.banks.working[code], row, now) if row is not None else ELSEWHERE


def _settle_one(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> str:
    try:
        told = noting(parts.ledger, row.id, now)
        if receipt := as_receipts(parts, bank, row.name, now):
            return _receipts(parts, bank, receipt, row, told, now)
        answer = Sealed(row.name, lambda: parts.objects.get(row.digest), parse(row.arrived_at), row.road, parts.witness, told)
        read, batch = read_as_sent(parts, bank, answer, now)
    except (BrokenSeal, UnknownKey) as broken:
        if lacks_a_key(broken):
            raise  # the file waits until it is there
        return _set_aside(parts, bank, row, None, "refused", problem(broken.code, broken.zh, broken.en), now)
    if isinstance(read, Unreadable | Infected):
        return _set_aside(parts, bank, row, read.batch_no, "refused", read.why, now)
    if against := _why_not(parts, bank, row, read, batch, now):
        return _set_aside(parts, bank, row, read.batch_no, *against, now)
    assert batch is not None  # _why_not saw to it
    return _apply(parts, bank, row, batch, read, now)


def _receipts(
    parts: Parts, bank: Bank, profile: Profile, row: AnyRow, told: Callable[[Iterable[Use]], None], now: datetime
) -> str:
    """A file of receipts: it never answers a line (domain rule 34). Raises BrokenSeal, UnknownKey."""
    answer = Sealed(row.name, lambda: parts.objects.get(row.digest), parse(row.arrived_at), row.road, parts.witness, told)
    read = read_receipts(parts, bank, profile, answer, now)
    if isinstance(read, Unreadable | Infected):
        return _set_aside(parts, bank, row, None, "refused", read.why, now)
    with parts.ledger.read() as tx:
        found, of_none = receipts.sifted(tx, bank, read.profile, read.found)
    with parts.ledger.begin() as tx:
        batch, strange = receipts.take_all(tx, parts, bank, read.profile, row, found, now)
        strange += of_none
        state = "quarantined" if strange else "opened"
        answers.set_inbound(tx, row.id, state=state, batch=batch, problem=receipts.unknown(strange) if strange else None)
        detail = {"institution": bank.code, "receipts": len(read.found), "unknown": strange, "digest": row.digest}
        _audit(tx, parts, now, "receipts-settled", f"inbound {row.id}", detail)
        crashpoint("N12")
    return state if strange else "receipts"


def _why_not(
    parts: Parts, bank: Bank, row: AnyRow, read: Read, batch: AnyRow | None, now: datetime
) -> tuple[str, dict[str, str]] | None:
    """What a good file may still not be taken for: the state it gets, and why."""
    if read.is_of_another(bank.code) and not _released(row):
        return "quarantined", _OF_ANOTHER
    if batch is None:
        return "quarantined", _NOT_OURS
    if not _is_numbered(read):
        return "refused", _MISNUMBERED
    if not _may_be_a_sheet(read, bank, batch):
        return "refused", _NO_SHEET
    return None if _awaited(parts, batch, now) else ("quarantined", _NOT_AWAITED)


def _is_numbered(read: Read) -> bool:
    """Is it one of so many packages as an answer may have, where the bank numbers them at all?"""
    last = EDITIONS_MAX if read.packages is None else read.packages
    return read.package_no is None or 1 <= read.package_no <= last <= EDITIONS_MAX


_MISNUMBERED = problem(
    "package-number-wrong",
    f"反馈的包序号有误：应为 1 至总包数，总包数不超过 {EDITIONS_MAX}；未读入任何数据。请银行更正后重发",
    f"the answer's package number is wrong: it is 1 to the number of packages, of which there are {EDITIONS_MAX} at most; nothing of it was"
    " taken. Ask the bank to correct it and send again",
)


def _may_be_a_sheet(read: Read, bank: Bank, batch: AnyRow) -> bool:
    """What a bank did not sign counts only where its profile says so, and for the batch it was handed in for."""
    said = read.witnessed
    return said is None or (said.batch == batch.number and bank.edition(batch.edition).offers_sheet)


_NO_SHEET = problem(
    "sheet-not-agreed",
    "该表格未经银行签名，且画像未约定以表格反馈，或提交时所选的不是这一批次；未读入任何数据。请银行重新反馈",
    "no key of the bank signed this sheet, and its profile does not agree to sheets or it was handed in for another batch; nothing of"
    " it was taken. Ask the bank to answer again",
)


def _awaited(parts: Parts, batch: AnyRow, now: datetime) -> bool:
    """Whether an answer to this batch may be taken. One that went out unseen (a crash after the put) is proved sent by it."""
    if batch.state != State.SEALED:
        return (State(batch.state), Move.ANSWER) in MOVES
    with parts.ledger.begin() as tx:
        if not rosters.may_have_arrived(tx, batch.id):
            return False
        rosters.proved(tx, batch.id, now)
        rosters.move(tx, batch.id, Move.LOSE_SIGHT, now)
        _audit(tx, parts, now, "answer-proves-delivery", f"batch {batch.id}", {"batch": batch.number})
    return True


_NOT_OURS = problem(
    "batch-unknown",
    "反馈中的批次号不是我方发给该银行的批次；文件已隔离，未读入任何数据。请银行核对批次号后重发",
    "the answer names a batch we never sent to this bank; the file is set apart and nothing of it was taken. Ask the bank to check",
)
_OF_ANOTHER = problem(
    "answer-of-another",
    "反馈（包名、文件名或文件头）写的是另一机构的代码；文件已隔离，未读入任何数据。请银行核对后重发；属实则由两人放行后读入"
    "（connector release --answer）",
    "the answer (its name or header) gives another institution's code; the file is set apart and nothing of it was taken. Ask the"
    " bank to check and send again; if it is the bank's own, two persons release it (connector release --answer)",
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

_RETIRED = problem(
    "answer-month-retired",
    "该反馈的其他包所在月份已按保存期限销毁，无法拼合；文件已隔离，未读入任何数据。仍需结果的，请重新受理该户并另行查询",
    "the other packages of this answer were erased with their month, so it cannot be put together; the file is set apart and nothing of"
    " it was taken. Who still needs the answer brings the household in again",
)
_TOO_MANY = problem(
    "too-many-editions",
    f"该批次已有 {EDITIONS_MAX} 个反馈版本，不再读入；文件已隔离。请与银行核实后重新查询",
    f"this batch has {EDITIONS_MAX} answers already and takes no more; the file is set apart. Ask the bank, then ask anew",
)


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
def _apply(parts: Parts, bank: Bank, row: AnyRow, batch: AnyRow, read: Read, now: datetime) -> str:
    """Seal the segments first, then name them with the edition: the ledger's only writer is held for a moment."""
    own = edition = editions.lay(read, batch)
    if read.package_no is not None:
        if others_retired(parts, batch, read):
            return _set_aside(parts, bank, row, read.batch_no, "quarantined", _RETIRED, now)
        edition = editions.lay(joined(parts, bank, batch, read), batch)
    with parts.ledger.begin() as tx:
        if answers.still_to_settle(tx, row.id) is None:
            return ELSEWHERE  # another process did it since, which was taken for dead
        own, edition = _keyed(tx, parts, own), _keyed(tx, parts, edition)
        earlier = answers.editions(tx, batch.id)
        known = _known(tx, parts, row, batch, own, earlier, now)
        if known:
            return known
        parts.vault.prepare(tx, "segment", _period(now))
    number = len(earlier) + 1
    with parts.ledger.read() as tx:
        named = segments.write(tx, parts.vault, parts.objects, batch.id, number, _period(now), edition.tables)
    crashpoint("N11")
    with parts.ledger.begin() as tx:
        if answers.still_to_settle(tx, row.id) is None:
            return ELSEWHERE
        if read.package_no is not None:
            which, packages = read.package_no, read.packages
            parted.add_part(tx, batch.id, row, number=which, packages=packages, revised=read.revised, digest=own.digest)
        whole = read.package_no is None or not parts_missing(tx, batch.id)
        detail = editions.append(tx, row, rosters.find_batch(tx, batch.id), edition, number, now, whole=whole)
        answers.add_segments(tx, named)
        _audit(tx, parts, now, "answer-settled", f"batch {batch.id}", detail)
        crashpoint("N12")
    crashpoint("N22")
    return "opened"


def _known(
    tx: Tx, parts: Parts, row: AnyRow, batch: AnyRow, edition: Edition, earlier: Sequence[AnyRow], now: datetime
) -> str | None:
    """What ends here: the same answer again, one that contradicts an answer without being marked a revision, one too many."""
    pieces = parted.parts(tx, batch.id)
    if edition.digest in {*(e.content_digest for e in earlier), *(piece.digest for piece in pieces)}:
        answers.set_inbound(tx, row.id, state="duplicate", batch=batch.id, problem=None)
        _audit(tx, parts, now, "answer-duplicate", f"inbound {row.id}", {"batch": batch.number})
        return "duplicate"
    why = None
    if len(earlier) >= EDITIONS_MAX:
        why = _TOO_MANY
    elif earlier and not _released(row) and not edition.read.revised and _differs(tx, parts, batch, edition, earlier, pieces):
        why = _DIFFERS
    if why is None:
        return None
    answers.set_inbound(tx, row.id, state="quarantined", batch=batch.id, problem=why)
    _audit(tx, parts, now, "answer-quarantined", f"inbound {row.id}", {"batch": batch.number, "code": why["code"]})
    return "quarantined"


def _differs(tx: Tx, parts: Parts, batch: AnyRow, edition: Edition, earlier: Sequence[AnyRow], pieces: Sequence[AnyRow]) -> bool:
    """Does it say otherwise what was said, without being marked a revision? Packages of one answer complete each other."""
    said, of_parts = edition.read, {piece.inbound for piece in pieces}
    if said.package_no is None or said.packages == 1 or any(one.inbound not in of_parts for one in earlier):
        return editions.contradicts(tx, parts, batch, edition)
    return said.package_no in {piece.number for piece in pieces}


def _keyed(tx: Tx, parts: Parts, edition: Edition) -> Edition:
    """With its digest as it is kept: a plain one of a small answer could be guessed."""
    return dataclasses.replace(edition, digest=parts.vault.index(tx, f"answer {edition.digest}").hex())


def _period(now: datetime) -> str:
    """The month whose data keys seal what is kept now."""
    return f"{now:%Y-%m}"


def _released(row: AnyRow) -> bool:
    """Two persons decided that this file is a revision."""
    return bool(row.problem and row.problem.get("code") == "released")


def _audit(tx: Tx, parts: Parts, now: datetime, what: str, subject: str, detail: dict[str, object]) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=subject, detail=detail)
