"""A workbook of the old kind (xls: BIFF in an OLE file), written anew with nothing but its cells before anything opens it.

The library that opens workbooks trusts what such a file says of itself: how large a sheet is, how many texts there are, where
sheets begin, which names stand in formulas. So it is given a file of our own: values only, every number in it counted by us.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bank_profiles.codecs.excel import ole as excel_ole
from bank_profiles.codecs.excel.limits import Extent, broken, encrypted, not_a_workbook, shown_too_often, too_dense
from bank_profiles.codecs.excel.part import Failure, Place

SIGNATURE = excel_ole.SIGNATURE
Record = tuple[int, bytes]

_BOF, _EOF, _FILEPASS, _SHEET, _TEXTS, _CONTINUE = 0x0809, 0x000A, 0x002F, 0x0085, 0x00FC, 0x003C
_CODEPAGE, _DATES_FROM_1904, _FORMAT, _LOOK = 0x0042, 0x0022, 0x041E, 0x00E0
_NUMBER, _LABEL, _BOOL_OR_ERROR, _FORMULA, _STRING = 0x0203, 0x0204, 0x0205, 0x0006, 0x0207
_RK, _MANY_RK, _SHOWN, _RICH = 0x027E, 0x00BD, 0x00FD, 0x00D6
_KEPT = {_BOF, _CODEPAGE, _DATES_FROM_1904, _FORMAT, _LOOK}  # of the book itself
_CELLS = {_NUMBER: 14, _LABEL: 8, _BOOL_OR_ERROR: 8, _FORMULA: 20, _RK: 10, _MANY_RK: 12, _SHOWN: 10, _RICH: 8}  # bytes at least
_COLUMNS_MAX = 1 << 8  # of any sheet of this kind
_SHEETS_MAX = 256
_ENDS = struct.pack("<HH", _EOF, 0)


def clean(data: bytes) -> tuple[bytes, dict[str, dict[Place, Failure]]]:
    """The same values in a workbook of our own; in which cells formulas failed, by number of the sheet. Raises BadFile."""
    ole = excel_ole.Ole(data)
    if "EncryptedPackage" in ole.names:
        raise encrypted()
    name = next((name for name in ("Workbook", "Book") if name in ole.names), None)
    if name is None:
        raise not_a_workbook(data, package="OLE")
    try:
        return _Book(ole.stream(name)).written(name)
    except (struct.error, IndexError):
        raise broken() from None


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """The records of one part, down to its end; parts within it are left out."""
    depth = 0
    while True:
        kind, size = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + size]
        if len(body) < size:
            raise broken()
        at += 4 + size
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, body


def _written(records: Iterable[Record]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records) + _ENDS


# ---- the book -----------------------------------------------------------------------------------------------------------------------


class _Book:
    """The records of the book itself, and those of its sheets."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._kept: list[Record] = []
        self._texts: list[bytes] = []
        self._sheets: list[tuple[int, bytes]] = []  # where each begins; what else is said of it
        last = 0
        for kind, body in _records(stream, 0):
            if kind == _FILEPASS:
                raise encrypted()
            if kind == _SHEET:
                self._sheets.append((struct.unpack_from("<I", body)[0], body[4:]))
            elif kind == _TEXTS or (kind == _CONTINUE and last in (_TEXTS, _CONTINUE) and self._texts):
                self._texts.append(body)
            elif kind in _KEPT:
                self._kept.append((kind, body))
            last = kind if kind != _CONTINUE or last in (_TEXTS, _CONTINUE) else last
        if len(self._sheets) > _SHEETS_MAX or len({at for at, _ in self._sheets}) < len(self._sheets):
            raise broken()

    def written(self, name: str) -> tuple[bytes, dict[str, dict[Place, Failure]]]:
        lengths = list(_lengths(self._texts))
        sheets = []
        for at, _ in self._sheets:
            sheet = _Sheet(lengths)
            for kind, body in _records(self._stream, at):
                sheet.take(kind, body)
            sheet.extent.must_be_bounded()
            sheets.append(sheet)
        if shown_too_often(sum(sheet.shown for sheet in sheets), len(self._stream)):
            raise too_dense()
        failed = {str(number): sheet.failed for number, sheet in enumerate(sheets) if sheet.failed}
        return excel_ole.with_one(name, self._stream_of(sheets)), failed

    def _stream_of(self, sheets: list[_Sheet]) -> bytes:
        texts = [(_TEXTS if not number else _CONTINUE, body) for number, body in enumerate(self._texts)]
        ahead = len(_written([*self._kept, *((_SHEET, b"1234" + said) for _, said in self._sheets), *texts]))
        parts, begins = [_written([self._kept[0], *sheet.cells]) for sheet in sheets], []
        for part in parts:
            begins.append(ahead)
            ahead += len(part)
        told = [(_SHEET, struct.pack("<I", at) + said) for at, (_, said) in zip(begins, self._sheets, strict=True)]
        return b"".join([_written([*self._kept, *told, *texts]), *parts])


