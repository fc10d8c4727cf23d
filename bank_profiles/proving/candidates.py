"""Values to try a column with, made up from the profile alone: its extremes, its words, what is rare. Nobody real, nothing by chance."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from bank_profiles.codecs import codec_for
from bank_profiles.encodings import size
from bank_profiles.engine.hashing import hashed
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout, Total
from bank_profiles.values.amounts import Money
from bank_profiles.values.converters import BadValue, CodeList, Codes, Converter, Plain
from bank_profiles.values.targets import REQUIRED, Kind, targets

MOST_ROWS = 24  # of one kind in a package made up
_DIGITS_MAX = 15

_LONG = "阿卜杜热合曼·示例·"
_NAMES = ("示例甲", "𠮷田㐂示例", "龦龧", "·", "J. SMITH-EXAMPLE", "0012")
_NUMBERS = ("0017000010009999999", "6217000010001234567", "99010119900101001X", "000000", "A-1")
_DAYS = (date(2026, 1, 4), date(2000, 2, 29), date(1970, 1, 1), date(2038, 12, 31), date(1949, 10, 1), date(9999, 12, 31))
_CLOCKS = (time(0, 0), time(23, 59, 59), time(12, 30), time(7, 30, 1))
_QUANTITIES = ("0", "834.62", "1.9549", "0.00000001", "999999.99999999", "1000000")
_CURRENCIES = ("CNY", "USD", "JPY", "KWD")


@dataclass(frozen=True)
class Seat:
    """One field of one record of one file that a value must fit into."""

    layout: FileLayout
    record: RecordLayout
    field: Field

    def takes(self, text: str) -> bool:
        """Can this be written there, and does it not mean "missing"?"""
        if text in self.field.missing or any(text in meanings for meanings in self.record.spec.says_outcome.values()):
            return False
        if self.field.made is not None:
            return True  # it has no cell of its own: whether it fits is seen when it is written
        if any(hashed(total, self.field, text) is None for total in self._hashes):
            return False
        if self.field.longest is not None and size(text, self.field.encoding) > self.field.longest:
            return False
        try:
            codec_for(self.layout).fit(self.field, text)
        except BadValue:
            return False
        return size(text, self.field.encoding) > 0

    @property
    def must_hold(self) -> bool:
        """Must something stand there? A column that says several things says all of them."""
        rules = self.record.spec.fields.values()
        shared = any(len(rule.targets) > 1 and self.field.target in rule.targets for rule in rules)
        return shared or self.field.required or self.field.made is not None

    @property
    def _hashes(self) -> list[Total]:
        """The totals that add up its digits as numbers."""
        return [
            total
            for total in self.layout.totals
            if total.kind == "hash"
            and total.records == (self.record.name,)
            and self.record.fields[total.column].name == self.field.name
        ]

    @property
    def converter(self) -> Converter:
        return self.field.converter or Plain()

    def holds(self, value: Any) -> bool:
        try:
            text = self.converter.write(value)
        except BadValue:
            return False
        return self.takes(text) and (not isinstance(value, time) or self.converter.read(text) == value)

    def holds_amount(self, minor: int, currency: str, rows: int) -> bool:
        """Does the column hold it, and every total over the column so many of them?"""
        money = self.converter
        if not isinstance(money, Money):
            return False
        try:
            written = money.from_minor(minor, currency)
            if (money.positive or money.unsigned) and minor < 0:
                return False
            return self.takes(money.write(written, currency)) and all(
                Seat(self.layout, record, field).takes(field.converter.write(amount))
                for record, field, total in _totals_over(self)
                if isinstance(field.converter, Money)
                and (amount := _in_total(money, field.converter, written * rows)) is not None
            )
        except BadValue:
            return False


def _totals_over(seat: Seat) -> Iterable[tuple[RecordLayout, Field, Total]]:
    for record in seat.layout.records:
        for field in record.fields:
            total = field.total
            if total is not None and total.kind == "sum" and total.records == (seat.record.name,):
                yield record, field, total


def _in_total(here: Money, there: Money, written: int) -> int:
    shift = here.weight - there.weight
    return int(written * 10**shift) if shift >= 0 else int(written // 10**-shift)


def seats(layouts: Sequence[FileLayout], kind: str, target: str) -> list[Seat]:
    """Every place a field of a kind of rows has of its own; what is carried stands with the row around it."""
    records = [(layout, record) for layout in layouts for record in layout.records if record.kind == kind]
    found = [Seat(layout, record, field) for layout, record in records for field in record.columns if field.target == target]
    return [seat for seat in found if seat.field.made is None] or found


def candidates(kind: str, target: str, found: Sequence[Seat]) -> list[Any]:
    """The values of one field that is no money, as many as are worth trying; None where it may be left out."""
    way = (_PLAIN if any(seat.field.made for seat in found) else _WAYS)[targets(kind)[target]]
    values = [value for value in way(found) if all(seat.holds(value) for seat in found)]
    may_lack = target not in REQUIRED.get(kind, ()) and not any(seat.must_hold for seat in found)
    return [*values, None] if may_lack else values


def amounts(kind: str, target: str, found: Sequence[Seat], currency: str) -> list[int | None]:
    """Amounts in minor units of a currency: nothing, the smallest, the largest that fits, the same below zero."""
    steps = [10 ** max(seat.converter.power(currency), 0) for seat in found if isinstance(seat.converter, Money)]
    step = max(steps, default=1)
    plain = [0, step, -step, 123456 * step, -987 * step]
    sizes = [10**digits // step * step for digits in range(_DIGITS_MAX, 0, -1)]

    def fits(minor: int) -> bool:
        return all(seat.holds_amount(minor, currency, MOST_ROWS) for seat in found)

    largest = next((size - step for size in sizes if size > step and fits(size - step)), 0)
    smallest = next((step - size for size in sizes if size > step and fits(step - size)), 0)
    made: list[int | None] = [minor for minor in dict.fromkeys([*plain, largest, smallest]) if fits(minor)]
    may_lack = target not in REQUIRED.get(kind, ()) and not any(seat.must_hold for seat in found)
    return [*made, None] if may_lack else made


def _words(found: Sequence[Seat]) -> list[str]:
    converters = [seat.converter for seat in found]
    return list(dict.fromkeys(word for each in converters if isinstance(each, Codes) for word in each.to_code))


def _word_lists(found: Sequence[Seat]) -> list[str]:
    words = [word for seat in found if isinstance(seat.converter, CodeList) for word in seat.converter.codes.to_code]
    singles = sorted(set(words))
    return [*singles, ",".join(singles[:2]), ",".join(singles)]


def _texts(found: Sequence[Seat]) -> list[str]:
    longest = next(
        (text for n in (100, 60, 48, 30, 24, 16, 10, 6, 4) if all(s.takes(text := (_LONG * 12)[:n].rstrip("·")) for s in found)),
        "",
    )
    return [*_NAMES, *([longest] if longest else []), *_NUMBERS]


Way = Callable[[Sequence[Seat]], Sequence[Any]]
_WAYS: dict[Kind, Way] = {
    "text": _texts,
    "word": _words,
    "words": _word_lists,
    "currency": lambda found: _words(found) or _CURRENCIES,
    "date": lambda _: _DAYS,
    "time": lambda _: _CLOCKS,
    "decimal": lambda _: [Decimal(text).quantize(Decimal("1E-8")) for text in _QUANTITIES],
    "integer": lambda _: (0, 7, 999),
}
# Of what is made of other columns only what is plain: its parts may be narrow.
_PLAIN: dict[Kind, Way] = {**_WAYS, "text": lambda _: _NUMBERS[:1], "date": lambda _: _DAYS[:1]}
