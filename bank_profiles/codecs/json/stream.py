"""A JSON document larger than memory should hold: the elements of its lists one by one, in bounded memory.

    { "meta": …, "data": { "accounts": [ {…}, {…}, … ] } }
      the rest     the spine            the elements

Only the way to the lists is followed here, key by key; each element, and everything beside the way, is read by the scanner as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.json.shape import Place
from bank_profiles.codecs.json.text import DEPTH_MAX, TEXT_MAX, Incomplete, Parser, Tree, refused, syntax, too_large
from bank_profiles.codecs.json.tree import Element
from bank_profiles.language.formats.trees import EVERY

_FIRST_LOOK = 1 << 16  # characters asked for at once; twice as many each time they are not enough
_BLANK = " \t\r\n"


@dataclass(frozen=True)
class Found:
    """An element of a place. ``text``: how many characters it took; ``line`` where it begins."""

    place: Place
    element: Element
    text: int
    line: int


Spine = Mapping[str, "Spine | Place"]


def spine(places: Sequence[Place]) -> Spine | Place | None:
    """The ways to all lists; None where they cannot be read one by one: one on the way to another, or keys that are data."""
    if len(places) == 1 and not places[0].steps:
        return places[0]
    ways: Any = {}
    for place in places:
        *way, last = place.steps or (EVERY,)
        level = ways
        for step in way:
            level = level.setdefault(step, {}) if isinstance(level, dict) else None
        if EVERY in place.steps or not place.steps or not isinstance(level, dict) or last in level:
            return None
        level[last] = place
    return cast(Spine, ways)


class Stream:
    """One document as its text comes. ``rest`` is what stands beside the lists, complete at the end."""

    def __init__(self, parser: Parser, texts: Iterator[str]) -> None:
        self._parser, self._texts = parser, texts
        self._buffer, self._at = "", 0
        self._line, self._counted = 1, 0  # the line of this place of the buffer
        self._ended = False
        self._beside = 0  # characters read into the rest
        self.rest: Tree = {}

    def elements(self, ways: Spine | Place) -> Iterator[Found]:
        """Raises BadFile."""
        yield from self._value(ways, self.rest, "")
        if self._next():
            raise self._wrong()

    def _value(self, way: Spine | Place, rest: dict[str, Tree], spot: str) -> Iterator[Found]:
        opening = self._next()
        if isinstance(way, Place):
            if opening == "[":
                yield from self._list(way, spot)
            elif not spot:
                raise too_large()  # one object that is all of the document
            else:
                yield self._element(way, spot)
        elif opening == "{":
            yield from self._object(way, rest, spot)
        else:
            raise too_large()  # a list where the profile has an object: its elements hold the lists

    def _object(self, ways: Spine, rest: dict[str, Tree], spot: str) -> Iterator[Found]:
        seen: set[str] = set()
        self._at += 1
        if self._next() == "}":
            self._at += 1
            return
        while True:
            key = self._key(seen)
            at = f"{spot}/{key}" if spot else key
            if key in ways and self._next() in ("[", "{"):
                yield from self._value(ways[key], rest.setdefault(key, {}), at)
            else:
                rest[key] = self._read(beside=True)[0]
            if self._passed(",}") == "}":
                return

    def _key(self, seen: set[str]) -> str:
        if self._next() != '"':
            raise self._wrong()
        line = self._here()
        key = str(self._read(beside=True)[0])
        if key in seen:
            raise refused("json-duplicate-key", line)
        seen.add(key)
        self._passed(":")
        return key

    def _list(self, place: Place, spot: str, depth: int = 1) -> Iterator[Found]:
        if depth > DEPTH_MAX:
            raise refused("json-too-deep", self._here())
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        number = 0
        while True:
            number += 1
            if self._next() == "[" and not place.shapes[0].in_lists:
                yield from self._list(place, f"{spot}[{number}]", depth + 1)
            else:
                yield self._element(place, f"{spot}[{number}]")
            if self._passed(",]") == "]":
                return

    def _element(self, place: Place, spot: str) -> Found:
        self._next()
        line = self._here()
        tree, text = self._read()
        return Found(place, Element(spot, tree), text, line)

    # ---- the text ----

    def _read(self, *, beside: bool = False) -> tuple[Tree, int]:
        """The value that begins here, and how many characters it has."""
        self._next()
        line, look = self._here(), _FIRST_LOOK
        while True:
            try:
                tree, end = self._parser.value(self._buffer, self._at, line, ended=self._ended)
            except Incomplete:
                if len(self._buffer) - self._at > TEXT_MAX:
                    raise too_large() from None
                self._fill(look)
                look *= 2
                continue
            text = self._buffer[self._at : end]
            self._beside += len(text) if beside else 0
            if max(len(text), self._beside) > TEXT_MAX:
                raise too_large()
            self._parser.check(text, line)
            self._at = end
            return tree, len(text)

    def _next(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _BLANK:
                    return self._buffer[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._fill(1)

    def _passed(self, allowed: str) -> str:
        found = self._next()
        if not found or found not in allowed:
            raise self._wrong()
        self._at += 1
        return found

    def _fill(self, more: int) -> None:
        """At least so many more characters, if there are; what was read is let go."""
        self._here()
        parts, size = [self._buffer[self._at :]], 0
        self._at = self._counted = 0
        while size < more and not self._ended:
            text = next(self._texts, None)
            if text is None:
                self._ended = True
            else:
                parts.append(text)
                size += len(text)
        self._buffer = "".join(parts)

    def _here(self) -> int:
        self._line += self._buffer.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _wrong(self) -> BadFile:
        return syntax(self._buffer[self._at :], 0, self._here())
