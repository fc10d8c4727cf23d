"""A carrier's journal, line by line: numbered, each holding the digest of the one before, each signed; and the walk that refuses any other.

A line is canonical JSON (keys sorted, no spaces) of a Line and its signature. What is signed and digested is the line without it.
"""

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from transports import names
from transports.errors import Refused
from transports.sealing.journal_key import JournalKey, holds

SIGNED_AS = b"carrier-journal/1\n"  # said before what is signed, so that no other signature can be passed off as a line
LINE_BYTES_MAX = 64 * 1024
BEGINNING = "0" * 64
_NUMBER_END = 2**53
_REASON = re.compile(r"[a-z0-9-]{1,64}")
_SHAPES = {
    "at": re.compile(r"[0-9T:.Z+-]{1,40}"),
    "bank": re.compile(r"[A-Za-z0-9_-]{0,64}"),
    "what": re.compile(r"[a-z-]{1,32}"),
    "way": re.compile(r"out|back|"),
    "digest": re.compile(r"[0-9a-f]{64}|"),
    "delivery": re.compile(r"[a-z_]{0,32}"),
    "code": re.compile(r"[a-z0-9-]{0,64}|ed25519:[A-Za-z0-9+/=]{1,80}"),
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One act. ``way``: out to the bank, back from it. ``turn``: which order of the centre it answers. ``at``: UTC, ISO 8601.

    ``what``: begun | taken | put | look | fetched | acknowledged | refused | recalled | too-late | unreachable |
    asks (``turn``: by which number, ``size``: for how many answers) | alive (nothing else was said for a while).
    ``delivery``: of a put, as transport.Delivery; ``code``: the cause where it was not delivered. ``strange``: after a listing.
    """

    n: int
    at: str
    bank: str
    what: str
    previous: str
    way: str = ""
    name: str = ""
    size: int = 0
    digest: str = ""
    turn: int = 0
    delivery: str = ""
    code: str = ""
    modified: float = 0.0
    strange: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> bytes:
        """What is signed."""
        return SIGNED_AS + orjson.dumps(dataclasses.asdict(self), option=orjson.OPT_SORT_KEYS)

    @property
    def own_digest(self) -> str:
        """What the next line holds as ``previous``: SHA-256, hex."""
        return hashlib.sha256(self.message).hexdigest()


_KINDS: dict[str, type] = {field.name: field.type for field in dataclasses.fields(Line) if isinstance(field.type, type)}


@dataclasses.dataclass(frozen=True)
class Head:
    """The last line known: its number and its digest."""

    n: int = 0
    digest: str = BEGINNING

    def after(self, line: Line) -> "Head":
        """The head once ``line`` is known."""
        return Head(line.n, line.own_digest)


class BrokenJournal(Refused):
    """The journal is not the one the carrier wrote: nothing of it is believed from here on, and a person must look."""

    code = "journal-broken"

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(
            f"the carrier's journal does not hold: {en}. Touch nothing on either machine and find out who changed it",
            f"前置机日志不可信：{zh}。请保留两侧现场，并查明何人改动",
        )


def spelt(line: Line, key: JournalKey) -> bytes:
    """The line as it is written, with its signature and its end."""
    said = dataclasses.asdict(line) | {"signature": key.sign(line.message).hex()}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS) + b"\n"


def read(raw: bytes) -> tuple[Line, bytes]:
    """A line and its signature. Raises BrokenJournal for any other spelling, so that not a byte can differ unseen."""
    try:
        said: dict[str, Any] = orjson.loads(raw)
        if orjson.dumps(said, option=orjson.OPT_SORT_KEYS) != raw or len(raw) > LINE_BYTES_MAX:
            raise ValueError
        signature = bytes.fromhex(said.pop("signature"))
        strange = tuple((str(reason), str(masked)) for reason, masked in said.pop("strange"))
        if said.keys() | {"strange"} != {field.name for field in dataclasses.fields(Line)}:
            raise ValueError
        if not all(type(said[name]) is kind for name, kind in _KINDS.items()):
            raise ValueError
        line = Line(strange=strange, **said)
        _expect_harmless(line)
        return line, signature
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BrokenJournal("a line of it is no line of a journal", "其中一行不是日志行") from None


def _expect_harmless(line: Line) -> None:
    """Whoever took a carrier over holds its key too: what a line says may be no path, no text of a person, no number out of bounds."""
    plain = all(shape.fullmatch(getattr(line, field)) for field, shape in _SHAPES.items())
    numbers = all(0 <= number < _NUMBER_END for number in (line.size, line.turn, line.n)) and abs(line.modified) < _NUMBER_END
    strange = all(_REASON.fullmatch(reason) and names.is_masked(masked) for reason, masked in line.strange)
    if not (plain and numbers and strange) or (line.name and names.problem(line.name)):
        raise ValueError


def walk(raw_lines: Iterable[bytes], head: Head, public: str) -> Iterator[Line]:
    """The lines after ``head``, each proved; lines known already are passed over. Raises BrokenJournal at the first that is not next."""
    for raw in raw_lines:
        line, signature = read(raw)
        if not holds(public, line.message, signature):
            raise BrokenJournal(f"line {line.n} is not signed by its key", f"第 {line.n} 行的签名不属于该前置机")
        if line.n < head.n:
            continue
        if line.n == head.n:
            if line.own_digest != head.digest:
                raise BrokenJournal(f"line {line.n} is another than it was", f"第 {line.n} 行与此前不同")
            continue
        if line.n != head.n + 1:
            raise BrokenJournal(f"line {line.n} follows line {head.n}", f"第 {head.n} 行之后是第 {line.n} 行")
        if line.previous != head.digest:
            raise BrokenJournal(f"line {line.n} does not fit the line before it", f"第 {line.n} 行与前一行不相接")
        head = head.after(line)
        yield line
