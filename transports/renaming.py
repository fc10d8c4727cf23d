"""A rename that never overwrites, by whatever the file system offers."""

import ctypes
import errno
import os
from pathlib import Path

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV)
_NOT_OFFERED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_HERE = -100  # AT_FDCWD
_NO_REPLACE = 1  # RENAME_NOREPLACE, renameat2(2)


def link(source: Path, target: Path) -> bool:
    """A hard link under the new name, because linking never overwrites; False where there are no links. The old name is still to go."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def rename(source: Path, target: Path) -> None:
    """In one act of the system; where neither it nor links are offered (NFS offers links, SMB this): look, then rename.

    Between that look and the rename a file of the same name that another puts there is lost. Raises FileExistsError.
    """
    try:
        _exclusively(source, target)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists") from error
        source.rename(target)


def _exclusively(source: Path, target: Path) -> None:
    call = getattr(_LIBRARY, "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, "no renameat2 here")
    if call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), ctypes.c_uint(_NO_REPLACE)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


_LIBRARY = ctypes.CDLL(None, use_errno=True)
