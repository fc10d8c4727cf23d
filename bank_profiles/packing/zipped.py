"""Several named files ⇄ one package: bare (a single file) or zip, with limits on everything that comes back.

A package is held packed in memory, never unpacked: members stream through in blocks, and nothing touches a disk. The same files give
the same bytes, so that a parcel made again is the same parcel.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from bank_profiles.errors import DataPlace, Problem, Text, UnreadableFile
from bank_profiles.language.sides import Package

PACKED_BYTES_MAX = 64 << 20  # a package held in memory; a million answer lines are about half of it
ENTRIES_MAX = 64  # files in one package; the richest layout known has a handful
UNPACKED_BYTES_MAX = 2 << 30  # all files of one package together
RATIO_MAX = 200  # unpacked : packed; bank text packs 5 to 30 times, a bomb a thousand times
RATIO_FROM_BYTES = 1 << 20  # small files of blanks may pack well
BLOCK_BYTES = 1 << 20

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the zip epoch: a package says nothing about the clock of the machine that made it
_REGULAR = 0o100000
_NOT_IN_A_NAME = re.compile(r"[/\\:\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")  # paths; what no eye sees
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800


class NamedFile(NamedTuple):
    """One file of a package: its plain name and its bytes in blocks."""

    name: str
    blocks: Iterable[bytes]


# ---- packing ------------------------------------------------------------------------------------------------------------------------


def pack(package: Package, files: Iterable[NamedFile]) -> Iterator[bytes]:
    """The package as blocks. Without steps the one file goes through as it is.

    Raises ValueError when a bare package would hold several files (the checks of a profile rule that out).
    """
    if package.steps:
        yield from _zip(files)
        return
    for number, file in enumerate(files):
        if number:
            raise ValueError("a package without steps holds one file")
        yield from file.blocks


class _Outflow(io.RawIOBase):
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


def _zip(files: Iterable[NamedFile]) -> Iterator[bytes]:
    outflow = _Outflow()
    with zipfile.ZipFile(outflow, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _NO_TIME)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, (_REGULAR | 0o644) << 16
            with archive.open(entry, "w") as member:
                for block in file.blocks:
                    member.write(block)
                    yield from outflow.taken()
            yield from outflow.taken()
    yield from outflow.taken()


# ---- unpacking ----------------------------------------------------------------------------------------------------------------------


def unpack(package: Package, name: str, blocks: Iterable[bytes], told_as: str = "") -> Iterator[NamedFile]:
    """The files of a received package, in its order. ``name`` is the package's name, ``told_as`` what errors call it.

    Each file's blocks are read to their end, or left, before the next file is asked for; limits are checked before and while they
    flow. Raises UnreadableFile: nothing of the package may be kept.
    """
    if package.steps:
        return _unzip(told_as or name, blocks)
    return iter([NamedFile(name, _capped(told_as or name, blocks, PACKED_BYTES_MAX))])


def _capped(name: str, blocks: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if total > bytes_max:
            raise _too_large(name, bytes_max)
        yield block


def _unzip(name: str, blocks: Iterable[bytes]) -> Iterator[NamedFile]:
    packed = io.BytesIO()
    for block in _capped(name, blocks, PACKED_BYTES_MAX):
        packed.write(block)
    with _whole(name):
        _refuse_crowd(name, packed.getbuffer())
        archive = zipfile.ZipFile(packed)
        entries = _checked(name, archive.infolist())
    flow = _Flow(name, packed.getbuffer().nbytes)
    with archive:
        for plain_name, entry in entries:
            yield NamedFile(plain_name, flow.through(archive, entry))


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """Whatever zipfile or zlib stumble over means one thing: the package is not whole."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, UnicodeError, ValueError) as broken:
        raise _refused("broken-package", name, *_BROKEN) from broken


def _refuse_crowd(name: str, packed: memoryview) -> None:
    """Entries are counted where they stand, before zipfile builds an object for each: the directory's own count may lie."""
    if bytes(packed[:4]) not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise zipfile.BadZipFile  # something else, perhaps with a zip hidden behind it
    count = sum(1 for _ in re.finditer(rb"PK\x01\x02", packed))
    if count > ENTRIES_MAX:
        raise _too_many(name, count)


