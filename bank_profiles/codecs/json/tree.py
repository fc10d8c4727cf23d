"""How a path is followed through a JSON document: elements of a place, the text of a column, rows that others refer to.

Everything here is the plain meaning of a path; cutting.py follows the same paths for all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bank_profiles.codecs.json.shape import Column, Place, Shape, Steps, spec_of
from bank_profiles.codecs.json.text import Tree, is_whole
from bank_profiles.errors import Text
from bank_profiles.language.formats.trees import EVERY
from bank_profiles.layouts.cells import SPACES, shared, trimmed
from bank_profiles.layouts.layout import Field, FileLayout
from bank_profiles.masking import shown_word
from bank_profiles.values.converters import BadValue


class Element(NamedTuple):
    """What stands at a place: ``spot`` says where, for people; ``key`` is the one it stands under, where keys are data (and masked in the spot)."""

    spot: str
    tree: Tree
    key: str | None = None


def elements(around: Element, place: Place) -> Iterator[Element]:
    """Every element of a place within the element around it; a list, also one of lists, is gone through."""
    yield from _along(around, place.steps, in_lists=place.shapes[0].in_lists)


def _along(at: Element, path: Steps, *, in_lists: bool) -> Iterator[Element]:
    if isinstance(at.tree, list) and not (in_lists and not path and at.spot.endswith("]")):
        for number, item in enumerate(at.tree, start=1):
            yield from _along(Element(f"{at.spot}[{number}]", item, at.key), path, in_lists=in_lists)
    elif not path:
        yield at
    elif not isinstance(at.tree, dict):
        yield at  # an object should stand here: told by the one who looks at it
    elif path[0] == EVERY:
        for key, item in at.tree.items():
            yield from _along(Element(_joined(at.spot, shown_word(key)), item, key), path[1:], in_lists=in_lists)
    elif at.tree.get(path[0]) is not None:
        yield from _along(Element(_joined(at.spot, path[0]), at.tree[path[0]]), path[1:], in_lists=in_lists)


def _joined(spot: str, step: str) -> str:
    step = step if is_whole(step) else step.encode("utf-8", "replace").decode()  # a message must be text
    return f"{spot}/{step}" if spot else step


def cell(element: Element, column: Column) -> str | BadValue | None:
    """The text of a column; None where nothing stands there."""
    if isinstance(element.tree, list):
        return cell(Element(element.spot, {"": element.tree[column.field.number - 1]}), Column(column.field, ("",)))
    if column.steps == (EVERY,) and column.among is None:
        return element.key if element.key is None or is_whole(element.key) else HALF_CHARACTER
    try:
        if column.among is None:
            return _text(element.tree, column.steps)
        wanted = [
            each
            for each in _reached(element.tree, column.among)
            if all(_stripped(_text(each, there)) == text for there, text in column.when)
        ]
        if len(wanted) > 1:
            return SEVERAL
        return _text(wanted[0], column.steps) if wanted else None
    except BadCell as bad:
        return bad.why


class BadCell(Exception):
    def __init__(self, why: BadValue) -> None:
        super().__init__(why.code)
        self.why = why


def _text(tree: Tree, path: Steps) -> str | None:
    found = list(_reached(tree, path))
    if len(found) > 1:
        raise BadCell(SEVERAL)
    if not found:
        return None
    if isinstance(found[0], bool):
        return "true" if found[0] else "false"
    if not isinstance(found[0], str):
        raise BadCell(NO_TEXT)
    if not is_whole(found[0]):
        raise BadCell(HALF_CHARACTER)
    return found[0]


def _reached(tree: Tree, path: Steps) -> Iterator[Tree]:
    """Whatever stands at the end of a path; null is nothing, and lists on the way are gone through."""
    if isinstance(tree, list):
        for item in tree:
            yield from _reached(item, path)
    elif tree is None:
        return
    elif not path:
        yield tree
    elif not isinstance(tree, dict):
        raise BadCell(NO_OBJECT)
    elif path[0] in tree:
        yield from _reached(tree[path[0]], path[1:])


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip(SPACES)


def says(element: Element, shape: Shape) -> bool:
    """Is this a row of the record?"""
    for column, text in shape.marks:
        found = cell(element, column)
        if not isinstance(found, str) or trimmed(column.field, found) != text:
            return False
    return True


def half_told(element: Element, place: Place) -> bool:
    """Is there half a character in what would tell which record this is?"""
    return any(cell(element, column) is HALF_CHARACTER for shape in place.shapes for column, _ in shape.marks)


# ---- references ---------------------------------------------------------------------------------------------------------------------


class Registry:
    """The rows that others refer to, by record and id; None where two have the same id."""

    def __init__(self, tree: Tree, document: Sequence[Place], wanted: set[str]) -> None:
        self._elements: dict[str, dict[str, Element | None]] = {name: {} for name in wanted}
        self._cells: dict[tuple[str, str, str], str | BadValue | None] = {}
        for place in document:
            for shape in place.shapes:
                if shape.record.name in wanted:
                    self._enter(shape, elements(Element("", tree), place))

    def _enter(self, shape: Shape, found: Iterator[Element]) -> None:
        by_id = self._elements[shape.record.name]
        column = shape.columns[list(spec_of(shape.record).placed).index(spec_of(shape.record).id or "")]
        for element in found:
            name = cell(element, column) if says(element, shape) else None
            if isinstance(name, str):
                by_id[trimmed(column.field, name)] = None if trimmed(column.field, name) in by_id else element

    def look_up(self, column: Column, reference: str | BadValue | None, by: Field) -> str | BadValue | None:
        """The cell of a column of the row referred to. ``by``: the field that holds the reference."""
        assert column.field.referred is not None
        if not isinstance(reference, str):
            return reference
        name = trimmed(by, reference)
        if name in by.missing:
            return None
        record = column.field.referred.record
        known = (record, name, column.field.name)
        if known not in self._cells:
            there = self._elements[record].get(name, NO_REFERENCE)
            answer = DOUBLE_REFERENCE if there is None else there
            self._cells[known] = answer if isinstance(answer, BadValue) else shared(cell(answer, column))
        return self._cells[known]


def referred_to(layout: FileLayout) -> set[str]:
    return {name for record in layout.records for name in spec_of(record).refer.values()}


def _bad(code: str, what: Text, expected: Text, hint: Text | None = None) -> BadValue:
    return BadValue(code, what, expected, hint)


SEVERAL = _bad(
    "several-values",
    Text("several values stand here", "此处有多个值"),
    Text("one value", "一个值"),
    Text("say in the profile which one is wanted: among and when", "请在画像中用 among 和 when 注明取哪一个"),
)
NO_TEXT = _bad("json-no-text", Text("an object stands here", "此处是对象"), Text("a text or a number", "文字或数字"))
NO_OBJECT = _bad(
    "json-no-object", Text("a text stands where an object should be", "应为对象之处是文字"), Text("an object", "对象")
)
HALF_CHARACTER = _bad(
    "unencodable", Text("there is half a character in this field", "该字段含不完整的字符"), Text("text", "文字")
)
NO_REFERENCE = _bad(
    "unknown-reference",
    Text("nothing in this document has the id that is referred to", "本文档中没有所引用的标识"),
    Text("an id of this document", "本文档中的标识"),
    Text("the bank must send what it refers to", "请银行补发所引用的内容"),
)
DOUBLE_REFERENCE = _bad(
    "double-reference",
    Text("two things in this document have the id that is referred to", "本文档中有两处使用所引用的标识"),
    Text("every id once", "每个标识一次"),
)
