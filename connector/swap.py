"""Swap that is neither encrypted nor memory itself: keys and persons that lie in memory could be written there in clear (security C12)."""

import os
import stat
from pathlib import Path

_HEAD_LINES = 1  # of /proc/swaps (proc(5))


def in_clear(swaps: Path = Path("/proc/swaps"), devices: Path = Path("/sys/dev/block")) -> list[str]:
    """The swap areas whose content a disk keeps in clear; none where the system does not say what it swaps to."""
    try:
        lines = swaps.read_text("utf-8").splitlines()[_HEAD_LINES:]
    except OSError:
        return []
    return [area for area in (line.split()[0] for line in lines if line.strip()) if not _safe(Path(area), devices)]


def _safe(area: Path, devices: Path) -> bool:
    if area.name.startswith("zram"):  # compressed memory
        return True
    try:
        found = area.stat()
    except OSError:
        return False
    number = found.st_rdev if stat.S_ISBLK(found.st_mode) else found.st_dev  # a swap file lies on a device too
    return _encrypted(devices / f"{os.major(number)}:{os.minor(number)}")


def _encrypted(device: Path) -> bool:
    """A dm-crypt device, or one that stands on nothing else (LVM over LUKS)."""
    name = device / "dm" / "uuid"
    if name.is_file() and name.read_text("ascii").startswith("CRYPT-"):
        return True
    below = list((device / "slaves").glob("*"))
    return bool(below) and all(_encrypted(each) for each in below)
