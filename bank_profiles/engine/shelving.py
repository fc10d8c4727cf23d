"""Rows that others name by a key: the account that its sub-accounts, standing elsewhere in the file, belong to.

``inside: account, by: [账户序号]`` — the row around a row is the one before it whose key columns say the same. All of them are kept
until the file ends, so that a row may name any; a key that two of them have names neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Cut
from bank_profiles.codecs.texts import forbidden_in_text
from bank_profiles.engine.taken import Ints
from bank_profiles.layouts.cells import SPACES, may_be_shared
from bank_profiles.layouts.layout import RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Cell = str | BadValue | None
_BETWEEN = "\x1f"  # stands in no text that is read


@dataclass
class Shelf:
    """The rows of one record by the key that others name them by."""

    places: Mapping[int, None]  # indexes of its fields that others carry or name
    keyed: tuple[int, ...]  # … those that are the key
    rows: dict[str, int] = field(default_factory=dict)  # key → ordinal; -1: more than one row has it
    cells: dict[int, list[Cell]] = field(default_factory=dict)  # by index of the field, in the order of the rows
    under: dict[str, list[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.cells.values()), []))

    def put(self, cells: Sequence[Cell], under: Mapping[str, int]) -> None:
        ordinal = len(self)
        for index in self.places:
            self.cells.setdefault(index, []).append(cells[index])
        for outer, its in under.items():
            self.under.setdefault(outer, []).append(its)
        key = key_of([cells[index] for index in self.keyed])
        self.rows[key] = -1 if key in self.rows else ordinal

    def find(self, key: str) -> int | None:
        ordinal = self.rows.get(key, -1)
        return None if ordinal < 0 else ordinal


def key_of(cells: Sequence[Cell]) -> str:
    return _BETWEEN.join(cell.strip(SPACES) if isinstance(cell, str) else "" for cell in cells)


def keys_of(cut: Cut, indexes: Sequence[int]) -> Any:
    """The key of every row of a cut, as ``key_of`` says it."""
    columns = [_plain(cut.columns[index], len(cut.lines)) for index in indexes]
    trimmed = [pc.utf8_trim(column, SPACES) for column in columns]
    return trimmed[0] if len(trimmed) == 1 else pc.binary_join_element_wise(*trimmed, _BETWEEN)


def _plain(texts: Texts | None, rows: int) -> Any:
    if texts is None:
        return pa.repeat(pa.scalar(""), rows)
    plain: Any = texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
    return plain.fill_null("")


def found(shelf: Shelf, inner: Cut, outer: Cut | None) -> Ints | None:
    """The ordinal of the row each row of ``inner`` names: on the shelf, or before it in the same piece. None where one is not clear."""
    first = len(shelf)
    names = keys_of(inner, [own for own, _ in inner.record.keys]).dictionary_encode()
    here = keys_of(outer, [there for _, there in inner.record.keys]) if outer is not None else pa.array([], pa.string())
    if len(here.unique()) < len(here):
        return None
    at = pc.index_in(names.dictionary, here).to_pylist()
    ordinals = []
    for name, place in zip(names.dictionary.to_pylist(), at, strict=True):
        known = shelf.find(name)
        if (known is None and name in shelf.rows) or (known is None) == (place is None):
            return None
        ordinals.append(known if place is None else first + place)
    result = np.array(ordinals, np.int64)[np.asarray(names.indices.to_numpy(zero_copy_only=False), np.int64)]
    if outer is not None:
        mine, theirs = result >= first, _order(outer)
        if (theirs[result[mine] - first] > _order(inner)[mine]).any():
            return None  # it stands behind the row that names it
    return result


def carried(shelf: Shelf, record: RecordLayout, ordinals: Ints, outer: Cut | None) -> list[Texts] | None:
    """The texts that rows carry from those they name; None where one of these could not be read."""
    columns: list[Texts] = []
    for each in record.carried:
        kept = shelf.cells.get(each.index, [])
        if any(isinstance(cell, BadValue) or (cell and forbidden_in_text(cell)) for cell in kept):
            return None
        here = _carried_here(outer, each.index)
        texts = pa.concat_arrays([pa.array(kept, pa.string()), here])
        if not may_be_shared(texts):
            return None
        columns.append(texts.take(pa.array(ordinals.tolist(), pa.int64())))
    return columns


def _carried_here(outer: Cut | None, index: int) -> Any:
    texts = None if outer is None else outer.columns[index]
    if texts is None:
        return pa.nulls(0 if outer is None else len(outer.lines), pa.string())
    return texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts


def _order(cut: Cut) -> Ints:
    return cut.lines if cut.order is None else cut.order
