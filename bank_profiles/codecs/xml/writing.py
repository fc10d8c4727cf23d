"""Columns of text → a document: elements in the order of the profile's fields, namespaces declared once, at the top.

The rows of a record become texts as whole columns; those of a record inside another are gathered by the row they stand in. A field
without a value has no element, and neither has an element with nothing in it, unless it is a row's own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import BadFile, Sheaf
from bank_profiles.codecs.encoding import encode, from_utf8, unprintable
from bank_profiles.codecs.texts import bytes_of, controls, must_be_text
from bank_profiles.codecs.xml.elements import Out, When, escaped, spelt
from bank_profiles.codecs.xml.shape import record_spec, rule_of, spec_of
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Text
from bank_profiles.language.formats.xml import DEFAULT
from bank_profiles.language.xml_paths import XmlPath, element_path, path_of
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.arrays import glued
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Place = tuple[XmlPath, int, When]  # path, how much of it leads to the elements of which one is wanted, what that one says
Ints = npt.NDArray[np.int64]
_NEVER = ("\ufffe", "\uffff")  # characters no XML document may hold


class Writer:
    """One document being written: rows are kept as columns until the last is there, for those outside may count those inside."""

    def __init__(self, layout: FileLayout) -> None:
        self._layout, self._spec = layout, spec_of(layout)
        self._columns: dict[str, list[list[Texts]]] = {}
        self._parents: dict[str, list[Ints]] = {}

    # ---- rows come in ----

    def add(self, sheaves: Sequence[Sheaf]) -> bool:
        """False where some text does not fit, and then nothing was added. Raises BadFile where two rows are of one element."""
        if not all(self._fits(column) for sheaf in sheaves for column in sheaf.columns):
            return False
        before = {name: self._rows(name) for name in self._layout.by_name}
        for sheaf in sheaves:
            name, inside = sheaf.record.name, sheaf.record.inside
            rows = len(sheaf.order)
            parents = np.zeros(rows, np.int64) if sheaf.parents is None else sheaf.parents + (before[inside] if inside else 0)
            self._columns.setdefault(name, []).append(list(sheaf.columns))
            self._parents.setdefault(name, []).append(parents)
            if not element_path(record_spec(sheaf.record).each) and len(np.unique(self._under(name))) < self._rows(name):
                raise _two_rows(sheaf.record)
            self._check_twins(sheaf)
        return True

    def _check_twins(self, sheaf: Sheaf) -> None:
        """Two fields of one place must say the same."""
        places = _places(sheaf.record)
        for index, place in enumerate(places):
            first = places.index(place)
            if first != index and pc.any(pc.not_equal(sheaf.columns[first], sheaf.columns[index])).as_py():
                raise _two_texts(sheaf.record.fields[index])

    def _rows(self, name: str) -> int:
        return sum(map(len, self._parents.get(name, ())))

    def _under(self, name: str) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *self._parents.get(name, ())])

    def _fits(self, column: Texts) -> bool:
        if column.null_count == len(column):
            return True
        utf8 = bytes_of(column)
        strange = controls(np.frombuffer(utf8, np.uint8)) or unprintable(utf8) or any(c.encode() in utf8 for c in _NEVER)
        return not strange and from_utf8(utf8, self._layout.encoding) is not None

    def fit(self, spelt: Field, text: str) -> None:  # noqa: ARG002
        must_be_text(text)
        if unprintable(text.encode()) or any(character in text for character in _NEVER):
            what = Text("there is a control character in the value", "值中含控制字符")
            raise BadValue("control-character", what, Text("printable text", "可见文字"))
        try:
            encode(text, self._layout.encoding)
        except UnicodeEncodeError:
            encoding = self._layout.encoding
            what = Text(f"a character of the value is not in {encoding}", f"值中有 {encoding} 没有的字符")
            raise BadValue("unencodable", what, Text(f"characters of {encoding}", f"{encoding} 中的字符")) from None

    # ---- the document ----

    def document(self) -> bytes:
        """The whole document in its encoding."""
        *outer, root = element_path(self._spec.root)
        tree = Out(str(root))
        for record in self._layout.records:
            if record.inside is None:
                self._nest(tree, record, np.zeros(1, np.int64), 1)
        text = str(tree.texts(1, own=True)[0])
        for name in reversed(outer):
            text = f"<{name}>{text}</{name}>"
        payload = self._spec.payload
        if payload is None:
            return self._encoded(self._headed(text, self._layout.encoding), self._layout.encoding)
        inner = self._headed(text, payload.encoding or self._layout.encoding)
        if payload.kind == "base64":
            inner = base64.b64encode(self._encoded(inner, payload.encoding or self._layout.encoding)).decode()
        return self._encoded(self._headed(spelt(path_of(payload.at), inner), self._layout.encoding), self._layout.encoding)

    def _headed(self, text: str, encoding: str) -> str:
        """With the declaration, and the namespaces at the first element."""
        spaces = "".join(
            f' xmlns{"" if short == DEFAULT else f":{short}"}="{escaped(uris[0], quote=True)}"'
            for short, uris in self._spec.namespaces.items()
        )
        end = min(text.find(mark) for mark in "/> " if mark in text)
        says = self._spec.declares or _DECLARED.get(encoding, encoding.upper())
        return f'<?xml version="1.0" encoding="{says}"?>\n{text[:end]}{spaces}{text[end:]}\n'

    def _encoded(self, text: str, encoding: str) -> bytes:
        known = ENCODINGS[encoding]
        return (known.bom if known.writes_bom else b"") + encode(text, encoding)

    # ---- records ----

    def _nest(self, out: Out, record: RecordLayout, at: Ints, rows: int) -> None:
        """The rows of a record into ``out``, of which there are ``rows``. ``at``: of each row they can stand in, the index in ``out``."""
        steps = element_path(record_spec(record).each)
        under, columns = at[self._under(record.name)], self._texts(record)
        if not steps:
            self._fill(out, record, [_spread(column, under, rows) for column in columns], under, rows)
            return
        count, own = len(under), Out(str(steps[-1]))
        self._fill(own, record, columns, np.arange(count), count)
        out.at(steps[:-1]).children.append(_gathered(own.texts(count, own=True), under, rows))

    def _fill(self, out: Out, record: RecordLayout, columns: Sequence[Texts], at: Ints, rows: int) -> None:
        texts: dict[Place, Texts] = {}
        for place, column in zip(_places(record), columns, strict=True):
            texts[place] = pc.coalesce(texts[place], column) if place in texts else column
        for (path, among, when), column in texts.items():
            out.put(path, column, among, when)
        for inner in self._layout.records:
            if inner.inside == record.name:
                self._nest(out, inner, at, rows)

    def _texts(self, record: RecordLayout) -> list[Texts]:
        parts = self._columns.get(record.name, [])
        empty: Texts = pa.array([], pa.string())
        return [pa.concat_arrays([empty, *(part[index] for part in parts)]) for index in range(len(record.fields))]


def _places(record: RecordLayout) -> list[Place]:
    """Where each field stands."""
    rules = [rule_of(each) for each in record.fields]
    amongs = [len(element_path(rule.among)) if rule.among else 0 for rule in rules]
    return [
        (path_of(each.name), among, tuple(rule.when.items()))
        for each, among, rule in zip(record.fields, amongs, rules, strict=True)
    ]


def _spread(column: Texts, under: Ints, rows: int) -> Texts:
    """A column of rows that are of the same element as others: null where there is none."""
    index = np.full(rows, -1)
    index[under] = np.arange(len(under))
    return column.take(cast("Any", pa.array(index, mask=index < 0)))


def _gathered(texts: Texts, under: Ints, rows: int) -> Texts:
    """The texts of all rows inside each of so many others, each on a line of its own."""
    behind = np.argsort(under, kind="stable")
    starts: Any = pa.array(np.searchsorted(under[behind], np.arange(rows + 1)).astype(np.int32))
    lines = glued("\n", texts.take(cast("Any", pa.array(behind))))
    return cast("Texts", pc.binary_join(pa.ListArray.from_arrays(starts, lines), ""))


def _two_texts(field: Field) -> BadFile:
    return BadFile(
        "two-texts-one-place",
        Text(f"“{field.name}” would have two texts", f"“{field.name}”会有两个文本"),
        Text("fields of one place that say the same", "同一位置的字段内容一致"),
        Text("give one of them a path of its own", "请为其中之一另定路径"),
    )


def _two_rows(record: RecordLayout) -> BadFile:
    return BadFile(
        "two-rows-one-element",
        Text(f"two rows of “{record.name}” would be one element", f"“{record.name}”的两行会写成同一个元素"),
        Text("one row in each document", "每个文档一行"),
        Text("one question a message: each in a file of its own", "每条报文一个查询：各用一个文件"),
    )


_DECLARED = {
    "utf-8-bom": "UTF-8",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "latin-1": "ISO-8859-1",
    "cp1252": "windows-1252",
    "cp850": "IBM850",
    "ascii": "US-ASCII",
}
