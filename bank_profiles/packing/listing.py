"""The list of files inside a package: its lines read and written, and held against the files that are really there.

清单.txt, .ok files and index files differ in their lines only: some before, one for each file, some behind. A line is spelt as a name
is, with ``{file} {size} {digest} {count:n}``.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bank_profiles.encodings import decode, encode
from bank_profiles.errors import DataPlace, Problem, ProfilePlace, Text
from bank_profiles.filenames import NameValues, render_line, what_says
from bank_profiles.language.packages import Index

LIST_BYTES_MAX = 256 << 10  # of a list; at most 64 files stand in it
_END_MARKS = "\r\n \x1a"


class Measured:
    """One file of a package as it flows by: how long it is, and its digest where the list says one."""

    def __init__(self, name: str, digest: str | None) -> None:
        self.name, self.size = name, 0
        self._running = hashlib.new(digest, usedforsecurity=False) if digest else None

    @property
    def digest(self) -> str:
        return self._running.hexdigest() if self._running else ""

    def through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.size += len(block)
            if self._running:
                self._running.update(block)
            yield block


@dataclass(frozen=True)
class Listed:
    """What a list says of one file."""

    name: str
    line: int
    size: int | None = None
    digest: str | None = None


@dataclass(frozen=True)
class FileList:
    """A list as received. ``place`` is what errors call it; ``facts`` what its other lines say."""

    place: str
    listed: Sequence[Listed]
    facts: Mapping[str, Any]
    problems: Sequence[Problem]


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def write_list(index: Index, encoding: str, values: NameValues, files: Sequence[Measured], rule: ProfilePlace | None) -> bytes:
    """Raises UnwritableRoster where a value does not fit into its line."""
    said = replace(values, count=len(files))
    each = [replace(said, file=file.name, size=file.size, digest=file.digest) for file in files]
    lines = [render_line(pattern, said, rule) for pattern in index.head]
    lines += [render_line(index.each, of_file, rule) for of_file in each]
    lines += [render_line(pattern, said, rule) for pattern in index.tail]
    end = "\r\n" if index.line_end == "crlf" else "\n"
    return encode("".join(line + end for line in lines), encoding)


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def read_list(index: Index, encoding: str, place: str, content: bytes) -> FileList:
    """The list, with a problem for every line that is not as agreed."""
    try:
        text = decode(content, encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        what = Text("these bytes are not of the agreed encoding", "这些字节不是约定的编码")
        return FileList(place, (), {}, [_problem("wrong-encoding", place, None, what, Text(encoding, encoding))])
    lines = [line.removesuffix("\r") for line in text.rstrip(_END_MARKS).split("\n")]
    behind = max(len(lines) - len(index.tail), len(index.head))
    patterns = [*index.head, *[index.each] * (behind - len(index.head)), *index.tail]
    listed, facts, problems = [], dict[str, Any](), list[Problem]()
    for number, pattern in enumerate(patterns, start=1):
        line = lines[number - 1] if number <= len(lines) else None
        said = None if line is None else what_says(pattern, line)
        if said is None or any(facts.get(fact, value) != value for fact, value in said.items() if fact in _ONE):
            what = Text("this line of the list is not as agreed", "清单中此行与约定不符")
            problems.append(_problem("bad-index", place, number, what, Text(pattern, pattern)))
            continue
        facts |= {fact: value for fact, value in said.items() if fact not in _OF_A_FILE}
        if len(index.head) < number <= behind:
            listed.append(Listed(str(said["file"]), number, said.get("size"), said.get("digest")))  # type: ignore[arg-type]
    return FileList(place, listed, facts, problems)


_ONE = frozenset({"bank", "batch_no", "count"})  # said twice, they must be the same
_OF_A_FILE = frozenset({"file", "size", "digest"})


def differences(found: FileList, files: Sequence[Measured], ignored: Sequence[Measured]) -> list[Problem]:
    """Every file that is listed and not there, there and not listed, or other than its line says. ``ignored`` may be unlisted."""
    there = {_key(file.name): file for file in [*ignored, *files]}
    problems = list(found.problems)
    if problems:
        return problems
    said: dict[str, Listed] = {}
    for listed in found.listed:
        file = there.get(_key(listed.name))
        if _key(listed.name) in said:
            problems.append(_differs(found, listed.line, "is listed twice", "重复列出"))
        elif file is None:
            problems.append(_differs(found, listed.line, "is listed and not in the package", "已列出但包中没有"))
        else:
            problems += _other(found, listed, file)
        said[_key(listed.name)] = listed
    unlisted = sum(_key(file.name) not in said for file in files)
    if unlisted:
        what = Text(f"{unlisted} files of the package are not listed", f"包中有 {unlisted} 个文件未列出")
        problems.append(_problem("index-differs", found.place, None, what, _ALL))
    count = found.facts.get("count")
    if count is not None and count != len(found.listed):
        what = Text(
            f"the list says {count} files and names {len(found.listed)}", f"清单称有 {count} 个文件，实列 {len(found.listed)} 个"
        )
        problems.append(_problem("index-differs", found.place, None, what, _ALL))
    return problems


def _other(found: FileList, listed: Listed, file: Measured) -> Iterator[Problem]:
    if listed.size is not None and listed.size != file.size:
        en, zh = f"has {file.size:,} bytes, the list says {listed.size:,}", f"有 {file.size:,} 字节，清单为 {listed.size:,}"
        yield _differs(found, listed.line, en, zh)
    if listed.digest is not None and listed.digest != file.digest:
        yield _differs(found, listed.line, "has another digest than the list says", "的摘要与清单不一致")


def _key(name: str) -> str:
    return name.casefold()


def _differs(found: FileList, line: int, en: str, zh: str) -> Problem:
    return _problem("index-differs", found.place, line, Text(f"the file of this line {en}", f"此行的文件{zh}"), _ALL)


_ALL = Text("every listed file there and whole, and none besides", "所列文件均在且完整，且无其他文件")


def _problem(code: str, place: str, line: int | None, what: Text, expected: Text) -> Problem:
    hint = Text("ask the bank. The whole package is refused, nothing was stored", "请询问银行。整个包已拒收，未入库")
    return Problem(code=code, place=DataPlace(place, line), what=what, expected=expected, hint=hint)
