"""A local or mounted folder as a road: the same order of acts as over SFTP, every file and folder synced."""

import contextlib
import dataclasses
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from transports import shelf
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Entry, Failed, Missing
from transports.looks import Looks
from transports.mailbox import Mailbox
from transports.manners import Manners

_BLOCK = 256 * 1024


@dataclasses.dataclass(frozen=True)
class FolderSettings:
    """``root`` stands for the peer; the folders of ``manners`` lie below it and must exist (an unmounted share has none)."""

    root: Path
    manners: Manners


class Folder(Mailbox):
    """A Transport over folders of this machine."""

    def __init__(self, settings: FolderSettings, *, looks: Looks | None = None) -> None:
        super().__init__(LocalFiles(settings.root), settings.manners, looks=looks)


class LocalFiles:
    """The six acts on a local folder, durable when they return."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def stat(self, path: str) -> Entry | None:
        """The file itself, never what a link points to."""
        with _in_our_words():
            try:
                return _entry(self._at(path).name, os.lstat(self._at(path)))
            except FileNotFoundError:
                return None

    def stats(self, *paths: str) -> list[Entry | None]:
        """Several files."""
        return [self.stat(path) for path in paths]

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in the folder; a file that vanishes meanwhile is left out."""
        with _in_our_words(), os.scandir(self._at(folder)) as found:
            for item in found:
                with contextlib.suppress(FileNotFoundError):
                    yield _entry(item.name, item.stat(follow_symlinks=False))

    def begin(self, path: str, *others: str) -> list[Entry | None]:
        """Looks only: nothing is far away."""
        return self.stats(path, *others)

    def write(self, path: str, blocks: Iterator[bytes], size: int, *looks: str) -> list[Entry | None]:  # noqa: ARG002 (``size``)
        """Create, write, sync, sync the folder, look. Only a network needs the size, for its deadline."""
        with _in_our_words():
            handle = os.open(self._at(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o660)
            with os.fdopen(handle, "wb") as file:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            _sync(self._at(path).parent)
        return self.stats(*looks)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes; a link is not followed, and a pipe put in a file's place after the listing does not hold us up."""
        with _in_our_words(), shelf.plain(self._at(path)) as file:
            while size > 0 and (block := file.read(min(_BLOCK, size))):
                size -= len(block)
                yield block

    def rename(self, old: str, new: str) -> None:
        """A hard link under the new name, because linking never overwrites; then the old name goes."""
        source, target = self._at(old), self._at(new)
        with _in_our_words():
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV):
                    raise
                if os.path.lexists(target):  # no hard links on this file system: look, then rename
                    raise FileExistsError(errno.EEXIST, "exists") from error
                source.rename(target)
            crashpoint("O18")
            source.unlink(missing_ok=True)
            _sync(source.parent)
            _sync(target.parent)

    def remove(self, path: str) -> None:
        """Gone when it returns."""
        with _in_our_words():
            self._at(path).unlink(missing_ok=True)
            _sync(self._at(path).parent)

    def close(self) -> None:
        """Nothing is held open."""

    def _at(self, path: str) -> Path:
        return self._root.joinpath(*(part for part in PurePosixPath(path).parts if part not in ("/", "..")))


def _entry(name: str, found: os.stat_result) -> Entry:
    return Entry(name, found.st_size, found.st_mtime, stat.S_ISREG(found.st_mode))


def _sync(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # a folder that takes files and shows none, as before a one-way gap: all disks are synced instead
        os.sync()
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        known = _WORDS.get(error.errno or 0)
        raise known() if known else Failed("The folder could not do it.", "目录操作失败。") from error
