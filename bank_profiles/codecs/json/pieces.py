"""A JSON file, as it flows, in pieces: the whole document, elements of a large one, or lines with a document each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.encoding import BOMS, decode, other_encoding, wrong_encoding
from bank_profiles.codecs.json.shape import Place, Shape
from bank_profiles.codecs.json.stream import Stream, spine
from bank_profiles.codecs.json.text import TEXT_MAX, Parser, Tree, too_large
from bank_profiles.codecs.json.tree import Element, Registry, referred_to
from bank_profiles.codecs.lines.cutting import Cutting, LineTooLong
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Text
from bank_profiles.language.formats.json import Json
from bank_profiles.layouts.layout import FileLayout
from reconciliation.exchange import RECORDS

_PIECE = 1 << 20  # characters of elements, or bytes of lines, cut at once
_BLOCK = 1 << 18  # bytes of a large document decoded at once


@dataclass(frozen=True)
class Start:
    """Where to begin: an element of a place, or (None) a whole document. ``raw``: a line that is not yet read."""

    element: Element
    place: Place | None = None
    line: int | None = None
    raw: bytes | None = None
    alone: bool = False  # its own row only, not what is inside it


@dataclass
class JsonPiece:
    """Some elements in their order. ``before``: how many rows of each record came before, once the piece is read."""

    starts: Sequence[Start]
    size: int
    registry: Registry | None = None
    before: Counter[str] | None = None


class Pieces:
    """One file being read. ``oddities``: what was forgiven; ``last_line`` as far as it was read."""

    def __init__(self, layout: FileLayout, places: Sequence[Place]) -> None:
        assert isinstance(layout.spec, Json)
        self._layout, self._lines, self._places = layout, layout.spec.lines, places
        self._parser = Parser(layout.encoding)
        self.oddities: list[str] = []
        self.last_line = 0

    def tree(self, start: Start) -> Tree:
        """What begins there. Raises BadFile, UnicodeDecodeError for a line that is no document."""
        if start.raw is None:
            return start.element.tree
        return self._parser.document(decode(start.raw, self._layout.encoding), start.line or 1)

    def of(self, blocks: Iterable[bytes]) -> Iterator[JsonPiece]:
        """Raises BadFile."""
        yield from self._by_line(blocks) if self._lines else self._document(blocks)

    def _by_line(self, blocks: Iterable[bytes]) -> Iterator[JsonPiece]:
        marked = ENCODINGS[self._layout.encoding].writes_bom
        cutting = Cutting(bom=b"" if marked else BOMS[self._layout.encoding])
        self.oddities = cutting.oddities
        try:
            for piece in cutting.pieces(blocks):
                self._refuse_other_encoding(piece.data)
                data = piece.data.removeprefix(BOMS[self._layout.encoding]) if marked and piece.line == 1 else piece.data
                lines = data.split(b"\n")[:-1]
                numbers = range(piece.line, piece.line + len(lines))
                self.last_line = piece.line + len(lines) - 1
                starts = [Start(Element("", None), None, at, line) for at, line in zip(numbers, lines, strict=True)]
                at_once = max(len(starts) * _PIECE // piece.size, 1)
                for at in range(0, len(starts), at_once):
                    part = starts[at : at + at_once]
                    yield JsonPiece(part, piece.size * len(part) // len(starts))
        except LineTooLong as endless:
            raise _line_too_long(endless.line) from None

    def _document(self, blocks: Iterable[bytes]) -> Iterator[JsonPiece]:
        rest, gathered = iter(blocks), bytearray()
        for block in rest:
            gathered += block
            if len(gathered) > TEXT_MAX:
                break
        head = self._without_bom(bytes(gathered))
        self._refuse_other_encoding(head)
        if len(head) > TEXT_MAX:
            yield from self._large(_chain(head, rest))
            return
        tree = self._parser.document(self._decoded(head, 1))
        self.last_line = 1
        wanted = referred_to(self._layout)
        registry = Registry(tree, self._places, wanted) if wanted else None
        yield JsonPiece([Start(Element("", tree))], len(head), registry)

    def _large(self, blocks: Iterator[bytes]) -> Iterator[JsonPiece]:
        behind = [place for place in self._places if not place.steps and all(map(self._may_come_last, place.shapes))]
        ways = spine([place for place in self._places if place not in behind])
        if ways is None or referred_to(self._layout) or ENCODINGS[self._layout.encoding].family != "ascii":
            raise too_large()
        stream = Stream(self._parser, self._texts(blocks))
        starts: list[Start] = []
        size = 0
        for found in stream.elements(ways):
            starts.append(Start(found.element, found.place, found.line))
            size += found.text
            if size >= _PIECE:
                yield JsonPiece(starts, size)
                starts, size = [], 0
        starts += [Start(Element("", stream.rest), place) for place in behind]
        yield JsonPiece(starts, size)

    def _may_come_last(self, shape: Shape) -> bool:
        """A header or trailer that says nothing any row needs."""
        if shape.record.kind is not None or shape.inner:
            return False
        kinds = {record.kind for record in self._layout.records if record.kind}
        return not any(field.target in RECORDS[kind].names for field in shape.record.fields for kind in kinds)

    # ---- bytes → text ----

    def _without_bom(self, head: bytes) -> bytes:
        bom = BOMS[self._layout.encoding]
        if bom and head.startswith(bom):
            if not ENCODINGS[self._layout.encoding].writes_bom:
                self.oddities.append("bom")
            return head[len(bom) :]
        return head

    def _refuse_other_encoding(self, data: bytes) -> None:
        if other := other_encoding(data, self._layout.encoding):
            raise wrong_encoding(self._layout.encoding, 1, None, data, other)

    def _decoded(self, data: bytes, line: int) -> str:
        try:
            return decode(data, self._layout.encoding)
        except UnicodeDecodeError as wrong:
            start = data.rfind(b"\n", 0, wrong.start) + 1
            at = line + data.count(b"\n", 0, wrong.start)
            raise wrong_encoding(self._layout.encoding, at, wrong.start - start + 1, data) from None

    def _texts(self, blocks: Iterator[bytes]) -> Iterator[str]:
        """Cut behind a comma or a quote, which stand inside no character."""
        held, line = b"", 1
        for block in blocks:
            for at in range(0, len(block), _BLOCK):
                data = held + block[at : at + _BLOCK]
                end = max(data.rfind(b","), data.rfind(b'"')) + 1
                if len(data) - end > TEXT_MAX:
                    raise too_large()
                yield self._decoded(data[:end], line)
                line += data.count(b"\n", 0, end)
                held = data[end:]
        yield self._decoded(held, line)


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _line_too_long(line: int) -> BadFile:
    return BadFile(
        "line-too-long",
        Text("no line end for a megabyte", "一兆字节内没有换行"),
        Text("one document a line", "每行一个文档"),
        Text("this is another kind of file. It is refused", "这是另一种文件，已拒收"),
        line,
    )
