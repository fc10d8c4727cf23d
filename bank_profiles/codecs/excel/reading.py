"""A workbook being read: sheet by sheet, what stands before the table, the rows under its titles, as columns and row by row."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bank_profiles.codecs.codec import BadLine, Cut, Item
from bank_profiles.codecs.excel.book import Book
from bank_profiles.codecs.excel.cells import column_of, failed, shown, text_of, unvalued
from bank_profiles.codecs.excel.columns import letters
from bank_profiles.codecs.excel.sheets import Found, Row, Rows, Run, find, runs, tables_of
from bank_profiles.codecs.titles import placing
from bank_profiles.errors import DataPlace, Text
from bank_profiles.language.formats.excel import ExcelRecord
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.masking import shown_word
from bank_profiles.values.converters import BadValue

_PARTS = 8


@dataclass
class ExcelReading:
    """One workbook."""

    layout: FileLayout
    last_line: int = 0
    _found: dict[str, Found] = field(default_factory=dict)  # record → its sheet
    _order: int = 0

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Rows]:
        """Raises BadFile where it is no workbook, or a sheet or column is not there."""
        book = Book(blocks)
        for table in tables_of(self.layout):
            found = find(table, book.sheet(table.sheet))
            self._found.update((record.name, found) for record in table.records)
            if before := table.placed("preamble"):
                yield self._piece(found, Run([()], [1], before))
            if table.has_titles:
                for run in _with_ends(found):
                    yield self._piece(found, run)

    def _piece(self, found: Found, run: Run) -> Rows:
        piece = Rows(found, run.rows, run.lines, self._order, run.record)
        self._order += len(run.rows)
        self.last_line = run.lines[-1]
        return piece

    # ---- whole columns ----

    def cut(self, piece: Rows) -> list[Cut] | None:
        found = piece.found
        if piece.alone is not None or (found.failed and not found.failed.isdisjoint(piece.lines)):
            return None
        width = found.sheet.width
        cells = list(itertools.chain.from_iterable(piece.rows))
        columns = [cells[place::width] for place in range(width)]
        if any(cell != "" for place in found.titles.bare for cell in columns[place]):
            return None
        told = _told_apart(columns, found)
        if told is None:
            return None
        cuts = []
        for record, at in told:
            own = columns if at is None else [[column[i] for i in at] for column in columns]
            cut = _cut(piece, record, own, at)
            if cut is None:
                return None
            cuts.append(cut)
        return cuts

    # ---- row by row ----

    def walk(self, piece: Rows) -> Iterator[Item]:
        found = piece.found
        if piece.alone is not None and placing(piece.alone) == "preamble":
            yield Item(piece.alone, 1, _said(found, piece.alone))
            return
        for row, line in zip(piece.rows, piece.lines, strict=True):
            record = piece.alone or _record_of(row, found)
            strays = [place for place in found.titles.bare if shown(row[place]).strip(SPACES)]
            if record is None:
                yield Item(None, line)
            elif strays:
                yield Item(record, line, bad=_stray(letters(strays[0] + found.sheet.left)))
            else:
                yield Item(record, line, _cells(row, line, record, found))

    def parts(self, piece: Rows) -> list[Rows]:
        if piece.alone is not None or len(piece.rows) < 2:
            return [piece]
        size = -(-len(piece.rows) // _PARTS)
        return [
            Rows(piece.found, piece.rows[at : at + size], piece.lines[at : at + size], piece.order + at)
            for at in range(0, len(piece.rows), size)
        ]

    # ---- addresses ----

    def place(self, file: str, line: int, record: RecordLayout | None, of: Field | None) -> DataPlace:
        found = self._found.get(record.name) if record is not None else None
        if record is None or found is None:  # being written: no cell has a place yet
            sheet = record.spec.sheet if record is not None and isinstance(record.spec, ExcelRecord) else None
            spot = " ▸ ".join([*([sheet] if sheet else []), *([of.name] if of else [])])
            return DataPlace(file, line, field=of.name if of else None, spot=spot or None)
        column: int | None = None
        if of is not None and placing(record) == "preamble":
            if said := found.said[of.number - 1]:
                column, line = said.column, said.row + 1
        elif of is not None and of.number <= len(record.fields) and record.fields[of.number - 1].name == of.name:
            column = found.places[record.name][of.number - 1]
        if column is None:
            return DataPlace(file, line, None, of.name if of else None, spot=f"{_shown(found)}!{line}")
        column += found.sheet.left
        return DataPlace(file, line, column + 1, of.name if of else None, spot=f"{_shown(found)}!{letters(column)}{line}")


def _shown(found: Found) -> str:
    """The name of the sheet; one that is not the profile's may be anything."""
    name = found.sheet.name
    return name if name == found.table.sheet else shown_word(name)