@dataclass
class _Sheet:
    """The cells of one sheet as values; what a formula says is in its place, the formula is not."""

    lengths: list[int]  # of the shared texts
    extent: Extent = field(default_factory=Extent)
    cells: list[Record] = field(default_factory=list)
    failed: dict[Place, Failure] = field(default_factory=dict)
    shown: int = 0  # bytes of shared texts, once for every cell
    _formula: bytes = b""  # place and look of the formula whose text comes next

    def take(self, kind: int, body: bytes) -> None:
        if kind == _STRING and self._formula:
            self._keep(_LABEL, self._formula + _whole(body))
            self._formula = b""
        least = _CELLS.get(kind)
        if least is None:
            return
        if len(body) < least:
            raise broken()
        if kind == _FORMULA:
            self._value_of(body)
        elif kind in (_LABEL, _RICH):
            self._keep(_LABEL, body[:6] + _whole(body[6:]))
        else:
            if kind == _SHOWN:
                self.shown += self.lengths[struct.unpack_from("<I", body, 6)[0]]
            self._keep(kind, body)

    def _keep(self, kind: int, body: bytes) -> None:
        row, column = struct.unpack_from("<HH", body)
        last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MANY_RK else column
        if not column <= last < _COLUMNS_MAX or (kind == _MANY_RK and len(body) != 6 + 6 * (last - column + 1)):
            raise broken()
        self.extent.saw(1 + last - column, last + 1, row + 1)
        if kind == _BOOL_OR_ERROR and body[7]:
            self.failed[row + 1, column + 1] = "failed"
        else:
            self.cells.append((kind, body))

    def _value_of(self, body: bytes) -> None:
        place, value = body[:6], body[6:14]
        self._formula = b""
        if value[6:] != b"\xff\xff":
            self._keep(_NUMBER, place + value)
        elif value[0] == 0:
            self._formula = place
        elif value[0] in (1, 2):
            self._keep(_BOOL_OR_ERROR, place + value[2:3] + bytes([value[0] - 1]))


def _whole(text: bytes) -> bytes:
    """A text that stands in its record whole: its length, how wide its characters are, its characters."""
    (length,) = struct.unpack_from("<H", text)
    if len(text) < 2 + length:
        raise broken()
    return text


# ---- shared texts -------------------------------------------------------------------------------------------------------------------


def _lengths(texts: list[bytes]) -> Iterator[int]:
    """Bytes of every shared text, at most. One may go on in the next record, which then says again how wide its characters are."""
    if not texts:
        return
    (count,) = struct.unpack_from("<I", texts[0], 4)
    if count * 3 > sum(map(len, texts)):
        raise broken()
    rest = iter(texts[1:])
    body, at = texts[0], 8
    for _ in range(count):
        if at >= len(body):
            body, at = next(rest, b""), 0
        length, flags = struct.unpack_from("<HB", body, at)
        at += 3
        behind = 0
        if flags & 8:
            behind, at = 4 * struct.unpack_from("<H", body, at)[0], at + 2
        if flags & 4:
            behind, at = behind + struct.unpack_from("<I", body, at)[0], at + 4
        body, at = _behind_characters(body, at, length, flags & 1, rest)
        while behind > len(body) - at:
            behind -= len(body) - at
            body, at = next(rest, b""), 0
            if not body:
                raise broken()
        at += behind
        yield length * 3


def _behind_characters(body: bytes, at: int, left: int, wide: int, rest: Iterator[bytes]) -> tuple[bytes, int]:
    while True:
        here = min(left, max(len(body) - at, 0) >> wide)
        at, left = at + (here << wide), left - here
        if not left:
            return body, at
        body, at = next(rest, b""), 1
        wide = body[0] & 1
