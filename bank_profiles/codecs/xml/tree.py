"""An element of a document: what stands down a path, and the line it begins on."""

from __future__ import annotations

from typing import Any

from bank_profiles.codecs.xml.shape import Steps

Element = Any  # of lxml, which has no types of its own


def follow(element: Element, steps: Steps) -> list[Element]:
    """All elements down a path, in the order of the document."""
    found = [element]
    for tags in steps:
        found = [child for each in found for child in each if child.tag in tags]
    return found


def line_of(element: Element) -> int:
    """Where an element begins. From line 65,535 on the parser knows only where the text in or behind it ends."""
    line = int(element.sourceline)
    if line < _LINES_KNOWN:
        return line
    while not element.text and len(element):
        element = element[0]
    return line - int((element.text or element.tail or "").count("\n"))


_LINES_KNOWN = 65_535
