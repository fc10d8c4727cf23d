"""A profile's file made ready for work: records and fields with their converters, as plain data. No code is generated.

FileSpec (what the YAML says)  →  FileLayout  →  codecs cut bytes into texts, values/ makes values of them
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from bank_profiles.errors import ProfilePlace, Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.fixed import FixedRecord
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.records import Record
from bank_profiles.language.words import Trim
from bank_profiles.values.converters import Converter
from bank_profiles.values.kernels import has_kernel
from bank_profiles.values.making import Way
from bank_profiles.values.turning import Turn

TotalKind = Literal["count", "sum", "hash", "digest"]
LINES = "lines"  # a count of all lines, header and trailer included


@dataclass(frozen=True)
class Total:
    """A control total: what is counted or added up, over which rows, and what a difference means.

    ``records``: whose rows are counted, or (sum, hash) the one whose ``column`` is added up; ``(LINES,)`` counts every line.
    ``under``: the record whose rows bound it, the nearest one both stand in; None: the whole file.
    """

    kind: TotalKind
    records: tuple[str, ...] = ()
    column: int = -1  # index of the field added up
    under: str | None = None
    where: tuple[tuple[int, str], ...] = ()  # index of a field of that record: text
    take: tuple[int, int] | None = None
    modulo: int | None = None
    per: int = 1  # a count in blocks of so many
    digest: str | None = None
    warns: bool = False


@dataclass(frozen=True)
class Referred:
    """Where a field stands that a row has from the row it refers to: in ``column`` of the ``record`` whose id field ``by`` holds."""

    by: int  # index of a field
    record: str
    column: str


@dataclass(frozen=True)
class Field:
    """One column of the bank with everything needed to read and to write it. ``spelt`` is its rule, for what only a codec asks."""

    name: str
    number: int  # 1-based place in the record
    rule: ProfilePlace
    encoding: str
    because: Text | None = None  # what else in the profile makes the rule what it is, for messages
    spelt: FieldRule = field(default_factory=FieldRule)
    target: str | None = None  # a field of the record or a fact of the file; None: nothing of it is kept
    converter: Converter | None = None
    says: str | None = None  # a constant, or the marker its record is told by
    batch_of_inquiry: bool = False
    total: Total | None = None
    required: bool = False
    longest: int | None = None  # bytes
    trim: Trim = "both"
    missing: tuple[str, ...] = ()
    span: tuple[int, int] | None = None  # 0-based bytes of a fixed record
    pad: str = " "
    align_right: bool = False
    handed_down: bool = False  # records inside this one carry it, the row before this continuation has it, or a total looks at it
    referred: Referred | None = None
    made: "Made | None" = None  # of other columns of its row: it has no cell of its own
    feeds: bool = False  # others are made of it
    answers: bool = False  # a number in whose place the bank may write words, each with its outcome (says_outcome)
    turned: "Turned | None" = None  # then it is written from them
    known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # texts read before, while one file is read

    @property
    def is_read(self) -> bool:
        return self.converter is not None or self.says is not None or self.handed_down or self.feeds

    @property
    def repeats(self) -> bool:
        """Few different texts in many rows: read by converting every different text once (values/kernels.py)."""
        return self.says is not None or self.converter is None or self.spelt.escape is not None or not has_kernel(self.converter)


@dataclass(frozen=True)
class Made:
    """How a field is made: of what stands in the columns it ``reads`` (indexes into RecordLayout.columns), each trimmed as its own.

    ``fact``: what a header said of the whole file is one part more.
    """

    way: Way
    reads: tuple[int, ...]
    sources: tuple[Field, ...]
    fact: str | None = None


@dataclass(frozen=True)
class Turned:
    """What a column that others are made of is written from, and how it is spelt."""

    turn: Turn
    converter: Converter


@dataclass(frozen=True)
class Carried:
    """A field that a row has from a record around it: the ``index``-th one of ``record``."""

    record: str
    index: int
    field: Field  # as the row that carries it reads it


@dataclass(frozen=True)
class RecordLayout:
    """One kind of line, element or row range. ``kind`` names the rows it gives; None for headers, trailers and levels above."""

    name: str
    kind: str | None
    place: str | None
    occurs: str
    when: Mapping[int, str]  # index of a field → text
    fields: tuple[Field, ...]
    always: Mapping[str, str]
    rule: ProfilePlace
    spec: Record
    inside: str | None = None
    carried: tuple[Carried, ...] = ()
    keys: tuple[tuple[int, int], ...] = ()  # the row around is the one whose fields (second) say the same as these (first)
    derived: tuple[Field, ...] = ()  # made of the others: the codec gives no cells for them

    @property
    def is_continuation(self) -> bool:
        """Are its lines no rows, but texts of the row before?"""
        return isinstance(self.spec, LineRecord) and bool(self.spec.continues)

    @property
    def shares_line(self) -> bool:
        """Are its rows groups within the line of the row around them?"""
        return isinstance(self.spec, FixedRecord) and self.spec.repeat is not None

    @property
    def columns(self) -> tuple[Field, ...]:
        """All that a row of this record says itself: the fields the codec gives cells for, then those made of them."""
        return (*self.fields, *self.derived)

    @cached_property
    def turns(self) -> dict[str, Turn]:
        """By the name that the column of the table gets which a field is written from."""
        return {turned_name(field): field.turned.turn for field in self.fields if field.turned is not None}

    @cached_property
    def by_target(self) -> dict[str, Field]:
        own = {field.target: field for field in self.columns if field.target}
        return {each.field.target: each.field for each in self.carried if each.field.target} | own


def turned_name(field: Field) -> str:
    return f"{field.name}\x1f"  # no field of a record has such a name


@dataclass(frozen=True)
class FileLayout:
    """One file of a side: how its lines are cut, and its records by where they stand."""

    key: str  # its key in the profile
    spec: FileSpec
    encoding: str
    records: tuple[RecordLayout, ...]
    rule: ProfilePlace
    encoding_rule: ProfilePlace | None = None

    def rule_for(self, code: str) -> ProfilePlace:
        """The line of the profile that a whole file broke."""
        return self.encoding_rule or self.rule if code == "wrong-encoding" else self.rule

    @cached_property
    def head(self) -> RecordLayout | None:
        return next((record for record in self.records if record.place == "first"), None)

    @cached_property
    def tail(self) -> RecordLayout | None:
        return next((record for record in self.records if record.place == "last"), None)

    @cached_property
    def bodies(self) -> tuple[RecordLayout, ...]:
        return tuple(record for record in self.records if record.place is None)

    @cached_property
    def by_name(self) -> dict[str, RecordLayout]:
        return {record.name: record for record in self.records}

    def record(self, name: str) -> RecordLayout:
        return self.by_name[name]

    def around(self, name: str) -> list[str]:
        """The records a record is inside of, the nearest first."""
        names: list[str] = []
        outer = self.by_name[name].inside
        while outer is not None and outer not in names:
            names.append(outer)
            outer = self.by_name[outer].inside
        return names

    @cached_property
    def totals(self) -> tuple[Total, ...]:
        """Every different control total of the file."""
        found = (field.total for record in self.records for field in record.fields if field.total)
        return tuple(dict.fromkeys(found))

    @cached_property
    def added(self) -> frozenset[tuple[str, int]]:
        """(record, column) of every sum some total of this file runs over."""
        return frozenset((total.records[0], total.column) for total in self.totals if total.kind == "sum")
