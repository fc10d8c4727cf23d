"""A profile's file made ready for work: records and fields with their converters, as plain data. No code is generated.

FileSpec (what the YAML says)  →  FileLayout  →  codecs cut bytes into texts, values/ makes values of them
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from bank_profiles.errors import ProfilePlace
from bank_profiles.language.fields import Equals, FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.fixed import FixedField
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.sides import Side
from bank_profiles.language.words import SideName, Trim
from bank_profiles.values.amounts import COUNT, Money, money, quantity
from bank_profiles.values.converters import Clock, CodeList, Codes, Converter, Currency, Day, Plain, own_words
from bank_profiles.values.kernels import has_kernel
from bank_profiles.values.targets import FACTS, REQUIRED, SKIP, WORDS, Kind, targets

ISO_DATE, ISO_TIME = "yyyy-MM-dd", "HH:mm:ss"
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
class Field:
    """One column of the bank with everything needed to read and to write it. ``spelt`` is its rule, for what only a codec asks."""

    name: str
    number: int  # 1-based place in the record
    rule: ProfilePlace
    encoding: str
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
    handed_down: bool = False  # records inside this one carry it, or the row before this continuation has it
    known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # texts read before, while one file is read

    @property
    def is_read(self) -> bool:
        return self.converter is not None or self.says is not None or self.handed_down

    @property
    def repeats(self) -> bool:
        """Few different texts in many rows: read by converting every different text once (values/kernels.py)."""
        return self.says is not None or self.converter is None or not has_kernel(self.converter)


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

    @cached_property
    def by_target(self) -> dict[str, Field]:
        own = {field.target: field for field in self.fields if field.target}
        return {each.field.target: each.field for each in self.carried if each.field.target} | own


@dataclass(frozen=True)
class FileLayout:
    """One file of a side: how its lines are cut, and its records by where they stand."""

    key: str  # its key in the profile
    spec: FileSpec
    encoding: str
    records: tuple[RecordLayout, ...]
    rule: ProfilePlace

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


# ---- from a profile -----------------------------------------------------------------------------------------------------------------


def layout(profile: Profile, side_name: SideName, key: str) -> FileLayout:
    """The layout of one file of a checked profile."""
    side, spec = profile.side(side_name), profile.side(side_name).files[key]
    path = (side_name, "files", key)
    records = tuple(_RecordMaker(profile, side, key, name, path).record() for name in spec.records)
    return FileLayout(key, spec, side.encoding(key), records, profile.rule(*path))


@dataclass(frozen=True)
class _RecordMaker:
    """Makes the layout of one record, looking at those around it for what is carried down."""

    profile: Profile
    side: Side
    key: str
    name: str
    path: tuple[str, ...]

    @property
    def _spec(self) -> FileSpec:
        return self.side.files[self.key]

    @property
    def _record(self) -> Record:
        return self._spec.records[self.name]

    def record(self) -> RecordLayout:
        record, at = self._record, (*self.path, "records", self.name)
        columns = list(record.fields)
        return RecordLayout(
            name=self.name,
            kind=record.gives,
            place=record.place,
            occurs=record.occurs,
            when={columns.index(column): text for column, text in record.when.items()},
            fields=tuple(self._field(number, column) for number, column in enumerate(columns, start=1)),
            always=record.always,
            rule=self.profile.rule(*at),
            spec=record,
            inside=record.inside,
            carried=tuple(self._carried(target) for target in record.carry),
        )

    def _field(self, number: int, column: str) -> Field:
        rule = self._record.fields[column]
        down = {target for other in self._spec.records.values() if self._is_around(other) for target in other.carry}
        maker = FieldMaker(self.profile, self.side, self.key, self._record, (*self.path, "records", self.name))
        goes_on = isinstance(self._record, LineRecord) and bool(self._record.continues) and rule.to not in (None, SKIP)
        return maker.field(number, column, rule, handed_down=rule.to in down or goes_on, total=self._total(rule.equals))

    def _is_around(self, other: Record) -> bool:
        outer = other.inside
        while outer is not None and outer != self.name:
            outer = self._spec.records[outer].inside
        return outer is not None

    def _carried(self, target: str) -> Carried:
        """The nearest record around this one that has the field, read as a field of this one."""
        outer = self._record.inside
        while outer is not None:
            record = self._spec.records[outer]
            for index, (column, rule) in enumerate(record.fields.items()):
                if rule.to == target:
                    path = (*self.path, "records", outer)
                    maker = FieldMaker(self.profile, self.side, self.key, self._record, path)
                    return Carried(outer, index, maker.field(index + 1, column, rule, of=record))
            outer = record.inside
        raise KeyError(target)  # found by the checks

    # ---- totals ----

    def _total(self, equals: Equals | None) -> Total | None:
        if equals is None:
            return None
        if equals.digest:
            return Total("digest", digest=equals.digest, warns=equals.severity == "warning")
        if equals.count:
            kind: TotalKind = "count"
            records, column = equals.count, -1
        else:
            record, _, name = (equals.sum or equals.hash or "").partition(".")
            kind, records = "sum" if equals.sum else "hash", (record,)
            fields = self._spec.records[record].fields
            column = next(i for i, (title, rule) in enumerate(fields.items()) if name == (rule.to if equals.sum else title))
        return Total(
            kind,
            records,
            column,
            under=self._under(records),
            where=self._where(records[0], equals.where),
            take=equals.take,
            modulo=equals.modulo,
            per=equals.per or 1,
            warns=equals.severity == "warning",
        )

    def _where(self, record: str, where: Mapping[str, str]) -> tuple[tuple[int, str], ...]:
        columns = list(self._spec.records[record].fields) if record != LINES else []
        return tuple((columns.index(column), text) for column, text in where.items())

    def _under(self, counted: tuple[str, ...]) -> str | None:
        """The nearest record that the total and all that it counts stand in; the total's own record is one."""
        mine = [self.name, *self._around(self.name)]
        return next((name for name in mine if all(name in (each, *self._around(each)) for each in counted)), None)

    def _around(self, name: str) -> list[str]:
        names: list[str] = []
        outer = self._spec.records[name].inside if name != LINES else None
        while outer is not None:
            names.append(outer)
            outer = self._spec.records[outer].inside
        return names


