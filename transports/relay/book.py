"""The centre's book of a carrier: journal taken in and proved, what each bank's lines come to, and what we asked ourselves.

state/head.json          the last line known, the next must fit it; and the segment it stood in
state/<bank>.json        what the lines say of the bank, and what we asked for it
state/journal/           the segments as they came: evidence, kept
A crash between the files only folds the same lines again, which changes nothing; the head is written last.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from transports import shelf
from transports.files import Entry
from transports.relay import share
from transports.relay.lines import BrokenJournal, Head, Line, walk
from transports.relay.memory import Memory, from_data
from transports.relay.orders import is_whole

SEGMENT = re.compile(r"journal-[0-9]{12}\.jsonl")
SEGMENT_BYTES_MAX = 256 * 1024 * 1024
SEGMENTS_MAX = 100_000


def head_of(path: Path) -> Head | None:
    """The head kept in a book's head.json; None where there is none that can be read."""
    try:
        return Head(**orjson.loads(path.read_bytes())["head"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def segment_name(first: int) -> str:
    """A segment is called by its first line."""
    return f"journal-{first:012}.jsonl"


@dataclasses.dataclass
class Page:
    """One bank: ``memory`` is the carrier's word; ``placed``: stem → (turn, whether its order surely stands), ``told``: stem → turn
    whose refusal was handed on, ``back``: stem → turn we asked back, ``kept``: name → line of the answer we acknowledged.
    ``asked``: the last number and names of what we wait for. All but the first are ours."""

    memory: Memory = dataclasses.field(default_factory=Memory)
    placed: dict[str, tuple[int, bool]] = dataclasses.field(default_factory=dict)
    told: dict[str, int] = dataclasses.field(default_factory=dict)
    kept: dict[str, int] = dataclasses.field(default_factory=dict)
    back: dict[str, int] = dataclasses.field(default_factory=dict)
    asked: tuple[int, list[str]] = (0, [])

    @property
    def ours(self) -> tuple[Any, ...]:
        """Our part of it as it is now."""
        return dict(self.placed), dict(self.told), dict(self.kept), dict(self.back), self.asked


class Book:
    """``back``: where the carrier's segments arrive; ``state``: ours; ``public``: the pinned key of the journal."""

    def __init__(self, back: Path, state: Path, public: str) -> None:
        self._back, self._journal, self._state, self._public = back, back / "journal", state, public
        self._pages: dict[str, tuple[tuple[int, int], Page]] = {}  # as last read, and of which file

    @contextmanager
    def page(self, bank: str) -> Iterator[Page]:
        """A bank's page with the newest lines taken in; what is changed in it is durable when this ends. Raises BrokenJournal, Unreachable."""
        (self._state / "journal").mkdir(parents=True, exist_ok=True, mode=0o700)
        with shelf.alone(self._state / "lock"):
            self._take_in()
            page = self._read(bank)
            before = page.ours
            try:
                yield page
            finally:
                if page.ours != before:
                    self._write(bank, page)

    # ---- the journal ---------------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        said = self._head()
        for entry in share.do(self._back, lambda: _segments(self._journal)):
            path, kept = self._journal / entry.name, self._state / "journal" / entry.name
            # a gap that copies brought it again (one that was laid out anew is longer), or we may not take it away
            if (entry.name < said["last"] and is_whole(kept, entry.size)) or _stands(entry) == said.get("seen"):
                share.tidy(self._back, path)
                continue
            raw = share.do(self._back, partial(shelf.read_small, path, SEGMENT_BYTES_MAX), entry.size)
            if not raw:  # no plain file, or one of which nothing was copied yet
                continue
            whole = raw[: raw.rfind(b"\n") + 1]  # the rest is still being copied
            head = Head(**said["head"])
            news = list(walk(whole.splitlines(), head, self._public))
            self._fold(news)
            if whole == raw:
                shelf.write(kept, raw)
            if news:
                seen = _stands(entry) if whole == raw else None
                said = {"head": dataclasses.asdict(head.after(news[-1])), "last": entry.name, "seen": seen}
                shelf.write(self._state / "head.json", orjson.dumps(said))
            if whole == raw:
                share.tidy(self._back, path)

    def _fold(self, news: Sequence[Line]) -> None:
        for bank in sorted({line.bank for line in news if line.bank}):
            page = self._read(bank)
            for line in news:
                if line.bank == bank:
                    page.memory.fold(line)
            self._write(bank, page)

    # ---- our files -----------------------------------------------------------------------------------------------------

    def _head(self) -> dict[str, Any]:
        said = _ours(self._state / "head.json")
        return said if said is not None else {"head": {}, "last": ""}

    def _read(self, bank: str) -> Page:
        """From the file, which is a new one after every change; as it was read before where it is the same."""
        path = self._page(bank)
        stamp, known = _stamp(path), self._pages.get(bank)
        if known is None or known[0] != stamp:
            self._pages[bank] = known = stamp, _page(_ours(path))
        return known[1]

    def _write(self, bank: str, page: Page) -> None:
        path = self._page(bank)
        shelf.write(path, orjson.dumps(page))
        self._pages[bank] = _stamp(path), page

    def _page(self, bank: str) -> Path:
        return self._state / f"bank-{bank}.json"


def _segments(journal: Path) -> list[Entry]:
    """The oldest first."""
    try:
        found = shelf.entries(journal, SEGMENTS_MAX)
    except FileNotFoundError:
        return []
    return [entry for entry in found if entry.regular and SEGMENT.fullmatch(entry.name)]


def _stands(entry: Entry) -> list[Any]:
    """What tells that a segment is still the one that was read."""
    return [entry.name, entry.size, entry.modified]


def _page(said: dict[str, Any] | None) -> Page:
    if said is None:
        return Page()
    placed = {stem: (turn, stands) for stem, (turn, stands) in said["placed"].items()}
    number, names = said.get("asked", (0, []))
    asked = number, list(names)
    return Page(from_data(said["memory"]), placed, said["told"], said["kept"], said.get("back", {}), asked)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _ours(path: Path) -> dict[str, Any] | None:
    """A file of ours; None before the first. Raises BrokenJournal when somebody else wrote it."""
    try:
        said: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        raise BrokenJournal(f"{path} is not what this program keeps there", f"{path} 不是本程序留存的文件") from None
    return said
