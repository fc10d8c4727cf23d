"""Bytes ⇄ characters, with what Python's own codec of GB18030 does not know."""

from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text

# GB18030-2022 gave these eight byte pairs (FE59 … FEA0) real characters; Python still has the private ones of 2000. Rare surnames
# are where names fail to match, so both spellings are read, and the two bytes every edition has are written.
_MOVED = {
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE832: 0x9FB8,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}
_MOVED_BACK = {new: old for old, new in _MOVED.items()}
_PRIVATE, _REAL = b"\xee", b"\xe9\xbe"  # how the private and the real ones begin in UTF-8

BOMS: dict[str, bytes] = {"utf-8": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}


# ---- a text -------------------------------------------------------------------------------------------------------------------------


def decode(data: bytes, encoding: str) -> str:
    """Raises UnicodeDecodeError."""
    text = data.decode(encoding)
    return text.translate(_MOVED) if encoding == "gb18030" and not text.isascii() else text


def encode(text: str, encoding: str) -> bytes:
    """Raises UnicodeEncodeError, for lone halves of a pair only: both encodings have every character."""
    return (text.translate(_MOVED_BACK) if encoding == "gb18030" and not text.isascii() else text).encode(encoding)


# ---- a block of lines, to and from the UTF-8 that Arrow keeps -----------------------------------------------------------------------


def to_utf8(block: bytes, encoding: str) -> bytes | None:
    """None where the block is not of its encoding."""
    try:
        utf8 = block if block.isascii() else block.decode(encoding).encode()
    except UnicodeDecodeError:
        return None
    return _replaced(utf8, _MOVED) if encoding == "gb18030" and _PRIVATE in utf8 else utf8


def from_utf8(block: bytes, encoding: str) -> bytes:
    if encoding == "utf-8" or block.isascii():
        return block
    return (_replaced(block, _MOVED_BACK) if _REAL in block else block).decode().encode(encoding)


def _replaced(utf8: bytes, others: dict[int, int]) -> bytes:
    for old, new in others.items():
        utf8 = utf8.replace(chr(old).encode(), chr(new).encode())
    return utf8


def has_bom(utf8: bytes) -> bool:
    """A byte order mark inside a text: files were glued together."""
    return b"\xef" in utf8 and BOMS["utf-8"] in utf8


def is_rather_utf8(block: bytes, encoding: str) -> bool:
    """Is this good UTF-8 with Chinese in it, where another encoding was agreed?

    Much UTF-8 passes as GB18030 and gives other characters; Chinese GB18030 of more than a word or two never passes as UTF-8 with
    Chinese in it. Real GB18030 is told at its first character, so asking costs nothing.
    """
    if encoding == "utf-8" or block.isascii():
        return False
    try:
        return any("\u4e00" <= character <= "\u9fff" for character in block.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def wrong_encoding(encoding: str, line: int, byte: int | None) -> BadFile:
    """``byte``: the first one that is not of the encoding, 1-based in its line; None: all of it is good UTF-8."""
    if byte is None:
        what = Text(f"this is not {encoding}, it is good UTF-8", f"不是 {encoding}，而是正确的 UTF-8")
        hint = Text("new edition with encoding: utf-8, if the bank confirms", "若银行确认，登记 encoding: utf-8 的新版本")
    else:
        what = Text(f"these bytes are not {encoding}", f"这些字节不是 {encoding}")
        hint = Text("ask the bank in which encoding it writes", "请向银行确认编码")
    hint = Text(f"{hint.en}. The whole file is refused, no row was read", f"{hint.zh}。整个文件已拒收")
    return BadFile("wrong-encoding", what, Text(encoding, encoding), hint, line, byte)
