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
_ENCRYPTED, _ENCRYPTED_STRONGLY, _UTF8_NAME = 0x1, 0x40, 0x800
_AES = 99  # WinZip's "method" of a member under AES (its AE-1 and AE-2 specification)
_LOCAL_BYTES, _END_BYTES = 30, 22  # of a member's own header, of the end of the directory, without what varies
_STUMBLES = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, UnicodeError, ValueError)
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


def unzip(blocks: Iterable[bytes], meter: Meter, password: bytes | None = None) -> Iterator[NamedFile]:
    """The files of a zip, in the order of its directory. Raises UnreadableFile.

    ``password``: the one of the old kind that was agreed, empty where it was agreed and nobody gave it; None where none was agreed.
    """
    packed = io.BytesIO()
    for block in blocks:
        packed.write(block)
    outflow = Outflow(meter)
    with _whole(meter.name):
        _refuse_crowd(meter.name, packed.getbuffer())
        archive = zipfile.ZipFile(packed)
        entries = _checked(meter.name, archive, outflow, password)
    with archive:
        for plain_name, entry in entries:
            yield NamedFile(plain_name, _content(meter.name, archive, entry, outflow, password))


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """Whatever zipfile or zlib stumble over means one thing: the package is not whole."""
    try:
        yield
    except _STUMBLES as stumble:
        raise refused("broken-package", name, broken("zip")) from stumble


def _content(
    name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, outflow: Outflow, password: bytes | None
) -> Iterator[bytes]:
    with _unlocked(name) if entry.flag_bits & _ENCRYPTED else _whole(name), archive.open(entry, pwd=password or None) as member:
        while block := member.read(BLOCK_BYTES):
            yield outflow.count(block)


@contextmanager
def _unlocked(name: str) -> Iterator[None]:
    """A wrong password shows in one byte of the member, and one time in 256 only in its check sum: both are told alike."""
    try:
        yield
    except (*_STUMBLES, RuntimeError, IndexError) as stumble:
        raise refused("zip-password", name, _WRONG_PASSWORD) from stumble


def _expect_old_lock(name: str, entry: zipfile.ZipInfo, password: bytes | None) -> None:
    """A member is locked: was that agreed, is it the old kind, do we have the password?"""
    if password is None:
        raise refused("encrypted-entry", name, _LOCKED)
    if entry.flag_bits & _ENCRYPTED_STRONGLY or entry.compress_type == _AES:
        raise refused("zip-cipher", name, _OTHER_CIPHER)
    if not password:
        raise refused("zip-password-missing", name, _NO_PASSWORD)


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


def _checked(name: str, archive: zipfile.ZipFile, outflow: Outflow, password: bytes | None) -> list[tuple[str, zipfile.ZipInfo]]:
    """Every entry under its plain name. Refuses paths, links, devices, folders, doubled names, locks not agreed, promises too large."""
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
            _expect_old_lock(name, entry, password)
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
    Text(
        "the bank must send it without; where its interface note says there is one: legacy_password at the step",
        "请银行去掉密码重发；接口文件约定有密码的，请在该步骤写 legacy_password",
    ),
)
_WRONG_PASSWORD = Said(
    Text("the agreed password does not open an entry of the zip", "约定的密码打不开 zip 中的条目"),
    Text(
        "the password of the connection's zip_password, or the package's own name, as legacy_password says; and a whole package",
        "按 legacy_password：连接 zip_password 的密码，或包自身的名称；且包完整",
    ),
    Text("ask the bank which password it used, and whether the package is whole", "请与银行核对所用密码，以及包是否完整"),
)
_OTHER_CIPHER = Said(
    Text(
        "an entry of the zip is locked by another cipher than the old one (AES, or strong encryption)",
        "zip 条目用旧式以外的方式加密（AES 或强加密）",
    ),
    Text(
        "the old kind of password (ZipCrypto), as agreed; the seal protects the parcel", "约定的旧式密码（ZipCrypto）；由密封保护"
    ),
    Text("the bank must send it by the old kind, or without a password", "请银行改用旧式密码，或去掉密码重发"),
)
_NO_PASSWORD = Said(
    Text("an entry of the zip has a password, and none was given to open it", "zip 中有加密码的条目，而未提供密码"),
    Text("the password agreed with the bank", "与银行约定的密码"),
    Text(
        "zip_password: secret:… in the connection; offline, --zip-password FILE",
        "请在连接中写 zip_password: secret:…；离线时用 --zip-password FILE",
    ),
)
_ORDINARY = Text("stored or deflated, as every zip program can", "存储或 deflate，任何 zip 程序都支持")
