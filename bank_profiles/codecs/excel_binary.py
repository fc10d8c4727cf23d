"""A workbook of the old kind (xls: BIFF in an OLE file), looked at before it is opened: what will its sheets be in memory?"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from bank_profiles.codecs.excel_limits import Extent, broken, encrypted, not_a_workbook, shown_too_often, too_dense

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Place = tuple[int, int]  # row and column, 1-based

_BOF, _EOF, _FILEPASS, _SST, _CONTINUE = 0x0809, 0x000A, 0x002F, 0x00FC, 0x003C
_BLANK, _NUMBER, _LABEL, _BOOL_OR_ERROR, _FORMULA, _RK = 0x0201, 0x0203, 0x0204, 0x0205, 0x0006, 0x027E
_MANY_RK, _MANY_BLANK, _SHOWN, _RICH, _DIMENSIONS, _SHEET_AT = 0x00BD, 0x00BE, 0x00FD, 0x00D6, 0x0200, 0x0085
_CELLS = {_BLANK, _NUMBER, _LABEL, _BOOL_OR_ERROR, _FORMULA, _RK, _MANY_RK, _MANY_BLANK, _SHOWN, _RICH}
_ROWS_MAX, _COLUMNS_MAX = 1 << 16, 1 << 8  # of any sheet of this kind
_END_OF_CHAIN = 0xFFFFFFFA  # from here on a sector number is a mark


def look(data: bytes) -> dict[str, frozenset[Place]]:
    """In which cells formulas failed, by number of the sheet. Raises BadFile for what may not be opened."""
    streams = _streams(data)
    if "encryptedpackage" in streams:
        raise encrypted()
    book = streams.get("workbook") or streams.get("book")
    if book is None:
        raise not_a_workbook(data, package="ole")
    sheets = _Sheets()
    for at, kind, body in _records(book):
        sheets.take(at, kind, body)
    if shown_too_often(sheets.shown * sum(map(len, sheets.texts)), len(book)):
        _look_at_shown(book, sheets.texts)
    for sheet in sheets.found.values():
        sheet.extent.must_be_bounded()
    numbers = {at: number for number, at in enumerate(sheets.begin_at)}
    return {str(numbers.get(at)): frozenset(sheet.errors) for at, sheet in sheets.found.items() if sheet.errors}


# ---- the OLE file -------------------------------------------------------------------------------------------------------------------


def _streams(data: bytes) -> dict[str, bytes]:
    """The streams of an OLE file by name, in small letters. Every chain of sectors ends, each sector is in one chain."""
    try:
        return _Ole(data).streams()
    except (struct.error, IndexError, UnicodeDecodeError):
        raise broken() from None


class _Ole:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sector = 1 << struct.unpack_from("<H", data, 30)[0]
        if self._sector not in (512, 4096):
            raise broken()
        (self._first_directory,) = struct.unpack_from("<I", data, 48)
        self._small_max, first_small, _, first_more, _ = struct.unpack_from("<5I", data, 56)
        self._next = self._table(self._all_of_table(first_more))
        self._next_small = self._table(self._chain(first_small, self._next)) if first_small < _END_OF_CHAIN else ()

    def _all_of_table(self, more: int) -> list[int]:
        """The sectors that hold the table of sectors."""
        found = [at for at in struct.unpack_from("<109I", self._data, 76) if at < _END_OF_CHAIN]
        seen: set[int] = set()
        while more < _END_OF_CHAIN:
            if more in seen:
                raise broken()
            seen.add(more)
            *sectors, more = struct.unpack(f"<{self._sector // 4}I", self._at(more))
            found += [at for at in sectors if at < _END_OF_CHAIN]
        return found

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        return self._data[start : start + self._sector].ljust(self._sector, b"\0") if start < len(self._data) else b""

    def _table(self, sectors: list[int]) -> tuple[int, ...]:
        if len(sectors) > len(self._data) // self._sector:
            raise broken()
        whole = b"".join(self._at(sector) for sector in sectors)
        return struct.unpack(f"<{len(whole) // 4}I", whole)

    def _chain(self, first: int, following: tuple[int, ...]) -> list[int]:
        chain: list[int] = []
        while first < _END_OF_CHAIN:
            chain.append(first)
            if len(chain) > len(following):
                raise broken()
            first = following[first]
        return chain

    def streams(self) -> dict[str, bytes]:
        directory = b"".join(map(self._at, self._chain(self._first_directory, self._next)))
        found: dict[str, bytes] = {}
        small = b""
        for at in range(0, len(directory), 128):
            size_of_name, kind = struct.unpack_from("<HB", directory, at + 64)
            first, size = struct.unpack_from("<IQ", directory, at + 116)
            name = directory[at : at + max(min(size_of_name, 64) - 2, 0)].decode("utf-16-le").lower()
            if kind == 5:
                small = b"".join(map(self._at, self._chain(first, self._next)))
            elif kind == 2 and name in ("workbook", "book", "encryptedpackage") and name not in found:
                found[name] = self._stream(first, size & 0xFFFFFFFF, small)
        return found

    def _stream(self, first: int, size: int, small: bytes) -> bytes:
        if size < self._small_max:
            return b"".join(small[at * 64 : at * 64 + 64] for at in self._chain(first, self._next_small))[:size]
        return b"".join(map(self._at, self._chain(first, self._next)))[:size]


# ---- records ------------------------------------------------------------------------------------------------------------------------


def _records(book: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each begins, its kind, what it says."""
    at, end = 0, len(book)
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", book, at)
        if at + 4 + size > end:
            raise broken()
        yield at, kind, book[at + 4 : at + 4 + size]
        at += 4 + size


