"""Several named files → one zip under a password of the old kind: for programs that know no other way, never as protection.

The cipher (PKWARE APPNOTE 6.3.10, section 6.1) yields to anybody who knows a dozen bytes of what it hides (Biham and Kocher, "A known
plaintext attack on the PKZIP stream cipher", 1994). No library that is kept writes it; Python's zipfile reads it (zipped.py).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator

from bank_profiles.packing.limits import NamedFile

_CRC = [zlib.crc32(bytes([byte]), 0xFFFFFFFF) ^ 0xFFFFFFFF for byte in range(256)]  # one step of CRC-32, by table
_KEYS = (0x12345678, 0x23456789, 0x34567890)  # 6.1.5: what every password begins from
_VERSION, _DEFLATED, _UNIX = 20, 8, 3
_LOCKED, _UTF8_NAME = 0x1, 0x800
_NEW_YEAR_1980 = 0x21  # no clock of ours, as in zips without a password
_PLAIN_FILE = 0o100644 << 16
_SALT_BYTES = 11


def lock_files(files: Iterable[NamedFile], password: bytes) -> Iterator[bytes]:
    """The files as one zip, in blocks; a member is held, packed, until its sizes are known: old programs want them before the content.

    The same files give the same bytes.
    """
    directory, at = [], 0
    for file in files:
        name = file.name.encode()
        about, content = _member(name, file.blocks, password)
        head = b"PK\x03\x04" + about + name
        yield head
        yield content
        made_by = struct.pack("<H", _UNIX << 8 | _VERSION)
        directory.append(b"PK\x01\x02" + made_by + about + struct.pack("<3H2I", 0, 0, 0, _PLAIN_FILE, at) + name)
        at += len(head) + len(content)
    listed = b"".join(directory)
    yield listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(directory), len(directory), len(listed), at, 0)


def _member(name: bytes, blocks: Iterable[bytes], password: bytes) -> tuple[bytes, bytes]:
    """What both headers say of a member, and its locked bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts, crc, size = list[bytes](), 0, 0
    for block in blocks:
        crc, size = zlib.crc32(block, crc), size + len(block)
        parts.append(packer.compress(block))
    packed = b"".join([*parts, packer.flush()])
    content = _lock(_salt(packed, crc) + packed, password)
    flags = _LOCKED | (0 if name.isascii() else _UTF8_NAME)
    about = struct.pack("<5H3I2H", _VERSION, flags, _DEFLATED, 0, _NEW_YEAR_1980, crc, len(content), size, len(name), 0)
    return about, content


def _salt(packed: bytes, crc: int) -> bytes:
    """6.1.6: eleven bytes of any kind, ours of the content alone, so that no two contents share a key stream; then what tells a wrong
    password: the highest byte of the check sum."""
    return hashlib.sha256(packed).digest()[:_SALT_BYTES] + bytes([crc >> 24])


def _lock(plain: bytes, password: bytes) -> bytes:
    """6.1.5 and 6.1.7: three keys turned by every byte, of the password first. A byte at a time: 2.8 MB a second."""
    key0, key1, key2 = _KEYS
    locked = bytearray()
    for byte in password + plain:
        mask = key2 | 2
        locked.append(byte ^ (mask * (mask ^ 1) >> 8 & 0xFF))
        key0 = key0 >> 8 ^ _CRC[(key0 ^ byte) & 0xFF]
        key1 = ((key1 + (key0 & 0xFF)) * 0x08088405 + 1) & 0xFFFFFFFF
        key2 = key2 >> 8 ^ _CRC[(key2 ^ key1 >> 24) & 0xFF]
    return bytes(locked[len(password) :])
