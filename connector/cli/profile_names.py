"""The Chinese names of what a profile speaks of in words of its language: kinds of rows, fields, codes, ways of reading."""

from bank_profiles.values.targets import WORDS
from reconciliation.elements import FIELDS

KINDS_ZH = {"inquiry": "查询", "outcome": "结果", "holding": "账户", "movement": "流水"}
_FACTS_ZH = {
    "bank": "机构代码",
    "day": "文件日期",
    "made_time": "生成时间",
    "seq": "当日序号",
    "part": "分片号",
    "parts": "分片数",
}


def field_zh(target: str) -> str:
    """What a field of the normal model, or a fact of a header, is called."""
    element = FIELDS.get(target) or FIELDS.get(f"{target}_minor")
    return element.zh if element else _FACTS_ZH.get(target, target)


def words_zh(target: str, told: str) -> str:
    """A word of a closed list, or several, each with the word a map has for it."""
    known = WORDS[target]
    return "、".join(f"{known[word].zh}（{word}）" if word in known else word for word in told.split(","))