@dataclass(frozen=True)
class FieldMaker:
    """Makes the fields of one record: the target decides the converter, the rule its spelling."""

    profile: Profile
    side: Side
    key: str
    record: Record
    path: tuple[str, ...]

    def field(
        self,
        number: int,
        column: str,
        rule: FieldRule,
        *,
        handed_down: bool = False,
        total: Total | None = None,
        of: Record | None = None,
    ) -> Field:
        target = None if rule.to in (None, SKIP) else rule.to
        return Field(
            name=column,
            number=number,
            rule=self.profile.rule(*self.path, "fields", column),
            encoding=self.side.encoding(self.key),
            spelt=rule,
            target=target,
            converter=self._converter(target, rule),
            says=rule.const if rule.const is not None else (of or self.record).when.get(column),
            batch_of_inquiry=rule.same_as is not None,
            total=total,
            required=rule.required or rule.equals is not None or target in REQUIRED.get(self.record.gives or "", ()),
            longest=rule.longest,
            trim=rule.trim or "both",
            missing=self.side.missing(rule),
            span=(rule.at - 1, rule.at - 1 + rule.width) if isinstance(rule, FixedField) and rule.at and rule.width else None,
            pad=(rule.pad if isinstance(rule, FixedField) else None) or " ",
            align_right=isinstance(rule, FixedField) and (rule.align == "right" or (rule.align is None and rule.pad == "0")),
            handed_down=handed_down,
        )

    def _converter(self, target: str | None, rule: FieldRule) -> Converter | None:
        if rule.equals is not None:
            return self._of_total(rule, rule.equals)
        if target is None:
            return Plain() if rule.same_as else None
        kind = self._kind(target)
        if kind is None:
            return None  # handed down only: read as a field of the record that carries it
        if kind in ("word", "words", "currency"):
            return self._words(kind, target, rule)
        if kind == "money":
            return self._money(rule, positive=self.record.gives == "movement" and target == "amount")
        by_kind: dict[str, Converter] = {
            "date": Day(self._spellings(rule, "dd", "d") or (ISO_DATE,)),
            "time": Clock(self._spellings(rule, "HH") or (ISO_TIME,)),
            "decimal": quantity(rule.decimals, rule.sign),
            "integer": COUNT,
        }
        return by_kind.get(kind, Plain())

    def _of_total(self, rule: FieldRule, equals: Equals) -> Converter:
        if equals.digest:
            return Plain()
        return self._money(rule) if equals.sum else COUNT

    def _kind(self, target: str) -> Kind | None:
        return FACTS.get(target) if self.record.gives is None else targets(self.record.gives)[target]

    def _money(self, rule: FieldRule, *, positive: bool = False) -> Money:
        return money(self.side.unit(rule) or "minor", rule.decimals, rule.sign, positive=positive)

    def _spellings(self, rule: FieldRule, *parts: str) -> tuple[str, ...]:
        """The column's own spellings; those of the side's defaults only where they speak of this kind of value."""
        own = rule.formats or ((rule.format,) if rule.format else ())
        return own or tuple(spelling for spelling in self.side.formats(rule) if any(part in spelling for part in parts))

    def _words(self, kind: str, target: str, rule: FieldRule) -> Converter:
        if rule.map is None:
            if kind == "currency":
                return Currency()
            codes = own_words(tuple(WORDS[target]))
        else:
            code_map = self.profile.maps[rule.map]
            codes = Codes(rule.map, code_map.codes, code_map.to_code(), refuses_file=code_map.other == "stop")
        return CodeList(codes, rule.list or ",") if kind == "words" else codes
