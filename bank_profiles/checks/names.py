"""The second look at a name: made of known tokens that mean something here, readable again."""

from itertools import pairwise

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.filenames import Token, filling, tokens
from bank_profiles.language.words import Path
from bank_profiles.values.targets import BATCH_DIGITS

PARCEL_TOKENS = ("bank", "batch", "date", "time", "seq")
FILE_TOKENS = (*PARCEL_TOKENS, "part")
ANSWER_TOKENS = (*PARCEL_TOKENS, "part", "parts")  # an answer may come in several packages
LINE_TOKENS = ("file", "size", "digest")  # of a line in a list of files


def check_name(
    path: Path, pattern: str, allowed: tuple[str, ...], needed: str | None, notes: Notes, *, stars: bool = False
) -> bool:
    """Is this the pattern of a name, made of the tokens that mean something here?"""
    fits = Text(" ".join(_TOKENS[kind] for kind in (*allowed, *(["*"] if stars else []))), "")
    expected = Text(f"text with {fits.en}, no / or \\", f"文字与 {fits.en}，不含 / 和 \\")
    try:
        pieces = tokens(pattern)
    except ValueError as strange:
        what = Text(f"“{strange}” is not allowed in a name", f"名称中不能有“{strange}”")
        notes.error("bad-name", path, what, expected)
        return False
    for piece in pieces:
        if piece.kind not in ("text", *allowed) and not (piece.kind == "*" and stars):
            what = Text(f"{_TOKENS[piece.kind]} means nothing in this name", f"此名称中 {_TOKENS[piece.kind]} 没有意义")
            notes.error("bad-name", path, what, expected)
            return False
    if needed and all(piece.kind != needed for piece in pieces):
        what = Text(f"the name needs {_TOKENS[needed]}", f"名称缺少 {_TOKENS[needed]}")
        notes.error("bad-name", path, what, expected)
        return False
    for piece in pieces:
        if piece.kind == "batch" and (wrong := _wrong_width(piece)):
            notes.error("batch-width", path, *wrong)
            return False
    open_ended = [piece.kind in _OPEN and not piece.detail for piece in pieces]
    if any(one and other for one, other in pairwise(open_ended)):
        what = Text(
            "two tokens of any length stand side by side: the name cannot be read back", "两个不定长标记相邻：名称无法还原"
        )
        notes.error(
            "bad-name",
            path,
            what,
            Text("a width, for example {bank:12}, or text between", "加宽度，例如 {bank:12}，或中间加文字"),
        )
        return False
    return True


def _wrong_width(batch: Token) -> tuple[Text, Text] | None:
    """A batch number has its own length; filled up it may be in a longer one, at the side where it can be told from its filling."""
    width, side, fill = filling(batch)
    if width == BATCH_DIGITS or not width or (width > BATCH_DIGITS and side and not (side == "<" and fill.isdigit())):
        return None
    what = Text(f"a batch number has {BATCH_DIGITS} digits, never {width}", f"批次号为{BATCH_DIGITS}位数字，不会是{width}位")
    if width > BATCH_DIGITS and side:
        what = Text("a batch number may end with the digit it is filled up with", "批次号可能以该填充数字结尾")
    fits = f"{{batch:{BATCH_DIGITS}}}   {{batch:{max(width, BATCH_DIGITS + 1)}>0}}"
    return what, Text(fits, fits)


_OPEN = ("bank", "batch", "*", "file", "package", "count", "size", "digest")
_TOKENS = {
    "bank": "{bank}",
    "batch": "{batch}",
    "date": "{date:yyyyMMdd}",
    "time": "{time:HHmmss}",
    "seq": "{seq:4}",
    "part": "{part:3}",
    "parts": "{parts:3}",
    "count": "{count:3}",
    "size": "{size}",
    "digest": "{digest}",
    "file": "{file}",
    "package": "{package}",
    "*": "*",
}
