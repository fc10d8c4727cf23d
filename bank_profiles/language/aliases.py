"""What banks, programs and people call the words of the language: offered to whoever wrote them, never taken for them."""

from collections.abc import Iterable

_ALIASES = {
    "gbk": "gb2312 cp936 936 ansi 国标",
    "gb18030": "gb18030-2022 gb18030-2005 gb18030-2000 gb-18030 cp54936",
    "utf-8": "utf8 utf_8 unicode",
    "utf-8-bom": "utf-8-sig utf8-bom utf8bom",
    "latin-1": "iso-8859-1 iso8859-1 latin1",
    "shift_jis": "sjis cp932 shift-jis",
    "cp037": "ebcdic ibm037",
    "cp1388": "ibm1388",
    "delimited": "csv tsv txt text psv",
    "excel": "xlsx xls workbook spreadsheet",
    "fixed": "fixed_width fixed-width fixed-length dat cobol",
    "self_describing": "ofd rdf",
    "yuan": "cny rmb 元 major",
    "fen": "分 cent cents",
    "li": "厘",
    "wan": "万 万元",
    "yi": "亿 亿元",
}
_OURS = {alias: ours for ours, aliases in _ALIASES.items() for alias in aliases.split()}


def our_word(word: str, words: Iterable[str]) -> str | None:
    """The word of the language for it, if it is one of these."""
    ours = _OURS.get(word.strip().lower())
    return ours if ours is not None and ours in words else None
