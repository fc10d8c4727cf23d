"""Named places where a test may kill, raise or hang the process; free in production.

``CONNECTOR_CRASHPOINT=O17`` kills the process (SIGKILL) the first time that label is passed; ``O17:raise`` raises,
``O17:hang`` hangs, ``O17@3`` acts on the third pass.
"""

import os
import signal
import time

_armed = os.environ.get("CONNECTOR_CRASHPOINT", "")
_passes: dict[str, int] = {}


class Crash(BaseException):
    """Raised by a point armed with ``:raise``; not an Exception, so nobody swallows it."""


def arm(target: str) -> None:
    """Arm a point in this process, as the environment does at its start; empty = none."""
    global _armed  # noqa: PLW0603 (one switch a process, for tests alone)
    _armed = target
    _passes.clear()


def crashpoint(label: str) -> None:
    """Act if this label is armed; otherwise nothing."""
    if not _armed:
        return
    target, _, manner = _armed.partition(":")
    name, _, nth = target.partition("@")
    if name != label:
        return
    _passes[label] = _passes.get(label, 0) + 1
    if _passes[label] != int(nth or 1):
        return
    if manner == "raise":
        raise Crash(label)
    if manner == "hang":
        time.sleep(3600)
    os.kill(os.getpid(), signal.SIGKILL)
