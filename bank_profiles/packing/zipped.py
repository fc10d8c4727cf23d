"""Several named files ⇄ one zip.

A zip is held packed in memory, never unpacked: members stream through in blocks. The same files give the same bytes, so that a parcel
made again is the same parcel.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from bank_profiles.errors import Text
from bank_profiles.packing.limits import (
    BLOCK_BYTES,
    Meter,
    NamedFile,
    Names,
    Outflow,
    Said,
    broken,
    refused,
    strange_method,
    trailing,
    unsafe,
)  # fmt: skip

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the zip epoch: a package says nothing about the clock of the machine that made it
_REGULAR = 0o100000
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800
_LOCAL_BYTES, _END_BYTES = 30, 22  # of a member's own header, of the end of the directory, without what varies
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


# ---- packing ------------------------------------------------------------------------------------------------------------------------


class _Pipe(io.RawIOBase):
    """Takes what zipfile writes and gives it on in blocks; it cannot seek, so zipfile never goes back to patch a header."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = bytes(data)
        self._parts.append(block)
        return len(block)

    def taken(self) -> Iterator[bytes]:
        parts, self._parts = self._parts, []
        yield from (part for part in parts if part)


def zip_files(files: Iterable[NamedFile]) -> Iterator[bytes]:
    """The files as one zip, in blocks."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _NO_TIME)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, (_REGULAR | 0o644) << 16
            with archive.open(entry, "w") as member:
                for block in file.blocks:
                    member.write(block)
                    yield from pipe.taken()
            yield from pipe.taken()
    yield from pipe.taken()


# ---- unpacking ----------------------------------------------------------------------------------------------------------------------


def unzip(blocks: Iterable[bytes], meter: Meter) -> Iterator[NamedFile]:
    """The files of a zip, in the order of its directory. Raises UnreadableFile."""
    packed = io.BytesIO()
    for block in blocks:
        packed.write(block)
    outflow = Outflow(meter)
    with _whole(meter.name):
        _refuse_crowd(meter.name, packed.getbuffer())
        archive = zipfile.ZipFile(packed)
        entries = _checked(meter.name, archive, outflow)
    with archive:
        for plain_name, entry in entries:
            yield NamedFile(plain_name, _content(meter.name, archive, entry, outflow))


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """Whatever zipfile or zlib stumble over means one thing: the package is not whole."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, UnicodeError, ValueError) as stumble:
        raise refused("broken-package", name, broken("zip")) from stumble


def _content(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, outflow: Outflow) -> Iterator[bytes]:
    with _whole(name), archive.open(entry) as member:
        while block := member.read(BLOCK_BYTES):
            yield outflow.count(block)


def _refuse_crowd(name: str, packed: memoryview) -> None:
    """Entries are counted where they stand, before zipfile builds an object for each: the directory's own count may lie."""
    if bytes(packed[:4]) not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise zipfile.BadZipFile  # something else, perhaps with a zip hidden behind it
    Names(name, "zip").count(sum(1 for _ in re.finditer(rb"PK\x01\x02", packed)))
    end = bytes(packed[-(_END_BYTES + 0xFFFF) :])
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + _END_BYTES:
        raise zipfile.BadZipFile
    if len(end) != at + _END_BYTES + struct.unpack_from("<H", end, at + 20)[0]:
        raise refused("package-trailing", name, trailing("zip"))


def _checked(name: str, archive: zipfile.ZipFile, outflow: Outflow) -> list[tuple[str, zipfile.ZipInfo]]:
    """Every entry under its plain name. Refuses paths, links, devices, folders, doubled names, encryption and promises too large."""
    names = Names(name, "zip")
    entries = archive.infolist()
    names.count(len(entries))
    outflow.promise(sum(entry.file_size for entry in entries))
    checked: list[tuple[str, zipfile.ZipInfo]] = []
    for entry in entries:
        plain_name = names.take(_plain_name(entry))
        if entry.external_attr >> 16 & 0o170000 not in (0, _REGULAR):
            raise refused("unsafe-entry", name, unsafe("zip"))
        if entry.flag_bits & _ENCRYPTED:
            raise refused("encrypted-entry", name, _LOCKED)
        if entry.compress_type not in _METHODS:
            raise refused("packing-method", name, strange_method("zip", _ORDINARY))
        checked.append((plain_name, entry))
    _refuse_overlap(entries, archive.start_dir)
    return checked


def _refuse_overlap(entries: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Members that share bytes unpack the same bytes again and again: no program writes such a zip except to do harm."""
    starts = sorted(entry.header_offset for entry in entries)
    nexts = dict(pairwise([*starts, directory]))
    if len(nexts) < len(entries):
        raise zipfile.BadZipFile
    for entry in entries:
        name_bytes = len(entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437"))
        if entry.header_offset + _LOCAL_BYTES + name_bytes + entry.compress_size > nexts[entry.header_offset]:
            raise zipfile.BadZipFile


def _plain_name(entry: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are GB18030 at Chinese banks; zipfile took them for CP437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    return entry.orig_filename.encode("cp437").decode("gb18030")


# ---- what is said -------------------------------------------------------------------------------------------------------------------

_LOCKED = Said(
    Text("an entry of the zip has a password", "zip 中有加密码的条目"),
    Text("no zip password; the seal protects the parcel", "zip 不设密码；由密封保护"),
    Text("the bank must send it without", "请银行去掉密码重发"),
)
_ORDINARY = Text("stored or deflated, as every zip program can", "存储或 deflate，任何 zip 程序都支持")
