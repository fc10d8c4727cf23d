"""settle: a sealed parcel → one more answer edition: outcomes and sealed segments, in one transaction. Mirrors gather.

The seal is verified before a byte is parsed, and the virus scanner, where there is one, has seen the opened content before a row of it
is read: without its word the file waits as it came. The whole file is read before a row is kept. What cannot be read is refused whole, what
nobody asked for is set apart, and the file as it came stays in the object store either way.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

from bank_profiles.errors import OtherEdition, UnreadableFile
from bank_profiles.language.profile import Profile
from bank_profiles.translation import Reading, read_package
from connector import editions, segments
from connector.bank import Bank
from connector.editions import Edition, Read
from connector.ledger import answers, audit, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import MOVES, Move, State
from connector.moments import parse
from connector.objects.store import StoreFull
from connector.steps.parts import STEPPER, Parts, problem
from reconciliation.vectors import EDITIONS_MAX
from transports.crashpoint import crashpoint
from transports.errors import BrokenSeal, UnknownKey
from transports.scanner import NotScanned, ScannerDown


@dataclasses.dataclass(frozen=True)
class _Unreadable:
    """The package is refused whole; the batch it names, where that much could be read."""

    batch_no: str | None
    cause: UnreadableFile

    @property
    def why(self) -> dict[str, str]:
        """What to tell, and to pass on to the bank."""
        return problem(
            self.cause.problems[0].code,
            f"{self.cause.render('zh')}\n整个文件未读入。请把以上内容转告银行，更正后重新反馈",
            f"{self.cause.render('en')}\nNothing of the file was taken. Pass this on to the bank and ask for a corrected answer",
        )


@dataclasses.dataclass(frozen=True)
class _Infected:
    """The package is refused unread. No batch is held for it: which one it answers stands inside, and inside nobody looks."""

    found: str
    batch_no: None = None

    @property
    def why(self) -> dict[str, str]:
        """The scanner's name for what it found; nothing of the content."""
        return problem(
            "infected",
            f"病毒扫描在反馈中发现 {self.found}；文件保持封装，未读入任何数据。请告知银行，清除后重新反馈",
            f"the virus scanner found {self.found} in the answer; the file stays sealed and nothing of it was taken. Tell the bank and ask"
            " for a clean answer",
        )


