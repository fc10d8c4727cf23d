"""The carrier's journal: every act, numbered, chained, signed and synced before it counts; and its new lines laid out for the centre.

journal/journal.jsonl    all lines
journal/laid-out.json    up to which line the centre was given them
back/journal/journal-<first line>.jsonl   a segment: closed when it has its name, so that a gap may move it
"""

import contextlib
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from connector.moments import moment, parse
from transports import shelf
from transports.crashpoint import crashpoint
from transports.relay.book import segment_name
from transports.relay.lines import BrokenJournal, Head, Line, read, spelt
from transports.relay.memory import Memory
from transports.sealing.journal_key import JournalKey, holds

SIGN_OF_LIFE = timedelta(hours=1)


class Journal:
    """One carrier's. Safe to share between the threads of its banks; one process at a time holds it (process.py)."""

    def __init__(self, folder: Path, back: Path, key: JournalKey, now: Callable[[], datetime]) -> None:
        self._path, self._mark, self._out = folder / "journal.jsonl", folder / "laid-out.json", back / "journal"
        self._key, self._now, self._lock = key, now, threading.RLock()
        self._head, self._memories = Head(), dict[str, Memory]()
        self._said = datetime.min.replace(tzinfo=UTC)  # when the last line was written
        self._new: list[bytes] = []  # lines the centre was not given yet
        self._open()
        if self._head.n == 0:
            self.say(bank="", what="begun", name="", code=key.public)

    def say(self, *, bank: str, what: str, **more: Any) -> Line:
        """Write a line down; it is on disk when this returns. ``more``: the other fields of a Line."""
        with self._lock:
            line = Line(self._head.n + 1, moment(self._now()), bank, what, self._head.digest, **more)
            raw = spelt(line, self._key)
            self._append(raw)
            self._head, self._said = self._head.after(line), parse(line.at)
            self._new.append(raw)
            self.memory(bank).fold(line)
        return line

    def sign_of_life(self) -> None:
        """A line where none was written for an hour: that a carrier has nothing to say and that it is dead must not look alike."""
        with self._lock:
            if self._now() - self._said >= SIGN_OF_LIFE:
                self.say(bank="", what="alive")

    def memory(self, bank: str) -> Memory:
        """What the lines of a bank come to."""
        return self._memories.setdefault(bank, Memory())

    def lay_out(self) -> None:
        """Give the centre the new lines. After a crash in between, the same lines come again: it passes over what it knows."""
        with self._lock:
            if not self._new:
                return
            first = self._head.n - len(self._new) + 1
            shelf.write(self._out / segment_name(first), b"".join(self._new), 0o660)
            crashpoint("CR10")
            shelf.write(self._mark, orjson.dumps({"to": self._head.n}))
            self._new = []

    # ---- the file ------------------------------------------------------------------------------------------------------

    def _append(self, raw: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, raw[: len(raw) // 2])
                crashpoint("CR9")
                _write_all(descriptor, raw[len(raw) // 2 :])
                os.fsync(descriptor)
            except OSError:  # a full disk: the half line goes, so that the next one stands after a whole one
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _open(self) -> None:
        """Read it whole. A half last line is what a crash left of a line nobody acted on: it is taken away."""
        raw = self._path.read_bytes() if self._path.exists() else b""
        whole = raw[: raw.rfind(b"\n") + 1]
        if whole != raw:
            os.truncate(self._path, len(whole))
        laid_out = _laid_out(self._mark)
        signature, last = b"", None
        for text in whole.splitlines(keepends=True):
            line, signature = read(text.removesuffix(b"\n"))
            if (line.n, line.previous) != (self._head.n + 1, self._head.digest):
                raise BrokenJournal(f"line {line.n} does not follow line {self._head.n}", f"第 {line.n} 行与前一行不相接")
            self._head, last = self._head.after(line), line
            self.memory(line.bank).fold(line)
            if line.n > laid_out:
                self._new.append(text)
        if last is not None and not holds(self._key.public, last.message, signature):  # it vouches for all before it
            raise BrokenJournal("its last line is not signed by our key", "末行的签名不属于本机密钥")
        self._said = parse(last.at) if last is not None else self._said
        if laid_out > self._head.n:
            raise BrokenJournal(f"it ends at line {self._head.n}, {laid_out} were given out", "末尾有行缺失")


def _laid_out(mark: Path) -> int:
    try:
        return int(orjson.loads(mark.read_bytes())["to"])
    except FileNotFoundError:
        return 0


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
