"""JSON files read: one document, a large one element by element, or one document a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bank_profiles.codecs.codec import BadFile, BadLine, Cut, Item
from bank_profiles.codecs.json.cutting import Cutter, Unsure
from bank_profiles.codecs.json.pieces import JsonPiece, Pieces, Start
from bank_profiles.codecs.json.shape import Place, Shape, places, spec_of
from bank_profiles.codecs.json.strict import has_more
from bank_profiles.codecs.json.tree import HALF_CHARACTER, Element, Registry, cell, elements, half_told, says
from bank_profiles.codecs.tree_paths import home_of, shown_path
from bank_profiles.errors import DataPlace, Text
from bank_profiles.language.formats.json import Json
from bank_profiles.language.formats.trees import steps
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue

_PARTS = 8  # a piece with something wrong in it is cut into so many, and each tried again


class JsonReader:
    """The reading half of the codec."""

    def __init__(self, layout: FileLayout) -> None:
        assert isinstance(layout.spec, Json)
        self._layout, self._lines = layout, layout.spec.lines
        self._places = places(layout)
        self._pieces = Pieces(layout, self._places)
        self._rows: Counter[str] = Counter()
        # Where the rows of the piece in hand stand, for messages: spot and line, by record and number of the row.
        self._spots: dict[tuple[str, int], tuple[str, int | None]] = {}

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[JsonPiece]:
        for piece in self._pieces.of(blocks):
            self._spots.clear()
            yield piece

    @property
    def oddities(self) -> list[str]:
        return self._pieces.oddities

    @property
    def last_line(self) -> int:
        return self._pieces.last_line

    # ---- a piece ----

    def cut(self, piece: JsonPiece) -> list[Cut] | None:
        before = self._begin(piece)
        cutter = Cutter(self._places, piece.registry, before.copy())
        try:
            for start in piece.starts:
                tree = self._pieces.tree(start)
                if start.place is None:
                    cutter.document(tree, start.line)
                else:
                    line = start.line if self._lines else None
                    cutter.element(start.place, tree, start.element.key, line, alone=start.alone)
            cuts = cutter.cuts()
        except (Unsure, BadFile, UnicodeDecodeError):
            return None
        self._rows = cutter.rows
        return cuts

    def walk(self, piece: JsonPiece) -> Iterator[Item]:
        self._rows = self._begin(piece).copy()
        for start in piece.starts:
            try:
                at = start.element._replace(tree=self._pieces.tree(start))
            except BadFile as bad:
                yield self._bad_line(bad, start.line or 0)
                continue
            except UnicodeDecodeError as wrong:
                yield Item(None, start.line or 0, bad=wrong)
                continue
            if start.place is not None:
                yield from self._element(start.place, at, start, piece.registry)
                continue
            for place in self._places:
                for element in elements(at, place):
                    yield from self._element(place, element, start, piece.registry)

    def _begin(self, piece: JsonPiece) -> Counter[str]:
        if piece.before is None:
            piece.before = self._rows.copy()
        return piece.before

    def _bad_line(self, bad: BadFile, line: int) -> Item:
        """A line that is no document: a row of the only record it can be, or of none."""
        shapes = [shape for place in self._places for shape in place.shapes]
        record = shapes[0].record if len(shapes) == 1 else None
        self._rows[record.name if record else ""] += 1
        return Item(record, line, bad=BadLine(bad.code, bad.what, bad.expected, None))

    # ---- row by row ----

    def _element(self, place: Place, element: Element, start: Start, registry: Registry | None) -> Iterator[Item]:
        if not isinstance(element.tree, list if place.shapes[0].in_lists else dict):
            yield self._item(place.shapes[0].record, element, start, bad=_NO_LIST if place.shapes[0].in_lists else _NO_OBJECT)
            return
        if place.shapes[0].in_lists and len(element.tree) != place.shapes[0].width:
            yield self._item(place.shapes[0].record, element, start, bad=_column_count(place.shapes[0], len(element.tree)))
            return
        taken = [shape for shape in place.shapes if says(element, shape)]
        if not taken and half_told(element, place):
            yield self._item(None, element, start, bad=_HALF_TOLD)
        elif not taken and not place.passes_over:
            yield self._item(None, element, start)
        for shape in taken:
            if shape.known is not None and has_more(element.tree, shape.known):
                yield self._item(shape.record, element, start, bad=_UNKNOWN_MEMBER)
            elif not shape.silent:
                yield self._item(shape.record, element, start, cells=_cells(shape, element, registry))
            if not start.alone:
                for inner in shape.inner:
                    for inside in elements(element, inner):
                        yield from self._element(inner, inside, start, registry)

    def _item(
        self,
        record: RecordLayout | None,
        element: Element,
        start: Start,
        *,
        cells: Sequence[str | BadValue | None] = (),
        bad: BadLine | None = None,
    ) -> Item:
        name = "?" if record is None else record.name
        self._rows[name] += 1
        self._rows[""] += 1
        line = start.line if self._lines and start.line is not None else self._rows[name]
        self._spots[name, line] = (element.spot, start.line)
        return Item(record, line, cells, bad)

    # ---- smaller pieces ----

    def parts(self, piece: JsonPiece) -> list[JsonPiece]:
        starts = piece.starts
        while len(starts) == 1 and (inside := self._inside(starts[0])) != starts:
            starts = inside
        if len(starts) < 2:
            return [piece]
        share = max(len(starts) // _PARTS, 1)
        groups: list[list[Start]] = []
        for start in starts:  # rows of one place only, so that a header does not make its accounts slow
            if groups and len(groups[-1]) < share and groups[-1][-1].place is start.place:
                groups[-1].append(start)
            else:
                groups.append([start])
        parts = [JsonPiece(group, piece.size * len(group) // len(starts), piece.registry) for group in groups]
        parts[0].before = piece.before
        return parts

    def _inside(self, start: Start) -> list[Start]:
        """The elements of a document, or the rows of an element and what is inside them; itself where nothing is."""
        if start.raw is not None or start.alone:
            return [start]
        if start.place is None:
            return [
                replace(start, element=each, place=place) for place in self._places for each in elements(start.element, place)
            ]
        if not isinstance(start.element.tree, dict):
            return [start]
        taken = [shape for shape in start.place.shapes if says(start.element, shape)]
        inside = [
            replace(start, element=each, place=place)
            for shape in taken
            for place in shape.inner
            for each in elements(start.element, place)
        ]
        return [replace(start, alone=True), *inside] if inside else [start]

    # ---- places ----

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        spot, at = self._spots.get(("?" if record is None else record.name, line), (None, line if self._lines else None))
        home = record if record is None or field is None else home_of(self._layout, record, field)
        if spot is None:
            spot = self._path(home)
        elif record is not None and home is not record:
            spot = self._out_to(spot, record, home)
        path = "" if field is None else shown_path(field)
        shown = "/".join(step for step in (spot, path) if step and step != ".")
        number = None if field is None else field.number
        return DataPlace(file, at, number, None if field is None else field.name, spot=shown or None)

    def _out_to(self, spot: str, record: RecordLayout, home: RecordLayout | None) -> str:
        """The row around this one, by leaving out the steps that lead from it to here."""
        while record is not home and record.inside is not None:
            deep = len(steps(spec_of(record).each))
            spot = "/".join(spot.split("/")[: -deep or None])
            record = self._layout.record(record.inside)
        return spot

    def _path(self, record: RecordLayout | None) -> str:
        """The way to a record's rows, without saying which row."""
        if record is None:
            return ""
        around = [self._layout.record(name) for name in reversed(self._layout.around(record.name))]
        return "/".join(each for each in (spec_of(each).each for each in [*around, record]) if each != ".")


