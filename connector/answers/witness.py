"""What the drop-box is witness to: that the caller of this pin, of this bank, handed in these bytes at this time. Made there, judged by settle.

A witnessed parcel is sealed for us alone, by a key of ours that seals nothing else: one line of JSON, then the sheet as it was handed in.
See docs/decisions/a-sheet-is-witnessed.md.
"""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from connector.keys.used import by_opening
from connector.ledger.key_use import Use
from transports.channel import Channel, Opened
from transports.errors import BrokenSeal
from transports.transport import Blocks

SHEET_BYTES_MAX = 32 * 1024 * 1024  # it lies in memory, in clear
_SCHEMA = "witness/1"
_HEAD_BYTES_MAX = 4096


@dataclasses.dataclass(frozen=True)
class Statement:
    """Of what the drop-box is witness: ``pin`` of ``institution`` handed in ``name`` for ``batch``; SHA-256 (hex), bytes, moment."""

    institution: str
    batch: str
    name: str
    pin: str
    sha256: str
    size: int
    at: str

    @property
    def handed_in(self) -> dict[str, str]:
        """As the edition of the answer says it: by whose key, when."""
        return {"pin": self.pin, "at": self.at}


def seal(channel: Channel, key: str, said: Statement, sheet: bytes, now: datetime) -> bytes:
    """The witnessed parcel. Raises UnknownKey where our ring lacks the key ``key`` or our own encryption key."""
    head = orjson.dumps({"schema": _SCHEMA, **dataclasses.asdict(said)}) + b"\n"
    return b"".join(channel.seal_as_witness([head, sheet], now, key, len(head) + len(sheet)))


@dataclasses.dataclass(frozen=True)
class Content:
    """An opened answer. ``witnessed``: the drop-box's word, where no key of the bank signed it."""

    blocks: Iterator[bytes]
    witnessed: Statement | None = None
    used: Sequence[Use] = ()  # the keys that proved and opened it


def opened(channel: Channel, parcel: Blocks, arrived_at: datetime, key: str | None, *, bank: str, road: str | None) -> Content:
    """A parcel that came: sealed by the bank or, out of our own drop-box, by the witness ``key`` in its stead.

    Raises BrokenSeal (witness-elsewhere, witness-of-another, witness-broken among others) and UnknownKey before the first block.
    """
    content = channel.open(parcel, arrived_at, witness=key)
    used = by_opening(content)
    if not channel.is_witness(content, key):
        return Content(content, used=used)
    if road != "dropbox":
        raise BrokenSeal(*_ELSEWHERE, code="witness-elsewhere")
    said, blocks = _parted(content)
    if said.institution != bank:
        raise BrokenSeal(*_OF_ANOTHER, code="witness-of-another")
    sheet = b"".join(blocks)
    if (len(sheet), hashlib.sha256(sheet).hexdigest()) != (said.size, said.sha256):
        raise _broken()
    return Content(iter([sheet]), said, used)


def _parted(content: Opened) -> tuple[Statement, Iterator[bytes]]:
    if content.size > _HEAD_BYTES_MAX + SHEET_BYTES_MAX:
        raise _broken()
    head = b""
    for block in content:
        line, end, rest = (head + block).partition(b"\n")
        if end:
            return _read(line), itertools.chain([rest], content)
        head = line
        if len(head) > _HEAD_BYTES_MAX:
            break
    raise _broken()


def _read(line: bytes) -> Statement:
    try:
        said: dict[str, Any] = orjson.loads(line)
        if said.pop("schema") != _SCHEMA:
            raise _broken()
        return Statement(**said)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _broken() from None


def _broken() -> BrokenSeal:
    return BrokenSeal(
        "What the drop-box said it was handed and what is here differ; nothing was read. Tell the administrator.",
        "投递箱的见证与实际内容不符，未读取。请告知管理员。",
        code="witness-broken",
    )


_ELSEWHERE = (
    "The drop-box is witness to this file, but the file came by another road; nothing was read. Ask how it got there.",
    "该文件由投递箱见证，却经其他通道送达，未读取。请查明原因。",
)
_OF_ANOTHER = (
    "The drop-box is witness that another bank handed this in; nothing was read. Ask how it got here.",
    "投递箱见证该文件由另一家银行提交，未读取。请查明原因。",
)
