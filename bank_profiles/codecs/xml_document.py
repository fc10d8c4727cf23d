"""An XML document as it flows → its outermost record elements, a few megabytes at a time; what was taken is let go again.

Nothing a bank sends is trusted: no DOCTYPE at all (so no entities), nothing is fetched, and whatever grows has a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lxml import etree

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.xml_shape import Shape, Steps
from bank_profiles.errors import Text

Element = Any  # of lxml, which has no types of its own

PIECE_BYTES = 2 << 20  # of the document; its tree is some twenty times that
UNIT_BYTES_MAX = 64 << 20  # of one outermost record element: it is held whole
UNIT_MARKS_MAX = 2 << 20  # "<" and "=" in it: each may cost a node of two hundred bytes, so this bounds the memory
_RESOURCE_LIMIT = 114  # how libxml2 says that something is longer or deeper than it takes: names, texts of 10 MB, 2048 levels


@dataclass(frozen=True)
class Unit:
    """An element of an outermost record. ``shapes``: the records it may be of, told by their marks. ``order``: of its first row."""

    shapes: Sequence[Shape]
    element: Element
    order: int


@dataclass(frozen=True)
class XmlPiece:
    """Some outermost record elements, in the order of the document."""

    units: Sequence[Unit]
    size: int


_ORDERS_PER_UNIT = 1 << 24  # more rows than a unit can have


class Document:
    """One document being read: the way from its document element to the root, and the records below it."""

    def __init__(self, root: Steps, tops: Sequence[Shape]) -> None:
        self._root = root
        self._groups: dict[Steps, list[Shape]] = {}
        for shape in tops:
            self._groups.setdefault(root + shape.each, []).append(shape)
        # elements that are inside no other record's: when one ends, it is whole
        self._outermost = [path for path in self._groups if not any(path[:n] in self._groups for n in range(len(path)))]
        self._units = 0
        self.lines = 0

    def pieces(self, chunks: Iterable[bytes]) -> Iterator[XmlPiece]:
        """``chunks``: of UTF-8 without declaration. Raises BadFile."""
        parser = _parser(sorted({tag for path in self._outermost for tag in path[-1]}))
        units: list[Unit] = []
        last: Element = None
        size = marks = 0
        for chunk in chunks:
            size, marks = size + len(chunk), marks + chunk.count(b"<") + chunk.count(b"=")
            self.lines += chunk.count(b"\n")
            for element in _fed(parser, chunk):
                if path := self._path_of(element):
                    units += self._units_of(path, element)
                    last = element
            if last is not None and (size >= PIECE_BYTES or marks >= UNIT_MARKS_MAX):
                yield from _pieces(units, size)
                _let_go(last)
                units, last, size, marks = [], None, 0, 0
            if size > UNIT_BYTES_MAX or marks > UNIT_MARKS_MAX:
                raise too_large(self.lines + 1)
        top = _closed(parser)
        for _, element in parser.read_events():
            if path := self._path_of(element):
                units += self._units_of(path, element)
        if not self._units and not self._has_root(top):
            raise _wrong_root()
        yield from _pieces(units, size)

    def _path_of(self, element: Element) -> Steps | None:
        return next((path for path in self._outermost if _is_at(element, path)), None)

    def _units_of(self, path: Steps, element: Element) -> list[Unit]:
        """The element's own, then those of outermost records that stand within it, in the order of the document."""
        found = {element: self._groups[path]}
        for other, shapes in self._groups.items():
            if len(other) > len(path) and other[: len(path)] == path:
                found |= dict.fromkeys(follow(element, other[len(path) :]), shapes)
        units = []
        for each in element.iter() if len(found) > 1 else (element,):
            if each in found:
                units.append(Unit(found[each], each, self._units * _ORDERS_PER_UNIT))
                self._units += 1
        return units

    def _has_root(self, top: Element) -> bool:
        return top.tag in self._root[0] and bool(follow(top, self._root[1:]))


def follow(element: Element, steps: Steps) -> list[Element]:
    """All elements down a path, in the order of the document."""
    found = [element]
    for tags in steps:
        found = [child for each in found for child in each if child.tag in tags]
    return found


