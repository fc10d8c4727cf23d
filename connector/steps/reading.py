"""A sealed answer opened and read to its end, in the edition its inquiry was written in; nothing of it is kept here.

settle reads what arrived this way; the drop-box tries an answer in the same words before the bank submits it.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import pyarrow as pa

from bank_profiles.errors import OtherEdition, UnreadableFile
from bank_profiles.language.profile import Profile
from bank_profiles.package_names import is_receipt_name
from bank_profiles.translation import Reading, read_package
from connector.answers import receipts, witness
from connector.answers.editions import Read
from connector.answers.receipts import Receipt
from connector.answers.witness import Content, Statement
from connector.bank import Bank
from connector.ledger import rosters
from connector.ledger.key_use import Use
from connector.ledger.rows import AnyRow
from connector.parts import Parts, problem
from transports.crashpoint import crashpoint
from transports.errors import BrokenSeal, UnknownKey
from transports.transport import Blocks


@dataclasses.dataclass(frozen=True)
class Sealed:
    """An answer as it came: its name on the wire, its bytes, when it arrived (the seal must have held then)."""

    name: str
    blocks: Blocks
    arrived_at: datetime
    road: str | None = None  # the kind of road it was fetched from
    witness: str | None = None  # alias of the key that seals what the drop-box was handed in clear
    told: Callable[[Iterable[Use]], None] = lambda _: None  # by which keys it was opened

    def open(self, bank: Bank, profile: Profile) -> Content:
        """Verified and opened. Raises BrokenSeal, UnknownKey before the first block."""
        channel = bank.channel(profile)
        content = witness.opened(channel, self.blocks, self.arrived_at, self.witness, bank=bank.code, road=self.road)
        self.told(content.used)
        return content


@dataclasses.dataclass(frozen=True)
class InHand:
    """A sheet that is tried: it came over a line that proved whose it is, and lies nowhere but in memory."""

    name: str
    content: bytes

    def open(self, bank: Bank, profile: Profile) -> Content:  # noqa: ARG002 (as a sealed one is opened)
        """The sheet itself."""
        return Content(iter([self.content]))


@dataclasses.dataclass(frozen=True)
class Unreadable:
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
class Infected:
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


def lacks_a_key(broken: BrokenSeal | UnknownKey) -> bool:
    """Is it our ring that lacks a key, and nothing is wrong with the parcel?"""
    return isinstance(broken, UnknownKey) and broken.code != "seal-not-for-us"


def _scan(parts: Parts, bank: Bank, answer: Sealed | InHand, now: datetime) -> Infected | None:
    """What the virus scanner says of the opened content; what is read afterwards is opened from the same sealed bytes."""
    if parts.scanner is None:
        return None
    found = parts.scanner.scan(answer.open(bank, bank.profile_on(parts.day(now))).blocks)
    return None if found is None else Infected(found)


def read_as_sent(
    parts: Parts, bank: Bank, answer: Sealed | InHand, now: datetime
) -> tuple[Read | Unreadable | Infected, AnyRow | None]:
    """The answer, past the virus scanner, in the edition its inquiry was written in; and the batch it names.

    Which edition that was is only known once the batch is: the newest one sent is tried first, and the batch it finds decides.
    Raises NotScanned, BrokenSeal, UnknownKey.
    """
    if infected := _scan(parts, bank, answer, now):
        return infected, None
    with parts.ledger.read() as tx:
        tried = list(rosters.editions(tx, bank.code)) or [bank.profile_on(parts.day(now)).version]
    first: Read | Unreadable | None = None
    for version in tried:
        read = _read(bank, bank.edition(version), answer)
        with parts.ledger.read() as tx:
            batch = rosters.batch_numbered(tx, bank.code, read.batch_no) if read.batch_no else None
        if batch is not None:
            return (read if batch.edition == version else _read(bank, bank.edition(batch.edition), answer)), batch
        first = first or read
    return first or _read(bank, bank.profile_on(parts.day(now)), answer), None


def _read(bank: Bank, profile: Profile, answer: Sealed | InHand, *, picked: bool = False) -> Read | Unreadable:
    """Verify, open and read one parcel to its end, by another edition where it says so itself. Raises BrokenSeal, UnknownKey."""
    content = answer.open(bank, profile)
    crashpoint("N6")
    reading = read_package(profile, "response", answer.name, content.blocks, zip_password=bank.zip_password())
    try:
        rows = [(piece.file, piece.kind, piece.table) for piece in reading]
    except OtherEdition as other:
        if picked:
            return Unreadable(_batch_no(reading), other)  # two editions that point at each other
        return _read(bank, bank.edition(other.version), answer, picked=True)
    except UnreadableFile as unreadable:
        return Unreadable(_batch_no(reading), unreadable)
    crashpoint("N9")
    return as_read(reading, rows, content.witnessed)


def as_read(reading: Reading, rows: Sequence[tuple[str, str, pa.Table]], witnessed: Statement | None = None) -> Read:
    """What a package said, once ``reading`` came to its end; ``rows``: file, kind, rows."""
    return Read(
        _batch_no(reading),
        _said(reading, "bank"),
        rows,
        reading.parked.total(),
        frozenset(reading.parked_lines),
        reading.problems,
        witnessed,
        reading.facts.get("package_no"),
        reading.facts.get("packages"),
        reading.facts.get("revision") == "revised",
    )


def read_again(bank: Bank, batch: AnyRow, answer: Sealed) -> Read:
    """An answer that was read before, by the edition of its batch. Raises BrokenSeal, UnknownKey; UnreadableFile is a fault of ours."""
    read = _read(bank, bank.edition(batch.edition), answer)
    if isinstance(read, Unreadable):
        raise read.cause
    return read


# ---------------------------------------------------------------- receipts
@dataclasses.dataclass(frozen=True)
class Receipts:
    """A file of receipts read to its end, by this edition."""

    profile: Profile
    found: Sequence[Receipt]


def as_receipts(parts: Parts, bank: Bank, name: str, now: datetime) -> Profile | None:
    """The edition by which a file of this name is a receipt; None where it is none. The newest one sent comes first."""
    with parts.ledger.read() as tx:
        tried = list(rosters.editions(tx, bank.code)) or [bank.profile_on(parts.day(now)).version]
    for version in tried:
        profile = bank.edition(version)
        if profile.receipt is not None and is_receipt_name(profile, name):
            return profile
    return None


def read_receipts(parts: Parts, bank: Bank, profile: Profile, answer: Sealed, now: datetime) -> Receipts | Unreadable | Infected:
    """Past the virus scanner, by the layout of receipts. Raises NotScanned, BrokenSeal, UnknownKey."""
    if infected := _scan(parts, bank, answer, now):
        return infected
    content = answer.open(bank, profile)
    reading = read_package(profile, "receipt", answer.name, content.blocks, zip_password=bank.zip_password())
    try:
        tables = [piece.table for piece in reading if piece.kind == "receipt"]
    except UnreadableFile as unreadable:
        return Unreadable(None, unreadable)
    return Receipts(profile, [each for table in tables for each in receipts.said(table, reading.facts)])


def _batch_no(reading: Reading) -> str | None:
    """The batch the package itself names; it came under a good seal, so it is the bank's word."""
    return _said(reading, "batch_no")


def _said(reading: Reading, fact: str) -> str | None:
    said = reading.facts.get(fact)
    return str(said) if said else None
