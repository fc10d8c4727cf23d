"""A local or mounted folder as a road: the same order of acts as over SFTP, every file and folder synced."""

import contextlib
import dataclasses
import errno
import functools
import io
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from transports import hands, renaming, shelf, words
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Entry, Failed, Missing
from transports.looks import Looks
from transports.mailbox import Mailbox
from transports.manners import Manners

_BLOCK = 256 * 1024
_ENTRIES = 256  # of a listing at a time
T = TypeVar("T")


class _Closes(Protocol):
    def close(self) -> None: ...


F = TypeVar("F", bound=_Closes)


@dataclasses.dataclass(frozen=True)
class Deadlines:
    """How long a mount may be silent: each act, and syncing so many bytes besides."""

    act_s: float = 30.0
    synced_per_s: float = 1024 * 1024

    def syncing(self, size: int) -> float:
        """Of a file of this size."""
        return self.act_s + size / self.synced_per_s


@dataclasses.dataclass(frozen=True)
class FolderSettings:
    """``root`` stands for the peer; the folders of ``manners`` lie below it and must exist (an unmounted share has none)."""

    root: Path
    manners: Manners
    deadlines: Deadlines = Deadlines()


class Folder(Mailbox):
    """A Transport over folders of this machine."""

    def __init__(self, settings: FolderSettings, *, looks: Looks | None = None) -> None:
        super().__init__(LocalFiles(settings.root, settings.deadlines), settings.manners, looks=looks)


class LocalFiles:
    """The six acts on a local folder, durable when they return. Every touch of the disk has its end (transports/hands.py)."""

    def __init__(self, root: Path, deadlines: Deadlines = Deadlines()) -> None:
        self._root = root
        self._deadlines = deadlines

    def stat(self, path: str) -> Entry | None:
        """The file itself, never what a link points to."""
        return self.stats(path)[0]

    def stats(self, *paths: str) -> list[Entry | None]:
        """Several files."""
        wanted = [self._at(path) for path in paths]
        return self._do(lambda: [_looked_at(path) for path in wanted])

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in the folder; a file that vanishes meanwhile is left out."""
        with self._opened(lambda: os.scandir(self._at(folder))) as found:
            while some := self._do(lambda: list(itertools.islice(found, _ENTRIES))):
                yield from self._do(lambda some=some: [entry for item in some if (entry := _listed(item))])  # type: ignore[misc]

    def begin(self, path: str, *others: str) -> list[Entry | None]:
        """Looks only: nothing is far away."""
        return self.stats(path, *others)

    def write(self, path: str, blocks: Iterator[bytes], size: int, *looks: str) -> list[Entry | None]:
        """Create, write, sync, sync the folder, look. Our own blocks are read by whoever called, not under the peer's deadline."""
        at = self._at(path)
        with self._opened(lambda: _created(at)) as file:
            for block in blocks:
                self._do(functools.partial(_write_all, file, block))
            self._do(lambda: os.fsync(file.fileno()), self._deadlines.syncing(size))
        self._do(lambda: _sync(at.parent))
        return self.stats(*looks)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes; a link is not followed, and a pipe put in a file's place after the listing does not hold us up."""
        with self._opened(lambda: shelf.plain(self._at(path))) as file:
            while size > 0 and (block := self._do(functools.partial(file.read, min(_BLOCK, size)))):
                size -= len(block)
                yield block

    def rename(self, old: str, new: str) -> None:
        """A link under the new name, then the old name goes; without links as transports/renaming.py says. It never overwrites."""
        source, target = self._at(old), self._at(new)
        if self._do(lambda: renaming.link(source, target)):
            crashpoint("O18")
            self._do(lambda: source.unlink(missing_ok=True))
        else:
            self._do(lambda: renaming.rename(source, target))
            crashpoint("O18")
        for folder in dict.fromkeys((target.parent, source.parent)):  # first where it is now: after a power cut it may be in both
            self._do(functools.partial(_sync, folder))

    def remove(self, path: str) -> None:
        """Gone when it returns."""
        at = self._at(path)
        self._do(lambda: at.unlink(missing_ok=True))
        self._do(lambda: _sync(at.parent))

    def close(self) -> None:
        """Nothing is held open."""

    def _at(self, path: str) -> Path:
        return self._root.joinpath(*(part for part in PurePosixPath(path).parts if part not in ("/", "..")))

    def _do(self, act: Callable[[], T], seconds: float = 0) -> T:
        """One touch of the disk, so that nothing of a road that was given up is begun later. Raises in our words."""
        try:
            return hands.do(self._root, act, seconds or self._deadlines.act_s)
        except hands.Hung as silent:
            raise words.say(Unreachable, _SILENT) from silent
        except OSError as error:
            known = _WORDS.get(error.errno or 0)
            raise known() if known else Failed("The folder could not do it.", "目录操作失败。") from error

    @contextlib.contextmanager
    def _opened(self, opening: Callable[[], F]) -> Iterator[F]:
        """A file or listing, closed at the end. Closing may hang too: nobody waits for it where an act did, or a reading was dropped."""
        opened = self._do(opening)
        try:
            yield opened
        except BaseException:
            hands.leave(opened.close)
            raise
        self._do(opened.close)


def _looked_at(path: Path) -> Entry | None:
    try:
        return shelf.entry(path.name, os.lstat(path))
    except FileNotFoundError:
        return None


def _listed(item: os.DirEntry[str]) -> Entry | None:
    try:
        return shelf.entry(item.name, item.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None


def _created(path: Path) -> io.FileIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660)
    return io.FileIO(descriptor, "w")


def _write_all(file: io.FileIO, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[file.write(left) :]


def _sync(folder: Path) -> None:
    try:
        shelf.sync(folder)
    except PermissionError:  # a folder that takes files and shows none, as before a one-way gap: all disks are synced instead
        os.sync()


def _full() -> TransportError:
    return Failed(
        "The folder's disk is full or over quota; nothing was left behind. It will be tried again.",
        "目录所在磁盘已满或超出配额，未留下不完整文件，稍后将重试。",
        code="remote-full",
    )


def _denied() -> TransportError:
    return Refused(
        "This service may not do that in the folder; correct the folder's permissions.",
        "本系统对该目录没有所需权限，请调整目录权限。",
        code="permission",
    )


def _gone() -> TransportError:
    return Missing("There is no such file or folder.", "没有该文件或目录。")


def _away() -> TransportError:
    return Unreachable("The mounted folder does not answer.", "挂载目录无响应。")


_WORDS: dict[int, Callable[[], TransportError]] = (
    dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _full)
    | dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENXIO), _denied)
    | dict.fromkeys((errno.ENOENT, errno.ENOTDIR), _gone)
    | dict.fromkeys((errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN), _away)
)

_SILENT: words.Words = (
    "folder-silent",
    "The folder does not answer; this road is left until it does, the others go on. Look at the mount and the machine behind it.",
    "目录无响应；恢复前不再使用此通道，其他通道照常。请检查挂载及其服务器。",
)
