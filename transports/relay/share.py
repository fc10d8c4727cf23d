"""The folders shared with a carrier as the centre finds them: its own place in ``out`` it makes itself, once; a share that is away is no refusal.

Once something was handed over there, a place that is gone means a share that is not mounted: what is written into the empty folder
below, nobody would ever carry.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from transports import hands
from transports.errors import Refused, Unreachable

ACT_S = 30.0
T = TypeVar("T")


def expect(folder: Path) -> None:
    """It is there. Raises Unreachable (share-missing)."""
    if not _do(folder, folder.is_dir):
        raise _away(folder)


def make_place(shared: Path, bank: str, *, used: bool) -> None:
    """``bank``'s folder in a share; made where nothing was ever handed over in it. Raises Unreachable, Refused (permission)."""
    place = shared / bank
    if _do(shared, place.is_dir):
        return
    expect(shared)
    if used:
        raise _away(place)
    _do(shared, lambda: place.mkdir(exist_ok=True))


def _do(place: Path, act: Callable[[], T]) -> T:
    try:
        return hands.do(place, act, ACT_S)
    except PermissionError as denied:
        raise _denied(place) from denied
    except (hands.Hung, OSError) as trouble:
        raise _away(place) from trouble


def _away(folder: Path) -> Unreachable:
    return Unreachable(
        f"There is no folder {folder}, or it does not answer: mount what is shared with the carrier; where it is new, make this"
        " folder once. Until then it is tried again.",
        f"没有目录 {folder}，或该目录无响应：请挂载与前置机共享的目录；如为新设，请先建立此目录一次。此前将自行重试。",
        code="share-missing",
    )


def _denied(folder: Path) -> Refused:
    return Refused(
        f"This service may not make its folders in {folder}: correct the folder's permissions.",
        f"本系统无权在 {folder} 中建立目录，请调整目录权限。",
        code="permission",
    )
