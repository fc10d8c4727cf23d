"""Elements → rows of cells, by plain look-ups of each path: the meaning of an XML layout, and the one that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bank_profiles.codecs.codec import BadLine, Item
from bank_profiles.codecs.xml.shape import XSI, Place, Shape, Spot, plain
from bank_profiles.codecs.xml.tree import Element, follow, line_of
from bank_profiles.errors import Text
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.values.converters import BadValue

Cell = str | BadValue | None


def rows(element: Element, shapes: Sequence[Shape]) -> Iterator[Item]:
    """The row that an element is, then those within it, in the order of the document."""
    shape = next((shape for shape in shapes if is_of(element, shape)), None)
    if shape is None:
        yield Item(None, line_of(element))
        return
    cells = [_cell(element, place) for place in shape.places]
    if shape.strict and _has_more(element, shape):
        yield Item(shape.record, line_of(element), bad=_UNKNOWN_ELEMENT)
    else:
        yield Item(shape.record, line_of(element), cells)
    yield from _within(element, shape)


def is_of(element: Element, shape: Shape) -> bool:
    """Does an element say what the record is told by?"""
    for index, text in shape.record.when.items():
        cell = _cell(element, shape.places[index])
        if not isinstance(cell, str) or trimmed(shape.record.fields[index], cell) != text:
            return False
    return True


def _within(element: Element, shape: Shape) -> Iterator[Item]:
    found: dict[Element, list[Shape]] = {}
    for inner in shape.inner:
        for each in follow(element, inner.each):
            found.setdefault(each, []).append(inner)
    for each in element.iter() if found else ():
        if each in found:
            yield from rows(each, found[each])


# ---- one cell -----------------------------------------------------------------------------------------------------------------------


def _cell(element: Element, place: Place) -> Cell:
    """The one text at a field's place; None where there is none."""
    found = _texts_at(element, place)
    if not found:
        return None
    return found[0] if len(found) == 1 else _REPEATED


def _texts_at(element: Element, place: Place) -> list[str | BadValue]:
    steps, attribute = place.spot.steps, place.spot.attribute
    if not place.among:
        return _texts(element, place.spot)
    rest = Spot(steps[place.among :], attribute)
    several = follow(element, steps[: place.among])
    wanted = [each for each in several if all(_says(each, spot, text) for spot, text in place.when)]
    return [text for each in wanted for text in _texts(each, rest)]


def _says(element: Element, spot: Spot, wanted: str) -> bool:
    return [text.strip(SPACES) if isinstance(text, str) else text for text in _texts(element, spot)] == [wanted]


def _texts(element: Element, spot: Spot) -> list[str | BadValue]:
    found: list[str | BadValue] = []
    for each in follow(element, spot.steps):
        if spot.attribute is None:
            found.append(_NOT_A_TEXT if len(each) else plain(each.text or ""))
        else:
            found += [plain(each.get(name)) for name in spot.attribute if each.get(name) is not None]
    return found


# ---- strictness ---------------------------------------------------------------------------------------------------------------------


def _has_more(element: Element, shape: Shape) -> bool:
    """Is there an element or attribute on no path of the profile?"""
    ways, ends = _ways(shape)
    rows_within = {each for inner in shape.inner for each in follow(element, inner.each)}

    def more(each: Element, way: tuple[str, ...]) -> bool:
        if each in rows_within:
            return False
        if any((*way, "@" + name) not in ends for name in each.keys() if not name.startswith(XSI)):  # noqa: SIM118
            return True
        return any((*way, child.tag) not in ways or more(child, (*way, child.tag)) for child in each)

    return more(element, ())


def _ways(shape: Shape) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Every way down that some path takes, and every way to an attribute."""
    ways: set[tuple[str, ...]] = set()
    ends: set[tuple[str, ...]] = set()
    spots = [Spot(inner.each, None) for inner in shape.inner]
    for place in shape.places:
        spots.append(place.spot)
        before = place.spot.steps[: place.among]
        spots += [Spot((*before, *spot.steps), spot.attribute) for spot, _ in place.when]
    for spot in spots:
        found: list[tuple[str, ...]] = [()]
        for tags in spot.steps:
            found = [(*way, tag) for way in found for tag in tags]
            ways.update(found)
        if spot.attribute is not None:
            ends.update((*way, "@" + name) for way in found for name in spot.attribute)
    return ways, ends


# ---- what is wrong ------------------------------------------------------------------------------------------------------------------

_REPEATED = BadValue(
    "several-values",
    Text("this stands here more than once", "此项在此出现多次"),
    Text("one", "一个"),
    Text("which of them is meant? say it with among and when", "取哪一个？请用 among 和 when 说明"),
)
_NOT_A_TEXT = BadValue(
    "xml-no-text",
    Text("there are elements here, not a text", "此处是元素，不是文本"),
    Text("a text", "文本"),
    Text("another edition of the message? name the element that holds the text", "报文换版？请写明文本所在的元素"),
)
_UNKNOWN_ELEMENT = BadLine(
    "xml-unknown-element",
    Text("there is an element or attribute here that the profile does not name", "此处有画像未写明的元素或属性"),
    Text("only those of the profile (strict: true)", "只有画像写明的元素和属性（strict: true）"),
    Text("ask the bank what it means; skip it if it may be passed over", "请向银行确认含义；可忽略的写 skip"),
)
