"""Whole blocks of lines to and from the UTF-8 that Arrow keeps, and what a file is that is not of its encoding."""

from __future__ import annotations

import numpy as np

from bank_profiles.codecs.codec import BadFile
from bank_profiles.encodings import ENCODINGS, UTF_16_BOMS, decode, encode, gb18030
from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue

__all__ = ["BOMS", "decode", "encode", "from_utf8", "other_encoding", "to_utf8", "unprintable", "written", "wrong_encoding"]

BOMS: dict[str, bytes] = {name: encoding.bom for name, encoding in ENCODINGS.items()}
_UTF_8_BOM = BOMS["utf-8"]
_GB = ("gb18030", "gbk")
_LOOKED_AT, _TELLING = 4096, 64  # so many bytes of a block are enough to tell EBCDIC from ASCII; fewer are not


# ---- a block of lines ---------------------------------------------------------------------------------------------------------------


def to_utf8(block: bytes, encoding: str) -> bytes | None:
    """None where the block is not of its encoding."""
    known = ENCODINGS[encoding]
    if known.family == "ascii" and block.isascii():
        return block
    try:
        if encoding in _GB:
            return gb18030.moved(block.decode("gb18030").encode())
        return known.decode_block(block).encode()
    except UnicodeDecodeError:
        return None


def from_utf8(utf8: bytes, encoding: str) -> bytes | None:
    """None where the encoding has not every character of the block."""
    known = ENCODINGS[encoding]
    if encoding in ("utf-8", "utf-8-bom") or (known.family == "ascii" and utf8.isascii()):
        return utf8
    try:
        if encoding not in _GB:
            return known.encode_block(utf8.decode())
        block = gb18030.moved_back(utf8).decode().encode("gb18030")
    except UnicodeEncodeError:
        return None
    return block if encoding == "gb18030" or _has_only_pairs(block, utf8) else None


def _has_only_pairs(block: bytes, utf8: bytes) -> bool:
    """Does no character of this GB18030 take four bytes?"""
    codes = np.frombuffer(utf8, np.uint8)
    characters, plain = int(np.count_nonzero(codes & 0xC0 != 0x80)), int(np.count_nonzero(codes < 0x80))
    return len(block) == plain + 2 * (characters - plain)


def written(text: str, encoding: str) -> bytes:
    """One text as it stands in a file. Raises BadValue; which character it is, is not said: it may be part of a name."""
    try:
        return encode(text, encoding)
    except UnicodeEncodeError:
        what = Text(f"the value holds a character that {encoding} does not have", f"值中含 {encoding} 没有的字符")
        hint = Text("ask the bank how it writes such names; nothing is replaced", "请向银行确认此类姓名的写法；不作替换")
        raise BadValue("unencodable", what, Text(f"characters of {encoding}", f"{encoding} 的字符"), hint) from None


def unprintable(utf8: bytes) -> bool:
    """Is there a byte order mark inside a text (files were glued together), or a control character beyond ASCII?"""
    if b"\xef" in utf8 and _UTF_8_BOM in utf8:
        return True
    if b"\xc2" not in utf8:
        return False
    codes = np.frombuffer(utf8, np.uint8)
    return bool(((codes[:-1] == 0xC2) & (codes[1:] < 0xA0)).any())


# ---- what it is instead -------------------------------------------------------------------------------------------------------------


def other_encoding(block: bytes, encoding: str, *, text: bool = True) -> str | None:
    """The encoding a block surely has instead of the one agreed, though it might pass as that one too. ``text``: is it nothing else?"""
    family = ENCODINGS[encoding].family
    if family == "host":
        return "ascii" if _is_rather(block, host=False) else None
    if family == "ascii" and is_rather_utf8(block, encoding):
        return "utf-8"
    if family == "ascii" and text and (wide := _wide(block)):
        return wide
    return "cp037" if _is_rather(block, host=True) else None


