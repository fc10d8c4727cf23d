"""A profile's file made ready for work: records and fields with their converters, as plain data. No code is generated.

FileSpec (what the YAML says)  →  FileLayout  →  codecs cut bytes into texts, cells.py and columns.py make values of them
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bank_profiles.amounts import COUNT, Money, money, quantity
from bank_profiles.columns import has_kernel
from bank_profiles.converters import Clock, CodeList, Codes, Converter, Currency, Day, Plain, own_words
from bank_profiles.errors import ProfilePlace
from bank_profiles.profile import FieldRule, FileSpec, Fixed, Profile, Record, Side, SideName, Trim
from bank_profiles.targets import FACTS, REQUIRED, SKIP, WORDS, targets

ISO_DATE, ISO_TIME = "yyyy-MM-dd", "HH:mm:ss"


@dataclass(frozen=True)
class Total:
    """A control total: how many rows ``record`` has, or the sum of its ``target`` as written."""

    record: str
    target: str | None


@dataclass(frozen=True)
class Field:
    """One column of the bank with everything needed to read and to write it. ``span``: 0-based bytes of a fixed record."""

    name: str
    number: int  # 1-based place in the record
    rule: ProfilePlace
    encoding: str
    target: str | None = None  # a field of the record or a fact of the file; None: nothing of it is kept
    converter: Converter | None = None
    says: str | None = None  # a constant, or the marker its record is told by
    batch_of_inquiry: bool = False
    total: Total | None = None
    required: bool = False
    longest: int | None = None  # bytes
    trim: Trim = "both"
    missing: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    pad: str = " "
    align_right: bool = False
    known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # texts read before, while one file is read

    @property
    def is_read(self) -> bool:
        return self.converter is not None or self.says is not None

    @property
    def repeats(self) -> bool:
        """Few different texts in many rows: read by converting every different text once (columns.py)."""
        return self.says is not None or self.converter is None or not has_kernel(self.converter)


@dataclass(frozen=True)
class RecordLayout:
    """One kind of line. ``kind`` names the rows it gives; None for headers and trailers."""

    name: str
    kind: str | None
    place: str | None
    occurs: str
    when: Mapping[int, str]  # index of a field → text
    fields: tuple[Field, ...]
    always: Mapping[str, str]
    rule: ProfilePlace

    @cached_property
    def by_target(self) -> dict[str, Field]:
        return {field.target: field for field in self.fields if field.target}


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

    def record(self, name: str) -> RecordLayout:
        return next(record for record in self.records if record.name == name)

    @cached_property
    def summed(self) -> frozenset[tuple[str, str]]:
        """(record, target) of every sum some total of this file runs over."""
        found = (field.total for record in self.records for field in record.fields if field.total)
        return frozenset((total.record, total.target) for total in found if total.target)

    @property
    def line_end(self) -> bytes:
        """As written; when reading, both are taken."""
        return b"\r\n" if self.spec.line_end == "crlf" else b"\n"


# ---- from a profile -----------------------------------------------------------------------------------------------------------------


def layout(profile: Profile, side_name: SideName, key: str) -> FileLayout:
    """The layout of one file of a checked profile."""
    side, spec = profile.side(side_name), profile.side(side_name).files[key]
    path = (side_name, "files", key)
    records = tuple(_record(profile, side, key, name, record, (*path, "records", name)) for name, record in spec.records.items())
    return FileLayout(key, spec, side.encoding(key), records, profile.rule(*path))


def _record(profile: Profile, side: Side, key: str, name: str, record: Record, path: tuple[str, ...]) -> RecordLayout:
    maker = _FieldMaker(profile, side, key, record, path)
    fields = tuple(maker.field(number, column, rule) for number, (column, rule) in enumerate(record.fields.items(), start=1))
    columns = list(record.fields)
    when = {columns.index(column): text for column, text in record.when.items()}
    return RecordLayout(name, record.gives, record.place, record.occurs, when, fields, record.always, profile.rule(*path))


@dataclass(frozen=True)
class _FieldMaker:
    profile: Profile
    side: Side
    key: str
    record: Record
    path: tuple[str, ...]

    def field(self, number: int, column: str, rule: FieldRule) -> Field:
        target = None if rule.to in (None, SKIP) else rule.to
        spec = self.side.files[self.key]
        return Field(
            name=column,
            number=number,
            rule=self.profile.rule(*self.path, "fields", column),
            encoding=self.side.encoding(self.key),
            target=target,
            converter=self._converter(target, rule),
            says=rule.const if rule.const is not None else self.record.when.get(column),
            batch_of_inquiry=rule.same_as is not None,
            total=self._total(rule),
            required=rule.required or rule.equals is not None or target in REQUIRED.get(self.record.gives or "", ()),
            longest=rule.longest,
            trim=rule.trim or "both",
            missing=self.side.missing(rule),
            span=(rule.at - 1, rule.at - 1 + rule.width) if isinstance(spec, Fixed) and rule.at and rule.width else None,
            pad=rule.pad or " ",
            align_right=rule.align == "right" or (rule.align is None and rule.pad == "0"),
        )

    def _total(self, rule: FieldRule) -> Total | None:
        if rule.equals is None:
            return None
        if rule.equals.sum is None:
            return Total(rule.equals.count or "", None)
        record, _, target = rule.equals.sum.partition(".")
        return Total(record, target)

    def _converter(self, target: str | None, rule: FieldRule) -> Converter | None:
        if rule.equals is not None:
            return self._money(rule) if rule.equals.sum else COUNT
        if target is None:
            return Plain() if rule.same_as else None
        kind = FACTS[target] if self.record.gives is None else targets(self.record.gives)[target]
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
