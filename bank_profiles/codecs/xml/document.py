"""An XML document as it flows → its outermost record elements, a few megabytes at a time; what was taken is let go again.

Nothing a bank sends is trusted: no DOCTYPE at all (so no entities), nothing is fetched, and whatever grows has a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lxml import etree

from bank_profiles.codecs.xml.broken import FATAL, UNIT_BYTES_MAX, broken, has_doctype, too_large
from bank_profiles.codecs.xml.dividing import PIECE_BYTES, Group, Unit, XmlPiece, pieces_of
from bank_profiles.codecs.xml.other_root import wrong_root
from bank_profiles.codecs.xml.shape import Shape, Spot, Steps, plain
from bank_profiles.codecs.xml.tree import Element, follow
from bank_profiles.layouts.cells import SPACES

UNIT_MARKS_MAX = 3 << 19  # elements and texts in it, and attributes three times: one costs 130 bytes of memory, an attribute 400


class Document:
    """One document being read: the way from its document element to the root, and the records below it."""

    def __init__(self, root: Steps, tops: Sequence[Shape], watched: Sequence[Spot] = ()) -> None:
        """``watched``: texts beside the records, from the document element on; ``said`` has them once the document has ended."""
        self._root = root
        self._watched = {tag: [spot for spot in watched if tag in spot.steps[-1]] for spot in watched for tag in spot.steps[-1]}
        self.said: dict[Spot, str] = {}
        paths = dict.fromkeys(root + shape.each for shape in tops)
        self._groups = {path: _group([shape for shape in tops if root + shape.each == path]) for path in paths}
        # elements that are inside no other record's: when one ends, it is whole
        self._outermost = [path for path in paths if not any(path[:n] in paths for n in range(len(path)))]
        self._taken = 0
        self._parent: Element = None  # of the last one, for the next is mostly its sister
        self.last_line = 0

    def pieces(self, chunks: Iterable[bytes]) -> Iterator[XmlPiece]:
        """``chunks``: of UTF-8 without declaration. Raises BadFile."""
        parser = _parser(sorted({*self._watched, *(tag for path in self._outermost for tag in path[-1])}))
        units: list[Unit] = []
        size = marks = 0
        line, last_byte = 1, b""
        for chunk in chunks:
            size, marks = size + len(chunk), marks + _marks(chunk)
            self.last_line = line + chunk.count(b"\n") - chunk.endswith(b"\n")
            line += chunk.count(b"\n")
            _feed(parser, chunk, line)
            last_byte = chunk.rstrip()[-1:] or last_byte
            self._gather(parser, units)
            if units and (size >= PIECE_BYTES or marks >= UNIT_MARKS_MAX):
                last = units[-1].element
                for piece in self._pieces(units, size):
                    yield piece
                    piece.units.clear()  # each element still named would be looked for in all that is let go
                _let_go(last)
                units, size, marks, self._parent = [], 0, 0, None
            if size > UNIT_BYTES_MAX or marks > UNIT_MARKS_MAX:
                raise too_large(line)
        top = _closed(parser, last_byte)
        self._gather(parser, units)
        if not units and not self._taken and not self._has_root(top):
            raise wrong_root(top, self._root)
        yield from self._pieces(units, size)

    def _gather(self, parser: Any, units: list[Unit]) -> None:
        """The record elements that have ended."""
        for _, element in parser.read_events():
            if element.tag in self._watched:
                self._notice(element)
            parent = element.getparent()
            if parent is not None and parent is self._parent and units[-1].element.tag == element.tag:
                units.append(Unit(units[-1].group, element))
            elif path := next((path for path in self._outermost if _is_at(element, path)), None):
                within = self._within(path, element)
                units += within
                self._parent = parent if len(within) == 1 else None

    def _notice(self, element: Element) -> None:
        for spot in self._watched[element.tag]:
            if _is_at(element, spot.steps):
                texts = [element.text] if spot.attribute is None else map(element.get, spot.attribute)
                for text in filter(None, texts):
                    self.said[spot] = plain(text).strip(SPACES)

    def _within(self, path: Steps, element: Element) -> list[Unit]:
        """The element's own, then those of outermost records that stand within it, in the order of the document."""
        found = {element: self._groups[path]}
        for other, group in self._groups.items():
            if len(other) > len(path) and other[: len(path)] == path:
                found |= dict.fromkeys(follow(element, other[len(path) :]), group)
        return [Unit(found[each], each) for each in (element.iter() if len(found) > 1 else (element,)) if each in found]

    def _has_root(self, top: Element) -> bool:
        return top.tag in self._root[0] and bool(follow(top, self._root[1:]))

    def _pieces(self, units: Sequence[Unit], size: int) -> Iterator[XmlPiece]:
        yield from pieces_of(units, self._taken, size)
        self._taken += len(units)


def _group(shapes: Sequence[Shape]) -> Group:
    return Group(shapes, all(shape.is_herald for shape in shapes))


def _is_at(element: Element, path: Steps) -> bool:
    for tags in reversed(path):
        if element is None or element.tag not in tags:
            return False
        element = element.getparent()
    return element is None


def _let_go(last: Element) -> None:
    """Forgets an element that was taken and everything before it; the elements around it are still open."""
    last.clear(keep_tail=True)
    element = last
    while (parent := element.getparent()) is not None:
        del parent[: parent.index(element)]
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


def _marks(chunk: bytes) -> int:
    elements = chunk.count(b"<") - chunk.count(b"</")
    texts = chunk.count(b">") - chunk.count(b"><")  # blanks between two elements are one too
    return elements + texts + 3 * chunk.count(b"=")


def _parser(tags: Sequence[str]) -> Any:
    return etree.XMLPullParser(events=("end",), tag=tags, **_SAFE)


def parsed(chunks: Iterable[bytes]) -> Element:
    """A whole document, not larger than one outermost record element may be. Raises BadFile."""
    parser: Any = etree.XMLParser(**_SAFE)
    lines = size = marks = 0
    last_byte = b""
    for chunk in chunks:
        lines += chunk.count(b"\n")
        size, marks = size + len(chunk), marks + _marks(chunk)
        if size > UNIT_BYTES_MAX or marks > UNIT_MARKS_MAX:
            raise too_large(lines)
        _feed(parser, chunk, lines)
        last_byte = chunk.rstrip()[-1:] or last_byte
    return _closed(parser, last_byte)


def _feed(parser: Any, chunk: bytes, line: int) -> None:
    if _marks(chunk) > UNIT_MARKS_MAX:  # one tag without an end: its attributes come all at once
        raise too_large(line)
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as wrong:
        raise broken(wrong) from None
    for silent in parser.feed_error_log:  # some are not raised at once, and what is fed next would then begin another document
        if silent.level == FATAL:
            raise broken(silent)


def _closed(parser: Any, last_byte: bytes) -> Element:
    """The document element, when all is there. ``last_byte``: the document's; of one that is not cut it closes a tag."""
    try:
        top = parser.close()
    except etree.XMLSyntaxError as wrong:
        raise broken(wrong, at_end=True, is_cut=last_byte != b">") from None
    if top.getroottree().docinfo.internalDTD is not None:  # prolog.py let none through
        raise has_doctype(1)
    return top
