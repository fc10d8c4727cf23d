"""A folder of sealed objects, each named by the SHA-256 of its bytes; written and synced before anyone may name it.

What is kept is ciphertext, so a left-over of a crash is waste, never a leak. Objects stand in 65,536 shard folders
(``ab/cd/abcd…``), so that a folder stays small at 10^8 objects. Folders are 0700, files 0600.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from connector.objects.store import BLOCK_BYTES, StoreFull, broken, is_digest, missing, shelved
from transports import shelf
from transports.crashpoint import crashpoint
from transports.measured import DIGEST

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderStore:
    """The store in a folder of its own, made when missing. Safe for many processes and threads at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unfinished = folder / "unfinished"
        self._unfinished.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._durable: set[Path] = set()  # shard folders this process knows to be synced

    def put(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """Keep the bytes; their SHA-256 (hex) and size once they are durable. The same bytes again are the same object.

        Raises StoreFull, and whatever ``blocks`` raises; nothing is kept then.
        """
        path = self._unfinished / secrets.token_hex(16)
        try:
            with _new_file(path) as file:
                digest, size = _write(file, blocks)
                crashpoint("O7")
                file.flush()
                os.fsync(file.fileno())
            crashpoint("O8")
            self._keep(path, digest)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in _FULL:
                raise _full() from error
            raise
        return digest, size

    def get(self, digest: str) -> Iterator[bytes]:
        """The bytes, in blocks, checked as they stream: what was given counts only once the iteration has ended.

        Raises ObjectMissing before the first block, ObjectBroken at the end.
        """
        try:
            file = self._path(digest).open("rb")
        except FileNotFoundError:
            raise missing(digest) from None
        running = hashlib.new(DIGEST)
        with file:
            while block := file.read(BLOCK_BYTES):
                running.update(block)
                yield block
        if running.hexdigest() != digest:
            raise broken(digest)

    def has(self, digest: str) -> bool:
        """Whether an object of this digest is kept."""
        return self._path(digest).is_file()

    def delete(self, digest: str) -> bool:
        """Remove it, durably; whether it was there. May be repeated."""
        path = self._path(digest)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        shelf.sync(path.parent)
        return True

    def digests(self) -> Iterator[str]:
        """Every object kept, in no order."""
        return (path.name for path in self.folder.glob("??/??/*") if is_digest(path.name))

    def sweep(self, before: float) -> int:
        """Remove what crashes left unfinished before a time (seconds since the epoch); how many. Never an object."""
        left = [path for path in self._unfinished.iterdir() if path.stat().st_mtime < before]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, digest: str) -> Path:
        return self.folder / shelved(digest)

    def _keep(self, path: Path, digest: str) -> None:
        """Give the whole file its name. An object already there is replaced by its equal, which heals a rotten one."""
        home = self._path(digest)
        self._make_durable(home.parent.parent)
        self._make_durable(home.parent)
        path.replace(home)
        crashpoint("O9")
        shelf.sync(home.parent)

    def _make_durable(self, folder: Path) -> None:
        """The folder and its entry on the disk, even when another process made it and died before it synced."""
        if folder not in self._durable:
            folder.mkdir(mode=0o700, exist_ok=True)
            shelf.sync(folder.parent)
            self._durable.add(folder)


def _write(file: BinaryIO, blocks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.new(DIGEST), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
        file.write(block)
    return digest.hexdigest(), size


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _full() -> StoreFull:
    return StoreFull(
        "the disk of the objects folder is full; make room, then repeat", "objects 目录所在磁盘已满；请腾出空间后重试"
    )
