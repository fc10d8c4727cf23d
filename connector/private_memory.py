"""A process that holds keys and persons leaves no memory behind: no core file, and nobody of the same account reads it (security C12)."""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4  # prctl(2)


def keep() -> None:
    """For the rest of this process.

    The limit alone would not do: where core_pattern is a pipe it is not asked (core(5)). Linux only; elsewhere there is the limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
