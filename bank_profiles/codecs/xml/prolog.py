"""What stands before the elements of an XML document: its encoding, declared and real, and the DOCTYPE that no bank needs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from bank_profiles.codecs.blocks import large
from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.encoding import is_rather_utf8, other_encoding, to_utf8, wrong_encoding
from bank_profiles.codecs.xml.broken import UNIT_BYTES_MAX, has_doctype, too_large
from bank_profiles.encodings import ENCODINGS, decode
from bank_profiles.errors import Text

CHUNK_BYTES = 256 << 10  # fed at once: what is parsed but not yet taken stays small
TEXT_BYTES_MAX = 16 << 20  # without the end of any element; the parser takes texts of 10 MB
PROLOG_BYTES_MAX = 64 << 10  # comments before the document element
_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,300}?\?>")
_DECLARED = re.compile(rb"\sencoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_MARKUP = re.compile(rb"[^ \t\r\n]|$")

# What a declaration may say of an encoding: its usual names, and those of encodings it holds.
_GB = ("gb18030", "gbk", "gb2312", "cp936")
_UTF_8 = ("utf-8", "utf8", "us-ascii", "ascii")
_UTF_16 = ("utf-16", "utf-16le", "utf-16be")
_NAMES: dict[str, tuple[str, ...]] = {
    "utf-8": _UTF_8,
    "utf-8-bom": _UTF_8,
    "gb18030": _GB,
    "gbk": _GB,
    "big5": ("big5", "cp950"),
    "big5-hkscs": ("big5", "big5-hkscs", "cp950"),
    "shift_jis": ("shift_jis", "windows-31j", "cp932"),
    "utf-16": _UTF_16,
    "utf-16-le": _UTF_16,
    "utf-16-be": _UTF_16,
    "ascii": _UTF_8,
    "latin-1": ("iso-8859-1", "latin1", "us-ascii"),
    "cp1252": ("windows-1252", "cp1252", "us-ascii"),
    "cp850": ("ibm850", "cp850"),
}


def opened(blocks: Iterable[bytes], encoding: str, declares: str | None, oddities: list[str]) -> Iterator[bytes]:
    """The document as chunks of UTF-8, without declaration, lines as received. Raises BadFile.

    ``declares``: what the declaration says where the profile knows it to be wrong.
    """
    chunks = _utf8(_chunks(blocks), encoding, oddities)
    first = next(chunks, b"")
    if declaration := _DECLARATION.match(first):
        _check_declared(declaration[0], encoding, declares)
    return _bare(first, chunks)


def opened_text(text: str) -> Iterator[bytes]:
    """A document that was the text of an element; what it declares as its encoding says nothing any more. Raises BadFile."""
    return _bare(text.strip().encode(), iter(()))


def _bare(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The document without its declaration, of which only the lines are kept."""
    if declaration := _DECLARATION.match(first):
        first = b"\n" * declaration[0].count(b"\n") + first[declaration.end() :]
    while not _begins(first) and (more := next(chunks, None)) is not None:
        first += more
    return chain([first], chunks)


def _chunks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of one size, whatever came."""
    for block in large(blocks, CHUNK_BYTES):
        yield from (block[start : start + CHUNK_BYTES] for start in range(0, len(block), CHUNK_BYTES))


# ---- its encoding -------------------------------------------------------------------------------------------------------------------


def _utf8(chunks: Iterator[bytes], encoding: str, oddities: list[str]) -> Iterator[bytes]:
    if ENCODINGS[encoding].family != "ascii":
        yield from _whole_utf8(chunks, encoding)
        return
    held, line, bom = b"", 1, ENCODINGS[encoding].bom
    for chunk in chunks:
        data = held + chunk
        if bom and data.startswith(bom):
            data = data[len(bom) :]
            if not ENCODINGS[encoding].writes_bom:
                oddities.append("bom")
        bom = b""
        cut = data.rfind(b">") + 1  # no second byte of a character looks like one
        if not cut and len(data) > TEXT_BYTES_MAX:
            raise too_large(line)
        if cut:
            yield _part(data[:cut], encoding, line)
        line += data.count(b"\n", 0, cut)
        held = data[cut:]
    if held:
        yield _part(held, encoding, line)


def _part(data: bytes, encoding: str, line: int) -> bytes:
    begins = data.lstrip()[:1] == b"<" and b"\0" not in data[:2]
    other = other_encoding(data, encoding) if line == 1 and not begins else "utf-8" if is_rather_utf8(data, encoding) else None
    if other is not None:
        raise wrong_encoding(encoding, line, None, data, other)
    utf8 = to_utf8(data, encoding)
    if utf8 is None:
        raise _not_of(data, encoding, line)
    return utf8


def _not_of(data: bytes, encoding: str, line: int) -> BadFile:
    try:
        decode(data, encoding)
        at = 0
    except UnicodeDecodeError as wrong:
        at = wrong.start
    return wrong_encoding(encoding, line + data.count(b"\n", 0, at), at - data.rfind(b"\n", 0, at), data)


def _whole_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Encodings in which no byte alone is the end of an element: decoded as a whole."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > UNIT_BYTES_MAX:
            raise too_large(None)
    try:
        utf8 = ENCODINGS[encoding].decode(bytes(data)).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as wrong:
        raise wrong_encoding(encoding, 1, wrong.start + 1, bytes(data[:4096])) from None
    for start in range(0, len(utf8), CHUNK_BYTES):
        yield utf8[start : start + CHUNK_BYTES]


def _check_declared(declaration: bytes, encoding: str, declares: str | None) -> None:
    found = _DECLARED.search(declaration)
    if found is None:
        return
    said = found[1].decode("ascii").lower()
    allowed = (declares.lower(),) if declares is not None else _NAMES.get(encoding, (encoding,))
    if said not in allowed:
        raise BadFile(
            "wrong-encoding",
            Text(f"the document says that its encoding is “{said}”", f"文档声明编码为“{said}”"),
            Text(declares or encoding, declares or encoding),
            Text(
                "ask the bank which is right; declares: … if it always says so wrongly. The whole file is refused",
                "请向银行确认；若其声明一贯有误，可用 declares: …。整个文件已拒收",
            ),
            1,
        )


# ---- no DOCTYPE ---------------------------------------------------------------------------------------------------------------------


def _begins(first: bytes) -> bool:
    """Is the beginning of the document element here? Before it there may be comments, instructions and blanks, and not many."""
    at = 0
    while (found := _MARKUP.search(first, at)) is not None and (at := found.start()) < len(first):
        if at > PROLOG_BYTES_MAX:
            raise too_large(1)
        if first[at : at + len(_DOCTYPE)].upper() == _DOCTYPE:
            raise has_doctype(first.count(b"\n", 0, at) + 1)
        closing = b"-->" if first.startswith(b"<!--", at) else b"?>" if first.startswith(b"<?", at) else None
        if closing is None:
            return True
        if (end := first.find(closing, at + 2)) < 0:
            break
        at = end + len(closing)
    if len(first) > PROLOG_BYTES_MAX:
        raise too_large(1)
    return False


_DOCTYPE = b"<!DOCTYPE"


# ---- a document inside another ------------------------------------------------------------------------------------------------------


def unwrapped(text: str) -> bytes:
    """The bytes behind Base64, in lines or not. Raises BadFile."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadFile(
            "bad-base64",
            Text("the text that should hold the document is not Base64", "应为文档的文本不是 Base64"),
            Text("Base64, whole", "完整的 Base64"),
            Text("cut on the way? The whole file is refused", "传输中断？整个文件已拒收"),
        ) from None