def is_rather_utf8(block: bytes, encoding: str) -> bool:
    """Is this good UTF-8 with other than ASCII in it, where another encoding was agreed?

    Much UTF-8 passes as GB18030 and gives other characters; Chinese GB18030 of more than a word or two never passes as UTF-8 with
    Chinese in it. Real GB18030 is told at its first character, so asking costs nothing.
    """
    if encoding in ("utf-8", "utf-8-bom") or block.isascii():
        return False
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return encoding in ("latin-1", "cp1252", "cp850") or any("\u4e00" <= character <= "\u9fff" for character in text)


def _wide(block: bytes) -> str | None:
    """UTF-16, by its byte order mark or by the zeros that every other byte of Latin letters and digits is."""
    if any(block.startswith(bom) for bom in UTF_16_BOMS.values()):
        return "utf-16"
    codes = np.frombuffer(block[:_LOOKED_AT], np.uint8)
    zero = codes == 0
    if len(codes) < _TELLING or zero.sum() * 4 < len(codes):
        return None
    return next((name for name, at in (("utf-16-le", 1), ("utf-16-be", 0)) if not zero[1 - at :: 2].any()), None)


def _is_rather(block: bytes, *, host: bool) -> bool:
    """Do the blanks and digits of EBCDIC (or, if not ``host``, of ASCII) make a good part of a block, and the other ones none?"""
    codes = np.bincount(np.frombuffer(block[:_LOOKED_AT], np.uint8), minlength=256)
    ascii_marks, host_marks = int(codes[0x30:0x3A].sum() + codes[0x20]), int(codes[0xF0:0xFA].sum() + codes[0x40])
    mine, others = (host_marks, ascii_marks) if host else (ascii_marks, host_marks)
    return bool(codes.sum() >= _TELLING and mine * 4 > codes.sum() and others * 50 < mine)


def resembles(data: bytes, encoding: str) -> str | None:
    """The encoding that bytes which are not of the agreed one seem to have."""
    other = other_encoding(data, encoding)
    if other is not None or not data or data.isascii():
        return other
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        shares = {name: _share_of_common(data, name, codes) for name, codes in _COMMON.items() if name != encoding}
        best = max(shares, key=lambda name: shares[name])
        return best if shares[best] > 0.8 else None


_COMMON = {"gb18030": range(0xB0, 0xD8), "big5": range(0xA4, 0xC7)}  # first bytes of the characters most texts are made of


def _share_of_common(data: bytes, encoding: str, common: range) -> float:
    """How many of the characters beyond ASCII are common ones, if these bytes are of this encoding."""
    try:
        codes = [encode(character, encoding) for character in decode(data, encoding) if character > "\x7f"]
    except UnicodeDecodeError:
        return 0.0
    return sum(code[0] in common for code in codes) / len(codes) if codes else 0.0


# ---- saying so ----------------------------------------------------------------------------------------------------------------------


def wrong_encoding(encoding: str, line: int, byte: int | None, data: bytes = b"", other: str | None = None) -> BadFile:
    """``byte``: the first one that is not of the encoding, 1-based in its line; None: all of it passes, but it is good ``other``.

    ``data``: the bytes it was found in; they are looked at, never shown.
    """
    other = other or resembles(data, encoding) or ("utf-8" if byte is None else None)
    if other is None:
        what = Text(f"these bytes are not {encoding}", f"这些字节不是 {encoding}")
        hint = Text("ask the bank in which encoding it writes", "请向银行确认编码")
    else:
        seen = _SHOWN.get(other, other)
        this = Text("this is", "") if byte is None else Text("these bytes are", "这些字节")
        what = Text(
            f"{this.en} not {encoding}, {'it is' if byte is None else 'they are'} good {seen}",
            f"{this.zh}不是 {encoding}，而是正确的 {seen}",
        )
        hint = Text(f"new edition with encoding: {other}, if the bank confirms", f"若银行确认，登记 encoding: {other} 的新版本")
    hint = Text(f"{hint.en}. The whole file is refused, no row was read", f"{hint.zh}。整个文件已拒收")
    return BadFile("wrong-encoding", what, Text(encoding, encoding), hint, line, byte)


_SHOWN = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "big5": "Big5", "cp037": "EBCDIC", "ascii": "ASCII"}
