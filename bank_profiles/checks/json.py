"""The second look at a file of JSON: paths that are paths and do not cross, references that lead somewhere, records told apart."""

from collections.abc import Iterator
from itertools import combinations

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats.json import Json, JsonField, JsonRecord
from bank_profiles.language.formats.trees import EVERY, HERE, steps
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path


def check_json(file: Json, path: Path, notes: Notes) -> None:
    for name, record in file.records.items():
        look = _Look(file, name, record, (*path, "records", name), notes)
        look.each()
        look.columns()
        look.rows()
        look.references()
    _check_told_apart(file, path, notes)


class _Look:
    """At one record."""

    def __init__(self, file: Json, name: str, record: JsonRecord, at: Path, notes: Notes) -> None:
        self._file, self._name, self._record, self._at = file, name, record, at
        self.error = notes.error

    # ---- paths ----

    def each(self) -> None:
        if self._record.place is not None:
            what = Text("in a document a record stands where its path leads", "文档中的记录由路径定位")
            hint = Text("remove place; say each", "请删除 place，用 each")
            self.error("wrong-word", (*self._at, "place"), what, hint=hint, key=True)
        path = self._path(self._record.each, (*self._at, "each"))
        if EVERY in path[:-1]:
            what = Text(f"“{EVERY}” stands last in a path", f"“{EVERY}” 应在路径最后")
            self.error("bad-path", (*self._at, "each"), what, Text("for example accounts/*", "例如 accounts/*"))
        if EVERY in path and self._file.lines and self._record.inside is None:
            what = Text("a line is no member of an object", "一行不是对象的成员")
            self.error("bad-path", (*self._at, "each"), what, Text("a path without *", "不含 * 的路径"))

    def columns(self) -> None:
        plain: dict[tuple[str, ...], str] = {}
        for column, rule in self._record.fields.items():
            if rule.is_virtual:
                continue
            if rule.is_virtual:
                continue
            here = (*self._at, "fields", column)
            path = self._path(column, here, key=True) if self._record.rows == "objects" else ()
            if path == (EVERY,) and EVERY not in steps(self._record.each):
                what = Text("these rows have no key of their own", "这些行没有自己的键")
                self.error("bad-path", here, what, Text("each: …/*", "each: …/*"), key=True)
            elif EVERY in path and path != (EVERY,):
                what = Text(f"“{EVERY}” is a column of its own: the key of the row", f"“{EVERY}” 单独成列，即该行的键")
                self.error("bad-path", here, what, key=True)
            self._among(rule, path, here)
            if rule.equals is not None and rule.equals.digest:
                what = Text("a document has no bytes before its last line", "文档没有“末行之前的字节”")
                self.error("wrong-word", (*here, "equals", "digest"), what, hint=Text("remove it", "请删除"), key=True)
            if rule.among is None and path:
                self._crossing(path, column, plain, here)
                plain[path] = column

    def _path(self, text: str, at: Path, *, key: bool = False) -> tuple[str, ...]:
        path = steps(text)
        if any(not step or step == HERE for step in path) or (not path and key):
            what = Text(f"“{text}” is not a path", f"“{text}” 不是路径")
            expected = Text("keys with / between them, for example a/b", "以 / 分隔的键，例如 a/b")
            self.error("bad-path", at, what, expected, key=key)
            return ()
        return path

    def _crossing(self, path: tuple[str, ...], column: str, others: dict[tuple[str, ...], str], at: Path) -> None:
        """A text cannot stand where another column has an object, nor two texts in one place."""
        for other, name in others.items():
            shorter = min(len(path), len(other))
            if path[:shorter] != other[:shorter]:
                continue
            if len(path) == len(other):
                what = Text(f"“{column}” and “{name}” are the same place", f"“{column}”与“{name}”是同一位置")
                self.error("path-twice", at, what, key=True)
            else:
                what = Text(f"“{column}” and “{name}”: one is a text inside the other", f"“{column}”与“{name}”：一个在另一个之内")
                self.error("paths-cross", at, what, Text("texts at the ends of paths", "路径末端才是文字"), key=True)

    def _among(self, rule: JsonField, path: tuple[str, ...], at: Path) -> None:
        if bool(rule.among) != bool(rule.when):
            lacking, there = ("when", "among") if rule.among else ("among", "when")
            what = Text(f"{there} of a column needs {lacking}", f"列的 {there} 需要 {lacking}")
            hint = Text("among: the list; when: {path: text}", "among：列表；when：{路径: 文字}")
            self.error("missing-key", (*at, there), what, hint=hint, key=True)
        elif rule.among is not None:
            among = self._path(rule.among, (*at, "among"))
            if not among or path[: len(among)] != among or len(path) == len(among):
                what = Text(f"“{rule.among}” is not the beginning of the path", f"“{rule.among}” 不是路径的开头")
                self.error("bad-path", (*at, "among"), what)

    # ---- rows that are lists ----

    def rows(self) -> None:
        if self._record.rows == "objects":
            return
        inner = [name for name, other in self._file.records.items() if other.inside == self._name]
        among = [column for column, rule in self._record.fields.items() if rule.among]
        if inner or among or EVERY in steps(self._record.each):
            what = Text("a row that is a list has columns and nothing inside", "列表行只有列，其内别无他物")
            self.error("wrong-word", (*self._at, "rows"), what, Text("rows: objects", "rows: objects"))

    # ---- references ----

    def references(self) -> None:
        record = self._record
        if record.id is not None and record.id not in record.fields:
            self._unknown_column(record.id, (*self._at, "id"))
        if record.id is not None and (record.gives or record.inside):
            what = Text("what is referred to gives no rows and is inside nothing", "被引用的记录不产生数据行，也不在其他记录之内")
            self.error("wrong-word", (*self._at, "id"), what, key=True)
        for column, name in record.refer.items():
            here = (*self._at, "refer", column)
            if column not in record.fields:
                self._unknown_column(column, here, key=True)
            if name not in self._file.records:
                what = Text(f"there is no record “{name}” in this file", f"本文件中没有记录“{name}”")
                self.error("unknown-record", here, what, one_of(self._file.records), did_you_mean(name, self._file.records))
            elif self._file.records[name].id is None:
                what = Text(f"nothing says by what “{name}” is referred to", f"未说明以什么引用“{name}”")
                hint = Text(f"add   id: …   to “{name}”", f"请在“{name}”中添加   id: …")
                self.error("missing-key", here, what, hint=hint)
        if record.refer and self._file.lines:
            what = Text("a line refers to nothing on other lines", "一行不能引用其他行")
            self.error("wrong-word", (*self._at, "refer"), what, hint=Text("one document", "应为单个文档"), key=True)

    def _unknown_column(self, column: str, at: Path, *, key: bool = False) -> None:
        fields = self._record.fields
        what = Text(f"“{column}” is not a column of this record", f"“{column}” 不是本记录的列")
        self.error("unknown-column", at, what, one_of(fields), did_you_mean(column, fields), key=key)


# ---- the records together -----------------------------------------------------------------------------------------------------------


def _check_told_apart(file: Json, path: Path, notes: Notes) -> None:
    """Two records of the same objects are told by a mark at the same path; a header is beside whatever else stands there."""
    for (one, first), (other, second) in combinations(_told(file), 2):
        if (first.inside, steps(first.each)) != (second.inside, steps(second.each)) or _differ(first, second):
            continue
        what = Text(f"nothing tells an object of “{other}” from one of “{one}”", f"无法区分“{other}”对象与“{one}”对象")
        expected = Text("both with when on the same path, with different texts", "两者都用 when，同一路径、不同文字")
        hint = Text(f"or, if an object is both:   inside: {one}   and   each: .", f"若同一对象两者皆是：inside: {one} 且 each: .")
        notes.error("records-alike", (*path, "records", other), what, expected, hint, key=True)


def _told(file: Json) -> Iterator[tuple[str, JsonRecord]]:
    levels = {record.inside for record in file.records.values()}
    return ((name, record) for name, record in file.records.items() if record.gives or name in levels or record.when)


def _differ(one: JsonRecord, other: JsonRecord) -> bool:
    return any(column in other.when and other.when[column] != text for column, text in one.when.items())
