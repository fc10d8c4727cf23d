"""Small files kept whole on this disk, and folders that somebody else writes read without trust in what lies there."""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from transports.files import Entry

BLOCK = 256 * 1024


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole and synced under a name of its own, then renamed, then the folder synced."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """What was made, renamed or removed in it outlasts a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_small(path: Path, bytes_max: int) -> bytes | None:
    """A plain file of at most so many bytes; None for a link, a pipe, a folder, a larger file, or none."""
    try:
        with plain(path) as file:
            return file.read(bytes_max) if os.fstat(file.fileno()).st_size <= bytes_max else None
    except OSError:
        return None


def plain(path: Path) -> BinaryIO:
    """A plain file opened to be read; a link is not followed, a pipe does not hold us up. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EPERM, "not a plain file")
    return os.fdopen(descriptor, "rb")


def blocks(path: Path, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """The bytes of a plain file from ``start``, at most so many. Raises OSError."""
    with plain(path) as file:
        file.seek(start)
        left = os.fstat(file.fileno()).st_size if size is None else size
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def digest(path: Path, start: int = 0, size: int | None = None, *, kind: str = "sha256") -> str:
    """Their digest, in hex. Raises OSError."""
    running = hashlib.new(kind)
    for block in blocks(path, start, size):
        running.update(block)
    return running.hexdigest()


def entries(folder: Path, entries_max: int) -> list[Entry]:
    """At most so many of what lies in a folder, by name; links and pipes are told, not followed."""
    found: list[Entry] = []
    with os.scandir(folder) as scanned:
        for item in scanned:
            if len(found) == entries_max:
                break
            with suppress(FileNotFoundError):
                found.append(entry(item.name, item.stat(follow_symlinks=False)))
    return sorted(found, key=lambda each: each.name)


def entry(name: str, found: os.stat_result) -> Entry:
    """A file as the system tells of it."""
    return Entry(name, found.st_size, found.st_mtime, stat.S_ISREG(found.st_mode))


@contextmanager
def alone(path: Path, *, wait: bool = True) -> Iterator[None]:
    """One process and one thread at a time; the lock dies with its holder. Raises BlockingIOError when it need not wait."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)
