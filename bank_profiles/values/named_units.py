"""The unit of money that a title names: 余额（万元）, 金额(单位：分), 余额元. A factor of ten thousand must not hide in a title."""

import re
import unicodedata
from decimal import Decimal

# In units of a yuan; 角 and 千元 are units of no profile, and so contradict every one.
SIZES = {
    "厘": Decimal("0.001"),
    "分": Decimal("0.01"),
    "角": Decimal("0.1"),
    "元": Decimal(1),
    "千元": Decimal(1_000),
    "万元": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "亿元": Decimal(100_000_000),
}
OURS = {"厘": "li", "分": "fen", "元": "yuan", "万元": "wan", "亿元": "yi"}
_SHORT = {"万": "万元", "亿": "亿元"}  # only in brackets
_BRACKETS = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]")
_PIECES = re.compile(r"[:,;/、 ]|单位|人民币|RMB|CNY")
# At the end without brackets only behind words of money: 美元 is a currency, 单元 a flat, 积分 a point of loyalty.
_END = re.compile(r"(?:[额款金息费值币价]|单位:?)((?:百万|千|万|亿)?元|角|分|厘)$")


def named_unit(title: str) -> str | None:
    """Which of SIZES a title names; None where it names none."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", title.partition("#")[0]))
    for inside in _BRACKETS.findall(text):
        for piece in _PIECES.split(inside):
            if (unit := _SHORT.get(piece, piece)) in SIZES:
                return unit
    ending = _END.search(text)
    return ending[1] if ending else None


def contradicts(title: str, unit: str, implied: int = 0) -> str | None:
    """The unit of the title where it is not the one of the column, whose last ``implied`` digits stand behind a point nobody writes."""
    named = named_unit(title)
    if named is None or OURS.get(named) == unit:
        return None
    ours = "分" if unit == "minor" else next(name for name, word in OURS.items() if word == unit)
    return None if SIZES[named] == SIZES[ours].scaleb(-implied) else named