def _checked(name: str, entries: Sequence[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
    """Every entry under its plain name. Refuses paths, links, devices, folders, doubled names, encryption and promises too large."""
    if len(entries) > ENTRIES_MAX:
        raise _too_many(name, len(entries))
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
        raise _too_large(name, UNPACKED_BYTES_MAX)
    checked: list[tuple[str, zipfile.ZipInfo]] = []
    for entry in entries:
        plain_name = _plain_name(entry)
        kind = entry.external_attr >> 16 & 0o170000
        if not _is_plain(plain_name) or kind not in (0, _REGULAR):
            raise _refused("unsafe-entry", name, *_UNSAFE)
        if entry.flag_bits & _ENCRYPTED:
            raise _refused("encrypted-entry", name, *_LOCKED)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("packing-method", name, *_METHOD)
        checked.append((plain_name, entry))
    if len({plain_name.casefold() for plain_name, _ in checked}) < len(checked):
        raise _refused("doubled-entry", name, *_DOUBLED)
    return checked


def _plain_name(entry: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are GB18030 at Chinese banks; zipfile took them for CP437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    return entry.orig_filename.encode("cp437").decode("gb18030")


def _is_plain(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not _NOT_IN_A_NAME.search(name) and len(name.encode()) <= 255


class _Flow:
    """Counts what really comes out of a package, whatever its directory promised."""

    def __init__(self, name: str, packed_bytes: int) -> None:
        self._name, self._packed, self._total = name, packed_bytes, 0

    def through(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with _whole(self._name), archive.open(entry) as member:
            while block := member.read(BLOCK_BYTES):
                self._total += len(block)
                if self._total > UNPACKED_BYTES_MAX:
                    raise _too_large(self._name, UNPACKED_BYTES_MAX)
                if self._total > RATIO_FROM_BYTES and self._total > self._packed * RATIO_MAX:
                    raise _refused("package-ratio", self._name, *_RATIO)
                yield block


# ---- what is said -------------------------------------------------------------------------------------------------------------------

_Message = tuple[Text, Text, Text]

_BROKEN: _Message = (
    Text("this is not a whole zip", "这不是完整的 zip"),
    Text("a zip that opens to its end, every check sum right", "可完整解开、校验和全部正确的 zip"),
    Text("the bank must send the package again", "请银行重新发送该包"),
)
_UNSAFE: _Message = (
    Text(
        "an entry of the zip is a folder, a link, a device, or has a path in its name",
        "zip 中有目录、链接、设备，或名称带路径的条目",
    ),
    Text("plain files at the top of the zip", "zip 顶层的普通文件"),
    Text(
        "the bank must send it without folders; if it was not the bank, call the bank",
        "请银行不带目录重发；若非银行所发，请致电银行",
    ),
)
_LOCKED: _Message = (
    Text("an entry of the zip has a password", "zip 中有加密码的条目"),
    Text("no zip password; the seal protects the parcel", "zip 不设密码；由密封保护"),
    Text("the bank must send it without", "请银行去掉密码重发"),
)
_METHOD: _Message = (
    Text("an entry of the zip is packed by a method we do not take", "zip 条目使用了不接收的压缩方法"),
    Text("stored or deflated, as every zip program can", "存储或 deflate，任何 zip 程序都支持"),
    Text("the bank must pack it again the ordinary way", "请银行用普通方式重新打包"),
)
_DOUBLED: _Message = (
    Text("two entries of the zip have the same name", "zip 中有两个同名条目"),
    Text("every file once", "每个文件一次"),
    Text("the bank must say which one is right, and send it again", "请银行确认并重新发送"),
)
_RATIO: _Message = (
    Text(f"the zip unpacks to more than {RATIO_MAX} times its size", f"zip 解开后超过自身 {RATIO_MAX} 倍"),
    Text("an ordinary package", "正常的包"),
    Text("do not open it by other means; call the bank", "请勿用其他方法打开；请致电银行"),
)


def _too_large(name: str, bytes_max: int) -> UnreadableFile:
    limit = f"{bytes_max >> 20:,} MiB"
    return _refused(
        "package-too-large",
        name,
        Text("the package is larger than we take", "包超过可接收的大小"),
        Text(f"at most {limit}", f"最多 {limit}"),
        Text(
            "ask the bank for smaller packages, or ask for fewer lines at once (limits.lines_max)",
            "请银行分包，或减少每批笔数（limits.lines_max）",
        ),
    )


def _too_many(name: str, count: int) -> UnreadableFile:
    return _refused(
        "package-entries",
        name,
        Text(f"the zip has {count:,} entries", f"zip 中有 {count:,} 个条目"),
        Text(f"at most {ENTRIES_MAX}", f"最多 {ENTRIES_MAX} 个"),
        Text("ask the bank what it sent", "请询问银行发送了什么"),
    )


def _refused(code: str, name: str, what: Text, expected: Text, hint: Text) -> UnreadableFile:
    hint = Text(f"{hint.en}. The package is refused, nothing was stored", f"{hint.zh}。整个包已拒收，未入库")
    return UnreadableFile([Problem(code=code, place=DataPlace(name), what=what, expected=expected, hint=hint)])
