"""The second look at the names of files and packages: made of known tokens, readable again, never two for one."""

from itertools import combinations, pairwise

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.filenames import could_collide, tokens
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path, SideName

PARCEL_TOKENS = ("bank", "batch", "date", "time", "seq")


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
    open_ended = [piece.kind in ("bank", "batch", "*") and not piece.detail for piece in pieces]
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


_TOKENS = {
    "bank": "{bank}",
    "batch": "{batch}",
    "date": "{date:yyyyMMdd}",
    "time": "{time:HHmmss}",
    "seq": "{seq:4}",
    "file": "{file}",
    "package": "{package}",
    "*": "*",
}


def check_names_together(name: SideName, side: Side, notes: Notes) -> None:
    package = side.package
    if name == "inquiry" and not {"seq", "batch"} & {piece.kind for piece in tokens(package.name)}:
        what = Text("two parcels of one day would have the same name", "同一天的两个包会重名")
        notes.error(
            "name-not-unique", (name, "package", "name"), what, Text("{seq:4} or {batch} in it", "名称含 {seq:4} 或 {batch}")
        )
    if not package.steps and [file.name for file in side.files.values()] != [package.name]:
        what = Text("a package without steps is one file under its own name", "没有打包步骤的包就是以自身命名的单个文件")
        expected = Text(
            f"one file with   name: {package.name}   or   steps: [{{kind: zip}}]",
            f"一个文件，name: {package.name}，或 steps: [{{kind: zip}}]",
        )
        notes.error("bare-package", (name, "package"), what, expected, key=True)
    for (one, first), (other, second) in combinations(side.files.items(), 2):
        if could_collide(first.name, second.name):
            what = Text(f"a name could be that of “{other}” and of “{one}”", f"同一名称可能既是“{other}”又是“{one}”")
            expected = Text("names that differ in their fixed text", "固定文字不同的名称")
            notes.error("names-collide", (name, "files", other, "name"), what, expected)
