"""What names and numbers of persons and accounts may hold: nothing that nobody sees, and digits and letters in one width.

Two accounts that look the same are the same; a character without a picture, or one that turns the writing round, would make them
differ, so the row is set aside. A full-width digit or letter is the same digit or letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import Text
from bank_profiles.values.converters import BadValue
from reconciliation.identity import UNSEEN

if TYPE_CHECKING:
    Texts = pa.Array[Any]

NUMBERS = ("line_ref", "id_no", "account_no", "parent_account_no", "joint_holder_id", "custody_id", "counterparty_account")
IDENTIFYING = frozenset((*NUMBERS, "name", "holder_name"))

_POWER = r"^[0-9](\.[0-9]+)?[eE][+-]?[0-9]{1,3}$"  # how a spreadsheet shows a long number: 6.217E+18, 1e5
_DIGIT = re.compile("[0-9]")
_IS_POWER = re.compile(_POWER)
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


def whole(text: str) -> str:
    """The number of an account, a paper or a line. Raises BadValue where a spreadsheet has kept only its size."""
    if _IS_POWER.match(text):
        what = Text("this number was shortened to a power of ten: its digits are lost", "该号码被缩写为科学计数法，位数已丢失")
        hint = Text("the bank must send it again as text, with all digits", "请银行以文本重发全部数字")
        raise BadValue("number-notation", what, Text("all digits", "全部数字"), hint)
    return text


def numbered(text: str) -> str:
    """A number where the bank may also write words, each with its outcome. Raises BadValue where it holds no digit: no word is guessed."""
    if _DIGIT.search(text):
        return text
    what = Text("a text without a digit stands here, and no outcome is said of it", "此处文字不含数字，且未注明其查询结果")
    expected = Text("a number, or a text of says_outcome", "号码，或 says_outcome 中的文字")
    hint = Text("ask the bank what it means, then add the text to says_outcome", "请向银行确认含义后补入 says_outcome")
    raise BadValue("unknown-answer", what, expected, hint)


def are_numbered(texts: Texts) -> bool:
    """The same for a column."""
    return pc.all(pc.match_substring_regex(texts, _DIGIT.pattern)).as_py() is not False


def seen_column(texts: Texts, target: str) -> Texts | None:
    """Both for a column; None where something in it cannot be seen, or is a power of ten."""
    data = texts.buffers()[2]
    raw = b"" if data is None else bytes(memoryview(data))
    if not raw.isascii() and any(beginning in raw for beginning in _BEGINNINGS if beginning[:1] in raw):
        try:
            texts = pa.array([None if text is None else seen(text) for text in texts.to_pylist()], pa.string())
        except BadValue:
            return None
    if target not in NUMBERS or not (b"E" in raw or b"e" in raw or not raw.isascii()):
        return texts
    return None if pc.any(pc.match_substring_regex(texts, _POWER)).as_py() else texts
