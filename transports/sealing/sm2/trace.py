"""The SM2 library prints a trace of its C functions whenever a signature or a ciphertext does not hold: kept off the terminal.

It writes to the C library's ``stderr``, which Python never uses (``sys.stderr`` writes to the descriptor). The GNU C library lets
a program set that variable (its manual, 12.2 Standard Streams): while the SM2 library works it is a file in memory, and whatever
C code of another thread wrote there meanwhile goes on to the terminal. Under another C library the trace stays visible.
"""

import contextlib
import ctypes
import os
import re
import threading
from collections.abc import Iterator

_TRACE = re.compile(rb"^\S*/GmSSL/src/\w+\.c:\d+:\w+\(\):[^\n]*\n", re.MULTILINE)
_UNBUFFERED = 2  # _IONBF of stdio.h
_TERMINAL = 2

_C = ctypes.CDLL(None)
_GNU = hasattr(_C, "gnu_get_libc_version")


class _Aside:
    """A file in memory that takes the place of ``stderr``, for one thread at a time and for this process only."""

    def __init__(self) -> None:
        self.alone = threading.Lock()
        self._stderr = ctypes.c_void_p.in_dll(_C, "stderr")
        self._file = os.memfd_create("sm2 trace")
        _C.fdopen.restype = ctypes.c_void_p
        self._stream = _C.fdopen(self._file, b"a")
        _C.setvbuf(ctypes.c_void_p(self._stream), None, _UNBUFFERED, 0)

    @contextlib.contextmanager
    def instead(self) -> Iterator[None]:
        """Take its place, then hand on what is no trace."""
        with self.alone:
            real, self._stderr.value = self._stderr.value, self._stream
            try:
                yield
            finally:
                self._stderr.value = real
                self._hand_on()

    def _hand_on(self) -> None:
        size = os.fstat(self._file).st_size
        if not size:
            return
        words = _TRACE.sub(b"", os.pread(self._file, size, 0))
        os.ftruncate(self._file, 0)
        with contextlib.suppress(OSError):  # no terminal: nobody to tell
            os.write(_TERMINAL, words)


_aside = _Aside() if _GNU else None


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """Whatever the SM2 library prints inside stays off the terminal."""
    if _aside is None:
        yield
        return
    with _aside.instead():
        yield


def _hold() -> None:
    """Nobody forks in the middle: the child would keep the file for its stderr."""
    if _aside is not None:
        _aside.alone.acquire()


def _let_go() -> None:
    if _aside is not None:
        _aside.alone.release()


def _anew() -> None:
    """A child process has a file of its own: two would take each other's words."""
    global _aside  # noqa: PLW0603
    _aside = _Aside()


if _aside is not None:
    os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_anew)
