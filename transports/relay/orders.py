"""What the centre asks of a carrier, as small files: put this parcel, give it back, tell the bank we keep its answer.

``<stem>.parcel`` and ``<stem>.order.json`` | ``.recall.json`` | ``.ack.json``. The stem is made of name and digest, so that no name a
bank or a profile chose becomes a name on this disk. The folder is written on another machine: whatever does not fit is no order.
"""

import dataclasses
import hashlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import orjson

from transports import names, shelf

SUFFIXES = {"put": ".order.json", "recall": ".recall.json", "acknowledge": ".ack.json"}
PARCEL = ".parcel"
ORDER_BYTES_MAX = 4096
ENTRIES_MAX = 100_000
_SCHEMA = "carrier-order/1"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class Order:
    """``do``: put | recall | acknowledge. ``turn``: of a put, 1, 2, …; of an acknowledgement, the journal's line of the answer."""

    do: str
    bank: str
    name: str
    size: int
    digest: str
    turn: int

    @property
    def stem(self) -> str:
        """What its files are called by."""
        return stem_of(self.name, self.digest)

    @property
    def file(self) -> str:
        """The name of the order's file."""
        return self.stem + SUFFIXES[self.do]

    @property
    def parcel(self) -> str:
        """The name of the parcel's file."""
        return self.stem + PARCEL

    @property
    def content(self) -> bytes:
        """The bytes of the order's file."""
        return orjson.dumps({"schema": _SCHEMA, **dataclasses.asdict(self)}, option=orjson.OPT_SORT_KEYS)


def stem_of(name: str, digest: str) -> str:
    """32 characters that stand for these bytes under this name."""
    return hashlib.sha256(f"{name}\n{digest}".encode()).hexdigest()[:32]


def read_orders(folder: Path, bank: str) -> Iterator[Order]:
    """The orders in a folder, in the order of their names; what is no order of this bank is passed over."""
    for entry in shelf.entries(folder, ENTRIES_MAX):
        if entry.name.endswith(tuple(SUFFIXES.values())) and entry.regular:
            order = _order(shelf.read_small(folder / entry.name, ORDER_BYTES_MAX))
            if order is not None and order.bank == bank and order.file == entry.name:
                yield order


def _order(content: bytes | None) -> Order | None:
    try:
        said: dict[str, Any] = orjson.loads(content or b"")
        if said.pop("schema") != _SCHEMA:
            return None
        order = Order(**said)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    typed = all(type(getattr(order, name)) is kind for name, kind in get_type_hints(Order).items())
    return order if typed and _sane(order) else None


def _sane(order: Order) -> bool:
    known = order.do in SUFFIXES and _DIGEST.fullmatch(order.digest) is not None
    return known and names.problem(order.name) is None and order.size >= 0 and order.turn > 0


def is_whole(path: Path, size: int) -> bool:
    """Does a plain file of this size lie here?"""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size
