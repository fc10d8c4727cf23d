"""JSON text → objects and lists, strictly: numbers as the text received, no key twice, nothing without bound.

The standard library's scanner does the work; what it forgives is refused here. Where something is wrong, the text is gone through
once more, token by token, to say on which line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text

Tree = Any  # dict, list, str, True, False, None; numbers are str

TEXT_MAX = 4 << 20  # characters of one document, or of one element of a large one: a hundred megabytes of objects at most
DEPTH_MAX = 32
NUMBER_MAX = 64  # characters
KEY_MAX = 256
_KNOWN_MAX = 10_000  # keys remembered as short enough

# A string that is not closed ends with the text, so that no text takes more than one look at each character.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_STRINGS = re.compile(_STRING, re.DOTALL)
_LONG_NUMBER = re.compile(rf"[0-9.eE+-]{{{NUMBER_MAX + 1}}}")
_STEP = 8
_LONG_RUN = re.compile(rf"[0-9.eE+-]{{{(NUMBER_MAX + 1) // _STEP}}}")
_TOKENS = re.compile(rf'{_STRING}|[{{}}\[\]:,]|[^\s"{{}}\[\]:,]+', re.DOTALL)
_BLANK = " \t\r\n"


class _Refused(Exception):
    """Good JSON that is refused all the same."""


class Incomplete(Exception):
    """The text may only lack its end."""


class Parser:
    """Reads documents and values of one file. ``encoding`` is that of the file, for the bytes of its places."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self._known: set[str] = set()
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=str, parse_int=str, parse_constant=_no_constant
        )

    def document(self, text: str, line: int = 1) -> Tree:
        """A whole text. Raises BadFile; ``line`` is that of its first character."""
        try:
            tree = self._decoder.decode(text)
        except (_Refused, RecursionError):
            raise fault(text, line, self._encoding) from None
        except json.JSONDecodeError as wrong:
            raise syntax(text, wrong.pos, line, self._encoding) from None
        self.check(text, line, self._encoding)
        return tree

    def value(self, text: str, at: int, line: int, *, ended: bool) -> tuple[Tree, int]:
        """The value that begins at ``at``, and where it ends. Raises Incomplete where more text might complete it, and BadFile."""
        try:
            tree, end = self._decoder.raw_decode(text, at)
        except (_Refused, RecursionError):
            raise fault(text[at:], line) from None
        except json.JSONDecodeError as wrong:
            if not ended and (wrong.pos > len(text) - _NEAR_END or wrong.msg.startswith("Unterminated")):
                raise Incomplete from None
            raise syntax(text[at:], wrong.pos - at, line) from None
        if end > len(text) - _NUMBER_TAIL and not ended:
            raise Incomplete
        return tree, end

    def check(self, text: str, line: int, encoding: str | None = None) -> None:
        """Refuses what the scanner takes: too deep, or a number without end."""
        if text.count("[") + text.count("{") <= DEPTH_MAX and not _may_have_long_number(text):
            return
        bones = _STRINGS.sub("", text)
        codes = np.frombuffer(bones.encode("utf-8", "replace"), np.uint8)
        opens = (codes == ord("[")) | (codes == ord("{"))
        closes = (codes == ord("]")) | (codes == ord("}"))
        deep = int(np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32).max(initial=0))
        if deep > DEPTH_MAX or _LONG_NUMBER.search(bones):
            raise fault(text, line, encoding)

    def _object(self, pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
        made = dict(pairs)
        if len(made) < len(pairs):
            raise _Refused
        if not self._known.issuperset(made):
            if max(map(len, made)) > KEY_MAX:
                raise _Refused
            if len(self._known) < _KNOWN_MAX:
                self._known.update(made)
        return made


_NEAR_END = 16  # an escape or a word cut in two is told this near to the end
_NUMBER_TAIL = 4  # "12" of "12.5", "1" of "1e+3": a number may go on behind what was taken for it


def _may_have_long_number(text: str) -> bool:
    """Whoever is so long is at some of every few characters; the others are looked at only then."""
    return _LONG_RUN.search(text[::_STEP]) is not None and _LONG_NUMBER.search(text) is not None


def _no_constant(_: str) -> Tree:
    raise _Refused


def is_whole(text: str) -> bool:
    """Has it no half of a character? JSON can escape one alone (``\\ud800``), and no encoding has it."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


# ---- what is wrong, and where -------------------------------------------------------------------------------------------------------


def fault(text: str, line: int, encoding: str | None = None) -> BadFile:
    """The first thing in a text that is refused although the scanner takes it, or takes all but it."""
    for code, at in _faults(text):
        return refused(code, line + text.count("\n", 0, at), _byte(text, at, encoding))
    return syntax(text, len(text), line, encoding)


def _faults(text: str) -> Iterator[tuple[str, int]]:
    open_keys: list[set[str] | None] = []  # of each object around a token; None for a list
    is_key = False
    for token in _TOKENS.finditer(text):
        word, at = token[0], token.start()
        if word in "{[":
            open_keys.append(set() if word == "{" else None)
            if len(open_keys) > DEPTH_MAX:
                yield "json-too-deep", at
        elif word in "}]":
            open_keys = open_keys[:-1]
        elif is_key and word[0] == '"':
            key, seen = _plain(word), cast(set[str], open_keys[-1])
            if key in seen:
                yield "json-duplicate-key", at
            if len(key) > KEY_MAX:
                yield "json-key-too-long", at
            seen.add(key)
        elif word[0] != '"' and word.lstrip("-") in ("NaN", "Infinity"):
            yield "json-no-number", at
        elif word[0] != '"' and len(word) > NUMBER_MAX:
            yield "json-number-too-long", at
        is_key = word == "{" or (word == "," and bool(open_keys) and open_keys[-1] is not None)


def _plain(word: str) -> str:
    try:
        return str(json.loads(word)) if "\\" in word else word.strip('"')
    except json.JSONDecodeError:
        return word


def refused(code: str, line: int, byte: int | None = None) -> BadFile:
    what, expected = _REFUSED[code]
    return BadFile(code, what, expected, _ASK, line, byte)


def syntax(text: str, at: int, line: int, encoding: str | None = None) -> BadFile:
    """No JSON from ``at`` on."""
    behind, before = text[at:].lstrip(_BLANK), text[:at].rstrip(_BLANK)
    ahead = behind[1:].lstrip(_BLANK) if behind[:1] == "," else behind if before.endswith(",") else ""
    opened = _STRINGS.match(text, at)
    if not behind or (opened and opened.end() == len(text)):
        what, expected = _CUT_SHORT
    elif ahead[:1] in ("]", "}"):
        what, expected = _COMMA
    else:
        what, expected = _NO_JSON
    return BadFile("json-syntax", what, expected, _ASK, line + text.count("\n", 0, at), _byte(text, at, encoding))


def _byte(text: str, at: int, encoding: str | None) -> int | None:
    """Place in its line, 1-based; None where the beginning of the line is not known."""
    if encoding is None:
        return None
    return len(text[text.rfind("\n", 0, at) + 1 : at].encode(encoding, "replace")) + 1


def too_large() -> BadFile:
    what = Text(f"more than {TEXT_MAX >> 20} MiB in one piece", f"单个文档超过 {TEXT_MAX >> 20} MiB")
    expected = Text("a list whose elements can be read one by one, or one document a line", "可逐个读取的列表，或每行一个文档")
    hint = Text("ask the bank for smaller answers, or for lines. The file is refused", "请银行缩小反馈或按行发送。文件已拒收")
    return BadFile("json-too-large", what, expected, hint)


_ASK = Text("the bank must send it again. The whole file is refused", "请银行重发。整个文件已拒收")
_CUT_SHORT = (
    Text("the text ends before the document does", "文档未完即止"),
    Text("a whole document: cut on the way?", "完整的文档；是否传输中断？"),
)
_COMMA = (
    Text("a comma stands before a closing bracket", "右括号前多一个逗号"),
    Text("no comma behind the last element", "最后一个元素后没有逗号"),
)
_NO_JSON = (
    Text("this is not JSON from here on", "从此处起不是 JSON"),
    Text("one JSON document and nothing else", "仅一个 JSON 文档"),
)
_REFUSED: dict[str, tuple[Text, Text]] = {
    "json-too-deep": (
        Text(f"objects and lists are nested deeper than {DEPTH_MAX}", f"对象与列表嵌套超过 {DEPTH_MAX} 层"),
        Text("the depth of the profile", "画像所述的层次"),
    ),
    "json-duplicate-key": (
        Text("a key stands twice in one object, and nobody can say which one counts", "同一对象中键重复，无法确定以哪个为准"),
        Text("every key once", "每个键一次"),
    ),
    "json-key-too-long": (Text(f"a key has more than {KEY_MAX} characters", f"键超过 {KEY_MAX} 个字符"), Text("a name", "名称")),
    "json-no-number": (Text("NaN and Infinity are no numbers of JSON", "NaN 与 Infinity 不是 JSON 数字"), Text("digits", "数字")),
    "json-number-too-long": (
        Text(f"a number has more than {NUMBER_MAX} characters", f"数字超过 {NUMBER_MAX} 个字符"),
        Text("a number of ordinary length", "通常长度的数字"),
    ),
}
