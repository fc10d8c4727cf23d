"""The elements of a piece as columns: the rows are gathered in one pass, each column is then read for all of them at once.

Where anything is not as plain as a path through objects to a text, Unsure is raised, and json_tree.py says row by row what it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import Cut
from bank_profiles.codecs.json.shape import Column, Place, Shape, Steps
from bank_profiles.codecs.json.strict import has_more
from bank_profiles.codecs.json.text import Tree, is_whole
from bank_profiles.codecs.json.tree import Registry
from bank_profiles.codecs.texts import has_control
from bank_profiles.language.formats.trees import EVERY
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.layouts.layout import RecordLayout

if TYPE_CHECKING:
    Texts = pa.Array[Any]


class Unsure(Exception):
    """Not plainly good."""


@dataclass
class _Rows:
    record: RecordLayout
    trees: list[Tree] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    order: list[int] = field(default_factory=list)


class Cutter:
    """``rows``: how many rows of each record came before this piece; "" of all."""

    def __init__(self, document: Sequence[Place], registry: Registry | None, rows: Counter[str]) -> None:
        self._document, self._registry, self.rows = document, registry, rows
        self._found: dict[str, tuple[Shape, _Rows]] = {}

    # ---- which rows there are ----

    def document(self, tree: Tree, line: int | None) -> None:
        for place in self._document:
            self.place(place, tree, None, line)

    def place(self, place: Place, around: Tree, key: str | None, line: int | None) -> None:
        for name, tree in _spread(around, key, place.steps, in_lists=place.shapes[0].in_lists):
            self.element(place, tree, name, line)

    def element(self, place: Place, tree: Tree, key: str | None, line: int | None, *, alone: bool = False) -> None:
        if type(tree) is not (list if place.shapes[0].in_lists else dict):
            raise Unsure
        taken = False
        for shape in place.shapes:
            if shape.marks and not _told(shape, tree, key):
                continue
            taken = True
            if shape.known is not None and has_more(tree, shape.known):
                raise Unsure
            if not shape.silent:
                self._enter(shape, tree, key, line)
            if not alone:
                for inner in shape.inner:
                    self.place(inner, tree, key, line)
        if not taken and not place.passes_over:
            raise Unsure

    def _enter(self, shape: Shape, tree: Tree, key: str | None, line: int | None) -> None:
        name = shape.record.name
        if name not in self._found:
            self._found[name] = (shape, _Rows(shape.record))
        rows = self._found[name][1]
        rows.trees.append(tree)
        rows.keys.append(key)
        self.rows[name] += 1
        self.rows[""] += 1
        rows.lines.append(self.rows[name] if line is None else line)
        rows.order.append(self.rows[""])

    # ---- their columns ----

    def cuts(self) -> list[Cut]:
        return [
            Cut(shape.record, self._columns(shape, rows), np.array(rows.lines, np.int64), np.array(rows.order, np.int64))
            for shape, rows in self._found.values()
        ]

    def _columns(self, shape: Shape, rows: _Rows) -> list[Texts | None]:
        columns: list[Texts | None] = []
        if shape.in_lists and any(len(tree) != shape.width for tree in rows.trees):
            raise Unsure
        for at, column in enumerate(shape.columns):
            try:
                texts = _array(self._values(at, column, shape, rows, columns))
                if column.field.is_read and has_control(texts):
                    raise Unsure
                columns.append(texts)
            except Unsure:
                if column.field.is_read:
                    raise
                columns.append(None)
        return columns

    def _values(self, at: int, column: Column, shape: Shape, rows: _Rows, before: Sequence[Texts | None]) -> list[Any]:
        referred = column.field.referred
        if referred is not None:
            by = before[referred.by]
            if by is None or self._registry is None:
                raise Unsure
            return [self._registry.look_up(column, name, shape.columns[referred.by].field) for name in by.to_pylist()]
        if shape.in_lists:
            return [tree[at] for tree in rows.trees]
        if column.steps == (EVERY,) and column.among is None:
            return rows.keys
        if column.among is not None:
            return [_wanted(tree, column) for tree in rows.trees]
        return _followed(rows.trees, column.steps)


def _spread(around: Tree, key: str | None, path: Steps, *, in_lists: bool) -> list[tuple[str | None, Tree]]:
    """What stands at the end of a path, with the key each stands under where keys are data."""
    level = [(key, around)]
    for step in path:
        found: list[tuple[str | None, Tree]] = []
        for _, tree in level:
            for each in _flat(tree):
                if type(each) is not dict:
                    raise Unsure
                if step == EVERY:
                    found += each.items()
                elif each.get(step) is not None:
                    found.append((None, each[step]))
        level = found
    if in_lists:
        if any(type(tree) is not list for _, tree in level):
            raise Unsure
        return [(name, row) for name, tree in level for row in tree]
    return [(name, each) for name, tree in level for each in _flat(tree)]


def _flat(tree: Tree) -> list[Tree]:
    if type(tree) is not list:
        return [tree]
    return [item for each in tree for item in _flat(each)] if any(type(each) is list for each in tree) else tree


def _followed(trees: Sequence[Tree], path: Steps) -> list[Tree]:
    values = list(trees)
    for step in path:
        try:
            values = [value.get(step) for value in values]
        except AttributeError:
            values = [_step(value, step) for value in values]
    return values


def _step(tree: Tree, step: str) -> Tree:
    if tree is None:
        return None
    if type(tree) is list and len(tree) < 2:
        return _step(tree[0], step) if tree else None
    if type(tree) is not dict:
        raise Unsure
    return tree.get(step)


def _leaf(value: Tree) -> str | None:
    if value is None or type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is list and len(value) < 2:
        return _leaf(value[0]) if value else None
    raise Unsure


def _array(values: list[Any]) -> Texts:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        raise Unsure from None
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        try:
            return pa.array([_leaf(value) for value in values], pa.string())
        except UnicodeEncodeError:
            raise Unsure from None


def _told(shape: Shape, tree: Tree, key: str | None) -> bool:
    if shape.in_lists:
        raise Unsure
    for column, text in shape.marks:
        if column.among is not None:
            raise Unsure
        first = column.steps[0]
        found = (
            key if first == EVERY else _leaf(tree.get(first) if len(column.steps) == 1 else _followed([tree], column.steps)[0])
        )
        if found is None or trimmed(column.field, found) != text:
            if found is not None and not is_whole(found):
                raise Unsure
            return False
    return True


def _wanted(tree: Tree, column: Column) -> str | None:
    """The text of a column in the one element that says what it should."""
    found: list[str | None] = []
    for _, each in _spread(tree, None, column.among or (), in_lists=False):
        if type(each) is not dict:
            raise Unsure
        said = [_leaf(_followed([each], there)[0]) for there, _ in column.when]
        if any(spelt is not None and not spelt.isprintable() for spelt in said):  # half a character may be among them
            raise Unsure
        if all(spelt is not None and spelt.strip(SPACES) == text for spelt, (_, text) in zip(said, column.when, strict=True)):
            found.append(_leaf(_followed([each], column.steps)[0]))
    if len(found) > 1:
        raise Unsure
    return found[0] if found else None
