"""OLE files, of which workbooks of the old kind are one: streams out of any, and one stream into the smallest there can be."""

from __future__ import annotations

import struct

from bank_profiles.codecs.excel.limits import broken

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _FREE, _OF_TABLE, _MARKS = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFA  # from _MARKS on a number is no sector
_SMALL_STREAM, _SMALL_SECTOR, _ENTRY = 4096, 64, 128
_WRITTEN_SECTOR = 4096
_IN_HEADER = 109  # sectors of the table that the header itself names


class Ole:
    """An OLE file. ``names``: of its streams. Raises BadFile where a chain of sectors leads nowhere or never ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._read()
        except (struct.error, IndexError):
            raise broken() from None

    @property
    def names(self) -> set[str]:
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        first, size = self._entries[name]
        try:
            if not size:
                return b""
            if size >= _SMALL_STREAM:
                whole = b"".join(map(self._sector, self._chain(first, self._next)))
            else:
                starts = [number * _SMALL_SECTOR for number in self._chain(first, self._next_small)]
                whole = b"".join(self._small[start : start + _SMALL_SECTOR] for start in starts)
        except IndexError:
            raise broken() from None
        if len(whole) < size:
            raise broken()
        return whole[:size]

    def _read(self) -> None:
        (shift,) = struct.unpack_from("<H", self._data, 30)
        if shift not in (9, 12):
            raise broken()
        self._size = 1 << shift
        first_directory, _, _, first_small, _, more, _ = struct.unpack_from("<7I", self._data, 48)
        self._next = self._numbers(self._sectors_of_table(more))
        self._next_small = self._numbers(self._chain(first_small, self._next)) if first_small < _MARKS else ()
        self._small = b""
        self._entries: dict[str, tuple[int, int]] = {}
        directory = b"".join(map(self._sector, self._chain(first_directory, self._next)))
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            name_bytes, kind = struct.unpack_from("<HB", directory, at + 64)
            first, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + min(name_bytes, 64)].decode("utf-16-le", "replace").rstrip("\0")
            if kind == 5 and first < _MARKS:
                self._small = b"".join(map(self._sector, self._chain(first, self._next)))
            elif kind == 2:
                self._entries.setdefault(name, (first, size))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._data):
            raise broken()
        return self._data[start : start + self._size]

    def _numbers(self, sectors: list[int]) -> tuple[int, ...]:
        if len(sectors) > len(self._data) // self._size:
            raise broken()
        whole = b"".join(map(self._sector, sectors))
        return struct.unpack(f"<{len(whole) // 4}I", whole)

    def _sectors_of_table(self, more: int) -> list[int]:
        found = [number for number in struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76) if number < _MARKS]
        seen: set[int] = set()
        while more < _MARKS:
            if more in seen:
                raise broken()
            seen.add(more)
            *numbers, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            found += [number for number in numbers if number < _MARKS]
        return found

    def _chain(self, first: int, following: tuple[int, ...]) -> list[int]:
        chain: list[int] = []
        while first != _END:
            chain.append(first)
            if len(chain) > len(following):
                raise broken()
            first = following[first]
        return chain


def with_one(name: str, stream: bytes) -> bytes:
    """An OLE file with one stream, its sectors one behind the other."""
    stream = stream.ljust(_SMALL_STREAM, b"\0")
    sectors = -(-len(stream) // _WRITTEN_SECTOR)
    a_table = _WRITTEN_SECTOR // 4
    tables = 1
    while tables * a_table < tables + 2 + sectors:
        tables += 1
    directory, root, first = tables, tables + 1, tables + 2
    table = [*[_OF_TABLE] * tables, _END, _END, *range(first + 1, first + sectors), _END]
    table += [_FREE] * (tables * a_table - len(table))
    header = bytearray(_WRITTEN_SECTOR)
    header[:8] = SIGNATURE
    struct.pack_into("<5H", header, 24, 0x3E, 4, 0xFFFE, 12, 6)
    struct.pack_into("<9I", header, 40, 1, tables, directory, 0, _SMALL_STREAM, _END, 0, _END, 0)
    struct.pack_into(f"<{_IN_HEADER}I", header, 76, *range(tables), *[_FREE] * (_IN_HEADER - tables))
    entries = _entry("Root Entry", 5, root, _WRITTEN_SECTOR) + _entry(name, 2, first, len(stream))
    return b"".join(
        [
            bytes(header),
            struct.pack(f"<{len(table)}I", *table),
            entries.ljust(_WRITTEN_SECTOR, b"\0"),
            bytes(_WRITTEN_SECTOR),
            stream.ljust(sectors * _WRITTEN_SECTOR, b"\0"),
        ]
    )


def _entry(name: str, kind: int, first: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    child = 1 if kind == 5 else _FREE
    return text.ljust(64, b"\0") + struct.pack("<HBB3I36xIQ", len(text), kind, 1, _FREE, _FREE, child, first, size)
