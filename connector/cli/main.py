"""The door of the command ``connector``: nothing is loaded before interruption is guarded against."""

import resource
import signal
import sys


def main() -> None:
    """Entry point of the command."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash writes no memory to a disk: it holds keys and persons
    try:
        from connector.cli.verbs import run

        sys.exit(run())
    except KeyboardInterrupt:  # while the verbs were being loaded: the language is not known yet
        sys.stderr.write("已中断；可安全重试 / interrupted; safe to repeat\n")
        sys.exit(128 + signal.SIGINT)  # as shells tell it
