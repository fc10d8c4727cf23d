"""How a bank spells a number: decimal point, groups of three, where the sign stands, what is written around it. One cell at a time."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa

from bank_profiles.errors import Text
from bank_profiles.language.words import Grouping, Point, SignWord
from bank_profiles.values.converters import BadValue, finer_than_spelling

WRITTEN_DIGITS_MAX = 18  # of an amount as written, point taken out: what 64 bits hold with room for every check
WRITTEN_MAX = 10**WRITTEN_DIGITS_MAX - 1
BLANKS = " \t\u3000\u00a0"  # what banks pad with: blank, tab, full-width blank, no-break blank

# The last digit with the sign over it, as punched cards had it and EBCDIC still has: plus 0-9, then minus 0-9.
OVERPUNCHED = "{ABCDEFGHI}JKLMNOPQR"
_OVERPUNCH = {mark: (str(index % 10), index >= 10) for index, mark in enumerate(OVERPUNCHED)}


@dataclass(frozen=True)
class Number:
    """A decimal number kept as a whole number of its ``places``-th decimal place: 12.5 with 2 places is 1250.

    ``shows_point``: the text shows the point; else the last ``places`` digits are implied to stand behind it.
    Without ``sign`` a "-" stands before a negative number, and with ``plus`` a "+" may stand before another.
    """

    places: int
    shows_point: bool
    sign: SignWord | None = None
    natural: bool = False  # never below zero, never with a sign
    plus: bool = False
    point: Point = "."
    grouping: Grouping | None = None
    strip: tuple[str, ...] = ()  # texts before or behind the number
    type: "pa.DataType" = field(default_factory=pa.int64)

    @cached_property
    def pattern(self) -> str:
        """As a regular expression of RE2, for Arrow, and of Python; what is stripped is not in it."""
        digits = "[0-9]+"
        if self.grouping:
            digits = rf"([0-9]{{1,3}}({re.escape(self.grouping)}[0-9]{{3}})+|{digits})"
        if self.shows_point and self.places:
            least = 0 if self.point == "," else 1  # "100," is how SWIFT writes a whole amount
            digits += rf"({re.escape(self.point)}[0-9]{{{least},{self.places}}})?"
        if self.natural:
            return digits
        return {
            None: f"[-+]?{digits}" if self.plus else f"-?{digits}",
            "leading": f"[-+]{digits}",
            "trailing": f"{digits}[-+]",
            "trailing_minus": f"{digits}-?",
            "brackets": rf"({digits}|\({digits}\))",
            "overpunch": "[0-9]*[0-9A-R{}]",
        }[self.sign]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    # ---- reading ----

    def read(self, text: str) -> int:
        bare = self.bare(text)
        if not self._expression.fullmatch(bare):
            raise self._bad(bare)
        negative, size = self._unsigned(bare)
        whole, _, behind = size.replace(self.grouping or "", "").partition(self.point)
        digits = (whole + behind.ljust(self.places if self.shows_point else 0, "0")).lstrip("0")
        if len(digits) > WRITTEN_DIGITS_MAX:
            raise self._bad(bare)
        return int(digits or "0") * (-1 if negative else 1)

    def bare(self, text: str) -> str:
        """Without what stands around the number: each of the texts is taken away once before it and once behind it."""
        for mark in self.strip:
            text = text.removeprefix(mark).removesuffix(mark)
        return text.strip(BLANKS) if self.strip else text

    def _unsigned(self, text: str) -> tuple[bool, str]:
        if self.sign == "overpunch":
            digit, negative = _OVERPUNCH.get(text[-1], (text[-1], False))
            return negative, text[:-1] + digit
        return text[:1] in "-(" or text[-1:] == "-", text.strip("+-()")

    # ---- writing ----

    def write(self, value: int, shown: int = 0) -> str:
        """Where there is a point: with at least ``shown`` places behind it, more where the value has them."""
        if self.natural and value < 0:
            raise finer_than_spelling()
        whole, behind = str(abs(value)), ""
        if self.shows_point and self.places:
            digits = whole.zfill(self.places + 1)
            whole, behind = digits[: -self.places], digits[-self.places :].rstrip("0").ljust(shown, "0")
        if self.grouping:
            whole = f"{int(whole):,}".replace(",", self.grouping)
        return self._signed(value < 0, f"{whole}{self.point}{behind}" if behind else whole)

    def _signed(self, negative: bool, digits: str) -> str:
        if self.sign == "overpunch":
            return digits[:-1] + OVERPUNCHED[int(digits[-1]) + 10 * negative]
        if self.sign == "brackets":
            return f"({digits})" if negative else digits
        mark = "-" if negative else "+" if self.sign in ("leading", "trailing") else ""
        return digits + mark if self.sign in ("trailing", "trailing_minus") else mark + digits

    # ---- what is wrong ----

    def _bad(self, text: str) -> BadValue:
        what, hint = Text("“{value}” is not a number as agreed", "“{value}” 不是约定格式的数字"), None
        if re.fullmatch(r"[-+]?[0-9]{1,3}([, '][0-9]{3})+(\.[0-9]*)?", text) and self.grouping is None and self.point == ".":
            what = Text("“{value}” has its digits in groups, which is not agreed", "“{value}” 带千位分隔符，而约定中没有")
            hint = Text(
                'if the bank really writes so, a new edition with   grouping: ","',
                '若银行确实如此书写，登记含   grouping: ","   的新版本',
            )
        elif "." in text and not self.shows_point:
            what = Text("“{value}” has a decimal point, but this column is whole digits", "“{value}” 带小数点，但本列应为整数")
            if self.places:
                hint = Text(
                    f'the last {self.places} digits are decimals (decimals: {self.places}); if the bank shows the point, say   point: "."',
                    f'末 {self.places} 位为小数（decimals: {self.places}）；若银行写出小数点，请写   point: "."',
                )
        elif named := self._other_sign(text):
            what, hint = named
        elif self.shows_point and (behind := self._places_of(text)) > self.places:
            what = Text(
                f"“{{value}}” has {behind} decimals, agreed are at most {self.places}",
                f"“{{value}}” 有 {behind} 位小数，约定不超过 {self.places} 位",
            )
            hint = Text(
                "nothing is rounded; if the bank really writes so, a new edition with more   decimals:",
                "绝不四舍五入；若银行确实如此书写，登记 decimals: 更大的新版本",
            )
        return BadValue("not-a-number", what, self._expected(), hint)

    def _other_sign(self, text: str) -> tuple[Text, Text] | None:
        """A number as agreed but for its sign: how that would be spelt in the profile."""
        digits = text.strip("+-()")
        if text == digits or not replace(self, sign=None, natural=True)._expression.fullmatch(digits):
            return None
        way = next((each for each in _SIGN_WAYS if replace(self, sign=each.word)._expression.fullmatch(text)), None)
        if way is None or self.natural:
            return None
        what = Text(f"“{{value}}” has {way.en}, which is not agreed", f"“{{value}}” {way.zh}，而约定中没有")
        hint = Text(
            f"if the bank really writes so, a new edition with   sign: {way.word}",
            f"若银行确实如此书写，登记含   sign: {way.word}   的新版本",
        )
        return what, hint

    def _places_of(self, text: str) -> int:
        """How many digits stand behind the point of what is a number otherwise; 0 where it is none."""
        if self._expression.fullmatch(text[: text.find(self.point) + 2]) is None:
            return 0
        whole, _, behind = text.strip("+-()").partition(self.point)
        return len(behind) if behind.isascii() and behind.isdecimal() and whole else 0

    def _expected(self) -> Text:
        sign = {} if self.natural else _SIGNS
        en, zh = "plain digits", "纯数字"
        if self.shows_point and self.places:
            en = f"digits with at most {self.places} places behind a “{self.point}”"
            zh = f"数字，小数点为“{self.point}”，小数不超过 {self.places} 位"
        if self.grouping:
            en, zh = f"{en}, “{self.grouping}” between groups of three", f"{zh}，每三位以“{self.grouping}”分隔"
        said = sign.get(self.sign or "", Text("", ""))
        room = Text(f"at most {WRITTEN_DIGITS_MAX}", f"不超过 {WRITTEN_DIGITS_MAX} 位")
        if self.shows_point and self.places:  # zeros behind the point count, also those that are not written
            whole = WRITTEN_DIGITS_MAX - self.places
            room = Text(f"at most {whole} before it", f"整数部分不超过 {whole} 位")
        return Text(f"{en}{said.en}, {room.en}", f"{zh}{said.zh}，{room.zh}")


class _SignWay(NamedTuple):
    word: SignWord
    en: str
    zh: str


_SIGN_WAYS = (
    _SignWay("trailing_minus", "its minus behind", "的负号在后"),
    _SignWay("brackets", "brackets around it", "带括号"),
    _SignWay("leading", "a sign before it", "前有正负号"),
    _SignWay("trailing", "a sign behind it", "后有正负号"),
)
_SIGNS = {
    "leading": Text(" after a sign", "，前有正负号"),
    "trailing": Text(" before a sign", "，后有正负号"),
    "trailing_minus": Text(", a “-” behind where below zero", "，负数后有“-”"),
    "brackets": Text(", in brackets where below zero", "，负数加括号"),
    "overpunch": Text(", the last one with the sign over it", "，末位为带符号的数字"),
}

COUNT = Number(places=0, shows_point=False, natural=True)
