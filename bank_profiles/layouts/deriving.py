"""The columns of a record that are made of its others: parts, joins, second fields of one column, signs, directions, years.

A column that is only material (its meaning is in what is made of it) keeps its place and gives up its target. What is made stands
behind the record's own columns, in the order it can be made in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bank_profiles.language.fields import FieldRule, SignBy
from bank_profiles.language.records import Record
from bank_profiles.layouts.converting import ISO_DATE, Converting
from bank_profiles.layouts.layout import Field, Made, Turned
from bank_profiles.values.amounts import Money
from bank_profiles.values.converters import Converter, Plain, own_words
from bank_profiles.values.dates import Clock, Day
from bank_profiles.values.making import Copy, FirstOf, Going, Join, OneAmount, PartOf, Way, WithSign, WithYear
from bank_profiles.values.targets import CODE, column_of, targets
from bank_profiles.values.turning import Flow, Moments, MomentText, Same, SignText, Size, Turn
from reconciliation.words import DIRECTIONS


def derive(
    record: Record, converting: Converting, fields: Sequence[Field], virtual: Mapping[str, Field], summed: frozenset[str]
) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The own fields, some of them now material only, and the fields made of them.

    ``virtual``: the fields of the columns that take no place, by name. ``summed``: columns and targets that some total adds up.
    """
    deriving = _Deriving(record, converting, list(fields), summed, len(fields))
    for index, each in enumerate(fields):
        if each.name in record.fields and each.referred is None:
            deriving.own(index, record.fields[each.name])
    for column, each in virtual.items():
        deriving.virtual(each, record.fields[column])
    deriving.movement()
    made = len(fields)
    return tuple(deriving.columns[:made]), tuple(deriving.columns[made:])


def directed(record: Record) -> dict[str, str]:
    """Columns whose amount says where a movement goes, and where it goes when above zero."""
    if record.gives != "movement":
        return {}
    known = {*record.always, *(target for rule in record.fields.values() for target in rule.targets)}
    amounts = {column: rule for column, rule in record.fields.items() if rule.to == "amount"}
    signed = "direction" not in known and "direction" not in record.carry
    found = {column: rule.direction or ("in" if rule.sign and signed else None) for column, rule in amounts.items()}
    return {column: way for column, way in found.items() if way}