@dataclass
class _Sheet:
    extent: Extent = field(default_factory=Extent)
    errors: set[Place] = field(default_factory=set)


@dataclass
class _Sheets:
    """All sheets by where they begin, as records come by: what stands between a begin and its end is one."""

    found: dict[int, _Sheet] = field(default_factory=dict)
    begin_at: list[int] = field(default_factory=list)  # of the sheets, in their order in the book
    shown: int = 0  # cells that show a shared text
    texts: list[bytes] = field(default_factory=list)  # records of the shared texts
    _in_texts: bool = False
    _depth: int = 0
    _sheet: _Sheet = field(default_factory=_Sheet)

    def take(self, at: int, kind: int, body: bytes) -> None:
        if kind in _CELLS:
            self._cell(kind, body)
        elif kind == _SST or (kind == _CONTINUE and self._in_texts):
            self.texts.append(body)
        elif kind == _BOF:
            self._depth += 1
            if self._depth == 1:
                self._sheet = self.found[at] = _Sheet()
        elif kind == _EOF:
            self._depth = max(self._depth - 1, 0)
        elif kind == _SHEET_AT and len(body) >= 4:
            self.begin_at += struct.unpack_from("<I", body)
        elif kind == _FILEPASS:
            raise encrypted()
        elif kind == _DIMENSIONS:
            self._reserves(body)
        self._in_texts = kind == _SST or (kind == _CONTINUE and self._in_texts)

    def _cell(self, kind: int, body: bytes) -> None:
        if len(body) < 6:
            raise broken()
        row, column = struct.unpack_from("<HH", body)
        last = column
        if kind in (_MANY_RK, _MANY_BLANK):
            (last,) = struct.unpack_from("<H", body, len(body) - 2)
        if max(column, last) >= _COLUMNS_MAX:
            raise broken()
        sheet = self._sheet
        sheet.extent.saw(1 + max(last - column, 0), last + 1, row + 1)
        self.shown += kind == _SHOWN
        failed = (kind == _BOOL_OR_ERROR and body[7:8] == b"\1") or (
            kind == _FORMULA and body[6:7] == b"\2" and body[12:14] == b"\xff\xff"
        )
        if failed:
            sheet.errors.add((row + 1, column + 1))

    def _reserves(self, body: bytes) -> None:
        """Room is made for what the sheet says it will be."""
        if len(body) >= 12:
            _, rows, _, columns = struct.unpack_from("<IIHH", body)
            if rows > _ROWS_MAX or columns > _COLUMNS_MAX:
                raise broken()


# ---- shared texts -------------------------------------------------------------------------------------------------------------------


def _look_at_shown(book: bytes, texts: list[bytes]) -> None:
    """How much all shown texts are, counted one by one. Raises BadFile where that is too much."""
    try:
        lengths, size = list(_lengths(texts)), 0
        for _, kind, body in _records(book):
            if kind == _SHOWN:
                size += lengths[struct.unpack_from("<I", body, 6)[0]]
    except (struct.error, IndexError):
        raise broken() from None
    if shown_too_often(size, len(book)):
        raise too_dense()


def _lengths(texts: list[bytes]) -> Iterator[int]:
    """Bytes of every shared text, at most. One may go on in the next record, which then says again how wide its characters are."""
    rest = iter(texts)
    body, at = next(rest), 8
    (count,) = struct.unpack_from("<I", body, 4)
    for _ in range(count):
        if at >= len(body):
            body, at = next(rest, b""), at - len(body)
        length, flags = struct.unpack_from("<HB", body, at)
        runs, extra = at + 3, at + (5 if flags & 8 else 3)
        behind = (4 * struct.unpack_from("<H", body, runs)[0] if flags & 8 else 0) + (
            struct.unpack_from("<I", body, extra)[0] if flags & 4 else 0
        )
        at, left = extra + (4 if flags & 4 else 0), length
        while left:
            width = 1 + (flags & 1)
            here = min(left, max(len(body) - at, 0) // width)
            at, left = at + here * width, left - here
            if left:
                body, at = next(rest, b""), 1
                flags = body[0]
        at += behind
        while at > len(body):
            at, body = at - len(body), next(rest, b"")
            if not body:
                break
        yield length * 3
