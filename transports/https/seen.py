"""Which messages came before: a permanent ledger of their ids, so that a message sent again is told from a new one for ever."""

import errno
import fcntl
import hashlib
import os
import threading
from pathlib import Path
from typing import Literal, Protocol

Verdict = Literal["new", "same", "other"]


class Seen(Protocol):
    """Asked only about messages whose sender was proved (rule 28, security A11 and A16)."""

    def first(self, key_id: str, message_id: str, nonce: str, digest: str, at: float) -> Verdict:
        """Note it. ``new``: never kept before; ``same``: kept, with these bytes; ``other``: noted with other bytes or id.

        A message that came and was never kept is new again: its first try may have failed.
        """

    def keep(self, key_id: str, message_id: str, digest: str) -> None:
        """It is stored durably; from now on it is ``same``."""


class MemorySeen:
    """A ledger that ends with the process. ``window_s``: how long a nonce is remembered; older stamps are refused elsewhere."""

    def __init__(self, window_s: float = 300.0) -> None:
        self._window_s = window_s
        self._noted: dict[bytes, bytes] = {}
        self._kept: set[bytes] = set()
        self._nonces: dict[bytes, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def first(self, key_id: str, message_id: str, nonce: str, digest: str, at: float) -> Verdict:
        """See Seen."""
        message, content = _hash(key_id, message_id), bytes.fromhex(digest)
        with self._lock:
            if nonce and not self._fits(_hash(key_id, nonce), message + content, at):
                return "other"
            if self._noted.get(message, content) != content:
                return "other"
            if message in self._kept:
                return "same"
            if message not in self._noted:
                self._write(b"noted", message, content)
                self._noted[message] = content
            return "new"

    def keep(self, key_id: str, message_id: str, digest: str) -> None:
        """See Seen."""
        message, content = _hash(key_id, message_id), bytes.fromhex(digest)
        with self._lock:
            if message not in self._kept:
                self._write(b"kept", message, content)
                self._noted[message] = content
                self._kept.add(message)

    def _fits(self, nonce: bytes, what: bytes, at: float) -> bool:
        """Was the nonce not used for anything else?"""
        while self._nonces:  # in the order they came
            oldest = next(iter(self._nonces))
            if self._nonces[oldest][0] > at - self._window_s:
                break
            del self._nonces[oldest]
        return self._nonces.setdefault(nonce, (at, what))[1] == what

    def _write(self, word: bytes, message: bytes, content: bytes) -> None:
        """Before it counts."""


class FileSeen(MemorySeen):
    """A ledger in one file that only grows: a line is written and synced before its word counts.

    One process at a time: raises BlockingIOError while another holds the file, ValueError where it is no such ledger.
    """

    def __init__(self, path: Path, window_s: float = 300.0) -> None:
        super().__init__(window_s)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._size = self._load(path)

    def _load(self, path: Path) -> int:
        whole = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # torn when the machine died; what it would have said was never told to anybody
                whole += len(line)
                word, message, content = line.split()
                self._noted[bytes.fromhex(message.decode())] = bytes.fromhex(content.decode())
                if word == b"kept":
                    self._kept.add(bytes.fromhex(message.decode()))
        os.ftruncate(self._file, whole)
        return whole

    def _write(self, word: bytes, message: bytes, content: bytes) -> None:
        line = b" ".join((word, message.hex().encode(), content.hex().encode())) + b"\n"
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(errno.ENOSPC, "no room for a line")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)  # half a line would spoil the next
            raise
        self._size += len(line)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)


def _hash(key_id: str, text: str) -> bytes:
    return hashlib.sha256(f"{len(key_id)}:{key_id}{text}".encode()).digest()[:16]
