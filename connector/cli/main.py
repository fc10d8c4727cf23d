"""The door of the command ``connector``: nothing is loaded before interruption is guarded against."""

import ctypes
import gc
import resource
import signal
import sys

MADE_BEFORE_A_LOOK = 50_000  # objects; by Python's own 700 a sixth of every start is spent looking through modules for garbage
_PR_SET_DUMPABLE = 4  # prctl(2)


def main() -> None:
    """Entry point of the command."""
    _keep_memory_private()
    gc.set_threshold(MADE_BEFORE_A_LOOK, *gc.get_threshold()[1:])
    try:
        from connector.cli.verbs import run

        sys.exit(run())
    except KeyboardInterrupt:  # while the verbs were being loaded: the language is not known yet
        sys.stderr.write("已中断；可安全重试 / interrupted; safe to repeat\n")
        sys.exit(128 + signal.SIGINT)  # as shells tell it


def _keep_memory_private() -> None:
    """A crash writes no memory to a disk, and nobody of the same account reads it: it holds keys and persons (security C12).

    The limit alone would not do: where core_pattern is a pipe it is not asked (core(5)). Linux only; elsewhere there is the limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
