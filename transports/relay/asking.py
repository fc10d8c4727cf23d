"""Which answers the centre waits for, told the carrier in one small file: for roads on which each answer is asked for by its question.

``awaited-<number>.json``: the highest number counts. The carrier's journal says by which one it goes, so that an older one that comes
again over a gap changes nothing, and a centre that lost its book goes on counting.
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import orjson

from transports import names, shelf
from transports.relay.orders import ENTRIES_MAX

NAMES_MAX = 10_000
BYTES_MAX = 4 * 1024 * 1024
_FILE = re.compile(r"awaited-[0-9]{12}\.json")
_SCHEMA = "carrier-awaited/1"


@dataclasses.dataclass(frozen=True)
class Asking:
    """``names``: of the parcels whose answers are awaited, oldest first."""

    bank: str
    number: int = 0
    names: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"awaited-{self.number:012}.json"

    @property
    def content(self) -> bytes:
        """The bytes of its file."""
        return orjson.dumps({"schema": _SCHEMA, **dataclasses.asdict(self)}, option=orjson.OPT_SORT_KEYS)


def files(folder: Path) -> Sequence[str]:
    """The names of all that lie here, the newest last."""
    return [entry.name for entry in shelf.entries(folder, ENTRIES_MAX) if entry.regular and _FILE.fullmatch(entry.name)]


def newest(folder: Path, bank: str) -> Asking:
    """The newest that is whole and of this bank; one that asks for nothing where there is none. Older ones are taken away."""
    found = [asking for file in files(folder) if (asking := _read(folder / file, bank)) is not None]
    for older in found[:-1]:
        (folder / older.file).unlink(missing_ok=True)
    return found[-1] if found else Asking(bank)


def _read(path: Path, bank: str) -> Asking | None:
    """The folder is written on another machine: whatever does not fit is none."""
    try:
        said = orjson.loads(shelf.read_small(path, BYTES_MAX) or b"")
        asked = Asking(said["bank"], said["number"], tuple(said["names"]))
        if (said["schema"], asked.bank, asked.file) != (_SCHEMA, bank, path.name) or len(asked.names) > NAMES_MAX:
            return None
        return asked if all(names.problem(name) is None for name in asked.names) else None
    except (ValueError, TypeError, KeyError):
        return None