def _is_at(element: Element, path: Steps) -> bool:
    for tags in reversed(path):
        if element is None or element.tag not in tags:
            return False
        element = element.getparent()
    return element is None


def _pieces(units: Sequence[Unit], size: int) -> Iterator[XmlPiece]:
    """Headers and trailers apart, which are read row by row; the others in pieces of bounded size."""
    share = size // max(len(units), 1)
    at_once = max(PIECE_BYTES // max(share, 1), 1)
    for _, same in groupby(units, key=lambda unit: all(shape.is_herald for shape in unit.shapes)):
        run = list(same)
        for start in range(0, len(run), at_once):
            part = run[start : start + at_once]
            yield XmlPiece(part, share * len(part))


def _let_go(last: Element) -> None:
    """Forgets an element that was taken and everything before it; the elements around it are still open."""
    last.clear(keep_tail=True)
    element = last
    while (parent := element.getparent()) is not None:
        while (before := element.getprevious()) is not None:
            parent.remove(before)
        element = parent


# ---- the parser ---------------------------------------------------------------------------------------------------------------------

_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
    "encoding": "utf-8",  # whatever is declared: we decoded it
}


def _parser(tags: Sequence[str]) -> Any:
    return etree.XMLPullParser(events=("end",), tag=tags, **_SAFE)


def parsed(chunks: Iterable[bytes]) -> Element:
    """A whole document, not larger than one outermost record element may be. Raises BadFile."""
    parser: Any = etree.XMLParser(**_SAFE)
    lines = size = marks = 0
    for chunk in chunks:
        lines += chunk.count(b"\n")
        size, marks = size + len(chunk), marks + chunk.count(b"<") + chunk.count(b"=")
        if size > UNIT_BYTES_MAX or marks > UNIT_MARKS_MAX:
            raise too_large(lines)
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as wrong:
            raise _broken(wrong) from None
    return _closed(parser)


def _fed(parser: Any, chunk: bytes) -> list[Element]:
    """The elements that ended within a chunk."""
    try:
        parser.feed(chunk)
        return [element for _, element in parser.read_events()]
    except etree.XMLSyntaxError as wrong:
        raise _broken(wrong) from None


def _closed(parser: Any) -> Element:
    """The document element, when all is there."""
    try:
        return parser.close()
    except etree.XMLSyntaxError as wrong:
        raise _broken(wrong, at_end=True) from None


# ---- what is wrong ------------------------------------------------------------------------------------------------------------------


def _broken(wrong: Any, *, at_end: bool = False) -> BadFile:
    if wrong.code == _RESOURCE_LIMIT:
        return too_large(wrong.lineno)
    if at_end:
        what = Text("the document ends before its elements do", "文档在元素结束之前就中断")
        hint = Text("cut on the way, or not finished? The whole file is refused", "传输中断或未写完？整个文件已拒收")
    else:
        what = Text("this is not well-formed XML", "XML 格式不正确")
        hint = Text("the bank's program wrote it wrongly. The whole file is refused", "银行程序写错。整个文件已拒收")
    return BadFile("xml-broken", what, Text("elements that are opened and closed in turn", "元素依次开闭"), hint, wrong.lineno)


def too_large(line: int | None) -> BadFile:
    megabytes = UNIT_BYTES_MAX >> 20
    return BadFile(
        "xml-too-large",
        Text("one element here is larger, longer or deeper than we take", "此处某元素过大、过长或过深"),
        Text(
            f"outermost records of up to {megabytes} MB, texts of up to 10 MB",
            f"最外层记录不超过 {megabytes} MB，单个文本不超过 10 MB",
        ),
        Text("this is another kind of file. It is refused", "这是另一种文件，已拒收"),
        line,
    )


def _wrong_root() -> BadFile:
    return BadFile(
        "wrong-root",
        Text("this document has another root element", "文档根元素不符"),
        Text("the root of the profile, in its namespace", "画像中的 root 及其命名空间"),
        Text(
            "another kind of message, or a new edition of the namespace? The whole file is refused",
            "是另一种报文，或命名空间换版？整个文件已拒收",
        ),
        1,
    )
