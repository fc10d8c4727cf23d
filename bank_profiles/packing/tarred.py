"""Several named files ⇄ one tar, as a stream in both directions: plain files only, of every other kind of entry a tar is refused."""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from bank_profiles.errors import Text
from bank_profiles.packing.limits import (
    BLOCK_BYTES,
    ENTRIES_MAX,
    Meter,
    NamedFile,
    Names,
    Outflow,
    broken,
    refused,
    strange_method,
    trailing,
    unsafe,
)  # fmt: skip

_UNIT = tarfile.BLOCKSIZE  # 512: a tar is made of these
_HEADERS_MAX = 4 * ENTRIES_MAX  # a long name stands in a header of its own before that of its file
_EXTENSION_BYTES_MAX = 8 << 10  # of such a header; a name has 255 bytes
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)
_REDEFINES = ("GNU.sparse", "size", "linkpath")  # words of an extended header that make another file of what follows


# ---- packing ------------------------------------------------------------------------------------------------------------------------


def tar_files(files: Iterable[NamedFile]) -> Iterator[bytes]:
    """The files as one tar. Its entries have no time and no owner, so that the same files give the same bytes."""
    total = 0
    for file in files:
        held = _Held(file.blocks)
        head = _header(file.name, held.size)
        yield head
        yield from held.blocks()
        yield bytes(-held.size % _UNIT)
        total += len(head) + held.size + -held.size % _UNIT
    yield bytes(2 * _UNIT + -(total + 2 * _UNIT) % tarfile.RECORDSIZE)


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


class _Held:
    """A file kept, packed, until its size is known: a tar says the size before the content."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        packer = zlib.compressobj(1)
        self.size, self._parts = 0, []
        for block in blocks:
            self.size += len(block)
            self._parts.append(packer.compress(block))
        self._parts.append(packer.flush())

    def blocks(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj()
        yield from (block for part in self._parts if (block := unpacker.decompress(part)))


# ---- unpacking ----------------------------------------------------------------------------------------------------------------------


def untar(blocks: Iterable[bytes], meter: Meter) -> Iterator[NamedFile]:
    """The files of a tar in their order; each is read to its end, or left, before the next is asked for. Raises UnreadableFile."""
    reader = _Reader(blocks, meter)
    while (entry := reader.next_file()) is not None:
        name, size = entry
        content = reader.content(size)
        yield NamedFile(name, content)
        for _ in content:
            pass
        reader.skip(-size % _UNIT)
    reader.refuse_rest()


class _Reader:
    """Goes through a tar once. Every header is judged before its content is looked at."""

    def __init__(self, blocks: Iterable[bytes], meter: Meter) -> None:
        self._blocks, self._left, self._package = iter(blocks), b"", meter.name
        self._names, self._outflow, self._headers = Names(meter.name, "tar"), Outflow(meter), 0

    def next_file(self) -> tuple[str, int] | None:
        """Name and size of the next plain file; None where the tar says that it ends."""
        long_name: bytes | None = None
        while (entry := self._next_header()) is not None:
            if entry.type in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                said = _extended(self._extension(entry.size))
                if said is None or any(word.startswith(_REDEFINES) for word in said):
                    raise refused("packing-method", self._package, strange_method("tar", _PLAIN))
                if entry.type == tarfile.XHDTYPE:
                    long_name = said.get("path", long_name)
            elif entry.type == tarfile.GNUTYPE_LONGNAME:
                long_name = self._extension(entry.size).rstrip(b"\x00")
            elif entry.type == tarfile.DIRTYPE and entry.name == "." and not entry.size and long_name is None:
                continue  # "tar -C folder ." names the folder itself, and its files ./a.txt
            else:
                return self._plain_file(entry, long_name)
        return None

    def _plain_file(self, entry: tarfile.TarInfo, long_name: bytes | None) -> tuple[str, int]:
        if entry.type not in _REGULAR:
            said = strange_method("tar", _PLAIN) if entry.type == tarfile.GNUTYPE_SPARSE else unsafe("tar")
            raise refused("packing-method" if entry.type == tarfile.GNUTYPE_SPARSE else "unsafe-entry", self._package, said)
        self._outflow.promise(entry.size)
        name = _text(long_name if long_name is not None else entry.name.encode("utf-8", "surrogateescape"))
        return self._names.take(name.removeprefix("./")), entry.size

    def content(self, size: int) -> Iterator[bytes]:
        while size:
            block = self._some(min(size, BLOCK_BYTES))
            size -= len(block)
            yield self._outflow.count(block)

    def skip(self, count: int) -> None:
        while count:
            count -= len(self._some(count))

    def refuse_rest(self) -> None:
        """Behind its end a tar is filled up with zeros."""
        for block in chain([self._left], self._blocks):
            if block.strip(b"\x00"):
                raise refused("package-trailing", self._package, trailing("tar"))
            self._outflow.count(block)

    def _next_header(self) -> tarfile.TarInfo | None:
        raw = self._exactly(_UNIT)
        self._headers += 1
        if self._headers > _HEADERS_MAX:
            self._names.count(self._headers)
        try:
            entry = tarfile.TarInfo.frombuf(raw, "utf-8", "surrogateescape")
        except tarfile.HeaderError as stumble:
            if not raw.strip(b"\x00"):
                return None
            raise self._broken() from stumble
        if entry.size < 0:
            raise self._broken()
        return entry

    def _extension(self, size: int) -> bytes:
        if size > _EXTENSION_BYTES_MAX:
            raise self._broken()
        content = self._exactly(size)
        self.skip(-size % _UNIT)
        return content

    def _exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            parts.append(self._some(count))
            count -= len(parts[-1])
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                raise self._broken()
            self._left = block
        taken, self._left = self._left[:most], self._left[most:]
        return taken

    def _broken(self) -> Exception:
        return refused("broken-package", self._package, broken("tar"))


def _extended(content: bytes) -> dict[str, bytes] | None:
    """The words of an extended header, ``length word=value`` and a line feed each; None where they are not so."""
    said: dict[str, bytes] = {}
    while content.strip(b"\x00"):
        digits, _, _ = content.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 6 else 0
        word, sign, value = content[len(digits) + 1 : length].partition(b"=")
        if not sign or not value.endswith(b"\n") or length > len(content):
            return None
        said[word.decode("utf-8", "replace")] = value[:-1]
        content = content[length:]
    return said


def _text(name: bytes) -> str:
    """Names in a tar say no encoding: UTF-8, or what is usual at Chinese banks."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""  # no plain name


_PLAIN = Text("plain files, as every tar program can", "普通文件，任何 tar 程序都支持")