@dataclass
class _Deriving:
    """One record's columns while what is made of them is added."""

    record: Record
    converting: Converting
    columns: list[Field]
    summed: frozenset[str]
    own_columns: int
    amounts: list[tuple[int, str]] = field(default_factory=list)  # where an amount with a direction ends, and the direction

    def own(self, index: int, rule: FieldRule) -> None:
        if rule.take:
            index = self._stage(index, PartOf(*rule.take))
        self._meaning(index, rule)

    def virtual(self, base: Field, rule: FieldRule) -> None:
        way: Way = PartOf(*rule.take) if rule.take and rule.of else Join() if rule.join else FirstOf()
        reads = [self._index(name) for name in rule.sources]
        self._meaning(self._add(base, way, reads), rule)

    def _meaning(self, index: int, rule: FieldRule) -> None:
        """What the text at ``index`` says: its first field, then the others it fills too."""
        whole = index
        if isinstance(rule.sign, SignBy):
            by = self._index(rule.sign.by)
            self._turn_sign(index, by, rule.sign)
            index = self._stage(index, WithSign(rule.sign.minus, rule.sign.plus), by)
        if rule.to and (spellings := self.converting.yearless(rule.to, rule)):
            self._turn(index, Same(rule.to), Day(spellings))
            index = self._with_year(index, rule, spellings)
        if way := directed(self.record).get(self.columns[whole].name):
            self.amounts.append((index, way))
        for target in rule.targets[1:]:
            self._copy(whole, target, rule)
        self._turn_moment(whole, rule)
        self._keep_code(whole, rule)

    def _with_year(self, index: int, rule: FieldRule, spellings: tuple[str, ...]) -> int:
        assert rule.year is not None
        near, anchor, iso = rule.year.near is not None, rule.year.anchor, Day((ISO_DATE,))
        if anchor not in self.record.fields:
            return self._stage(index, WithYear(spellings, near, iso), converter=iso, fact=anchor)
        other = self._index(anchor)
        known = self.columns[other].converter
        assert known is not None
        return self._stage(index, WithYear(spellings, near, known), other, converter=iso)

    def _copy(self, index: int, target: str, rule: FieldRule) -> None:
        base = replace(
            self.columns[index], target=target, converter=self.converting.converter(target, rule), required=rule.required
        )
        self._add(base, Copy(), [index])

    def _keep_code(self, index: int, rule: FieldRule) -> None:
        """Where unknown codes are kept as "other", the code itself is kept beside it, unless a column gives it."""
        code = f"{rule.to}{CODE}"
        reached = {target for each in self.record.fields.values() for target in each.targets}
        known = code in targets(self.record.gives)
        if known and rule.map and self.converting.profile.maps[rule.map].other == "keep" and code not in reached:
            self._copy(index, code, rule)

    def movement(self) -> None:
        """The amount and the direction of a movement whose amounts say where they go."""
        if not self.amounts:
            return
        reads = [index for index, _ in self.amounts]
        base = self.columns[reads[0]]
        monies = [self._money(index) for index in reads]
        for index, (_, way) in zip(reads, self.amounts, strict=True):
            if self.columns[index].made is None:
                self._turn(index, Flow(way, alone=len(reads) > 1), self._money(index))
            summed = not {self.columns[index].name, "amount"}.isdisjoint(self.summed)
            kept = self._money(index) if summed and index < self.own_columns else None
            self.columns[index] = replace(self.columns[index], target=None, required=False, converter=kept, feeds=True)
        names = tuple(self.columns[index].name for index in reads)
        plain = replace(base, required=True, says=None)
        amount = replace(monies[0], positive=False, unsigned=True)
        self._add(replace(plain, target="amount", converter=amount), OneAmount(names), reads)
        going = Going(tuple((way, money) for (_, way), money in zip(self.amounts, monies, strict=True)))
        words = own_words(tuple(DIRECTIONS))
        self._add(replace(plain, target="direction", converter=words, missing=("",), required=False), going, reads)

    def _money(self, index: int) -> Money:
        money = self.columns[index].converter
        assert isinstance(money, Money)
        return replace(money, positive=False)

    # ---- the way back: what these columns are written from ----

    def _turn(self, index: int, turn: Turn, converter: Converter | None) -> None:
        if index < self.own_columns and converter is not None and self.columns[index].says is None:
            self.columns[index] = replace(self.columns[index], turned=Turned(turn, converter))

    def _signed(self, index: int) -> Turn | None:
        """What an amount is written from, its sign included."""
        base, kind = self.columns[index], self.record.gives
        ways = directed(self.record)
        if base.name in ways:
            return Flow(ways[base.name], alone=len(ways) > 1)
        return Same(column_of(kind, base.target)) if kind and base.target else None

    def _turn_sign(self, index: int, by: int, sign: SignBy) -> None:
        signed, money = self._signed(index), self.columns[index].converter
        if signed is None:
            return
        self._turn(index, Size(signed), replace(money, positive=False) if isinstance(money, Money) else money)
        if self.columns[by].target is None:
            self._turn(by, SignText(signed, sign.minus[0], sign.plus[0]), Plain())

    def _turn_moment(self, index: int, rule: FieldRule) -> None:
        """A column that gives a day and a time is written from both."""
        days = [target for target in rule.targets if self.converting.kind(target) == "date"]
        clocks = [target for target in rule.targets if self.converting.kind(target) == "time"]
        converter = self.columns[index].converter
        if len(days) == len(clocks) == 1 and isinstance(converter, Day | Clock):
            self._turn(index, Moments(days[0], clocks[0]), MomentText(converter.spellings, converter.pivot))

    # ---- adding ----

    def _stage(self, index: int, way: Way, *others: int, converter: Converter | None = None, fact: str | None = None) -> int:
        """What the column at ``index`` means is said by something made of it."""
        base = self.columns[index]
        summed = not {base.name, base.target}.isdisjoint(self.summed)
        self.columns[index] = replace(base, target=None, required=False, converter=base.converter if summed else None, feeds=True)
        return self._add(replace(base, converter=converter or base.converter), way, [index, *others], fact)

    def _add(self, base: Field, way: Way, reads: Sequence[int], fact: str | None = None) -> int:
        for index in reads:
            self.columns[index] = replace(self.columns[index], feeds=True)
        sources = tuple(self.columns[index] for index in reads)
        self.columns.append(
            replace(base, made=Made(way, tuple(reads), sources, fact), turned=None, says=None, total=None, known={})
        )
        return len(self.columns) - 1

    def _index(self, column: str) -> int:
        """Where a column's own text stands: the last thing made of it that has its name and its meaning."""
        return next(i for i, each in enumerate(self.columns) if each.name == column)
