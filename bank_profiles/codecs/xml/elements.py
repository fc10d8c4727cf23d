"""Elements as columns: one element of every row of a record, made from the columns of its texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.language.xml_paths import Name, XmlPath, path_of
from bank_profiles.values.arrays import glued

if TYPE_CHECKING:
    Texts = pa.Array[Any]

When = tuple[tuple[str, str], ...]  # path: text


@dataclass
class Out:
    """An element to be written in every row. ``when``: what it must say to be the one wanted among several of its name."""

    name: str
    when: When = ()
    attributes: list[tuple[str, Texts]] = field(default_factory=list)
    children: list[Out | Texts] = field(default_factory=list)  # a column: text, or rows already written

    def put(self, path: XmlPath, column: Texts, among: int, when: When) -> None:
        """A column to where its path leads."""
        there = self.at(path.steps[:among], when).at(path.steps[among:])
        column = pc.if_else(pc.equal(column, pa.scalar("")), pa.scalar(None, pa.string()), column)
        if path.attribute is None:
            there.children.append(escaped_column(column))
        else:
            there.attributes.append((str(path.attribute), escaped_column(column, quote=True)))

    def at(self, steps: Iterable[Name], when: When = ()) -> Out:
        """The element down a path; ``when`` is said of the last one, and it is told from others by it."""
        here, names = self, [str(name) for name in steps]
        for depth, name in enumerate(names, start=1):
            says = when if depth == len(names) else ()
            known = [child for child in here.children if isinstance(child, Out) and (child.name, child.when) == (name, says)]
            if not known:
                known = [Out(name, says)]
                here.children.append(known[0])
            here = known[0]
        return here

    def texts(self, rows: int, *, own: bool = False) -> Texts:
        """The element of each row, spelt out; nothing where nothing stands in it, unless the row is this element (``own``)."""
        nothing = pa.repeat(pa.scalar(""), rows)
        attributes: list[Any] = [glued(f' {name}="', column, '"').fill_null("") for name, column in self.attributes]
        children = [each.texts(rows) if isinstance(each, Out) else each.fill_null("") for each in self.children]
        head, inside = glued(nothing, *attributes), glued(nothing, *children)
        is_said = pc.not_equal(glued(head, inside), pa.scalar(""))
        marks, said = self._said()
        head, inside = glued(f"<{self.name}{marks}", head), glued(said, inside)
        whole = pc.if_else(pc.equal(inside, pa.scalar("")), glued(head, "/>"), glued(head, ">", inside, f"</{self.name}>"))
        return cast("Texts", whole if own else pc.if_else(is_said, whole, nothing))

    def _said(self) -> tuple[str, str]:
        """What it says to be the one wanted: attributes, and elements that stand before all others."""
        marks, said = "", ""
        for text_path, text in self.when:
            path = path_of(text_path)
            if path.attribute is not None and not path.steps:
                marks += f' {path.attribute}="{escaped(text, quote=True)}"'
                continue
            said += spelt(path, text)
        return marks, said


def spelt(path: XmlPath, text: str) -> str:
    """One text with the elements around it."""
    inside = escaped(text) if path.attribute is None else ""
    attribute = "" if path.attribute is None else f' {path.attribute}="{escaped(text, quote=True)}"'
    for name in reversed(path.steps):
        inside = f"<{name}{attribute}>{inside}</{name}>"
        attribute = ""
    return inside


_SIGNS = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_QUOTED = (*_SIGNS, ('"', "&quot;"))


def escaped(text: str, *, quote: bool = False) -> str:
    for sign, written in _QUOTED if quote else _SIGNS:
        text = text.replace(sign, written)
    return text


def escaped_column(column: Texts, *, quote: bool = False) -> Texts:
    for sign, written in _QUOTED if quote else _SIGNS:
        column = pc.replace_substring(column, sign, written)
    return column
