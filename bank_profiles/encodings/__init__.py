"""The encodings a file may have: bytes ⇄ characters. This is the only list of them (language/formats/base.py repeats their names)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bank_profiles.encodings import gb18030
from bank_profiles.encodings.host import HostPage

__all__ = ["ENCODINGS", "Encoding", "decode", "encode", "size"]

UTF_16_BOMS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclass(frozen=True)
class Encoding:
    """``family``: how its bytes are laid. ascii: the first 128 bytes are ASCII wherever they are no second byte of a character, and no
    control character ever is; wide: two bytes or four a character; host: EBCDIC.
    ``bom``: may stand at the beginning of a file; it is written only where ``writes_bom``.
    """

    name: str
    family: Literal["ascii", "wide", "host"]
    decode: Callable[[bytes], str]  # raises UnicodeDecodeError
    encode: Callable[[str], bytes]  # raises UnicodeEncodeError; never writes a BOM
    decode_block: Callable[[bytes], str]  # the same as decode for much text at once; its error need not say where
    encode_block: Callable[[str], bytes]
    bom: bytes = b""
    writes_bom: bool = False

    @property
    def blank(self) -> bytes:
        return self.encode(" ")

    @property
    def line_feed(self) -> bytes:
        return self.encode("\n")


def decode(data: bytes, encoding: str) -> str:
    """Raises UnicodeDecodeError."""
    return ENCODINGS[encoding].decode(data)


def encode(text: str, encoding: str) -> bytes:
    """Raises UnicodeEncodeError."""
    return ENCODINGS[encoding].encode(text)


def size(text: str, encoding: str) -> int:
    """How many bytes a text takes; 0 where it cannot be written at all, which only the codec that writes it can word."""
    try:
        return len(text) if text.isascii() and ENCODINGS[encoding].family == "ascii" else len(encode(text, encoding))
    except UnicodeEncodeError:
        return 0


# ---- how each is made ---------------------------------------------------------------------------------------------------------------


def _read(data: bytes, *, by: str) -> str:
    return data.decode(by)


def _written(text: str, *, by: str) -> bytes:
    return text.encode(by)


def _written_exactly(text: str, *, by: str) -> bytes:
    """Some of Python's codecs write a look-alike for a character they lack; we replace nothing."""
    data = text.encode(by)
    if not text.isascii() and (back := data.decode(by)) != text:
        at = next(at for at, (one, other) in enumerate(zip(text, back, strict=True)) if one != other)
        raise UnicodeEncodeError(by, text, at, at + 1, "only a look-alike is there")
    return data


def _utf_16(data: bytes) -> str:
    """By its byte order mark; without one it is not said which byte comes first, and we do not guess."""
    for name, bom in UTF_16_BOMS.items():
        if data.startswith(bom):
            return data[len(bom) :].decode(name)
    raise UnicodeDecodeError("utf-16", data, 0, min(2, len(data)), "no byte order mark")


def _python(
    name: str, by: str, family: Literal["ascii", "wide", "host"] = "ascii", bom: bytes = b"", *, writes_bom: bool = False
) -> Encoding:
    reads = partial(_read, by=by)
    writes = partial(_written_exactly if by in _LOOK_ALIKES else _written, by=by)
    return Encoding(name, family, reads, writes, reads, writes, bom, writes_bom)


def _host(name: str) -> Encoding:
    page = HostPage(name)
    return Encoding(name, "host", page.decode, page.encode, page.decode_block, page.encode_block)


_LOOK_ALIKES = ("cp950", "cp932")
_LOW_FIRST = partial(_written, by="utf-16-le")
_GB18030_BOM = "\ufeff".encode("gb18030")

ENCODINGS: dict[str, Encoding] = {
    made.name: made
    for made in (
        _python("utf-8", "utf-8", bom=b"\xef\xbb\xbf"),
        _python("utf-8-bom", "utf-8", bom=b"\xef\xbb\xbf", writes_bom=True),
        Encoding("gb18030", "ascii", gb18030.decode, gb18030.encode, gb18030.decode, gb18030.encode, _GB18030_BOM),
        Encoding("gbk", "ascii", gb18030.decode, gb18030.encode_gbk, gb18030.decode, gb18030.encode_gbk),
        _python("big5", "cp950"),  # as Windows in Taiwan writes it; Python's own "big5" has other signs for twelve codes
        _python("big5-hkscs", "big5hkscs"),  # with the characters of Hong Kong
        _python("shift_jis", "cp932"),  # as Windows in Japan writes it
        Encoding("utf-16", "wide", _utf_16, _LOW_FIRST, _utf_16, _LOW_FIRST, UTF_16_BOMS["utf-16-le"], writes_bom=True),
        _python("utf-16-le", "utf-16-le", "wide", UTF_16_BOMS["utf-16-le"]),
        _python("utf-16-be", "utf-16-be", "wide", UTF_16_BOMS["utf-16-be"]),
        _python("ascii", "ascii"),
        _python("latin-1", "latin-1"),
        _python("cp1252", "cp1252"),
        _python("cp850", "cp850"),
        _python("cp037", "cp037", "host"),
        _python("cp500", "cp500", "host"),
        _host("cp1047"),
        _host("cp935"),  # simplified Chinese, the characters of GB2312
        _host("cp937"),  # traditional Chinese
        _host("cp1388"),  # simplified Chinese, the two-byte characters of GB18030
    )
}
