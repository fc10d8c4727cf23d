"""What stops a sheet or a scan at the door: where, and what to do. Never a cell's content; nothing was stored."""

from typing import Self

_TEXTS = {
    "sheet-too-large": (
        "文件超过上限 {limit}，未读取。请分成几个文件。",
        "The file is above the limit of {limit}; nothing was read. Split it into several files.",
    ),
    "infected": (
        "病毒扫描发现 {found}，未读取、未保存。请查明文件来源，清除后重新提交。",
        "The virus scanner found {found}; nothing was read or kept. Find out where the file comes from, clean it and bring it again.",
    ),
    "not-a-sheet": (
        "不是可读的 xlsx 或 csv（可能是旧版 xls、加密文件或 UTF-16 文本），未读取。请另存为 xlsx 后重试。",
        "Not a readable xlsx or csv (an old xls, a protected file or UTF-16 text?); nothing was read. Save it as xlsx and try again.",
    ),
    "wrong-encoding": (
        "第 {row} 行（第 {byte} 字节）起不是 {encoding}，未读取。请存为 xlsx 或 UTF-8 的 csv。",
        "From row {row} (byte {byte}) this is not {encoding}; nothing was read. Save it as xlsx or as csv in UTF-8.",
    ),
    "quotes-broken": (
        "第 {row} 行的引号没有配对，未读取。请改正后重试。",
        "The quotes in line {row} do not close; nothing was read. Correct the line and try again.",
    ),
    "row-too-long": (
        "第 {row} 行的列数多于表头，未读取。内容含逗号时须加引号。",
        "Row {row} has more cells than the header; nothing was read. A cell with a comma must be quoted.",
    ),
    "column-missing": (
        "缺少必需的列：{titles}。未读取。请按表头原文补上。",
        "Columns that must be there are missing: {titles}. Nothing was read. Add them under exactly these titles.",
    ),
    "column-twice": (
        "列“{title}”出现两次（再次出现于 {place} 列），未读取。请删去一列。",
        "The column {title} stands twice (again in column {place}); nothing was read. Remove one.",
    ),
}


class SheetError(Exception):
    """The operator's: the file cannot be taken. ``code`` is stable; ``zh`` and ``en`` say what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en

    @classmethod
    def of(cls, code: str, **values: object) -> Self:
        """The error ``code`` with its texts filled in."""
        zh, en = _TEXTS[code]
        return cls(code, zh.format(**values), en.format(**values))
