"""Rows set aside: every problem is counted; the first ones are put into words, of the many behind them a few of each code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bank_profiles.codecs.codec import BadLine, Codec, Item
from bank_profiles.engine.explain import Explainer
from bank_profiles.errors import LISTED_PER_CODE_MAX, NONE_BEYOND, Beyond, DataPlace, Problem, ProfilePlace, RowProblem
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import BadValue

PARKED_MAX = 20_000  # nobody looks at more: where they are most of a file, it is another one than agreed
NAMED_MAX = 200  # problems of rows named one by one; of more, a few of each code show what is behind them


@dataclass
class Parking:
    """The parked rows of one file. Words are slow to make: a problem that is only counted gets none."""

    codec: Codec
    explainer: Explainer
    rows: int = 0  # one may have several problems
    problems: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # problems by code
    alike: Counter[tuple[str, ProfilePlace | None]] = field(default_factory=Counter)  # by code and rule
    lines: set[str] = field(default_factory=set)  # every line_ref some row of which was parked
    named: list[RowProblem] = field(default_factory=list)
    beyond: dict[str, Beyond] = field(default_factory=dict)  # what ``named`` does not name one by one

    def cell(self, item: Item, record: RecordLayout, of: Field, raw: str, why: BadValue, line_ref: str | None) -> None:
        if line_ref is not None:
            self.lines.add(line_ref)
        if self._is_named(why.code, of.rule, item, record):
            place = self.codec.place(self.explainer.name, item.line, record, of)
            self.named.append(self.explainer.cell(of, raw, why, place, line_ref))

    def line(self, item: Item, record: RecordLayout, bad: BadLine) -> None:
        if self._is_named(bad.code, record.rule, item, record):
            self.named.append(self.explainer.line(bad, self._place(item, record), record.rule))

    def row(self, item: Item, record: RecordLayout, rows: int) -> Problem | None:
        """Counts a row that has problems. ``rows``: all so far; where most of them are parked, the problem that refuses the file."""
        self.rows += 1
        if self.rows <= PARKED_MAX or self.rows * 2 <= rows:
            return None
        return self.explainer.mostly_unreadable(self._place(item, record), self.rows, rows, record.rule)

    def _is_named(self, code: str, rule: ProfilePlace, item: Item, record: RecordLayout) -> bool:
        """Counts a problem. Is it one of those that are put into words?"""
        self.problems += 1
        self.counts[code] += 1
        self.alike[code, rule] += 1
        named = self.problems <= NAMED_MAX or self.counts[code] <= LISTED_PER_CODE_MAX
        if not named:
            self.beyond[code] = self.beyond.get(code, NONE_BEYOND).and_one(self._place(item, record).line)
        return named

    def _place(self, item: Item, record: RecordLayout) -> DataPlace:
        return self.codec.place(self.explainer.name, item.line, record, None)
