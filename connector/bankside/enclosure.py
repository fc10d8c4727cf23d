"""A folder a guest may work in and never leave: every step of a path is opened below the one before, links are not followed.

Names from the other side are hostile input: ``..`` is resolved as text before anything is opened, and a symbolic link put into the
folder by whatever means (by a race, too) is an error, because the kernel is asked for each component with O_NOFOLLOW.
"""

import errno
import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Enclosure:
    """``root`` as the guest's ``/``, of which only ``folders`` can be seen. All methods raise OSError and nothing else."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self._root = root
        self._folders = frozenset(folders)

    def names(self, path: str) -> list[str]:
        """What a folder holds; at the top only the folders shown to the guest."""
        with self._folder(_parts(path)) as folder:
            found = os.listdir(folder)  # noqa: PTH208 - of a descriptor
        return sorted(name for name in found if _parts(path) or name in self._folders)

    def stat(self, path: str) -> os.stat_result:
        """Of the file itself, never of what a link points to."""
        with self._place(path) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def open(self, path: str, flags: int) -> int:
        """A descriptor of a regular file."""
        with self._place(path) as (folder, name):
            opened = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise PermissionError(errno.EACCES, "not a regular file")
        return opened

    def remove(self, path: str) -> None:
        """A file, or a link without what it points to."""
        with self._place(path, inside=True) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def rename(self, old: str, new: str) -> None:
        """A file to a name that is free. link then unlink, so that a name taken in the same moment is never overwritten."""
        with self._place(old, inside=True) as (here, name), self._place(new, inside=True) as (there, free):
            os.link(name, free, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
            os.unlink(name, dir_fd=here)

    def mkdir(self, path: str) -> None:
        """Below the folders shown, not beside them."""
        with self._place(path, inside=True) as (folder, name):
            os.mkdir(name, 0o700, dir_fd=folder)

    def rmdir(self, path: str) -> None:
        """An empty folder below those shown."""
        with self._place(path, inside=True) as (folder, name):
            os.rmdir(name, dir_fd=folder)

    @contextmanager
    def _place(self, path: str, *, inside: bool = False) -> Iterator[tuple[int, str]]:
        """The open parent folder and the last name of ``path``. ``inside``: the top and its folders may not be touched."""
        parts = _parts(path)
        if inside and len(parts) < 2:
            raise PermissionError(errno.EACCES, "the folders at the top stay as they are")
        with self._folder(parts[:-1], shown=parts[:1]) as folder:
            yield folder, parts[-1] if parts else "."

    @contextmanager
    def _folder(self, parts: Sequence[str], shown: Sequence[str] = ()) -> Iterator[int]:
        for first in (shown or parts)[:1]:
            if first not in self._folders:
                raise FileNotFoundError(errno.ENOENT, "no such folder")
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                below = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
            yield folder
        finally:
            os.close(folder)


def canonical(path: str) -> str:
    """The guest's absolute path, ``..`` resolved as text: it ends at the top and never above it."""
    return posixpath.normpath(posixpath.join("/", path)).replace("//", "/")


def _parts(path: str) -> list[str]:
    if "\0" in path:
        raise FileNotFoundError(errno.ENOENT, "no such file")
    return [part for part in canonical(path).split("/") if part]