def _with_ends(found: Found) -> Iterator[Run]:
    """The rows of the table; its first and last one apart where records stand there."""
    first, last = found.table.placed("first"), found.table.placed("last")
    held: Run | None = None
    for each in runs(found):
        run = each
        if run.record is None and first is not None:
            yield Run(run.rows[:1], run.lines[:1], first)
            first, run = None, Run(run.rows[1:], run.lines[1:])
        if held is not None:
            yield held
            held = None
        if run.record is None and last is not None:
            held = run if run.rows else None
        elif run.rows:
            yield run
    if held is not None:
        if len(held.rows) > 1:
            yield Run(held.rows[:-1], held.lines[:-1])
        yield Run(held.rows[-1:], held.lines[-1:], last)


# ---- columns ------------------------------------------------------------------------------------------------------------------------

Columns = Sequence[Sequence[Any]]


def _told_apart(columns: Columns, found: Found) -> list[tuple[RecordLayout, list[int] | None]] | None:
    """Which rows are of which record; None for all of them. None altogether where a row is of none."""
    bodies = found.table.bodies
    if len(bodies) == 1 and not bodies[0].when:
        return [(bodies[0], None)]
    left = list(range(len(columns[0])))
    told: list[tuple[RecordLayout, list[int] | None]] = []
    for record in bodies:
        mine = left
        for index, text in record.when.items():
            of, place = record.fields[index], found.places[record.name][index]
            mine = [] if place is None else [at for at in mine if _is(columns[place][at], of, text)]
        if mine:
            told.append((record, mine))
            taken = set(mine)
            left = [at for at in left if at not in taken]
    return None if left else told


def _is(cell: Any, of: Field, text: str) -> bool:
    said = text_of(cell, of)
    return isinstance(said, str) and trimmed(of, said) == text


def _numbered(lines: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.arange(lines.start, lines.stop) if isinstance(lines, range) else np.array(lines, np.int64)


def _cut(piece: Rows, record: RecordLayout, columns: Columns, at: list[int] | None) -> Cut | None:
    count = len(piece.rows) if at is None else len(at)
    texts = []
    for of, place in zip(record.fields, piece.found.places[record.name], strict=True):
        column = None if not of.is_read else column_of([""] * count if place is None else columns[place], of)
        if of.is_read and column is None:
            return None
        texts.append(column)
    rows = np.arange(count) if at is None else np.array(at)
    return Cut(record, texts, _numbered(piece.lines)[rows], rows + piece.order)


# ---- rows ---------------------------------------------------------------------------------------------------------------------------


def _record_of(row: Row, found: Found) -> RecordLayout | None:
    for record in found.table.bodies:
        places = found.places[record.name]
        told = [(record.fields[index], places[index], text) for index, text in record.when.items()]
        if all(place is not None and _is(row[place], of, text) for of, place, text in told):
            return record
    return None


def _cells(row: Row, line: int, record: RecordLayout, found: Found) -> list[str | BadValue | None]:
    cells: list[str | BadValue | None] = []
    for of, place in zip(record.fields, found.places[record.name], strict=True):
        if place is None:
            cells.append(None)
        elif failure := found.sheet.failed.get((line, place + found.sheet.left + 1)):
            cells.append(failed() if failure == "failed" else unvalued())
        else:
            cells.append(text_of(row[place], of))
    return cells


def _said(found: Found, record: RecordLayout) -> list[str | BadValue | None]:
    """What the lines before the table say, one a field."""
    cells: list[str | BadValue | None] = []
    for of, said in itertools.zip_longest(record.fields, found.said):
        if said is None:
            cells.append(None)
        else:
            cells.append(said.part if said.part is not None else text_of(found.top[said.row][said.column], of))
    return cells


def _stray(column: str) -> BadLine:
    return BadLine(
        "cell-without-title",
        Text(f"something stands in column {column}, which has no title", f"没有标题的 {column} 列中有内容"),
        Text("only cells under titles", "仅标题之下有内容"),
        Text("the bank must give the column a title, or empty it", "请银行补上标题或清空该列"),
    )
