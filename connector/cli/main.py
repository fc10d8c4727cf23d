"""The door of the command ``connector``: nothing is loaded before interruption is guarded against."""

import gc
import signal
import sys

from connector import private_memory

MADE_BEFORE_A_LOOK = 50_000  # objects; by Python's own 700 a sixth of every start is spent looking through modules for garbage


def main() -> None:
    """Entry point of the command."""
    private_memory.keep()
    gc.set_threshold(MADE_BEFORE_A_LOOK, *gc.get_threshold()[1:])
    try:
        from connector.cli.verbs import run

        sys.exit(run())
    except KeyboardInterrupt:  # while the verbs were being loaded: the language is not known yet
        sys.stderr.write("已中断；可安全重试 / interrupted; safe to repeat\n")
        sys.exit(128 + signal.SIGINT)  # as shells tell it
