"""Tables of records → one file as blocks of bytes, by the same layout that reads it. Nothing is cut short, rounded or replaced.

Whole columns become text and then lines or elements. Where a value does not fit, the plain converters go through the rows and say
which and why, and nothing of the file counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadLine, MakesLines, Sheaf
from bank_profiles.engine.heralds import is_herald
from bank_profiles.engine.misfits import Misfits, line_ref_of
from bank_profiles.engine.rereading import Rereading
from bank_profiles.engine.sharing import is_told, rows_of
from bank_profiles.engine.spelling import Spelling
from bank_profiles.engine.taken import Taken, Weight
from bank_profiles.engine.totals import Tally
from bank_profiles.engine.weaving import NoParent, Woven, weave
from bank_profiles.errors import Problem, UnwritableRoster
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money, Number
from bank_profiles.values.converters import BadValue, Converter
from bank_profiles.values.turning import Moments, turned

if TYPE_CHECKING:
    Column = pa.Array[Any]

ROWS_AT_ONCE = 1 << 15  # some ten megabytes of lines: bounds memory whatever the size of the tables


class FileWriting:
    """One file being written. ``facts`` are what header and trailer may say (targets.WRITTEN_FACTS)."""

    def __init__(self, layout: FileLayout, file: str, facts: Mapping[str, Any]) -> None:
        self.layout, self.file, self.facts = layout, file, facts
        self._codec = codec_for(layout)
        self._tally = Tally(layout)
        self._line = 0  # rows written so far
        self._spelling = Spelling(layout, self._said)
        self._misfits = Misfits(self._codec, self._spelling, file)
        said_first = {field.target for record in self._heralds()[0] for field in record.columns}
        self._rereading = Rereading(layout, self._codec, {name: fact for name, fact in facts.items() if name in said_first})

    def blocks(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[bytes]:
        """``tables``: rows by record kind, in exchange.RECORDS' columns. Raises UnwritableRoster: then no block of it may be used."""
        heads, tails = self._heralds()
        portions: Iterable[list[Woven]] = ([_turned(woven) for woven in portion] for portion in self._portions(tables))
        if any(field.total for record in heads for field in record.fields):
            portions = list(portions)  # the first line counts those that follow
            for portion in portions:
                self._count(portion)
        else:
            portions = self._counting(portions)
        for record in heads:
            yield self._alone(record)
        for portion in portions:
            yield self._written(portion)
        for record in tails:
            yield self._alone(record)
        if end := self._codec.end():
            yield end

    def _heralds(self) -> tuple[list[RecordLayout], list[RecordLayout]]:
        """Headers and trailers: by their place, else by whether the profile has them before or behind the rows."""
        records = list(self.layout.records)
        body = [i for i, record in enumerate(records) if not is_herald(self.layout, record)]
        first = body[0] if body else len(records)
        heads: list[RecordLayout] = []
        tails: list[RecordLayout] = []
        for index, record in enumerate(records):
            if is_herald(self.layout, record):
                ahead = record.place in ("first", "preamble") or (record.place is None and index < first)
                (heads if ahead else tails).append(record)
        return heads, tails

    # ---- rows ----

    def _portions(self, tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[list[Woven]]:
        """Flat files flow; a nested one is woven whole."""
        records = [r for r in self.layout.records if not is_herald(self.layout, r) and not r.is_continuation]
        if any(record.inside for record in records):
            try:
                woven = weave(self.layout, records, tables)
            except NoParent as lost:
                raise UnwritableRoster([self._misfits.no_parent(lost)]) from None
            if several := [
                self._misfits.several(each) for each in woven if each.record.place is not None and each.table.num_rows > 1
            ]:
                raise UnwritableRoster(several)
            yield woven
            return
        written: set[str] = set()
        for record in records:
            of_kind = tables.get(record.kind or "", ())
            if record.kind and (record.kind not in written or is_told(of_kind)):
                written.add(record.kind)
                for table in rows_of(record, of_kind):
                    for start in range(0, table.num_rows, ROWS_AT_ONCE):
                        part = table.slice(start, ROWS_AT_ONCE).combine_chunks()
                        yield [Woven(record, part, None, np.arange(part.num_rows))]

    def _counting(self, portions: Iterable[list[Woven]]) -> Iterator[list[Woven]]:
        for portion in portions:
            self._count(portion)
            yield portion

    def _written(self, portion: Sequence[Woven]) -> bytes:
        if others := [problem for woven in portion for problem in self._misfits.not_always(woven, self._line + 1)]:
            raise UnwritableRoster(others)
        sheaves = [self._spelling.sheaf(woven, portion) for woven in portion]
        whole = [sheaf for sheaf in sheaves if sheaf is not None]
        block = self._composed(whole) if len(whole) == len(sheaves) else None
        if block is None:  # some value does not fit: which, and why?
            whole = [self._misfits.sheaf(woven, portion, self._line + 1) for woven in portion]
            block = self._composed(whole)
            assert block is not None, "the plain converters wrote what the codec cannot join"
        if lost := [each for woven, sheaf in zip(portion, whole, strict=True) for each in self._lost(woven, sheaf)]:
            raise UnwritableRoster(lost)
        self._line += sum(woven.table.num_rows for woven in portion)
        if isinstance(self._codec, MakesLines):
            self._tally.rows.update(self._codec.made)
            self._codec.made.clear()
        return block

    def _lost(self, woven: Woven, sheaf: Sheaf) -> Iterator[Problem]:
        """Values that our own reader would not read back."""
        for row, field, why in self._rereading.differing(sheaf, woven):
            yield self._misfits.problem(woven.record, field, why, self._line + 1 + row, line_ref_of(woven, row))

    def _composed(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        try:
            return self._codec.compose(sheaves)
        except BadLine as bad:
            place = self._codec.place(self.file, self._line + 1, None, None)
            problem = Problem(
                code=bad.code, place=place, what=bad.what, expected=bad.expected, hint=bad.hint, rule=self.layout.rule
            )
            raise UnwritableRoster([problem]) from None

    # ---- totals ----

    def _count(self, portion: Sequence[Woven]) -> None:
        """Rows written, and what they weigh in the totals over the whole file."""
        for woven in portion:
            count = woven.table.num_rows
            weights = {
                total: Weight(self._spelling.weights(total, woven))
                for total in self.layout.totals
                if woven.record.name in total.records and total.under is None and (total.kind != "count" or total.where)
            }
            self._tally.add(Taken(woven.record, np.zeros(count, np.int64), 0, {}, {}, weights))

    # ---- header and trailer ----

    def _alone(self, record: RecordLayout) -> bytes:
        """A header or trailer, its totals over the rows as they were written."""
        texts, problems = [], []
        self._line += 1
        for field in record.fields:
            try:
                texts.append(self._misfits.text(field, self._said(field)))
            except BadValue as bad:
                problems.append(self._misfits.problem(record, field, bad, self._line))
        lost = () if problems else self._rereading.alone(record, texts, self.facts)
        problems += [self._misfits.problem(record, field, why, self._line) for field, why in lost]
        if problems:
            raise UnwritableRoster(problems)
        columns = [pa.array([text], pa.string()) for text in texts]
        block = self._codec.compose([Sheaf(record, columns, np.zeros(1, np.int64))])
        assert block is not None, "every cell was found to fit"
        return block

    def _said(self, field: Field) -> str | None:
        total = field.total
        if total is not None and total.kind == "digest":
            return self._codec.digest(total.digest or "")
        if total is not None and isinstance(field.converter, Money | Number):
            return field.converter.write(self._tally.to_write(field, self._all_lines()))
        if field.turned is not None and isinstance(field.turned.turn, Moments):
            return self._moment(field.turned.turn, field.turned.converter)
        value = self.facts.get("batch_no" if field.batch_of_inquiry else field.target or "")
        return None if value is None or field.converter is None else field.converter.write(value)

    def _moment(self, turn: Moments, converter: Converter) -> str | None:
        """A column that says a day and a time, as far as they are known."""
        day, clock = self.facts.get(turn.day), self.facts.get(turn.clock)
        known = pa.table({turn.day: pa.array([day], pa.date32()), turn.clock: pa.array([clock], pa.time32("s"))})
        text = turn.column(known)[0].as_py()
        return None if text is None else converter.write(text if clock else f"{text}T00:00:00")

    def _all_lines(self) -> int:
        """How many lines the file will have."""
        heads, tails = self._heralds()
        own = [record.name for record in self.layout.records if not record.shares_line]
        return sum(self._tally.rows[name] for name in own) + len(heads) + len(tails)


def _turned(woven: Woven) -> Woven:
    """With what columns are written from that others are made of."""
    return replace(woven, table=turned(woven.table, list(woven.record.turns.items()))) if woven.record.turns else woven
