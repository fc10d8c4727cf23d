"""A workbook that is a package of XML (xlsx), looked at before it is opened: what will its sheets be in memory?

The library that opens workbooks lays a sheet out densely and copies a shared text into every cell that shows it. So two cells far
apart, or one long text shown a million times, would end the process: cells are counted first, in the very bytes it will read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from bank_profiles.codecs.excel.limits import (
    BLOCK_BYTES,
    Extent,
    broken,
    encrypted,
    not_a_workbook,
    shown_too_often,
    too_dense,
    too_large,
)
from bank_profiles.codecs.excel.part import Failure, Part, Place, found_at, without_empty

SIGNATURE = b"PK\x03\x04"
UNPACKED_BYTES_MAX = 1 << 30
RATIO_MAX = 50  # unpacked : packed; sheets pack 8 to 20 times, even where every cell is the same
RATIO_FROM_BYTES = 4 << 20
ENTRIES_MAX = 2000
_END_OF_ZIP, _END_BYTES = b"PK\x05\x06", 22
_TAG_BYTES_MAX = 1 << 20  # a cell holds 32,767 characters: nothing between two tags is longer


def look(data: bytes, unpacked_max: int = UNPACKED_BYTES_MAX) -> dict[str, dict[Place, Failure]]:
    """Which formulas failed or have no value, by part of the package. Raises BadFile for what may not be opened."""
    entries = _entries(data)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > unpacked_max:
        raise too_large(f"{unpacked_max >> 20:,} MiB")
    if unpacked > max(RATIO_FROM_BYTES, RATIO_MAX * len(data)):
        raise too_dense()
    parts = {entry.filename: _looked_at(data, entry) for entry in entries}
    longest = max(part.longest for part in parts.values())
    if shown_too_often(longest * sum(part.shown for part in parts.values()), unpacked):
        _look_at_shown(data, entries, unpacked)
    return {name: part.failures for name, part in parts.items() if part.failures}


def read_part(data: bytes, name: str) -> bytes:
    """One part of a package that was looked at, whatever the case of its name; empty where it is not there."""
    found = [entry for entry in _entries(data) if entry.filename.lower() == name.lower()]
    return b"".join(_inflated(data, found[0])) if found else b""


def _looked_at(data: bytes, entry: zipfile.ZipInfo) -> Part:
    part = Part()
    for block in whole_tags(_inflated(data, entry)):
        part.take(block)
    extent = part.extent
    if not extent.is_bounded and not extent.beyond:
        extent = _of_content(data, entry)
    extent.must_be_bounded()
    return part


def _of_content(data: bytes, entry: zipfile.ZipInfo) -> Extent:
    """Only of cells that hold something: a format far away is laid out by nobody. All of them must say where they are."""
    part = Part()
    for block in whole_tags(_inflated(data, entry), b"<row"):
        part.take(without_empty(block))
    return part.extent


# ---- the package --------------------------------------------------------------------------------------------------------------------


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    if data[-_END_BYTES:][:4] != _END_OF_ZIP:  # no comment, nothing behind: no two readers find two directories
        raise broken()
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError):  # the second: an entry that wants a later zip
        raise broken() from None
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries) or len(entries) > ENTRIES_MAX:
        raise broken()
    if any(entry.flag_bits & 1 for entry in entries):
        raise encrypted()
    kind = next((kind for name, kind in _OTHER_KINDS.items() if name in names), None)
    if kind or "xl/workbook.xml" not in names:
        raise not_a_workbook(data, package=kind or "zip")
    return entries


# A package that is one of these as well would be opened as it where it is no good xlsx, and nobody looked at it as such.
_OTHER_KINDS = {"xl/workbook.bin": "xlsb", "content.xml": "ods", "word/document.xml": "docx"}


def _inflated(data: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry in blocks, exactly as long as its directory says, so that whoever opens it reads the same."""
    at = entry.header_offset
    head = data[at : at + 30]
    if head[:4] != SIGNATURE:
        raise broken()
    start = at + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    packed = data[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size:
        yield from (packed[i : i + BLOCK_BYTES] for i in range(0, len(packed), BLOCK_BYTES))
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise broken()
    inflater, size = zlib.decompressobj(-15), 0
    try:
        for at in range(0, len(packed), BLOCK_BYTES >> 3):
            rest = packed[at : at + (BLOCK_BYTES >> 3)]
            while rest:
                block = inflater.decompress(rest, BLOCK_BYTES)
                rest, size = inflater.unconsumed_tail, size + len(block)
                if size > entry.file_size:
                    raise broken()
                yield block
        yield inflater.flush()
    except zlib.error:
        raise broken() from None
    if size != entry.file_size or not inflater.eof:
        raise broken()


def whole_tags(blocks: Iterable[bytes], before: bytes = b"<") -> Iterator[bytes]:
    """The same bytes, cut only before a tag."""
    held = b""
    for block in blocks:
        held += block
        cut = held.rfind(before)
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
        if len(held) > _TAG_BYTES_MAX + BLOCK_BYTES:
            raise broken()
    if held:
        yield held


# ---- shared texts -------------------------------------------------------------------------------------------------------------------

_SHOWN = re.compile(rb"""\bt\s*=\s*["']s["'][^>]*>\s*<v>\s*([0-9]{1,9})\s*</v>""")


def _look_at_shown(data: bytes, entries: list[zipfile.ZipInfo], unpacked: int) -> None:
    """How much all shown texts are, counted one by one. Raises BadFile where that is too much, or cannot be told."""
    texts = read_part(data, "xl/sharedStrings.xml")
    if b"<!" in texts:
        raise broken()
    lengths = np.diff(found_at(texts, b"</si>"), prepend=0)
    shown, size = 0, 0
    for entry in entries:
        for block in whole_tags(_inflated(data, entry), b"<row"):
            found = np.array(_SHOWN.findall(block), np.int64)
            if len(found) < block.count(b'"s"') + block.count(b"'s'") or (len(found) and found.max() >= len(lengths)):
                raise broken()
            shown, size = shown + len(found), size + int(lengths[found].sum())
            if shown_too_often(size, unpacked):
                raise too_dense()
