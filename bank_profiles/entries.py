"""What is in a package: which file of the profile each entry is, by its name and where names are alike by its content; none missing,
none too many, parts without a gap, and all as the package's own list says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from bank_profiles.codecs.telling import HEAD_BYTES, fits, said
from bank_profiles.errors import DataPlace, OtherEdition, Problem, Text, UnreadableFile
from bank_profiles.filenames import recognise, tokens
from bank_profiles.language.profile import Profile
from bank_profiles.language.sides import Layout
from bank_profiles.language.words import SideName
from bank_profiles.layouts.making import layout
from bank_profiles.packing.listing import LIST_BYTES_MAX, FileList, Measured, differences, read_list
from bank_profiles.papers import Carried

_SEVERAL = ("at_least_one", "any")
_NEEDED = ("one", "at_least_one")


class Entry(NamedTuple):
    """A file to be read: its key in the profile, what its name says, its bytes."""

    key: str
    said: Mapping[str, Any]
    blocks: Iterable[bytes]


class Entries:
    """The entries of one package as they come by. ``told`` words the place of one; ``whole``: they came as a package, not singly."""

    def __init__(self, profile: Profile, side: SideName, told: Callable[[str], str], package: str | None) -> None:
        self.ignored: list[Measured] = []  # expected and not read
        self.warnings: list[Problem] = []
        self._profile, self._name, self._side = profile, side, profile.side(side)
        self.papers = Carried(self._side.authorization) if self._side.authorization else None  # that came with a question
        self._told, self._package = told, package
        self._files: list[Measured] = []
        self._seen: dict[str, int] = {}  # files of each key
        self._parts: dict[str, list[int]] = {}
        self._announced: dict[str, int] = {}  # how many parts a file itself says there are
        self._list: FileList | None = None

    def admit(self, name: str, blocks: Iterable[bytes]) -> Entry | None:
        """None: nothing to read here. Raises UnreadableFile."""
        package = self._side.package
        if package.index and recognise(package.index.name, name) is not None:
            self._list = self._read_list(name, blocks)
            return None
        if self.papers is not None and self.papers.takes(name):
            self.papers.read(name, self._told(name), self._measured(name, blocks))
            return None
        keys = self._keys(name)
        if not keys and any(recognise(pattern, name) is not None for pattern in package.ignore):
            self.ignored.append(self._passed_over(name, blocks))
            return None
        blocks = self._measured(name, blocks)
        key, blocks = (keys[0], blocks) if len(keys) == 1 else self._by_content(name, keys, blocks)
        if self._side.layout is not None:
            blocks = self._of_this_edition(self._side.layout, key, name, blocks)
        return Entry(key, self._count(key, name), blocks)

    def _measured(self, name: str, blocks: Iterable[bytes]) -> Iterable[bytes]:
        """The same, held later against the list of files where there is one."""
        if self._side.package.index is None:
            return blocks
        self._files.append(Measured(name, self._side.package.index.digest))
        return self._files[-1].through(blocks)

    def _keys(self, name: str) -> list[str]:
        """The files of the profile this may be. One that travels alone is itself, whatever it is called."""
        files = self._side.files
        keys = [key for key, spec in files.items() if recognise(spec.name, name) is not None]
        alone = len(files) == 1 and (self._package is None or not self._side.package.holds_several)
        return keys or (list(files) if alone else [])

    def _by_content(self, name: str, keys: list[str], blocks: Iterable[bytes]) -> tuple[str, Iterable[bytes]]:
        if not keys:
            raise self._refused("unexpected-file", name, _UNEXPECTED, self._known(), "files")
        head, blocks = _peeked(blocks)
        fitting = [key for key in keys if fits(layout(self._profile, self._name, key), head)]
        if len(fitting) != 1:
            what = _NO_LAYOUT if not fitting else _TWO_LAYOUTS
            raise self._refused("layout-unclear", name, what, ", ".join(fitting or keys), "files", (fitting or keys)[0])
        return fitting[0], blocks

    def _of_this_edition(self, layout_by: Layout, key: str, name: str, blocks: Iterable[bytes]) -> Iterable[bytes]:
        """Raises OtherEdition where the file says that it is of another one."""
        record, _, column = layout_by.says.partition(".")
        spec = self._side.files[key].records.get(record)
        if spec is None or column not in spec.fields:
            return blocks
        head, blocks = _peeked(blocks)
        picked = layout_by.picks.get(said(layout(self._profile, self._name, key), record, column, head) or "")
        if picked is None:
            raise self._refused("layout-unclear", name, _NO_EDITION, ", ".join(layout_by.picks), "layout")
        if picked != self._profile.version:
            what = Text(f"the file says that it is of edition {picked}", f"文件自述属于版本 {picked}")
            expected = Text(f"edition {self._profile.version}", f"版本 {self._profile.version}")
            raise OtherEdition(self._refused("other-edition", name, what, expected, "layout").problems, picked)
        return blocks

    def _count(self, key: str, name: str) -> Mapping[str, Any]:
        spec = self._side.files[key]
        told = recognise(spec.name, name) or {}
        self._seen[key] = self._seen.get(key, 0) + 1
        if self._seen[key] > 1 and spec.occurs not in _SEVERAL:
            raise self._refused("unexpected-file", name, _UNEXPECTED, self._known(), "files", key)
        if isinstance(part := told.get("part"), int):
            self._take_part(key, name, part)
        return told

    def _named_parts(self, key: str) -> bool:
        return any(token.kind == "part" for token in tokens(self._side.files[key].name))

    def _take_part(self, key: str, name: str, part: int) -> None:
        if part in self._parts.setdefault(key, []):
            twice = Text(f"part {part} came twice", f"第 {part} 部分出现两次")
            raise self._refused("part-missing", name, twice, _EVERY_PART, "files", key)
        self._parts[key].append(part)

    def note(self, key: str, name: str, facts: Mapping[str, Any]) -> None:
        """What the file itself says of its part."""
        part, parts = facts.get("part"), facts.get("parts")
        if part is not None and not self._named_parts(key):
            self._take_part(key, name, part)
        elif part is not None and part != self._parts[key][-1]:
            raise self._refused("part-missing", name, _OTHER_PART, _EVERY_PART, "files", key)
        if parts is not None and self._announced.setdefault(key, parts) != parts:
            raise self._refused("part-missing", name, _OTHER_COUNT, _EVERY_PART, "files", key)

    def finish(self) -> None:
        """Raises UnreadableFile where the package as a whole is not as agreed. Files that came singly make no whole: that is said."""
        lacking = [key for key, spec in self._side.files.items() if spec.occurs in _NEEDED and not self._seen.get(key)]
        lacking = [key for key in lacking if not self._another(key)]
        if self._package is None:
            self.warnings += [self._not_given(key) for key in lacking]
            return
        for key in lacking:
            raise self._refused("missing-file", self._package, _MISSING, self._side.files[key].name, "files", key)
        for key, spec in self._side.files.items():
            self._check_parts(key, spec.name)
        if self._side.authorization is not None and (self.papers is None or self.papers.letter is None):
            raise self._refused("missing-file", self._package, _MISSING, self._side.authorization.name, "authorization")
        if self._side.package.index is None:
            return
        if self._list is None:
            raise self._refused("missing-file", self._package, _MISSING, self._side.package.index.name, "package", "index")
        if problems := differences(self._list, self._files, self.ignored):
            rule = self._profile.rule(self._name, "package", "index")
            raise UnreadableFile([replace(problem, rule=rule) for problem in problems])

    def _not_given(self, key: str) -> Problem:
        name = self._side.files[key].name
        rule, expected = self._profile.rule(self._name, "files", key), Text(name, name)
        place = DataPlace(name)
        return Problem(
            code="missing-file", place=place, what=_NOT_GIVEN, expected=expected, hint=_ALONE, rule=rule, severity="warning"
        )

    def _another(self, key: str) -> bool:
        """Did a file of the same name come in another layout?"""
        name = self._side.files[key].name
        return any(self._seen.get(other) for other, spec in self._side.files.items() if spec.name == name)

    def _check_parts(self, key: str, pattern: str) -> None:
        found = sorted(self._parts.get(key, []))
        last = max([*found[-1:], self._announced.get(key, 0)])
        missing = (
            [number for number in range(1, last + 1) if number not in found] if last <= len(found) + _GAP_SHOWN_MAX else [last]
        )
        if found and missing:
            listed = ", ".join(map(str, missing))
            what = Text(f"part {listed} of {last} is missing", f"共 {last} 部分，缺第 {listed} 部分")
            raise self._refused("part-missing", self._package or pattern, what, _EVERY_PART, "files", key)

    # ---- the list, and what is not read ----

    def _read_list(self, name: str, blocks: Iterable[bytes]) -> FileList:
        index = self._side.package.index
        assert index is not None, "only asked where the package has a list"
        if self._list is not None:
            raise self._refused("unexpected-file", name, _UNEXPECTED, self._known(), "package", "index")
        content = b""
        for block in blocks:
            content += block
            if len(content) > LIST_BYTES_MAX:
                raise self._refused("bad-index", name, _ENDLESS, f"{LIST_BYTES_MAX >> 10} KiB", "package", "index")
        found = read_list(index, index.encoding or self._side.defaults.encoding or "utf-8", self._told(name), content)
        if found.problems:
            raise UnreadableFile(found.problems)
        return found

    def _passed_over(self, name: str, blocks: Iterable[bytes]) -> Measured:
        """Its bytes are counted, so that limits hold, and a digest shows later what came."""
        index = self._side.package.index
        measured = Measured(name, (index.digest if index else None) or "sha256")
        for _ in measured.through(blocks):
            pass
        return measured

    def _known(self) -> str:
        return ", ".join(dict.fromkeys(spec.name for spec in self._side.files.values()))

    def _of_the_other_side(self, name: str) -> Text | None:
        """Has it the name of a file of the other side, a question read as an answer or the other way round?"""
        other: SideName = "inquiry" if self._name == "response" else "response"
        if not any(recognise(spec.name, name) is not None for spec in self._profile.side(other).files.values()):
            return None
        en, zh = ("a question", "查询文件") if other == "inquiry" else ("an answer", "反馈文件")
        return Text(
            f"its name is that of {en}, which profile read --side {other} reads",
            f"其名称属于{zh}，可用 profile read --side {other} 读取",
        )

    def _refused(self, code: str, name: str, what: Text, expected: Text | str, *path: str) -> UnreadableFile:
        """``path``: of the rule, within the side."""
        hint = Text("ask the bank. The whole package is refused, nothing was stored", "请询问银行。整个包已拒收，未入库")
        told = self._told(name)
        if not told.endswith(name):
            size = len(name.encode("utf-8", "surrogateescape"))
            hint = Text(
                f"its name of {size} bytes is masked; profile read --show-values shows it. Then {hint.en}",
                f"其名称（{size} 字节）已遮蔽，可用 profile read --show-values 查看；{hint.zh}",
            )
        if code == "unexpected-file" and (other := self._of_the_other_side(name)):
            hint = Text(f"{other.en}; else {hint.en}", f"{other.zh}；否则{hint.zh}")
        right = Text(expected, expected) if isinstance(expected, str) else expected
        place, rule = DataPlace(told), self._profile.rule(self._name, *path)
        return UnreadableFile([Problem(code=code, place=place, what=what, expected=right, hint=hint, rule=rule)])


def _peeked(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them again."""
    flow, seen = iter(blocks), list[bytes]()
    while sum(map(len, seen)) < HEAD_BYTES and (block := next(flow, None)) is not None:
        seen.append(block)
    return b"".join(seen)[:HEAD_BYTES], chain(seen, flow)


_GAP_SHOWN_MAX = 20  # parts that are missing are named, as long as they are a few

_UNEXPECTED = Text("a file the profile does not know, or one too many of its kind", "画像中没有的文件，或同类文件多出一个")
_MISSING = Text("a file is missing from the package", "包中缺少文件")
_NOT_GIVEN = Text("this file was not given; a package without it is refused", "未提供此文件；缺少它的包会被拒收")
_ALONE = Text("read the whole package to hold its files against each other", "请读取整个包，以核对各文件")
_NO_LAYOUT = Text("the file is of none of the layouts it could have by its name", "文件内容与该名称可能的版式都不符")
_TWO_LAYOUTS = Text("the file could be of several layouts", "文件可能属于多个版式")
_NO_EDITION = Text("the file does not say of which edition it is, or one that is not known", "文件未注明版本，或版本未知")
_EVERY_PART = Text("every part once, from 1 on, as many as the files say", "各部分自 1 起各一个，数目与文件所述一致")
_OTHER_PART = Text("the file says it is another part than its name says", "文件自述的部分号与名称不一致")
_OTHER_COUNT = Text("the parts do not agree how many there are", "各部分所述的总数不一致")
_ENDLESS = Text("the list of files is larger than any list", "文件清单过大")
