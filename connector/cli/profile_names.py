"""The Chinese names of what a profile speaks of in words of its language: kinds of rows, fields, codes, ways of reading."""

import re

from bank_profiles.values.named_units import OURS
from bank_profiles.values.targets import WORDS
from reconciliation.elements import FIELDS

KINDS_ZH = {"inquiry": "查询", "outcome": "结果", "holding": "账户", "movement": "流水", "receipt": "回执"}
_FACTS_ZH = {
    "bank": "机构代码",
    "day": "文件日期",
    "made_time": "生成时间",
    "seq": "当日序号",
    "part": "分片号",
    "parts": "分片数",
    "package_no": "包序号",
    "packages": "包数",
    "revision": "更正标志",
}


# Where a profile comes from: only what a bank has agreed to is a bank's layout.
GRADES = {
    "official": ("正式文件", "official"),
    "seen_in_code": ("见于代码，未经银行确认", "seen in code, not confirmed by the bank"),
    "invented": ("虚构，并非任何银行约定的格式", "invented, no bank has agreed to this layout"),
}


def source_told(source: str, grade: str) -> tuple[str, str]:
    """What a profile was made from and what that is worth, in Chinese and English."""
    zh, en = GRADES[grade]
    return f"出处：{source}（{zh}）", f"source: {source} ({en})"


def field_zh(target: str) -> str:
    """What a field of the normal model, or a fact of a header, is called."""
    element = FIELDS.get(target) or FIELDS.get(f"{target}_minor")
    return element.zh if element else _FACTS_ZH.get(target, target)


def words_zh(target: str, told: str) -> str:
    """A word of a closed list, or several, each with the word a map has for it."""
    known = WORDS[target]
    return "、".join(f"{known[word].zh}（{word}）" if word in known else word for word in told.split(","))


# ---- the plan -----------------------------------------------------------------------------------------------------------------------

KIND_OF_VALUE_ZH = {
    "text": "文字",
    "word": "代码",
    "words": "多个代码",
    "currency": "币种",
    "money": "金额",
    "decimal": "小数",
    "integer": "整数",
    "date": "日期",
    "time": "时间",
    "count": "笔数",
    "sum": "合计",
    "hash": "散列合计",
    "digest": "摘要值",
}
READS_ZH = {
    "plain": "原文",
    "filled": "去补位字符",
    "masked": "识别掩码",
    "codes": "对照表",
    "codelist": "逐个对照",
    "currency": "币种代码",
    "lineref": "查询序号",
    "money": "金额",
    "number": "数字",
    "quantity": "数量",
    "day": "日期",
    "clock": "时间",
    "as it is": "原样",
    "skipped": "不读",
}
_PLACES_ZH = (
    (r"by title", "按标题"),
    (r"by label", "按标签"),
    (r"by path", "按路径"),
    (r"column (\d+)", r"第\1列"),
    (r"bytes (\d+)-(\d+)", r"第\1–\2字节"),
    (r"within (.*)", r"在\1之内"),
)
_MADE = "made: "
UNITS_ZH = {word: zh for zh, word in OURS.items()} | {"minor": "最小单位"}


def target_zh(target: str) -> str:
    """A field by its Chinese name and its word; what a column always says is the bank's own."""
    name = field_zh(target)
    return f"{name} {target}" if name != target else target


def reads_zh(reads: str) -> str:
    """A way of reading a column."""
    plain = READS_ZH.get(reads.removeprefix(_MADE), reads.removeprefix(_MADE))
    return f"合成：{plain}" if reads.startswith(_MADE) else plain


def place_zh(place: str) -> str:
    """Where a column stands."""
    for pattern, zh in _PLACES_ZH:
        if found := re.fullmatch(pattern, place):
            return found.expand(zh)
    return place


def unit_zh(unit: str) -> str:
    """A unit of money with its word."""
    return f"{UNITS_ZH[unit]}（{unit}）" if unit in UNITS_ZH else unit


def resolution_zh(resolution: str) -> str:
    """The smallest step an amount can show."""
    return "精确" if resolution == "exact" else resolution.replace(" CNY", " 元")
