"""Columns of text and their bytes: what every codec does to make lines of columns, and to see that nothing foreign is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.codecs.encoding import unprintable
from bank_profiles.errors import Text
from bank_profiles.values.arrays import starts_of
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]


def only_line_ends(block: bytes, *, allowed: bytes = b"") -> bool:
    """Are the line ends (LF or CR LF) the only control characters of this block? No other byte of a character looks like one."""
    codes = np.frombuffer(block, np.uint8)
    feeds = codes == 0x0A
    pairs = np.count_nonzero(feeds[1:] & (codes[:-1] == 0x0D)) if b"\r" in block else 0
    return controls(codes) == int(np.count_nonzero(feeds)) + int(pairs) + (block.count(allowed) if allowed else 0)


def controls(codes: npt.NDArray[np.uint8]) -> int:
    """How many control characters, line ends included."""
    return int(np.count_nonzero(codes < 0x20)) + int(np.count_nonzero(codes == 0x7F))


def one_end_a_row(block: bytes, rows: int, line_end: bytes, *, allowed: bytes = b"") -> bool:
    """Has what we wrote exactly one line end a row and no other control character?"""
    returns = rows if line_end == b"\r\n" else 0
    ends = block.count(line_end) == block.count(b"\n") == rows and block.count(b"\r") == returns
    return ends and only_line_ends(block, allowed=allowed)


def bytes_of(strings: Texts) -> bytes:
    """All strings of a column, one behind the other."""
    if not len(strings):
        return b""
    starts, data = starts_of(strings), cast("Any", strings.buffers()[2])
    return bytes(memoryview(data)[starts[0] : starts[-1]])


def has_control(texts: Texts) -> bool:
    """Does any text of a column hold what ``forbidden_in_text`` finds?"""
    if texts.null_count == len(texts):
        return False
    utf8 = bytes_of(texts)
    return controls(np.frombuffer(utf8, np.uint8)) > 0 or unprintable(utf8)


def forbidden_in_text(text: str) -> bool:
    return any(character < " " or "\x7f" <= character < "\xa0" or character == "\ufeff" for character in text)


def must_be_text(text: str) -> None:
    """Raises BadValue for control characters, which no text field may carry to a bank."""
    if forbidden_in_text(text):
        what = Text("there is a control character in the value", "值中含控制字符")
        raise BadValue("control-character", what, Text("printable text", "可见文字"))
    try:
        text.encode()
    except UnicodeEncodeError:
        what = Text("the value holds half a character", "值中有不完整的字符")
        raise BadValue("unencodable", what, Text("whole characters", "完整的字符")) from None
