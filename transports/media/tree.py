"""What lies on a medium, looked at before anything of it is read: plain files under plain names, and nothing that could act by itself.

The folder is opened once and every file below that handle without following links, so that what was looked at is what is read.
Permission bits say nothing here (a stick without them shows every file as executable): programs are told by name and first bytes.
"""

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Self

from transports import names
from transports import words as road_words
from transports.errors import TransportError, Unreachable
from transports.media import words
from transports.words import Words

ENTRIES_MAX = 20_000
BLOCK = 1024 * 1024
HEAD = 4096  # of every file is read before any is read whole: a disc is slow
_AUTORUN = {"autorun.inf", "autorun.exe", "autorun.ini", "autorun.sh", "autoplay.inf", "desktop.ini", ".autorun", "folder.htt"}
_PROGRAMS = {
    *(
        "exe",
        "com",
        "bat",
        "cmd",
        "scr",
        "pif",
        "msi",
        "dll",
        "sys",
        "cpl",
        "lnk",
        "url",
        "vbs",
        "vbe",
        "js",
        "jse",
        "wsf",
        "wsh",
    ),
    *("hta", "ps1", "sh", "jar", "app", "desktop", "apk", "reg", "inf", "chm", "scf", "so", "elf", "run"),
}
_HEADS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)


class Tree:
    """An opened folder of a medium. Usable as a context manager."""

    def __init__(self, folder: Path) -> None:
        with in_our_words():
            self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def files(self) -> dict[str, int]:
        """Name → size of every file, all of them harmless. Raises Refused media-…, Unreachable."""
        with in_our_words(), os.scandir(self._handle) as entries:
            found = {}
            for count, entry in enumerate(entries, start=1):
                there = entry.stat(follow_symlinks=False)
                fault = _fault(entry.name, there.st_mode) or (words.TOO_LARGE if count > ENTRIES_MAX else None)
                if fault is not None:
                    raise words.refused(fault)
                found[entry.name] = there.st_size
        if not found:
            raise words.refused(words.EMPTY)
        if any(self._is_program(name) for name in found):
            raise words.refused(words.PROGRAM)
        return found

    def small(self, name: str, most: int) -> bytes:
        """A file that is held in memory. Raises Refused media-too-large."""
        content = b""
        for block in self.blocks(name):
            content += block
            if len(content) > most:
                raise words.refused(words.TOO_LARGE)
        return content

    def blocks(self, name: str, most: int = BLOCK) -> Iterator[bytes]:
        """The bytes of a file, ``most`` at a time, read from the medium itself: what the system remembers of it is dropped first."""
        with in_our_words():
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._handle)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise words.refused(words.SPECIAL)
                with contextlib.suppress(OSError):
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                while block := file.read(most):
                    yield block

    def _is_program(self, name: str) -> bool:
        first = next(self.blocks(name, HEAD), b"")
        return first.startswith(_HEADS)

    def close(self) -> None:
        """Let the medium go."""
        with contextlib.suppress(OSError):
            os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _fault(name: str, mode: int) -> Words | None:
    """Why an entry may not lie on a medium: its kind first, then its name."""
    if not stat.S_ISREG(mode):
        return words.LINK if stat.S_ISLNK(mode) else words.FOLDER if stat.S_ISDIR(mode) else words.SPECIAL
    if name.lower() in _AUTORUN:
        return words.AUTORUN
    if name.startswith("."):
        return words.HIDDEN
    if name.lower().rpartition(".")[2] in _PROGRAMS:
        return words.PROGRAM
    return words.NAME if names.problem(name) else None


def unlisted(found: Collection[str], listed: Collection[str]) -> None:
    """Exactly the listed files lie there. Raises Refused media-unlisted, media-missing."""
    if set(found) - set(listed):
        raise words.refused(words.UNLISTED)
    if set(listed) - set(found):
        raise words.refused(words.MISSING)


@contextlib.contextmanager
def in_our_words() -> Iterator[None]:
    """A medium that was pulled out, or a sector nobody can read, is an accident that can be repeated."""
    try:
        yield
    except TransportError:
        raise
    except OSError as error:
        raise road_words.say(Unreachable, words.UNREADABLE) from error
