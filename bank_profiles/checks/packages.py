"""The second look at a package: its steps, its list of files, its parts and layouts, what it says once, and when its number resets."""

from itertools import combinations
from typing import Any

from bank_profiles.checks.names import LINE_TOKENS, PARCEL_TOKENS, check_name
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.overlap import could_collide
from bank_profiles.errors import Text
from bank_profiles.filenames import tokens
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.packages import Index
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path, SideName
from bank_profiles.parting import is_herald
from bank_profiles.values.targets import ONCE, targets

STEPS = ((), ("zip",), ("tar",), ("gzip",), ("zip", "gzip"), ("tar", "gzip"))
_SEVERAL = ("at_least_one", "any")


def check_package(name: SideName, side: Side, notes: Notes) -> None:
    """All of one package whose names are readable."""
    _check_steps(name, side, notes)
    _warn_of_password(name, side, notes)
    _check_list(name, side, notes)
    _check_number(name, side, notes)
    for key, file in side.files.items():
        _check_parts((name, "files", key), file, notes)
    _check_said_once(name, side, notes)
    _check_told_apart(name, side, notes)
    _check_editions(name, side, notes)


def _kinds(pattern: str) -> set[str]:
    return {piece.kind for piece in tokens(pattern)}


# ---- wrapping -----------------------------------------------------------------------------------------------------------------------


def _check_steps(name: SideName, side: Side, notes: Notes) -> None:
    package = side.package
    kinds = tuple(step.kind for step in package.steps)
    if kinds not in STEPS:
        what = Text(
            f"these steps are not undone one after the other: {', '.join(kinds)}", f"这些步骤不能依次还原：{'、'.join(kinds)}"
        )
        expected = Text(
            "zip or tar of all files, then perhaps gzip; or gzip of one file", "先 zip 或 tar，其后可有 gzip；或单个文件 gzip"
        )
        notes.error("bad-steps", (name, "package", "steps"), what, expected, key=True)
    elif not package.holds_several and _more_than(side, package.name.removesuffix(".gz") if kinds else package.name):
        alone = package.name.removesuffix(".gz") if kinds else package.name
        what = Text("a package without zip or tar is one file under its own name", "没有 zip 或 tar 的包就是以自身命名的单个文件")
        expected = Text(
            f"one file with   name: {alone}   or   steps: [{{kind: zip}}]",
            f"一个文件，name: {alone}，或 steps: [{{kind: zip}}]",
        )
        notes.error("bare-package", (name, "package"), what, expected, key=True)


def _warn_of_password(name: SideName, side: Side, notes: Notes) -> None:
    """A password of the old kind is told wherever a profile is checked, so that nobody takes it for a seal (domain rule 32)."""
    if side.package.locked_by is not None:
        what = Text(
            "the zip's password of the old kind (ZipCrypto) protects nothing; only the seal of the channel does",
            "zip 的旧式密码（ZipCrypto）不构成保护；起保护作用的只有通道的密封",
        )
        hint = Text("ask the bank whether its programs take a zip without a password", "请询问银行：其程序能否接收不加密码的 zip")
        notes.warning("legacy-password", (name, "package", "steps", 0, "legacy_password"), what, hint)


def _more_than(side: Side, alone: str) -> bool:
    """Is there anything else than the one file of this name, perhaps in several layouts?"""
    several = any(file.occurs in _SEVERAL for file in side.files.values())
    return (
        {file.name for file in side.files.values()} != {alone}
        or several
        or side.package.index is not None
        or side.authorization is not None
    )


def _check_list(name: SideName, side: Side, notes: Notes) -> None:
    for number, pattern in enumerate(side.package.ignore):
        check_name((name, "package", "ignore", number), pattern, PARCEL_TOKENS, None, notes, stars=True)
    index, at, stars = side.package.index, (name, "package", "index"), name != "inquiry"
    if index is None:
        return
    check_name((*at, "name"), index.name, PARCEL_TOKENS, None, notes, stars=stars)
    for place in ("head", "tail"):
        for number, pattern in enumerate(getattr(index, place)):
            check_name((*at, place, number), pattern, (*PARCEL_TOKENS, "count"), None, notes, stars=stars)
    if check_name((*at, "each"), index.each, LINE_TOKENS, "file", notes, stars=stars):
        _check_digest(index, at, notes)


