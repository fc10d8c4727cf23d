"""Where the records of a JSON file stand: places with their records, and the paths of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bank_profiles.codecs.json.strict import Known, note
from bank_profiles.language.formats.json import JsonField, JsonRecord
from bank_profiles.language.formats.trees import EVERY, steps
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """Where a field stands: at ``steps`` from the object of its row, or from the one of ``among`` that says ``when``."""

    field: Field
    steps: Steps
    among: Steps | None = None
    when: tuple[tuple[Steps, str], ...] = ()


@dataclass(frozen=True)
class Shape:
    """One record: how its rows are told, where its columns stand, and the places inside it."""

    record: RecordLayout
    columns: tuple[Column, ...]
    inner: tuple[Place, ...]
    beside: tuple[Steps, ...] = ()  # ways from its object to records that stand there without being inside it

    @cached_property
    def known(self) -> Known | None:
        """Every member of its objects that some path of the profile takes; None where others are passed over."""
        if not spec_of(self.record).strict:
            return None
        known: Known = {}
        self._take_paths(known)
        return known

    def _take_paths(self, known: Known) -> None:
        for way in (*(place.steps for place in self.inner if place.steps), *self.beside):
            note(known, way, others=True)
        for column in self.columns:
            if column.field.referred is None and column.steps != (EVERY,):
                for path in (column.steps, *(there for there, _ in column.when)):
                    note(known, (*(column.among or ()), *path))
        for same in (shape for place in self.inner if not place.steps for shape in place.shapes):  # rows of the same object
            same._take_paths(known)

    @cached_property
    def marks(self) -> tuple[tuple[Column, str], ...]:
        """What tells its rows from others of the same place."""
        return tuple((self.columns[index], text) for index, text in self.record.when.items())

    @cached_property
    def width(self) -> int:
        """How many columns of its own."""
        return sum(column.field.referred is None for column in self.columns)

    @cached_property
    def in_lists(self) -> bool:
        return spec_of(self.record).rows == "lists"

    @cached_property
    def silent(self) -> bool:
        """Its rows are only looked up by those that refer to them."""
        return self.record.kind is None and spec_of(self.record).id is not None


@dataclass(frozen=True)
class Place:
    """A path from the element around, and the records whose rows may stand there."""

    steps: Steps
    shapes: tuple[Shape, ...]

    @cached_property
    def passes_over(self) -> bool:
        """Objects of none of its records are nothing to us."""
        return any(spec_of(shape.record).others == "skip" for shape in self.shapes)


def places(layout: FileLayout, inside: str | None = None) -> tuple[Place, ...]:
    """The places inside a record, or those of the document."""
    found: dict[Steps, list[Shape]] = {}
    for record in layout.records:
        if record.inside == inside:
            path = steps(spec_of(record).each)
            beside = tuple(_beside(layout, record, path))
            shape = Shape(record, tuple(_column(field) for field in record.fields), places(layout, record.name), beside)
            found.setdefault(path, []).append(shape)
    return tuple(Place(path, tuple(shapes)) for path, shapes in found.items())


def _beside(layout: FileLayout, record: RecordLayout, path: Steps) -> Iterator[Steps]:
    """Where, from an object of this record, others find their rows and columns without being inside it."""
    for other in layout.records:
        way = steps(spec_of(other).each)
        if other is record or other.inside != record.inside or way[: len(path)] != path:
            continue
        if way != path:
            yield way[len(path) :]
            continue
        yield from ((*(column.among or ()), *column.steps) for column in map(_column, other.fields) if column.steps)
        ways = (steps(spec_of(inner).each) for inner in layout.records if inner.inside == other.name)
        yield from (way for way in ways if way)


def spec_of(record: RecordLayout) -> JsonRecord:
    assert isinstance(record.spec, JsonRecord)
    return record.spec


def _column(field: Field) -> Column:
    name = field.name if field.referred is None else field.referred.column
    spelt, path = field.spelt, steps(name)
    if not isinstance(spelt, JsonField) or spelt.among is None:
        return Column(field, path)
    among = steps(spelt.among)
    return Column(field, path[len(among) :], among, tuple((steps(there), text) for there, text in spelt.when.items()))
