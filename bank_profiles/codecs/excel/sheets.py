"""The sheets of a profile, and where each was found in a workbook: titles, columns, rows with a mark, where the table stops."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, cast

from bank_profiles.codecs.excel.book import Sheet
from bank_profiles.codecs.excel.cells import shown
from bank_profiles.codecs.titles import (
    SEARCHED_ROWS_MAX,
    Said,
    Titles,
    as_title,
    columns_of,
    find_titles,
    placing,
    preamble,
    says,
)
from bank_profiles.language.formats.excel import ExcelRecord
from bank_profiles.language.formats.tables import Says
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import FileLayout, RecordLayout

ROWS_AT_ONCE = 16_384
_CELL_BYTES = 16  # roughly, for the size of a piece
_TWINS = 0xFEE0  # from an ASCII sign to its full-width twin

Row = Sequence[Any]


class Table(NamedTuple):
    """One sheet of the profile: its records, and the spec that says where the table stands."""

    sheet: str | None
    records: tuple[RecordLayout, ...]
    spec: ExcelRecord

    def placed(self, place: str) -> RecordLayout | None:
        return next((record for record in self.records if placing(record) == place), None)

    @property
    def bodies(self) -> list[RecordLayout]:
        return [record for record in self.records if placing(record) is None]

    @property
    def has_titles(self) -> bool:
        """Or only lines with labels."""
        return self.spec.place != "preamble"


def tables_of(layout: FileLayout) -> list[Table]:
    """The sheets in the order of the profile."""
    by_sheet: dict[str | None, list[RecordLayout]] = {}
    for record in layout.records:
        by_sheet.setdefault(cast(ExcelRecord, record.spec).sheet, []).append(record)
    return [Table(sheet, tuple(records), _spec(records)) for sheet, records in by_sheet.items()]


def _spec(records: Sequence[RecordLayout]) -> ExcelRecord:
    """What one record says of the place of the table holds for all on its sheet."""
    specs = [cast(ExcelRecord, record.spec) for record in records]
    titled = [spec for spec in specs if spec.place != "preamble"]
    if not titled:
        return specs[0]
    said = {
        word: next((value for spec in titled if (value := getattr(spec, word)) is not None), None)
        for word in ("title_row", "stop_at", "title")
    }
    ignores = any(spec.extra == "ignore" for spec in titled)
    return titled[0].model_copy(update={**said, "title_row": said["title_row"] or 1, "extra": "ignore" if ignores else "refuse"})


@dataclass(frozen=True)
class Found:
    """One sheet of the profile in a workbook: where each column of each record stands, in rows as they come."""

    table: Table
    sheet: Sheet
    titles: Titles
    places: Mapping[str, Sequence[int | None]]  # record → a place a field
    top: Sequence[Row]  # down to the titles
    said: Sequence[Said | None] = ()
    failed: frozenset[int] = frozenset()  # rows in which some formula failed


@dataclass(frozen=True)
class Rows:
    """A piece: some rows of one sheet, none of them empty. ``alone``: the record they are of, where their place says it."""

    found: Found
    rows: Sequence[Row]
    lines: Sequence[int]
    order: int  # of the first row, among all of the file
    alone: RecordLayout | None = None

    @property
    def size(self) -> int:
        return len(self.rows) * self.found.sheet.width * _CELL_BYTES


def find(table: Table, sheet: Sheet) -> Found:
    """Reads on to the titles. Raises BadFile where they are not there."""
    wanted = table.spec.title_row
    top = list(itertools.islice(sheet.rows, wanted if isinstance(wanted, int) and table.has_titles else SEARCHED_ROWS_MAX))
    texts = [[shown(cell) for cell in row] for row in top]
    titles = Titles(len(top) + 1, {}, frozenset())
    if table.has_titles:
        titles = find_titles(texts, table.spec, columns_of(table.records, table.spec))
    before = table.placed("preamble")
    return Found(
        table=table,
        sheet=sheet,
        titles=titles,
        places={record.name: [titles.places.get(field.name) for field in record.fields] for record in table.records},
        top=top,
        said=preamble(texts[: titles.row - 1], before) if before else (),
        failed=frozenset(row for row, _ in sheet.failed),
    )


# ---- rows under the titles ----------------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """Rows behind one another; ``record``: the one whose mark the row has."""

    rows: Sequence[Row]
    lines: Sequence[int]
    record: RecordLayout | None = None


def runs(found: Found) -> Iterator[Run]:
    """All rows down to where the table stops, without the empty ones; rows with a mark stand alone."""
    marks = _marks(found)
    first = min(found.titles.places.values(), default=0)
    stops_at_blank = found.table.spec.stop_at == "blank_row"
    number = found.titles.row
    rows: Sequence[Row] = list(found.top[number:])
    while rows or (rows := list(itertools.islice(found.sheet.rows, ROWS_AT_ONCE))):
        blank = _blank(rows, first) - {line - number - 1 for line in found.failed}  # only failed formulas stand there
        stop = min(blank, default=len(rows)) if stops_at_blank else len(rows)
        done = 0
        hits = [(at, mark) for mark in marks for at in mark.rows(rows[:stop])]
        for at in sorted({at for at, _ in hits}):
            here = [mark for hit, mark in hits if hit == at]
            yield from _run(rows, number, done, at, blank)
            if record := next((mark.record for mark in here if mark.record), None):
                yield Run([rows[at]], [number + at + 1], record)
            done = at + 1
            if any(mark.stops for mark in here):
                return
        yield from _run(rows, number, done, stop, blank)
        if stop < len(rows):
            return
        number, rows = number + len(rows), []


def _run(rows: Sequence[Row], number: int, start: int, stop: int, blank: set[int]) -> Iterator[Run]:
    if not blank.isdisjoint(range(start, stop)):
        kept = [at for at in range(start, stop) if at not in blank]
        if kept:
            yield Run([rows[at] for at in kept], [number + at + 1 for at in kept])
    elif start < stop:
        yield Run(rows[start:stop], range(number + start + 1, number + stop + 1))


def _blank(rows: Sequence[Row], first: int) -> set[int]:
    """Which rows are empty. Most tables have none, which their first column tells at once."""
    cells = list(map(itemgetter(first), rows))
    with contextlib.suppress(TypeError):  # a number
        if all(map(str.strip, cells)):
            return set()
    return {at for at, cell in enumerate(cells) if type(cell) is str and not cell.strip(SPACES) and _is_blank(rows[at])}


def _is_blank(row: Row) -> bool:
    return all(type(cell) is str and not cell.strip(SPACES) for cell in row)


class Mark(NamedTuple):
    """A text in a column that makes a row something else: the row of a record, the end of the table, or both."""

    place: int
    text: str
    signs: str  # one of them stands in every such cell: spares the look at most
    stops: bool
    record: RecordLayout | None

    def rows(self, rows: Sequence[Row]) -> Iterator[int]:
        sign, twin = self.signs[0], self.signs[-1]
        for at, cell in enumerate(map(itemgetter(self.place), rows)):
            if type(cell) is str and (sign in cell or twin in cell) and says(cell, self.text):
                yield at


def _marks(found: Found) -> list[Mark]:
    stop = found.table.spec.stop_at
    placed = {mark: record for record in found.table.records if isinstance(mark := placing(record), Says)}
    wanted = dict.fromkeys([*placed, *([stop] if isinstance(stop, Says) else [])])
    return [
        Mark(found.titles.places[mark.column], mark.says, _signs(mark.says), mark == stop, placed.get(mark)) for mark in wanted
    ]


def _signs(mark: str) -> str:
    sign = as_title(mark).replace("*", "")[:1]
    return sign + chr(ord(sign) + _TWINS) if "!" <= sign <= "~" else sign