def _check_digest(index: Index, at: Path, notes: Notes) -> None:
    if ("digest" in _kinds(index.each)) != (index.digest is not None):
        what = Text(
            "{digest} in each, and digest that says which one, go together", "each 中的 {digest} 与说明算法的 digest 应同时写明"
        )
        expected = Text('digest: sm3   and   each: "{digest}  {file}"', 'digest: sm3   与   each: "{digest}  {file}"')
        notes.error("bad-index", at, what, expected, key=True)


def _check_number(name: SideName, side: Side, notes: Notes) -> None:
    package, kinds = side.package, _kinds(side.package.name)
    if name != "inquiry":
        if package.seq.resets != "daily":
            what = Text("the bank counts its own packages", "反馈包的序号由银行自行编排")
            notes.error("wrong-word", (name, "package", "seq"), what, hint=Text("remove it", "请删除"), key=True)
        return
    dated = "date" in kinds or package.seq.resets == "never"
    if "batch" in kinds or ("seq" in kinds and dated):
        return
    what = Text("two parcels would have the same name", "不同的包会重名")
    expected = Text(
        "{batch} in it; {seq:4} beside {date:yyyyMMdd}; or {seq:8} and   seq: {resets: never}",
        "名称含 {batch}；或 {seq:4} 加 {date:yyyyMMdd}；或 {seq:8} 加   seq: {resets: never}",
    )
    notes.error("name-not-unique", (name, "package", "name"), what, expected)


# ---- parts --------------------------------------------------------------------------------------------------------------------------


def _check_parts(at: Path, file: FileSpec, notes: Notes) -> None:
    kinds, several = _kinds(file.name), file.occurs in _SEVERAL
    if file.times is not None and not file.required:
        what = Text("“times” says already whether the file must be there", "“times” 已说明文件是否必须")
        notes.error("wrong-word", (*at, "required"), what, hint=Text("remove required", "请删除 required"), key=True)
    if several and not kinds & {"part", "*"}:
        what = Text("several files of one package would have the same name", "包内多个文件会重名")
        notes.error("name-not-unique", (*at, "name"), what, Text("{part:3} in it", "名称含 {part:3}"))
    if not several and "part" in kinds:
        what = Text("{part} is a name of several files, and this is one", "{part} 用于多个文件，此处只有一个")
        notes.error(
            "bad-name", (*at, "name"), what, Text("times: at_least_one, or no {part}", "times: at_least_one，或去掉 {part}")
        )
    if file.rows_max is None:
        return
    giving = [record for record in file.records.values() if record.gives]
    if (
        file.rows_max < 1
        or "part" not in kinds
        or len(giving) != 1
        or giving[0].inside
        or giving[0].implies
        or giving[0].says_outcome
    ):
        what = Text("rows are divided among parts only where one kind of rows stands alone", "只有单一种类的行才能分部分写出")
        expected = Text("{part:3} in the name, and one record that gives rows", "名称含 {part:3}，且只有一种产生数据行的记录")
        notes.error("bad-parts", (*at, "rows_max"), what, expected, key=True)


# ---- once per file ------------------------------------------------------------------------------------------------------------------


