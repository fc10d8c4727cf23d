"""JSON files written: rows become objects with keys in the order of the profile, one inside the other.

Elements of the document's lists become bytes at once; the document is put together at the end, or each row is a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from bank_profiles.codecs.codec import BadLine, Sheaf
from bank_profiles.codecs.encoding import encode, from_utf8
from bank_profiles.codecs.json.shape import Column, Place, Shape, Steps, places, spec_of
from bank_profiles.codecs.texts import has_control, must_be_text
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Text
from bank_profiles.language.formats.json import Json, JsonField
from bank_profiles.language.formats.trees import EVERY
from bank_profiles.layouts.layout import Field, FileLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Object = dict[str, Any]
Cells = list[str | None]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class _DoesNotFit(Exception):
    """Some text cannot be written; ``fit`` says which."""


class JsonWriter:
    """The writing half of the codec."""

    def __init__(self, layout: FileLayout) -> None:
        assert isinstance(layout.spec, Json)
        self._layout, self._lines = layout, layout.spec.lines
        self._document = places(layout)
        self._shapes = {shape.record.name: (place, shape) for place, shape in _all(self._document)}
        self._tops: dict[str, list[Object]] = {}  # rows of the document itself: header, trailer, an outermost record at "."
        self._lists: dict[Steps, list[bytes]] = {place.steps: [] for place in self._document if place.steps}
        # Several rows at "." make a list, where nothing else stands in the document.
        self._is_list = sum(len(place.shapes) for place in self._document) == 1
        self._begun = False
        self._keys: dict[Steps, set[str]] = {}  # of members whose keys are data
        self._ids: dict[str, dict[tuple[str | None, ...], str]] = {}  # record: what its row says → the id we gave it

    # ---- a portion ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        if any(has_control(column) for sheaf in sheaves for column in sheaf.columns):
            return None
        rows: dict[str, list[Any]] = {}
        outermost: list[tuple[int, str, Any, Cells]] = []
        try:
            for sheaf in sorted(sheaves, key=lambda sheaf: len(self._layout.around(sheaf.record.name))):
                name = sheaf.record.name
                if self._shapes[name][1].silent:
                    continue
                cells = self._cells(sheaf)
                rows[name] = [self._row(sheaf, at, row, rows) for at, row in enumerate(cells)]
                if sheaf.parents is None:
                    order = sheaf.order.tolist()
                    outermost += [(at, name, row, own) for at, row, own in zip(order, rows[name], cells, strict=True)]
            block = b"".join(self._top(*row[1:]) for row in sorted(outermost, key=lambda row: row[0]))
        except (_DoesNotFit, orjson.JSONEncodeError):  # of half a character
            return None
        return self._encoded(block)

    def _encoded(self, utf8: bytes) -> bytes | None:
        """None where the encoding has not every character. A mark stands before the first bytes."""
        block, known = from_utf8(utf8, self._layout.encoding), ENCODINGS[self._layout.encoding]
        if not block or self._begun or not known.writes_bom:
            return block
        self._begun = True
        return known.bom + block

    def _cells(self, sheaf: Sheaf) -> list[Cells]:
        """The texts row by row; a row that refers to others gets their ids."""
        shape = self._shapes[sheaf.record.name][1]
        columns = [column.to_pylist() for column in sheaf.columns]
        cells = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in sheaf.order]
        for by, record in _references(shape).items():
            said = [at for at, column in enumerate(shape.columns) if column.field.referred and column.field.referred.by == by]
            ids = self._ids.setdefault(record, {})
            for row in cells:
                says = tuple(row[at] for at in said)
                if any(text is not None for text in says):
                    row[by] = ids.setdefault(says, row[by] or str(len(ids) + 1))
        return cells

    def _row(self, sheaf: Sheaf, at: int, cells: Cells, rows: Mapping[str, list[Any]]) -> Any:
        place, shape = self._shapes[sheaf.record.name]
        outer = None if sheaf.parents is None else rows[shape.record.inside or ""][int(sheaf.parents[at])]
        if shape.in_lists:
            made: Any = [_value(column, text) for column, text in zip(shape.columns, cells, strict=True)]
        else:
            made = {} if outer is None or place.steps else outer
            for column, text in zip(shape.columns, cells, strict=True):
                if text is not None and column.field.referred is None:
                    _put(made, column, text)
        if outer is not None and place.steps:
            holder = _way(outer, place.steps[:-1])
            if place.steps[-1] == EVERY:
                holder[self._key(shape, cells, set(holder))] = made
            else:
                holder.setdefault(place.steps[-1], []).append(made)
        return made

    def _key(self, shape: Shape, cells: Cells, taken: set[str]) -> str:
        at = next((at for at, column in enumerate(shape.columns) if column.steps == (EVERY,)), None)
        key = None if at is None else cells[at]
        if key is None or key in taken:
            raise _no_key()
        return key

    def _top(self, name: str, row: Any, cells: Cells) -> bytes:
        """An outermost row: a line, or kept for the document."""
        place, shape = self._shapes[name]
        if self._lines:
            document: Any = row
            for step in reversed(place.steps):
                document = {step: [document] if step == place.steps[-1] else document}
            return orjson.dumps(document) + b"\n"
        if not place.steps:
            orjson.dumps(row)  # half a character is told now
            rows = self._tops.setdefault(name, [])
            if rows and not self._is_list:
                raise _one_row()
            rows.append(row)
            return b""
        written = orjson.dumps(row)
        if place.steps[-1] == EVERY:
            taken = self._keys.setdefault(place.steps, set())
            key = self._key(shape, cells, taken)
            taken.add(key)
            written = orjson.dumps(key) + b":" + written
        if from_utf8(written, self._layout.encoding) is None:
            raise _DoesNotFit
        self._lists[place.steps].append(written)
        return b""

    # ---- the document ----

    def end(self) -> bytes:
        """The document; of lines nothing is left to say."""
        if self._lines:
            return b""
        rows = [row for found in self._tops.values() for row in found]
        if len(rows) > 1 and self._is_list:
            return self._encoded(orjson.dumps(rows)) or b""
        document: Object = {}
        for name in self._shapes:
            for row in self._tops.get(name, ()):
                _merge(document, row)
        for place in self._document:
            if place.steps:
                self._put_list(document, place)
        return self._encoded(orjson.dumps(document)) or b""

    def _put_list(self, document: Object, place: Place) -> None:
        shape = place.shapes[0]
        elements = self._lists[place.steps]
        if shape.silent:
            elements = list(self._referred(place, shape))
        *way, last = place.steps
        if last == EVERY:
            *above, last = way
            _way(document, above)[last] = orjson.Fragment(b"{" + b",".join(elements) + b"}")
        else:
            _way(document, way)[last] = orjson.Fragment(b"[" + b",".join(elements) + b"]")

    def _referred(self, place: Place, shape: Shape) -> Iterator[bytes]:
        """The rows that others refer to, each once, with the id it was given."""
        columns = {column.field.name: column for column in shape.columns}
        named = {
            referred.column: None
            for _, other in self._shapes.values()
            for column in other.columns
            if (referred := column.field.referred) and referred.record == shape.record.name
        }
        by_id = columns[spec_of(shape.record).id or ""]
        for says, name in self._ids.get(shape.record.name, {}).items():
            made: Object = {}
            if by_id.steps != (EVERY,):
                _put(made, by_id, name)
            for column, text in zip(named, says, strict=True):
                if text is not None:
                    _put(made, columns[column], text)
            before = orjson.dumps(name) + b":" if place.steps[-1] == EVERY else b""
            yield before + orjson.dumps(made)

    # ---- one text ----

    def fit(self, field: Field, text: str) -> None:
        must_be_text(text)
        try:
            encode(text, self._layout.encoding)
        except UnicodeEncodeError:
            what = Text("the encoding of the file has no such character", "文件编码中没有该字符")
            raise BadValue("unencodable", what, Text(self._layout.encoding, self._layout.encoding)) from None
        written = field.spelt.written if isinstance(field.spelt, JsonField) else "text"
        if written == "number" and not _NUMBER.fullmatch(text):
            what = Text("the value is not spelt as a number of JSON", "该值不是 JSON 数字的写法")
            raise BadValue("json-no-number", what, Text("-12.50, without + and leading zeros", "-12.50，不带 + 与前导零"))
        if written == "boolean" and text not in ("true", "false"):
            raise BadValue("json-no-boolean", Text("the value is neither true nor false", "该值不是 true 或 false"), _BOOLEAN)


def _no_key() -> BadLine:
    what = Text("a row has no key of its own to stand under", "有一行没有自己的键")
    return BadLine("json-no-key", what, Text("a key for every row, each once", "每行一个键，互不相同"), None)


def _one_row() -> BadLine:
    return BadLine(
        "one-row-a-document",
        Text("this document holds one row, and there are several", "该文档只容一行，而现有多行"),
        Text("one question a message", "每个报文一笔查询"),
        Text("set lines_max: 1 in limits, or rows_max: 1", "请在 limits 中设 lines_max: 1，或设 rows_max: 1"),
    )


_BOOLEAN = Text("true or false", "true 或 false")


def _all(document: Sequence[Place]) -> Iterator[tuple[Place, Shape]]:
    for place in document:
        for shape in place.shapes:
            yield place, shape
            yield from _all(shape.inner)


def _references(shape: Shape) -> dict[int, str]:
    """Index of a field that holds an id → the record it is of."""
    return {referred.by: referred.record for column in shape.columns if (referred := column.field.referred)}


def _way(tree: Object, steps: Sequence[str]) -> Object:
    """The object at the end of a path; made where it is not there."""
    for step in steps:
        tree = tree.setdefault(step, {})
    return tree


def _put(row: Object, column: Column, text: str) -> None:
    if column.steps == (EVERY,) and column.among is None:
        return
    if column.among is not None:
        row = _one_of(row, column)
    *way, last = column.steps
    _way(row, way)[last] = _value(column, text)


def _one_of(row: Object, column: Column) -> Object:
    """The element of the list that says what the column wants; made where it is not there."""
    *way, last = column.among or ()
    known: list[Object] = _way(row, way).setdefault(last, [])
    for each in known:
        if all(_at(each, there) == text for there, text in column.when):
            return each
    made: Object = {}
    for (*to, name), text in column.when:
        _way(made, to)[name] = text
    _way(row, way)[last].append(made)
    return made


def _at(tree: Any, steps: Steps) -> Any:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _value(column: Column, text: str | None) -> Any:
    """As the field wants it written; a number keeps every digit."""
    written = column.field.spelt.written if isinstance(column.field.spelt, JsonField) else "text"
    if text is None or written == "text":
        return text
    if written == "boolean" and text in ("true", "false"):
        return text == "true"
    if written == "number" and _NUMBER.fullmatch(text):
        return orjson.Fragment(text)
    raise _DoesNotFit


def _merge(into: Object, row: Object) -> None:
    for key, value in row.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