def settle(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """Open what arrived from one bank; how many files ended how. One bad file never stops the next, not even by a fault of ours."""
    with parts.ledger.read() as tx:
        arrived = answers.to_settle(tx, bank.code)
    counts: dict[str, int] = {}
    fault: Exception | None = None
    waits: NotScanned | None = None
    for row in arrived:
        try:
            ended = _settle_one(parts, bank, row, now)
        except (LedgerError, StoreFull, ScannerDown):
            raise  # the next file would meet the same
        except NotScanned as undecided:
            waits, ended = waits or undecided.about(f"{row.name} (#{row.id})"), "waits"  # told, and asked again by the next pass
        except Exception as ours:
            fault, ended = ours, "stopped"  # a key or an object that is missing, a fault of ours: it stays, and is told
        counts[ended] = counts.get(ended, 0) + 1
    if stopped := fault or waits:
        raise stopped
    return counts


def _settle_one(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> str:
    try:
        infected = _scan(parts, bank, row, now)
        read, batch = (infected, None) if infected else _read_as_sent(parts, bank, row, now)
    except (BrokenSeal, UnknownKey) as broken:
        if isinstance(broken, UnknownKey) and broken.code != "seal-not-for-us":
            raise  # our ring lacks a key: the file waits until it is there
        return _set_aside(parts, bank, row, None, "refused", problem(broken.code, broken.zh, broken.en), now)
    if isinstance(read, _Unreadable | _Infected):
        return _set_aside(parts, bank, row, read.batch_no, "refused", read.why, now)
    if _of_another(read, bank) and not _released(row):
        return _set_aside(parts, bank, row, read.batch_no, "quarantined", _OF_ANOTHER, now)
    if batch is None:
        return _set_aside(parts, bank, row, None, "quarantined", _NOT_OURS, now)
    if not _awaited(parts, batch, now):
        return _set_aside(parts, bank, row, batch.number, "quarantined", _NOT_AWAITED, now)
    return _apply(parts, row, batch, read, now)


def _scan(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> _Infected | None:
    """What the virus scanner says of the opened content; what is read afterwards is opened from the same sealed bytes.

    Raises NotScanned, BrokenSeal, UnknownKey.
    """
    if parts.scanner is None:
        return None
    found = parts.scanner.scan(_opened(parts, bank, bank.profile_on(parts.day(now)), row))
    return None if found is None else _Infected(found)


def _of_another(read: Read, bank: Bank) -> bool:
    """Does the answer call itself another institution's than the one whose road and seal it came by? Zeros in front only fill up."""
    return read.institution is not None and read.institution.lstrip("0") != bank.code.lstrip("0")


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


_TOO_MANY = problem(
    "too-many-editions",
    f"该批次已有 {EDITIONS_MAX} 个反馈版本，不再读入；文件已隔离。请与银行核实后重新查询",
    f"this batch has {EDITIONS_MAX} answers already and takes no more; the file is set apart. Ask the bank, then ask anew",
)


def _read_as_sent(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> tuple[Read | _Unreadable, AnyRow | None]:
    """The answer in the edition its inquiry was written in, and the batch it names. Raises BrokenSeal, UnknownKey.

    Which edition that was is only known once the batch is: the newest one sent is tried first, and the batch it finds decides.
    """
    with parts.ledger.read() as tx:
        tried = list(rosters.editions(tx, bank.code)) or [bank.profile_on(parts.day(now)).version]
    first: Read | _Unreadable | None = None
    for version in tried:
        read = _read(parts, bank, bank.edition(version), row)
        with parts.ledger.read() as tx:
            batch = rosters.batch_numbered(tx, bank.code, read.batch_no) if read.batch_no else None
        if batch is not None:
            return (read if batch.edition == version else _read(parts, bank, bank.edition(batch.edition), row)), batch
        first = first or read
    return first or _read(parts, bank, bank.profile_on(parts.day(now)), row), None


def _read(parts: Parts, bank: Bank, profile: Profile, row: AnyRow, *, picked: bool = False) -> Read | _Unreadable:
    """Verify, open and read one parcel to its end, by another edition where it says so itself. Raises BrokenSeal, UnknownKey."""
    blocks = _opened(parts, bank, profile, row)
    crashpoint("N6")
    reading = read_package(profile, "response", row.name, blocks)
    try:
        rows = [(piece.file, piece.kind, piece.table) for piece in reading]
    except OtherEdition as other:
        if picked:
            return _Unreadable(_batch_no(reading), other)  # two editions that point at each other
        return _read(parts, bank, bank.edition(other.version), row, picked=True)
    except UnreadableFile as unreadable:
        return _Unreadable(_batch_no(reading), unreadable)
    crashpoint("N9")
    parked = reading.parked.total()
    lines = frozenset(reading.parked_lines)
    return Read(_batch_no(reading), _said(reading, "bank"), rows, parked, lines, reading.problems)


def _opened(parts: Parts, bank: Bank, profile: Profile, row: AnyRow) -> Iterator[bytes]:
    """The content of a parcel, from the object store. Raises BrokenSeal, UnknownKey before the first block."""
    return bank.channel(profile).open(lambda: parts.objects.get(row.digest), parse(row.arrived_at))


def _batch_no(reading: Reading) -> str | None:
    """The batch the package itself names; it came under a good seal, so it is the bank's word."""
    return _said(reading, "batch_no")


def _said(reading: Reading, fact: str) -> str | None:
    said = reading.facts.get(fact)
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
def _apply(parts: Parts, row: AnyRow, batch: AnyRow, read: Read, now: datetime) -> str:
    """Seal the segments first, then name them with the edition: the ledger's only writer is held for a moment."""
    edition = editions.lay(read, batch)
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
        detail = editions.append(tx, row, rosters.find_batch(tx, batch.id), edition, number, now)
        answers.add_segments(tx, named)
        _audit(tx, parts, now, "answer-settled", f"batch {batch.id}", detail)
        crashpoint("N12")
    crashpoint("N22")
    return "opened"


def _known(
    tx: Tx, parts: Parts, row: AnyRow, batch: AnyRow, edition: Edition, earlier: Sequence[AnyRow], now: datetime
) -> str | None:
    """What ends here: the same answer again, one that contradicts an answer without being marked a revision, one too many."""
    if any(e.content_digest == edition.digest for e in earlier):
        answers.set_inbound(tx, row.id, state="duplicate", batch=batch.id, problem=None)
        _audit(tx, parts, now, "answer-duplicate", f"inbound {row.id}", {"batch": batch.number})
        return "duplicate"
    why = None
    if len(earlier) >= EDITIONS_MAX:
        why = _TOO_MANY
    elif earlier and not _released(row) and editions.contradicts(tx, parts, batch, edition):
        why = _DIFFERS
    if why is None:
        return None
    answers.set_inbound(tx, row.id, state="quarantined", batch=batch.id, problem=why)
    _audit(tx, parts, now, "answer-quarantined", f"inbound {row.id}", {"batch": batch.number, "code": why["code"]})
    return "quarantined"


def _period(now: datetime) -> str:
    """The month whose data keys seal what is kept now."""
    return f"{now:%Y-%m}"


def _released(row: AnyRow) -> bool:
    """Two persons decided that this file is a revision."""
    return bool(row.problem and row.problem.get("code") == "released")


def _audit(tx: Tx, parts: Parts, now: datetime, what: str, subject: str, detail: dict[str, object]) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=subject, detail=detail)
