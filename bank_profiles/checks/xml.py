"""The second look at a file of XML: paths that are paths, short names that stand for something, records that can be told apart."""

from collections.abc import Mapping
from itertools import combinations

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats.trees import TreeField
from bank_profiles.language.formats.xml import DEFAULT, Xml, XmlRecord
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path
from bank_profiles.language.xml_paths import Name, XmlPath, element_path, path_of
from bank_profiles.values.targets import SKIP

_BUILT_IN = "xml"  # of xml:lang and its like


def check_xml(file: Xml, path: Path, notes: Notes) -> None:
    look = _Look(file, notes)
    look.namespaces((*path, "namespaces"))
    if look.elements(file.root, (*path, "root")) == ():
        look.error("bad-path", (*path, "root"), Text("the root is an element with a name", "root 应是有名称的元素"), _ELEMENTS)
    if file.payload is not None and look.path(file.payload.at, (*path, "payload", "at")) == XmlPath():
        look.error(
            "bad-path", (*path, "payload", "at"), Text("the payload stands in an element", "payload 应在元素中"), _ELEMENTS
        )
    if file.paging is not None:
        look.path(file.paging.more, (*path, "paging", "more"))
        look.path(file.paging.page or ".", (*path, "paging", "page"))
    for name, record in file.records.items():
        look.record(record, (*path, "records", name))
    look.told_apart(path)
    look.unknown()


