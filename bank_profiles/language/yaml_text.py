"""YAML read as text, with the line and column of every key and value.

YAML's guessing is switched off: ``0102`` stays four digits, ``no`` stays a word, ``2026.10`` keeps its zero. Refused by line: keys
written twice, anchors, aliases, merge keys, tags, directives, tabs before a line, a second document.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import Composer

from bank_profiles.errors import BadProfile, Problem, ProfilePlace, Text

TEXT_BYTES_MAX = 1 << 19  # a profile is a few pages, with long lists of codes perhaps; half a megabyte is something else
DEPTH_MAX = 16  # the language needs 8
TEXTS_MAX = 40_000  # keys and values; a bank's longest list of codes has some hundreds, the largest sample 1,400 texts in all

_QUICK = getattr(yaml, "CBaseLoader", None)  # where PyYAML was built with libyaml, as its wheels are
_APART = re.compile("[\t\r?\x85\u2028\u2029\ufeff]|[|>]#")  # what the two readers do not take for the same

YamlPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Loaded:
    """``data`` holds text, None (nothing, ``~`` or ``null``), lists and mappings only; places are (line, column), 1-based.

    ``inherited``: the file in which a path is written, where that is not ``file`` itself (inherit.py).
    """

    data: Any
    values: dict[YamlPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[YamlPath, tuple[int, int]] = field(default_factory=dict)
    file: str = ""
    inherited: dict[YamlPath, str] = field(default_factory=dict)

    def file_of(self, path: YamlPath) -> str:
        return self.inherited.get(path, self.file)

    def place(self, path: YamlPath) -> ProfilePlace:
        """Where a key is written, or the nearest block above it."""
        while path and path not in self.keys:
            path = path[:-1]
        written = self.file_of(path)
        return ProfilePlace(written, *self.keys.get(path, (1, 1)), "" if written == self.file else self.file)


def load(raw: bytes, file: str) -> Loaded:
    """The text of one YAML. Raises BadProfile with everything that is wrong with it as YAML; ``file`` is its name in messages."""
    text = _text(raw, file)
    problems = list(_tabs(text, file))
    if problems:
        raise BadProfile(problems)
    walk = _Walk(file)
    node = _quickly(text, file) or _in_words(text, file)
    data = None if node is None else walk.value(node, ())
    if walk.problems:
        raise BadProfile(walk.problems)
    return Loaded(data, walk.values, walk.keys, file)


def _quickly(text: str, file: str) -> yaml.Node | None:
    """By libyaml, twenty times as fast; None where anything at all is to be said of the text, or nothing stands in it."""
    if _QUICK is None or _APART.search(text):
        return None
    events: list[yaml.Event] = []
    try:
        if any(_forbidden(text, file, events, _QUICK)):
            return None
        return _Composer(events).get_single_node()
    except yaml.YAMLError:
        return None


def _in_words(text: str, file: str) -> yaml.Node | None:
    """By the reader the messages are written for. Raises BadProfile."""
    events: list[yaml.Event] = []
    try:
        problems = list(_forbidden(text, file, events, yaml.BaseLoader))
        if problems:
            raise BadProfile(problems)
        return _Composer(events).get_single_node()
    except yaml.MarkedYAMLError as broken:
        raise BadProfile([_syntax(broken, file)]) from None
    except yaml.reader.ReaderError as broken:
        raise BadProfile([_unprintable(text, broken, file)]) from None


def _text(raw: bytes, file: str) -> str:
    start = ProfilePlace(file, 1, 1)
    if len(raw) > TEXT_BYTES_MAX:
        what = Text(f"the file has {len(raw):,} bytes", f"文件有 {len(raw):,} 字节")
        expected = Text(f"at most {TEXT_BYTES_MAX:,} bytes", f"最多 {TEXT_BYTES_MAX:,} 字节")
        raise BadProfile([Problem(code="too-large", place=start, what=what, expected=expected)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        column = broken.start - raw.rfind(b"\n", 0, broken.start)
        problem = Problem(
            code="not-utf8",
            place=ProfilePlace(file, line, column),
            what=Text("these bytes are not UTF-8", "此处字节不是 UTF-8"),
            expected=Text("a profile saved as UTF-8", "以 UTF-8 保存的画像文件"),
            hint=Text("save it again as UTF-8 in the editor", "请在编辑器中另存为 UTF-8"),
        )
        raise BadProfile([problem]) from None


def _tabs(text: str, file: str) -> Iterator[Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            yield Problem(
                code="tab",
                place=ProfilePlace(file, number, 1),
                what=Text("this line begins with a tab", "本行以制表符开头"),
                expected=Text("spaces, two per level", "空格，每级两个"),
                hint=Text("set the editor to write spaces for tabs", "请将编辑器设为用空格代替制表符"),
            )


_REFUSED = {
    "anchor": (
        Text("anchors and aliases (& and *) are not used in profiles", "画像中不使用锚点和别名（& 与 *）"),
        Text("write the value out; quote it if it begins with & or *", "请写出完整的值；若值以 & 或 * 开头请加引号"),
    ),
    "tag": (
        Text("tags (!) are not used in profiles", "画像中不使用标签（!）"),
        Text("remove it; quote the value if it begins with !", "请删除；若值以 ! 开头请加引号"),
    ),
    "directive": (
        Text("directives (%) are not used in profiles", "画像中不使用指令（%）"),
        Text("remove the line", "请删除该行"),
    ),
    "several-documents": (
        Text("a second document begins here", "此处开始了第二个文档"),
        Text("one file holds one profile; remove the --- or make two files", "一个文件一份画像；请删除 --- 或拆成两个文件"),
    ),
    "too-deep": (
        Text(f"blocks are nested more than {DEPTH_MAX} deep", f"嵌套超过 {DEPTH_MAX} 层"),
        Text("no part of the language needs that", "语言中没有需要这么深的部分"),
    ),
    "too-large": (
        Text(f"the file has more than {TEXTS_MAX:,} keys and values", f"文件的键与值超过 {TEXTS_MAX:,} 个"),
        Text("no bank needs that many: written by a program?", "没有银行需要这么多；是否由程序生成？"),
    ),
    "merge-key": (
        Text("merge keys (<<) are not used in profiles", "画像中不使用合并键（<<）"),
        Text("write the keys out", "请写出各个键"),
    ),
    "not-a-key": (
        Text("a list or mapping cannot be a key", "列表或映射不能作为键"),
        Text("quote the key if it begins with [ or {", "若键以 [ 或 { 开头请加引号"),
    ),
}


def _refused(code: str, mark: Any, file: str) -> Problem:
    what, hint = _REFUSED[code]
    return Problem(code=code, place=ProfilePlace(file, mark.line + 1, mark.column + 1), what=what, hint=hint)


class _Composer(Composer):
    """Nodes out of the events that were looked at: the text is parsed once."""

    def __init__(self, events: Iterable[yaml.Event]) -> None:
        super().__init__()
        self._coming = deque(events)

    def check_event(self, *choices: type[yaml.Event]) -> bool:
        return bool(self._coming) and (not choices or isinstance(self._coming[0], choices))

    def peek_event(self) -> yaml.Event | None:
        return self._coming[0] if self._coming else None

    def get_event(self) -> yaml.Event | None:
        return self._coming.popleft() if self._coming else None

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing is guessed."""

    def ascend_resolver(self) -> None:
        """Nothing is guessed."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ARG002 (as the base has it)
        """Texts, lists and mappings only."""
        return _TAGS[kind]


_TAGS = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}


def _forbidden(text: str, file: str, seen: list[yaml.Event], reader: Any) -> Iterator[Problem]:
    """What no profile may have; every event that went by is ``seen``."""
    depth = documents = texts = 0
    for event in yaml.parse(text, Loader=reader):
        seen.append(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield _refused("anchor", event.start_mark, file)
        elif getattr(event, "tag", None):
            yield _refused("tag", event.start_mark, file)
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if event.version or event.tags:
                yield _refused("directive", event.start_mark, file)
            elif documents == 2:
                yield _refused("several-documents", event.start_mark, file)
        texts += isinstance(event, yaml.NodeEvent)
        if texts > TEXTS_MAX:
            yield _refused("too-large", event.start_mark, file)
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth == DEPTH_MAX + 1:
                yield _refused("too-deep", event.start_mark, file)
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _syntax(broken: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = broken.problem_mark or broken.context_mark
    place = ProfilePlace(file, mark.line + 1, mark.column + 1) if mark else ProfilePlace(file, 1, 1)
    return Problem(
        code="yaml-syntax",
        place=place,
        what=Text("the layout of the YAML breaks here", "YAML 的书写在此处中断"),
        expected=Text(
            "“key: value” lines, indented two spaces per level, brackets and quotes closed",
            "“键: 值”，每级缩进两格，括号与引号成对",
        ),
        hint=Text(
            "look at this line and the one above: a missing blank after “:”, a quote or bracket left open, an odd indent",
            "请看本行与上一行：“:” 后缺空格、引号或括号未闭合、缩进不齐",
        ),
    )


def _unprintable(text: str, broken: yaml.reader.ReaderError, file: str) -> Problem:
    before = text[: broken.position]
    place = ProfilePlace(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    what = Text(
        f"a control character (U+{ord(text[broken.position]):04X}) stands here",
        f"此处有控制字符（U+{ord(text[broken.position]):04X}）",
    )
    return Problem(code="control-character", place=place, what=what, hint=Text("delete it", "请删除"))


class _Walk:
    """From nodes to text, remembering places; every key written twice is a problem of its own."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[YamlPath, tuple[int, int]] = {}
        self.keys: dict[YamlPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        self.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        if (
            isinstance(node, yaml.ScalarNode) and node.style == "|"
        ):  # each line of a text has a place: examples are spoken of by line
            first = node.start_mark.line + 2
            self.values |= {(*path, number): (first + number, 0) for number in range(node.value.count("\n") + 1)}
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return None if plain and node.value in ("", "null", "~") else node.value

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(_refused("not-a-key", key.start_mark, self.file))
            elif key.value == "<<" and not key.style:
                self.problems.append(_refused("merge-key", key.start_mark, self.file))
            elif key.value in read:
                self.problems.append(self._twice(key, (*path, key.value)))
            else:
                self.keys[(*path, key.value)] = (key.start_mark.line + 1, key.start_mark.column + 1)
                read[key.value] = self.value(value, (*path, key.value))
        return read

    def _twice(self, key: yaml.ScalarNode, path: YamlPath) -> Problem:
        first, name = self.keys[path][0], key.value
        hint = None
        if len(path) > 1 and path[-2] == "fields":
            hint = Text(
                f"if the bank really sends two columns of this name, write the second as “{name}#2”",
                f"若银行确有两个同名列，第二个请写作“{name}#2”",
            )
        what = Text(f"“{name}” is written twice; the first is on line {first}", f"“{name}” 写了两次；第一次在第{first}行")
        place = ProfilePlace(self.file, key.start_mark.line + 1, key.start_mark.column + 1)
        return Problem(code="duplicate-key", place=place, what=what, hint=hint)
