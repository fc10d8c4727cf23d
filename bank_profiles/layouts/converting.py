"""Which converter a column gets: the target decides what it is, the rule and the side's defaults how it is spelt."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bank_profiles.language.fields import Equals, FieldRule, SignBy
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.sides import Side
from bank_profiles.language.words import SignWord
from bank_profiles.values.amounts import COUNT, DECIMAL_PLACES, Money, Quantity, free_places, shows_point
from bank_profiles.values.converters import CodeList, Codes, Converter, Currency, Masked, Plain, own_words
from bank_profiles.values.date_formats import has_clock, has_day, is_yearless
from bank_profiles.values.dates import Clock, Day
from bank_profiles.values.line_refs import LineRef
from bank_profiles.values.numbers import Number
from bank_profiles.values.targets import FACTS, WORDS, Kind, targets

ISO_DATE, ISO_TIME = "yyyy-MM-dd", "HH:mm:ss"
KEPT_AS = "other"  # the word for a code nobody knows, where a map keeps such rows


@dataclass(frozen=True)
class Converting:
    """The converters of one record's columns. ``shown``: numbers of this format show their point (cells of sheets)."""

    profile: Profile
    side: Side
    record: Record
    shown: bool = False

    def converter(self, target: str, rule: FieldRule) -> Converter | None:
        """None: the target is no field of this record; it is only handed down to those inside."""
        kind = self.kind(target)
        if kind is None:
            return None
        by_kind: dict[Kind, Callable[[], Converter]] = {
            "word": lambda: self._codes(target, rule),
            "words": lambda: CodeList(self._codes(target, rule), rule.list or ","),
            "currency": lambda: self._codes(target, rule) if rule.map else Currency(),
            "money": lambda: self.money(rule, positive=self.record.gives == "movement" and target == "amount"),
            "date": lambda: Day(self._spellings(rule, kind) or (ISO_DATE,), self.side.pivot(rule)),
            "time": lambda: Clock(self._spellings(rule, kind) or (ISO_TIME,), self.side.pivot(rule)),
            "decimal": lambda: Quantity(self._number(rule, DECIMAL_PLACES, shows=rule.decimals is None)),
            "integer": lambda: self._count(rule),
            "text": lambda: self._text(target, rule),
        }
        return by_kind[kind]()

    def of_total(self, rule: FieldRule, equals: Equals) -> Converter:
        if equals.digest:
            return Plain()
        return self.money(rule) if equals.sum else self._count(rule)

    def kind(self, target: str) -> Kind | None:
        return FACTS.get(target) if self.record.gives is None else targets(self.record.gives).get(target)

    def _text(self, target: str, rule: FieldRule) -> Converter:
        if target == "line_ref":
            return LineRef(alone=self.profile.inquiry.names_batch)
        return Masked(rule.masked) if rule.masked else Plain()

    # ---- numbers ----

    def money(self, rule: FieldRule, *, positive: bool = False) -> Money:
        unit = self.side.unit(rule) or "minor"
        shows = shows_point(unit) and (rule.decimals is None or self._says_point(rule))
        number = self._number(rule, free_places(unit) if shows else 0, shows=shows)
        return Money(unit, number, positive, coarse=shows and rule.decimals is not None)

    def _number(self, rule: FieldRule, places: int, *, shows: bool) -> Number:
        return Number(
            places if rule.decimals is None else rule.decimals,
            shows or (rule.decimals is not None and self._says_point(rule)),
            sign_word(rule),
            plus=rule.plus,
            point=self.side.point(rule) or ".",
            grouping=self.side.grouping(rule),
            strip=rule.strip or (),
        )

    def _says_point(self, rule: FieldRule) -> bool:
        """Decimals with a point are what is shown at most; without one they are implied."""
        return rule.point is not None or self.shown

    def _count(self, rule: FieldRule) -> Number:
        return replace(COUNT, grouping=self.side.grouping(rule), strip=rule.strip or ())

    # ---- dates ----

    def _spellings(self, rule: FieldRule, kind: Kind) -> tuple[str, ...]:
        """The column's own spellings; those of the side's defaults only where they speak of this kind of value."""
        own = rule.formats or ((rule.format,) if rule.format else ())
        says = has_day if kind == "date" else has_clock
        return own or tuple(spelling for spelling in self.side.formats(rule) if says(spelling))

    def yearless(self, target: str, rule: FieldRule) -> tuple[str, ...]:
        """The spellings without a year of a date; none of anything else."""
        own = rule.formats or ((rule.format,) if rule.format else ())
        return tuple(filter(is_yearless, own)) if rule.year and self.kind(target) == "date" else ()

    # ---- words ----

    def _codes(self, target: str, rule: FieldRule) -> Codes:
        if rule.map is None:
            return own_words(tuple(WORDS[target]))
        said = self.profile.maps[rule.map]
        keeps = KEPT_AS if said.other == "keep" else None
        return Codes(rule.map, said.to_word, said.to_code(), refuses_file=said.other == "stop", keeps=keeps)


def sign_word(rule: FieldRule) -> SignWord | None:
    return None if isinstance(rule.sign, SignBy) else rule.sign