class _Look:
    """At one file."""

    def __init__(self, file: Xml, notes: Notes) -> None:
        self._file, self._notes = file, notes
        self.error = notes.error
        self._unknown: dict[str, list[tuple[Path, bool]]] = {}  # short names that stand for nothing: where, and whether at a key

    # ---- names ----

    def namespaces(self, at: Path) -> None:
        seen: dict[str, str] = {}
        for short, uris in self._file.namespaces.items():
            if short == _BUILT_IN or ":" in short or not short:
                what = Text(f"“{short}” cannot be a short name", f"“{short}” 不能作简称")
                self.error(
                    "bad-namespace", (*at, short), what, Text("for example s, doc, default", "例如 s、doc、default"), key=True
                )
            for uri in uris:
                if uri in seen or not uri or any(sign in uri for sign in ' <>"{}'):
                    what = Text(f"“{uri}” is no namespace, or has a short name already", f"“{uri}” 不是命名空间，或已有简称")
                    self.error("bad-namespace", (*at, short), what, Text("one URI, once", "一个 URI，只写一次"))
                seen[uri] = short

    def path(self, text: str, at: Path, *, key: bool = False) -> XmlPath | None:
        """Any path; None where it is none, and that is said."""
        try:
            path = path_of(text)
        except ValueError:
            self.error("bad-path", at, Text(f"“{text}” is not a path", f"“{text}” 不是路径"), _PATHS, key=key)
            return None
        self._known([*path.steps, *([path.attribute] if path.attribute else [])], at, key=key)
        return path

    def elements(self, text: str, at: Path) -> tuple[Name, ...] | None:
        """A path to elements, empty for ``.``; None where it is none, and that is said."""
        try:
            steps = element_path(text)
        except ValueError:
            self.error("bad-path", at, Text(f"“{text}” is not a path to an element", f"“{text}” 不是元素路径"), _ELEMENTS)
            return None
        self._known(steps, at)
        return steps

    def _known(self, names: list[Name] | tuple[Name, ...], at: Path, *, key: bool = False) -> None:
        spaces = self._file.namespaces
        for name in names:
            if name.short and name.short != _BUILT_IN and name.short not in spaces:
                self._unknown.setdefault(name.short, []).append((at, key))
                return

    def unknown(self) -> None:
        """Each short name that stands for nothing, told once."""
        known = [short for short in self._file.namespaces if short != DEFAULT]
        for short, places in self._unknown.items():
            (at, key), many = places[0], len(places)
            also = Text(f"; {many} paths use it", f"；共 {many} 处用到") if many > 1 else Text("", "")
            what = Text(f"nothing says which namespace “{short}:” is{also.en}", f"未说明“{short}:”是哪个命名空间{also.zh}")
            there = f"{short}: urn:…" if self._file.namespaces else f"namespaces: {{{short}: urn:…}}"
            add = Text("add to namespaces", "请在 namespaces 中添加") if self._file.namespaces else Text("add", "请添加")
            hint = did_you_mean(short, known) or Text(f"{add.en}   {there}", f"{add.zh}   {there}")
            self.error("unknown-namespace", at, what, one_of(known) if known else None, hint, key=key)

    # ---- records ----

    def record(self, record: XmlRecord, at: Path) -> None:
        self.elements(record.each, (*at, "each"))
        if record.place is not None:
            what = Text("in a document a record stands where its path leads", "文档中的记录由路径定位")
            self.error("wrong-word", (*at, "place"), what, hint=Text("remove place; say each", "请删除 place，用 each"), key=True)
        paths: dict[str, XmlPath] = {}
        for column, rule in record.fields.items():
            here = (*at, "fields", column)
            if rule.is_virtual or not isinstance(rule, TreeField):
                continue
            path = self.path(column, here, key=True)
            if path is None:
                continue
            self._among(rule, path, here)
            paths[column] = path
            if rule.equals is not None and rule.equals.digest is not None:
                what = Text("a document of XML has no line to take a digest before", "XML 文档没有可供求摘要的行")
                self.error("wrong-word", (*here, "equals", "digest"), what, hint=Text("remove it", "请删除"), key=True)
        self._crossing(record, paths, at)

    def _crossing(self, record: XmlRecord, paths: Mapping[str, XmlPath], at: Path) -> None:
        for column, text in paths.items():
            inner = next((other for other, path in paths.items() if _is_around(text, path)), None)
            if inner is not None and record.fields[column].to != SKIP:
                what = Text(f"“{column}” is a text, but “{inner}” stands in it", f"“{column}”是文本，而“{inner}”在其中")
                expected = Text("texts without elements in them", "文本中不含元素")
                self.error("paths-cross", (*at, "fields", column), what, expected, key=True)

    def _among(self, rule: TreeField, path: XmlPath, at: Path) -> None:
        for text in rule.when:
            self.path(text, (*at, "when", text), key=True)
        if rule.among is None:
            if rule.when:
                what = Text("when of a column needs among: which elements are meant", "列的 when 需要 among：指哪些元素")
                self.error("missing-key", (*at, "when"), what, key=True)
            return
        steps = self.elements(rule.among, (*at, "among"))
        if not rule.when:
            what = Text("among needs when: which of them is wanted", "among 需要 when：取其中哪一个")
            self.error(
                "missing-key",
                (*at, "among"),
                what,
                hint=Text("add   when: {path: text}", "请添加   when: {路径: 文字}"),
                key=True,
            )
        if steps is not None and (not steps or path.steps[: len(steps)] != steps):
            what = Text(f"“{rule.among}” is not the beginning of the path", f"“{rule.among}” 不是路径的开头")
            self.error("bad-path", (*at, "among"), what)

    # ---- the records together ----

    def told_apart(self, path: Path) -> None:
        """Two records of the same elements are told by a mark of the same path."""
        records = self._file.records
        for (one, first), (other, second) in combinations(records.items(), 2):
            if (first.inside, first.each) != (second.inside, second.each) or _differ(first, second):
                continue
            what = Text(f"nothing tells an element of “{other}” from one of “{one}”", f"无法区分“{other}”元素与“{one}”元素")
            expected = Text("both with when on the same path, with different texts", "两者都用 when，同一路径、不同文字")
            hint = Text(
                f"or, if an element is both:   inside: {one}   and   each: .", f"若同一元素两者皆是：inside: {one} 且 each: ."
            )
            self.error("records-alike", (*path, "records", other), what, expected, hint, key=True)


def _is_around(text: XmlPath, other: XmlPath) -> bool:
    """Is one the text of an element in which the other has an element of its own?"""
    return text.attribute is None and len(other.steps) > len(text.steps) and other.steps[: len(text.steps)] == text.steps


def _differ(one: XmlRecord, other: XmlRecord) -> bool:
    """Do their marks exclude each other, or does the first one ask for more of the same, and so is asked first?"""
    contrary = any(column in other.when and other.when[column] != text for column, text in one.when.items())
    return contrary or (bool(other.when) and other.when.items() < one.when.items())


_PATHS = Text("for example a/b, a/@b, @b, s:a/b or .", "例如 a/b、a/@b、@b、s:a/b 或 .")
_ELEMENTS = Text("for example a, a/b or s:a/s:b", "例如 a、a/b 或 s:a/s:b")
