"""Elements → columns of text, in one pass: the profile's paths laid together as a tree, walked beside that of the document.

What is not plainly good (a text that stands twice, an element where a text should be) stops the piece; rows.py says what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Cut
from bank_profiles.codecs.encoding import unprintable
from bank_profiles.codecs.texts import bytes_of
from bank_profiles.codecs.xml.dividing import Unit
from bank_profiles.codecs.xml.shape import XSI, Place, Shape, Spot, plain
from bank_profiles.codecs.xml.tree import Element, line_of
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.layouts.layout import Field

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Row = list[str | None]


_ORDERS_PER_UNIT = 1 << 24  # more rows than a unit can have


class _Unsure(Exception):
    """Something is not plainly good."""


class _Node:
    """An element that matters: where its text and its attributes go in the row, and which elements below it matter."""

    def __init__(self) -> None:
        self.slot = -1
        self.attributes: dict[str, int] = {}
        self.children: dict[str, _Node] = {}
        self.choices: _Choices | None = None
        self.starts: _Starts | None = None
        self.strict = False
        self.is_text = False  # nothing but its text matters
        self.is_way = False  # nothing but what is below it matters

    def at(self, spot: Spot) -> Iterable[_Node]:
        """The nodes of a way down, made where there are none; one for each namespace it may be in."""
        nodes = [self]
        for tags in spot.steps:
            nodes = [node.children.setdefault(tag, _Node()) for node in nodes for tag in sorted(tags)]
        return nodes

    def put(self, spot: Spot, slot: int) -> None:
        for node in self.at(spot):
            if spot.attribute is None:
                node.slot = slot
            else:
                node.attributes.update(dict.fromkeys(spot.attribute, slot))

    def finish(self, *, strict: bool = False) -> None:
        self.strict = strict
        for child in self.children.values():
            child.finish(strict=strict and child.starts is None)
        if self.choices is not None:
            self.choices.node.finish(strict=strict)
        below = self.children or self.attributes or self.choices or self.starts
        self.is_text = self.slot >= 0 and not below and not strict
        self.is_way = self.slot < 0 and not self.attributes and self.choices is None and not strict


class _Choices:
    """Of several elements at a place the one wanted: a small row of its own is read, and moved where it says what it should."""

    def __init__(self) -> None:
        self.node = _Node()
        self.slots: dict[Spot, int] = {}
        self.wanted: list[tuple[list[tuple[int, str]], int, int]] = []  # what it must say, from, to

    def slot(self, spot: Spot) -> int:
        slot = self.slots.setdefault(spot, len(self.slots))
        self.node.put(spot, slot)
        return slot


class _Record:
    """One record: where the texts of its places go, and its rows so far. A place that two fields are read from has one slot."""

    def __init__(self, shape: Shape) -> None:
        self.record = shape.record
        self.node = _Node()
        slots: dict[Place, int] = {}
        self.sources: list[int] = []  # of each field: the slot its text is in
        for field, place in zip(shape.record.fields, shape.places, strict=True):
            is_wanted = field.is_read or shape.strict
            self.sources.append(slots.setdefault(place, len(slots)) if is_wanted else -1)
        for place, slot in slots.items():
            _put(self.node, place, slot)
        self.blank: Row = [None] * len(slots)
        for steps in dict.fromkeys(inner.each for inner in shape.inner):
            starts = _Starts([inner for inner in shape.inner if inner.each == steps])
            for node in self.node.at(Spot(steps, None)):
                node.starts = starts
        self.node.finish(strict=shape.strict)
        self.texts: Row = []  # of all rows, one behind the other: many small lists cost more than one large one
        self.lines: list[int] = []
        self.orders: list[int] = []

    def cut(self) -> Cut:
        """Its rows as columns."""
        width = len(self.blank)
        texts = [_texts(self.texts[slot::width]) for slot in range(width)]
        sources = zip(self.record.fields, self.sources, strict=True)
        columns = [texts[slot] if field.is_read else None for field, slot in sources]
        return Cut(self.record, columns, np.array(self.lines, np.int64), np.array(self.orders, np.int64))


def _put(node: _Node, place: Place, slot: int) -> None:
    if not place.among:
        node.put(place.spot, slot)
        return
    for there in node.at(Spot(place.spot.steps[: place.among], None)):
        there.choices = there.choices or _Choices()
        says = [(there.choices.slot(spot), text) for spot, text in place.when]
        source = there.choices.slot(Spot(place.spot.steps[place.among :], place.spot.attribute))
        there.choices.wanted.append((says, source, slot))


class _Starts:
    """The records an element may be of: the first whose marks are there."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = tuple(shapes)
        self.records = [_Record(shape) for shape in shapes]
        self._slots: dict[Place, int] = {}
        self._says = [[self._mark(shape, at, text) for at, text in shape.record.when.items()] for shape in shapes]
        self._marks = _Node()
        for place, slot in self._slots.items():
            _put(self._marks, place, slot)
        self._marks.finish()

    def _mark(self, shape: Shape, at: int, text: str) -> tuple[int, str, Field]:
        return self._slots.setdefault(shape.places[at], len(self._slots)), text, shape.record.fields[at]

    def record_of(self, element: Element) -> _Record:
        if not self._slots:
            return self.records[0]
        row: Row = [None] * len(self._slots)
        _take(self._marks, element, row)
        for record, wanted in zip(self.records, self._says, strict=True):
            if all(_is(row[slot], text, field) for slot, text, field in wanted):
                return record
        raise _Unsure

    def all(self) -> Iterable[_Starts]:
        """These, and those within."""
        yield self
        for record in self.records:
            yield from _below(record.node)


