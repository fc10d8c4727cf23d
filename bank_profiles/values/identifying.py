"""What names and numbers of persons and accounts may hold: nothing that nobody sees, and digits and letters in one width.

Two accounts that look the same are the same; a character without a picture, or one that turns the writing round, would make them
differ, so the row is set aside. A full-width digit or letter is the same digit or letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue
from reconciliation.identity import UNSEEN

if TYPE_CHECKING:
    Texts = pa.Array[Any]

_NUMBERS = ("line_ref", "id_no", "account_no", "parent_account_no", "joint_holder_id", "custody_id", "counterparty_account")
IDENTIFYING = frozenset((*_NUMBERS, "name", "holder_name"))

_WIDE = [chr(code + 0xFEE0) for code in range(0x30, 0x7B) if chr(code).isalnum()]
_PLAIN = str.maketrans({wide: chr(ord(wide) - 0xFEE0) for wide in _WIDE})
_BEGINNINGS = {character.encode()[:2] for character in (*UNSEEN, *_WIDE)}  # in UTF-8; few texts hold any of them


def seen(text: str) -> str:
    """The text with digits and letters in one width. Raises BadValue where something in it cannot be seen."""
    if text.isascii():
        return text
    if not UNSEEN.isdisjoint(text):
        what = Text("there is a character nobody can see in this field", "该字段含不可见字符")
        hint = Text("the bank must remove it", "请银行去除")
        raise BadValue("invisible-character", what, Text("visible characters", "可见字符"), hint)
    return text.translate(_PLAIN)


def seen_column(texts: Texts) -> Texts | None:
    """The same for a column; None where something in it cannot be seen."""
    data = texts.buffers()[2]
    whole = b"" if data is None else bytes(memoryview(data))
    if whole.isascii() or not any(beginning in whole for beginning in _BEGINNINGS if beginning[:1] in whole):
        return texts
    try:
        return pa.array([None if text is None else seen(text) for text in texts.to_pylist()], pa.string())
    except BadValue:
        return None
