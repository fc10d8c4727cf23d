"""A layout's paths with their namespaces put in: which elements are rows of which record, and where in them each cell stands.

Both readers and the writer work from this; how they walk the tree is each one's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bank_profiles.language.formats.trees import TreeField
from bank_profiles.language.formats.xml import DEFAULT, Xml, XmlRecord
from bank_profiles.language.xml_paths import Name, XmlPath, element_path, path_of
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout

# A name in a document is "{uri}local"; several where the profile knows several editions of a namespace.
Tags = frozenset[str]
Steps = tuple[Tags, ...]
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"  # schemaLocation and its like say nothing to us, and are never followed
_BUILT_IN = {"xml": ("http://www.w3.org/XML/1998/namespace",)}


@dataclass(frozen=True)
class Spot:
    """Where one text stands below an element: down the steps, then an attribute or the text itself."""

    steps: Steps
    attribute: Tags | None


@dataclass(frozen=True)
class Place:
    """Where a cell stands below the element of its row. ``among``: of the elements so many steps down, only those that say ``when``."""

    spot: Spot
    among: int = 0
    when: tuple[tuple[Spot, str], ...] = ()


@dataclass
class Shape:
    """One record: the way to its elements from those of the record around it (or from the root), and the cells of each."""

    record: RecordLayout
    each: Steps
    places: tuple[Place, ...]  # one a field
    strict: bool
    inner: list[Shape] = field(default_factory=list)

    @property
    def is_herald(self) -> bool:
        """A header or trailer: it gives no rows and holds none."""
        return self.record.kind is None and not self.inner


class Names:
    """What short names stand for."""

    def __init__(self, namespaces: Mapping[str, Sequence[str]]) -> None:
        self.uris: dict[str, Sequence[str]] = {**_BUILT_IN, **namespaces}

    def element(self, name: Name) -> Tags:
        return frozenset(_tag(uri, name.local) for uri in self.uris.get(name.short or DEFAULT, ("",)))

    def attribute(self, name: Name) -> Tags:
        """An attribute without a short name has no namespace, whatever the default one is."""
        return frozenset(_tag(uri, name.local) for uri in self.uris[name.short]) if name.short else frozenset((name.local,))

    def steps(self, names: Iterable[Name]) -> Steps:
        return tuple(map(self.element, names))

    def spot(self, path: XmlPath) -> Spot:
        return Spot(self.steps(path.steps), None if path.attribute is None else self.attribute(path.attribute))


def _tag(uri: str, local: str) -> str:
    return f"{{{uri}}}{local}" if uri else local


def plain(text: str) -> str:
    """Line ends and tabs in a text count as blanks, as XML itself has it in attributes."""
    return text.replace("\n", " ").replace("\t", " ").replace("\r", " ")


def spec_of(layout: FileLayout) -> Xml:
    spec: Any = layout.spec
    assert isinstance(spec, Xml)
    return spec


def rule_of(field: Field) -> TreeField:
    rule: Any = field.spelt
    return rule if isinstance(rule, TreeField) else TreeField()


def record_spec(record: RecordLayout) -> XmlRecord:
    spec: Any = record.spec
    assert isinstance(spec, XmlRecord)
    return spec


def shapes(layout: FileLayout) -> list[Shape]:
    """The outermost records, each with those inside it."""
    names = Names(spec_of(layout).namespaces)
    made = {record.name: _shape(record, names) for record in layout.records}
    for record in layout.records:
        if record.inside is not None:
            made[record.inside].inner.append(made[record.name])
    return [made[record.name] for record in layout.records if record.inside is None]


def _shape(record: RecordLayout, names: Names) -> Shape:
    spec = record_spec(record)
    places = tuple(_place(column, names) for column in record.fields)
    return Shape(record, names.steps(element_path(spec.each)), places, spec.strict)


def _place(column: Field, names: Names) -> Place:
    rule = rule_of(column)
    among = len(element_path(rule.among)) if rule.among else 0
    when = tuple((names.spot(path_of(path)), text) for path, text in rule.when.items())
    return Place(names.spot(path_of(column.name)), among, when)
