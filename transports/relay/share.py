"""The folders shared with a carrier as the centre finds them: its own place in ``out`` it makes itself, once; a share that is away is no refusal.

Once something was handed over there, a place that is gone means a share that is not mounted: what is written into the empty folder
below, nobody would ever carry. Every touch of a share has its end: the centre's book is locked meanwhile, for every bank of the carrier.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from transports import hands
from transports.errors import Refused, TransportError, Unreachable
from transports.folder import Deadlines

PATIENCE = Deadlines()
T = TypeVar("T")


def expect(folder: Path) -> None:
    """It is there. Raises Unreachable (share-missing)."""
    if not do(folder, folder.is_dir):
        raise _away(folder)


def make_place(shared: Path, bank: str, *, used: bool) -> None:
    """``bank``'s folder in a share; made where nothing was ever handed over in it. Raises Unreachable, Refused (permission)."""
    place = shared / bank
    if do(shared, place.is_dir):
        return
    expect(shared)
    if used:
        raise _away(place)
    do(shared, lambda: place.mkdir(exist_ok=True))


def tidy(shared: Path, *done: Path) -> None:
    """Take away files that are done with. Where we may not, or the share hangs, they stay: the carrier's side takes them, or the next pass."""
    for path in done:
        with suppress(TransportError):
            do(shared, partial(path.unlink, missing_ok=True))


def do(shared: Path, act: Callable[[], T], size: int = 0) -> T:
    """One touch of a share, of a file of this ``size``. Raises Unreachable (share-missing), Refused (permission)."""
    try:
        return hands.do(shared, act, PATIENCE.syncing(size))
    except PermissionError as denied:
        raise _denied(shared) from denied
    except (hands.Hung, OSError) as trouble:
        raise _away(shared) from trouble


def _away(folder: Path) -> Unreachable:
    return Unreachable(
        f"There is no folder {folder}, or it does not answer: mount what is shared with the carrier; where it is new, make this"
        " folder once. Until then it is tried again.",
        f"没有目录 {folder}，或该目录无响应：请挂载与前置机共享的目录；如为新设，请先建立此目录一次。此前将自行重试。",
        code="share-missing",
    )


def _denied(folder: Path) -> Refused:
    return Refused(
        f"This service may not read or make in {folder} what it must: correct the folder's permissions.",
        f"本系统在 {folder} 中没有所需的读写权限，请调整目录权限。",
        code="permission",
    )
