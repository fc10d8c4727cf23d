"""From a checked profile to the layout of one of its files: what the YAML says, made ready for work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bank_profiles.errors import Text
from bank_profiles.language.fields import Equals, FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.excel import Excel
from bank_profiles.language.formats.fixed import FixedField, WideField
from bank_profiles.language.formats.json import JsonRecord
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.formats.self_describing import DescribedField, SelfDescribing
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.sides import Side
from bank_profiles.language.words import SideName
from bank_profiles.layouts.converting import Converting
from bank_profiles.layouts.deriving import derive
from bank_profiles.layouts.layout import LINES, Carried, Field, FileLayout, RecordLayout, Referred, Total, TotalKind
from bank_profiles.values.converters import Converter, Filled, Plain
from bank_profiles.values.identifying import NUMBERS
from bank_profiles.values.making import WithYear
from bank_profiles.values.targets import REQUIRED, SKIP


def layout(profile: Profile, side_name: SideName, key: str) -> FileLayout:
    """The layout of one file of a checked profile."""
    side, spec = profile.side(side_name), profile.side(side_name).files[key]
    path = (side_name, "files", key)
    records = tuple(_RecordMaker(profile, side, key, name, path).record() for name in spec.records)
    said = (*path, "encoding") if spec.encoding else (side_name, "defaults", "encoding")
    return FileLayout(key, spec, side.encoding(key), records, profile.rule(*path), profile.rule(*said))


_NOT_LOST = {"any": "at_least_one", "optional": "one"}


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

    @cached_property
    def _converting(self) -> Converting:
        return Converting(self.profile, self.side, self._record, shown=isinstance(self._spec, Excel))

    def record(self) -> RecordLayout:
        record = self._record
        columns = list(record.placed)
        fields, derived = self._columns()
        elsewhere = {field.target for field in fields if field.referred}
        return RecordLayout(
            name=self.name,
            kind=record.gives,
            place=record.place,
            occurs=self._occurs(),
            when={columns.index(column): text for column, text in record.when.items()},
            fields=fields,
            always=record.always,
            rule=self.profile.rule(*self.path, "records", self.name),
            spec=record,
            inside=record.inside,
            carried=tuple(self._carried(target) for target in record.carry if target not in elsewhere),
            derived=derived,
            keys=self._keys(),
        )

    def _keys(self) -> tuple[tuple[int, int], ...]:
        record = self._record
        if record.inside is None or not record.by:
            return ()
        mine, theirs = list(record.placed), list(self._spec.records[record.inside].placed)
        return tuple((mine.index(own), theirs.index(there)) for own, there in record.by.items())

    def _occurs(self) -> str:
        """A header that says the batch is there, or the file is not known to be the answer to it."""
        record = self._record
        around = {other.inside for other in self._spec.records.values()}
        proves = any(rule.same_as for rule in record.fields.values()) and not (
            record.gives or record.inside or self.name in around
        )
        return _NOT_LOST.get(record.occurs, record.occurs) if proves else record.occurs

    def _columns(self) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        """The fields the codec gives cells for, and those made of them."""
        columns = list(self._record.placed)
        own = [self._field(number, column) for number, column in enumerate(columns, start=1)]
        places = {field.name: field for field in own}
        virtual = {}
        for column, rule in self._record.fields.items():
            if rule.is_virtual:
                source = places[rule.sources[0]]
                virtual[column] = replace(self._field(source.number, column), span=source.span)
                places[column] = virtual[column]
        summed = (rule.equals.sum for other in self._spec.records.values() for rule in other.fields.values() if rule.equals)
        added = frozenset(name for sum_ in summed if sum_ for record, _, name in [sum_.partition(".")] if record == self.name)
        return derive(self._record, self._converting, [*own, *self._referred(columns)], virtual, added)

    def _field(self, number: int, column: str) -> Field:
        rule = self._record.fields[column]
        down = {target for other in self._spec.records.values() if self._is_around(other) for target in other.carry}
        maker = FieldMaker(self.profile, self.side, self.key, self._record, (*self.path, "records", self.name), self._converting)
        goes_on = isinstance(self._record, LineRecord) and bool(self._record.continues) and rule.to not in (None, SKIP)
        handed_down = goes_on or not down.isdisjoint(rule.targets) or self._is_looked_at(column)
        return maker.field(number, column, rule, handed_down=handed_down, total=self._total(rule.equals))

    def _is_looked_at(self, column: str) -> bool:
        """Is it a key, does a total hash it, or count only rows in which it says something?"""
        named = {there for other in self._spec.records.values() if other.inside == self.name for there in other.by.values()}
        if column in self._record.by or column in named:
            return True
        totals = [rule.equals for other in self._spec.records.values() for rule in other.fields.values() if rule.equals]
        mine = [
            total for total in totals if self.name in ((total.sum or total.hash or "").partition(".")[0], *(total.count or ()))
        ]
        return any(column in total.where or total.hash == f"{self.name}.{column}" for total in mine)

    def _is_around(self, other: Record) -> bool:
        outer = other.inside
        while outer is not None and outer != self.name:
            outer = self._spec.records[outer].inside
        return outer is not None

    def _carried(self, target: str) -> Carried:
        """The nearest record around this one that has the field, read as a field of this one."""
        for outer in self._around(self.name):
            fields, derived = replace(self, name=outer)._columns()
            found = [(index, field) for index, field in enumerate((*fields, *derived)) if field.target == target]
            if found:
                index, there = found[0]
                return Carried(outer, index, self._taken_over(there, target))
        raise KeyError(target)  # found by the checks

    def _taken_over(self, there: Field, target: str) -> Field:
        whole = there.made is not None and isinstance(there.made.way, WithYear)  # its text is ISO already
        converter = there.converter if whole else self._converting.converter(target, there.spelt)
        required = there.spelt.required or target in REQUIRED.get(self._record.gives or "", ())
        return replace(there, target=target, converter=converter, required=required, made=None, feeds=False, known={})

    def _referred(self, columns: Sequence[str]) -> Iterator[Field]:
        """What is carried from the rows this record refers to; these fields stand behind its own columns."""
        refer = self._record.refer if isinstance(self._record, JsonRecord) else {}
        for by, name in refer.items():
            for column, rule in self._spec.records[name].fields.items():
                if rule.to in self._record.carry:
                    maker = FieldMaker(
                        self.profile, self.side, self.key, self._record, (*self.path, "records", name), self._converting
                    )
                    spelt = maker.field(len(columns) + 1, column, rule)
                    yield replace(spelt, name=f"{by} › {column}", says=None, referred=Referred(columns.index(by), name, column))

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
            columns = list(self._spec.records[record].placed)
            rules = self._spec.records[record].fields
            column = next(i for i, title in enumerate(columns) if name == title or (equals.sum and name == rules[title].to))
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
        columns = list(self._spec.records[record].placed) if record != LINES else []
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
    converting: Converting

    def field(
        self,
        number: int,
        column: str,
        rule: FieldRule,
        *,
        handed_down: bool = False,
        total: Total | None = None,
    ) -> Field:
        target = None if rule.to in (None, SKIP) else rule.to
        return Field(
            name=column,
            number=number,
            rule=self.profile.rule(*self.path, "fields", column),
            encoding=self.side.encoding(self.key),
            because=self._because(rule),
            spelt=rule,
            target=target,
            converter=self._converter(target, rule),
            says=rule.const if rule.const is not None else self.record.when.get(column),
            batch_of_inquiry=rule.same_as is not None,
            total=total,
            required=rule.required
            or rule.same_as is not None
            or (target == "batch_no" and self.record.gives is None)
            or (rule.equals is not None and self.record.gives is None)
            or target in REQUIRED.get(self.record.gives or "", ()),
            longest=rule.longest,
            trim=rule.trim or "both",
            missing=self.side.missing(rule),
            span=self._span(rule),
            pad=(rule.pad if isinstance(rule, WideField) else None) or " ",
            align_right=isinstance(rule, WideField) and (rule.align == "right" or (rule.align is None and rule.pad == "0")),
            handed_down=handed_down,
            answers=column in self.record.says_outcome and target in NUMBERS,
        )

    def _because(self, rule: FieldRule) -> Text | None:
        """What else stands behind the rule: its map, the unit that the side's defaults give it."""
        if rule.map is not None:
            line = self.profile.rule("maps", rule.map).line
            return Text(f"map {rule.map}, line {line}", f"对照表 {rule.map}，第{line}行")
        if rule.to is not None and rule.unit is None and self.converting.kind(rule.to) == "money" and self.side.defaults.unit:
            line = self.profile.rule(self.path[0], "defaults", "unit").line
            said = f"{self.path[0]}.defaults"
            return Text(f"unit from {said}, line {line}", f"单位取自 {said}，第{line}行")
        return None

    def _span(self, rule: FieldRule) -> tuple[int, int] | None:
        """Of a column that each file finds its own place for, only the width it is written with."""
        if isinstance(rule, FixedField) and rule.at and rule.width:
            return rule.at - 1, rule.at - 1 + rule.width
        spec = self.side.files[self.key]
        if isinstance(rule, DescribedField) and isinstance(spec, SelfDescribing) and rule.width:
            return 0, rule.width_in(spec.written_version)
        return None

    def _converter(self, target: str | None, rule: FieldRule) -> Converter | None:
        if rule.equals is not None:
            return self.converting.of_total(rule, rule.equals)
        if rule.same_as or (target == "batch_no" and self.record.gives is None):
            return Filled() if isinstance(rule, WideField) and rule.pad == "0" else Plain()
        if target is None:
            return None
        return self.converting.converter(target, rule)