def _cells(shape: Shape, element: Element, registry: Registry | None) -> list[str | BadValue | None]:
    cells: list[str | BadValue | None] = []
    for column in shape.columns:
        referred = column.field.referred
        if referred is None or registry is None:
            cells.append(cell(element, column))
        else:
            cells.append(registry.look_up(column, cells[referred.by], shape.columns[referred.by].field))
    return cells


def _column_count(shape: Shape, found: int) -> BadLine:
    expected = shape.width
    return BadLine(
        "column-count",
        Text(f"{found} columns, the profile has {expected}", f"{found} 列，画像为 {expected} 列"),
        Text(f"a list of {expected}", f"{expected} 项的列表"),
        None,
    )


_UNKNOWN_MEMBER = BadLine(
    "json-unknown-member",
    Text("there is a member here that the profile does not name", "此处有画像未写明的成员"),
    Text("only those of the profile (strict: true)", "只有画像写明的成员（strict: true）"),
    Text("ask the bank what it means; skip it if it may be passed over", "请向银行确认含义；可忽略的写 skip"),
)
_HALF_TOLD = BadLine(HALF_CHARACTER.code, HALF_CHARACTER.what, HALF_CHARACTER.expected, HALF_CHARACTER.hint)
_NO_OBJECT = BadLine(
    "json-no-object", Text("no object stands here", "此处不是对象"), Text("an object with keys", "带键的对象"), None
)
_NO_LIST = BadLine(
    "json-no-object", Text("no list stands here", "此处不是列表"), Text("a list of columns", "各列组成的列表"), None
)