def _check_said_once(name: SideName, side: Side, notes: Notes) -> None:
    records = [(key, label, record) for key, file in side.files.items() for label, record in file.records.items()]
    heralds = [(key, label, record) for key, label, record in records if is_herald(side.files[key], label)]
    heralded = {to for _, _, record in heralds for rule in record.fields.values() for to in rule.targets}
    in_rows = {to for _, _, record in records if record.gives for rule in record.fields.values() for to in rule.targets}
    known = [word for word in ONCE if name == "inquiry" or word in targets("holding")]
    for number, word in enumerate(side.one_per_file):
        at: Path = (name, "one_per_file", number)
        if word not in known:
            what = Text(f"“{word}” is nothing a file of this side says once", f"“{word}” 不是本方向文件可只写一次的内容")
            notes.error("unknown-field", at, what, one_of(known), did_you_mean(word, known))
        elif word in in_rows:
            what = Text(f"every row has its own {word}, so no file needs one", f"每行都有自己的 {word}，无需按文件拆分")
            notes.error("target-twice", at, what, hint=Text("take it out here, or out of the rows", "请在此处或在行中去掉一处"))
        elif word not in heralded:
            what = Text(f"no header says {word}", f"没有首记录写明 {word}")
            expected = Text(f"a header or cover with a column   {{to: {word}}}", f"首记录或封面中有一列   {{to: {word}}}")
            notes.error("target-not-reached", at, what, expected)
    for key, label, record in heralds:
        for column, rule in record.fields.items():
            for word in [to for to in rule.targets if to in ONCE and to not in side.one_per_file]:
                what = Text(
                    f"a header says {word} for all rows, and they may differ in it", f"首记录替所有行写 {word}，而各行可能不同"
                )
                expected = Text(f"one_per_file: [{word}]   at the {name}", f"{name} 中加   one_per_file: [{word}]")
                notes.error("not-once", (name, "files", key, "records", label, "fields", column), what, expected, key=True)


# ---- one name, several files --------------------------------------------------------------------------------------------------------


def _check_told_apart(name: SideName, side: Side, notes: Notes) -> None:
    for (one, first), (other, second) in combinations(side.files.items(), 2):
        if first.name == second.name and _marks(first) != _marks(second):
            continue  # layouts of one file, told apart by what they begin with
        if could_collide(first.name, second.name):
            what = Text(f"a name could be that of “{other}” and of “{one}”", f"同一名称可能既是“{other}”又是“{one}”")
            expected = Text(
                "names that differ in their fixed text; or one name, and other titles, constants or root elements",
                "固定文字不同的名称；或名称相同而标题、常量或根元素不同",
            )
            notes.error("names-collide", (name, "files", other, "name"), what, expected)
    index = side.package.index
    for key, file in side.files.items():
        if any(could_collide(file.name, pattern) for pattern in [*side.package.ignore, *([index.name] if index else [])]):
            what = Text(f"a file that is not read could have the name of “{key}”", f"不读取的文件可能与“{key}”同名")
            notes.error("names-collide", (name, "files", key, "name"), what)


def _marks(file: FileSpec) -> tuple[object, ...]:
    """What the beginning of a file shows (codecs/telling.py): files of one name must differ in it."""
    spec: Any = file
    if file.format == "excel":
        return (file.format,)
    if file.format == "xml":
        return (file.format, spec.root, tuple(sorted(getattr(spec, "namespaces", {}).items())))
    records = list(file.records.values())
    if file.format == "json":
        return (file.format, *(_said(record) for record in records))
    if file.format == "delimited" and spec.title_row is not None:
        return (file.format, spec.separator, frozenset(column for record in records for column in record.fields))
    first = [record for record in records if record.place == "first"] or [record for record in records if record.place is None]
    return (file.format, getattr(spec, "separator", None), getattr(spec, "record_bytes", None), *map(_said, first))


def _said(record: Record) -> tuple[object, ...]:
    """How many columns a record has, and which constants stand where."""
    says = (
        (getattr(rule, "at", None) or place, text)
        for place, (column, rule) in enumerate(record.placed.items(), start=1)
        if (text := rule.const if rule.const is not None else record.when.get(column)) is not None
    )
    return (len(record.fields), *says)


def _check_editions(name: SideName, side: Side, notes: Notes) -> None:
    if side.layout is None:
        return
    record, _, column = side.layout.says.partition(".")
    known = [f"{label}.{each}" for file in side.files.values() for label, spec in file.records.items() for each in spec.fields]
    if f"{record}.{column}" not in known:
        what = Text(f"no file of this side has a column “{side.layout.says}”", f"本方向没有列“{side.layout.says}”")
        notes.error("unknown-column", (name, "layout", "from"), what, one_of(known), did_you_mean(side.layout.says, known))
