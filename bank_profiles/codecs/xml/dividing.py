"""A record element that is large → its own row, then the elements of rows within it: so that they too are read in pieces.

A document that is one record with all others inside is as common as one of many, and one bad cell must not make all of it slow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from lxml import etree

from bank_profiles.codecs.xml.rows import is_of
from bank_profiles.codecs.xml.shape import Shape
from bank_profiles.codecs.xml.tree import Element, follow

PIECE_BYTES = 2 << 20  # of the document; its tree is some twenty times that
_PARTS = 8
_ELEMENTS: Any = etree.XPath("count(.//*)")


class Group(NamedTuple):
    """The records at one path, told by their marks."""

    shapes: Sequence[Shape]
    is_herald: bool


class Unit(NamedTuple):
    """An element of a record. ``alone``: without the rows that stand within it."""

    group: Group
    element: Element
    alone: bool = False


class XmlPiece(NamedTuple):
    """Some record elements, in the order of the document. ``first``: how many came before."""

    units: list[Unit]
    first: int
    size: int


def pieces_of(units: Sequence[Unit], first: int, size: int) -> Iterator[XmlPiece]:
    """Headers and trailers apart, which are read row by row; the others in pieces of bounded size."""
    weighed = zip(units, _weights(units, size), strict=True)
    for _, same in groupby(weighed, key=lambda each: each[0].group.is_herald):
        some: list[Unit] = []
        weight = 0
        for unit, its in same:
            if some and weight + its > PIECE_BYTES:
                yield from _bounded(XmlPiece(some, first, weight))
                first, some, weight = first + len(some), [], 0
            some.append(unit)
            weight += its
        yield from _bounded(XmlPiece(some, first, weight))
        first += len(some)


def parts(piece: XmlPiece) -> Sequence[XmlPiece]:
    """A piece as a few smaller ones; itself where it is one row."""
    units, head = list(piece.units), []
    if len(units) == 1:
        own, *units = _divided(units[0])
        head = [XmlPiece([own], piece.first, piece.size)] if units else [piece]
    step = -(-len(units) // _PARTS) or 1
    weights = _weighed(units, piece.size)
    share = [(start, units[start : start + step]) for start in range(0, len(units), step)]
    return [*head, *(XmlPiece(some, piece.first + start, sum(weights[start : start + step])) for start, some in share)]


def _bounded(piece: XmlPiece) -> Iterator[XmlPiece]:
    """One element that is larger than a piece should be, as several pieces."""
    smaller = parts(piece) if len(piece.units) == 1 and piece.size > PIECE_BYTES else []
    if len(smaller) < 2:
        yield piece
        return
    yield smaller[0]
    for part in smaller[1:]:
        yield from pieces_of(part.units, part.first, part.size)


def _weights(units: Sequence[Unit], size: int) -> list[int]:
    """The share of each in the size: by their elements, where one of them must be large."""
    return [size // max(len(units), 1)] * len(units) if size <= 2 * PIECE_BYTES else _weighed(units, size)


def _weighed(units: Sequence[Unit], size: int) -> list[int]:
    counts = [1 + int(_ELEMENTS(unit.element)) for unit in units]
    whole = sum(counts)
    return [size * count // whole for count in counts]


def _divided(unit: Unit) -> list[Unit]:
    """Its own row, then what stands within it in the order of the document; itself where that is nothing, or of no record."""
    element = unit.element
    shape = None if unit.alone else next((shape for shape in unit.group.shapes if is_of(element, shape)), None)
    if shape is None or not shape.inner:
        return [unit]
    if len({inner.each for inner in shape.inner}) == 1:
        group = Group(shape.inner, is_herald=False)
        within = [Unit(group, row) for row in follow(element, shape.inner[0].each)]
    else:
        within = _in_order(element, shape.inner)
    return [unit._replace(alone=True), *within] if within else [unit]


def _in_order(element: Element, inner: Sequence[Shape]) -> list[Unit]:
    """Rows of records at several paths; an element that two of them lead to may be of either."""
    found: dict[Element, tuple[Shape, ...]] = {}
    for shape in inner:
        for row in follow(element, shape.each):
            found[row] = (*found.get(row, ()), shape)
    return [Unit(Group(found[each], is_herald=False), each) for each in (element.iter() if found else ()) if each in found]
