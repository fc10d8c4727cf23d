"""Text ⇄ value, one cell at a time: texts and words. (Numbers: numbers.py, money: amounts.py, days and clocks: dates.py.)

This is the legal meaning of every spelling a profile can name; kernels.py does the same to whole columns and must never differ from it.
A text that is not of its spelling raises BadValue; nothing is guessed, rounded or cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.values.targets import WORDS
from reconciliation.errors import UnknownCurrency
from reconciliation.money import exponent


class BadValue(Exception):
    """A text that is not of its spelling, or a value that a spelling cannot say. ``{value}`` in ``what`` is filled in, masked."""

    def __init__(self, code: str, what: Text, expected: Text, hint: Text | None = None, *, refuses_file: bool = False) -> None:
        super().__init__(code)
        self.code, self.what, self.expected, self.hint, self.refuses_file = code, what, expected, hint, refuses_file
        self.text = ""  # the value, where it is no longer at hand when the error is worded


def finer_than_spelling() -> BadValue:
    what = Text("the value is finer, larger or smaller than this column can say", "数值的精度或大小超出本列的表示范围")
    return BadValue("too-fine", what, Text("a value that fits; nothing is rounded", "可表示的数值；绝不四舍五入"))


class Converter(Protocol):
    """One spelling. ``read`` and ``write`` never see a missing value."""

    @property
    def type(self) -> "pa.DataType": ...  # of the values

    def read(self, text: str) -> Any: ...

    def write(self, value: Any) -> str: ...


# ---- text and words -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """Text as it stands: names, account numbers, summaries. Leading zeros count."""

    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Filled:
    """A batch number with zeros in front of it. It begins with its year, so they are no part of it; writing fills up by the width."""

    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        return text.lstrip("0") or text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Masked:
    """An identifier of which the bank hides a part: every character of the mask becomes "*", which no whole number has.

    A single one that is no "*" is taken for itself: X is the check digit of many an identity number.
    """

    masks: tuple[str, ...]
    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        for run in self.runs:
            text = re.sub(run, lambda hidden: "*" * len(hidden[0]), text)
        return text

    def write(self, value: str) -> str:
        return value

    @property
    def runs(self) -> list[str]:
        """Regular expressions: what stands for hidden characters."""
        return [f"(?:{re.escape(mask)}){{2,}}" for mask in self.masks if mask != "*"]


@dataclass(frozen=True)
class Codes:
    """Bank's code ⇄ our word. ``refuses_file``: what an unknown code does (map ``other: stop``), else its row is parked.

    ``keeps``: the word that stands for unknown codes (``other: keep``); the engine counts them.
    """

    name: str
    to_word: Mapping[str, str]
    to_code: Mapping[str, str]
    refuses_file: bool
    keeps: str | None = None
    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        word = self.to_word.get(text, self.keeps)
        if word is None:
            raise self._unknown("unknown-code", self.to_word)
        return word

    def write(self, value: str) -> str:
        try:
            return self.to_code[value]
        except KeyError:
            raise self._unknown("no-code", self.to_code, value if value in _OUR_WORDS else "{value}") from None

    def _unknown(self, code: str, known: Mapping[str, str], shown: str = "{value}") -> BadValue:
        what = Text(f"“{shown}” is not in map {self.name}", f"“{shown}” 不在对照表 {self.name} 中")
        listed = _listed(known)
        hint = Text("add a code for it to the map. Nothing was written", "请在对照表中为其补一个代码。未写出任何内容")
        if code == "unknown-code":
            hint = Text("ask the bank what it means, then add it to the map", "请向银行确认含义后补入对照表")
            if _WELL_KNOWN[0] in known:
                hint = Text(f"{hint.en}, as   codes: {{RMB: CNY}}", f"{hint.zh}，如   codes: {{RMB: CNY}}")
            end = _REFUSED if self.refuses_file else _PARKED
            hint = Text(f"{hint.en}. {end.en}", f"{hint.zh}。{end.zh}")
        return BadValue(code, what, listed, hint, refuses_file=self.refuses_file and code == "unknown-code")


_OUR_WORDS = {word for words in WORDS.values() for word in words}  # they say nothing of anybody
_LISTED_MAX = 60  # codes; of a longer list a few stand for all


def _listed(known: Mapping[str, str]) -> Text:
    if len(known) <= _LISTED_MAX:
        return Text(" ".join(known), " ".join(known))
    shown = ", ".join([code for code in _WELL_KNOWN if code in known] or list(known)[:5])
    return Text(f"one of its {len(known)} codes, such as {shown}", f"其 {len(known)} 个代码之一，例如 {shown}")


_WELL_KNOWN = ("CNY", "USD", "156", "840")  # of ISO 4217
_PARKED = Text("The row is parked for review (map says other: review)", "该行已搁置待复核（对照表 other: review）")
_REFUSED = Text("The whole file is refused (map says other: stop)", "整个文件已拒收（对照表 other: stop）")


def own_words(words: Sequence[str]) -> Codes:
    """Our own words as they are, for a bank that writes them."""
    same = {word: word for word in words}
    return Codes("words", same, same, refuses_file=True)


@dataclass(frozen=True)
class CodeList:
    """Several codes in one column; our value is the words, sorted, joined by ","."""

    codes: Codes
    separator: str
    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        return ",".join(sorted({self.codes.read(part.strip()) for part in text.split(self.separator)}))

    def write(self, value: str) -> str:
        return self.separator.join(self.codes.write(word) for word in value.split(","))


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 code as it is."""

    type: "pa.DataType" = field(default_factory=pa.string)

    def read(self, text: str) -> str:
        try:
            exponent(text)
        except UnknownCurrency:
            what = Text("“{value}” is no currency of ISO 4217", "“{value}” 不是 ISO 4217 币种")
            raise BadValue("unknown-code", what, Text("CNY, USD, …", "CNY、USD ……"), refuses_file=True) from None
        return text

    write = read