def _below(node: _Node) -> Iterable[_Starts]:
    if node.starts is not None:
        yield from node.starts.all()
    for child in dict.fromkeys(node.children.values()):
        yield from _below(child)


def _is(text: str | None, wanted: str, field: Field | None = None) -> bool:
    if text is None:
        return False
    return (trimmed(field, plain(text)) if field else plain(text).strip(SPACES)) == wanted


# ---- walking ------------------------------------------------------------------------------------------------------------------------


class Columns:
    """Cuts units of one document."""

    def __init__(self, tops: Sequence[Shape]) -> None:
        steps = dict.fromkeys(shape.each for shape in tops)
        outermost = [_Starts([shape for shape in tops if shape.each == each]) for each in steps]
        # each namespace has them
        self._starts = {_key(starts.shapes): starts for top in outermost for starts in top.all()}
        self._records = list(dict.fromkeys(record for starts in self._starts.values() for record in starts.records))
        self._order = 0

    def cut(self, units: Sequence[Unit], first: int) -> list[Cut] | None:
        """``first``: how many units of the document came before."""
        try:
            for number, unit in enumerate(units, start=first):
                self._order = number * _ORDERS_PER_UNIT
                self._unit(unit)
            return [record.cut() for record in self._records if record.lines]
        except _Unsure:
            return None
        finally:
            for record in self._records:
                record.texts, record.lines, record.orders = [], [], []

    def _unit(self, unit: Unit) -> None:
        starts = self._starts.get(_key(unit.group.shapes))
        if starts is None:
            raise _Unsure  # it may be of records at two paths
        self._start(starts, unit.element, alone=unit.alone)

    def _start(self, starts: _Starts, element: Element, *, alone: bool = False) -> None:
        """A row begins at this element; others may begin at it or within, which are not looked at here where it is ``alone``."""
        record = starts.record_of(element)
        row = record.blank.copy()
        record.lines.append(line_of(element))
        record.orders.append(self._order)
        self._order += 1
        if record.node.starts is not None and not alone:
            self._start(record.node.starts, element)
        _take(record.node, element, row, _pass if alone else self._start)
        record.texts += row  # rows of one record do not stand in each other: they end in the order they began in


def _key(shapes: Sequence[Shape]) -> tuple[int, ...]:
    return tuple(map(id, shapes))


def _pass(starts: _Starts, element: Element) -> None:
    """A row that begins here is read elsewhere."""


def _take(node: _Node, element: Element, row: Row, start: Any = None) -> None:
    """What matters of an element goes into the row; ``start`` is told of elements that begin rows of their own."""
    if not node.is_way:
        _own(node, element, row)
    strict, children = node.strict, node.children
    if not children and not strict:
        return
    for child in element:
        below = children.get(child.tag)
        if below is None:
            if strict:
                raise _Unsure
        elif below.is_text:
            if len(child) or row[below.slot] is not None:
                raise _Unsure
            row[below.slot] = child.text or ""
        else:
            if below.starts is not None:
                start(below.starts, child)
            _take(below, child, row, start)


def _own(node: _Node, element: Element, row: Row) -> None:
    """What the element itself says."""
    if node.slot >= 0:
        if len(element) or row[node.slot] is not None:
            raise _Unsure
        row[node.slot] = element.text or ""
    if node.attributes:
        _attributes(node, element, row)
    if node.choices is not None:
        _choose(node.choices, element, row)
    if node.strict and not node.attributes.keys() >= {name for name in element.keys() if not name.startswith(XSI)}:  # noqa: SIM118
        raise _Unsure


def _attributes(node: _Node, element: Element, row: Row) -> None:
    for name, slot in node.attributes.items():
        text = element.get(name)
        if text is not None:
            if row[slot] is not None:
                raise _Unsure
            row[slot] = text


def _choose(choices: _Choices, element: Element, row: Row) -> None:
    """An element of several: its texts go where it says what it should."""
    own: Row = [None] * len(choices.slots)
    _take(choices.node, element, own)
    for says, source, slot in choices.wanted:
        if own[source] is not None and all(_is(own[mark], wanted) for mark, wanted in says):
            if row[slot] is not None:
                raise _Unsure
            row[slot] = own[source]


# ---- columns ------------------------------------------------------------------------------------------------------------------------


def _texts(texts: Sequence[str | None]) -> Texts:
    """A column; line ends and tabs in a text count as blanks, as XML itself has it in attributes."""
    column = pa.array(texts, pa.string())
    if column.null_count == len(column):
        return column
    data = bytes_of(column)
    for blank in "\n\t\r":
        if blank.encode() in data:
            column = pc.replace_substring(column, blank, " ")
    if b"\x7f" in data or unprintable(data):
        raise _Unsure
    return column
