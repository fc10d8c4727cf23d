"""Delimited lines under a row of titles: what stands before the table, the table itself, rows with a mark, and where it stops.

lines → preamble | titles | body, cut at its marks → columns found by their titles
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import BadFile, BadLine, Cut, Item, Sheaf
from bank_profiles.codecs.encoding import decode, encode, wrong_encoding
from bank_profiles.codecs.lines.cutting import BLOCK_BYTES, Cutting, Ints, Piece, Where, count_lines, joined, line_starts
from bank_profiles.codecs.lines.delimited import DelimitedFormat, Grid
from bank_profiles.codecs.lines.line_codec import LineCodec, split_lines
from bank_profiles.codecs.lines.splitting import split_cells
from bank_profiles.codecs.titles import SEARCHED_ROWS_MAX, Said, Titles, columns_of, find_titles, is_blank, preamble, says
from bank_profiles.encodings import size
from bank_profiles.errors import DataPlace, Text
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.tables import Says, TitledField
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout

MARKED_ROWS_MAX = 5000  # subtotals, where there are several
_ANYTHING = "*"  # in a mark
_TWINS = 0xFEE0  # from an ASCII sign to its full-width twin


class TitledLines(LineCodec):
    """The columns of every record of the table are found once, by the row of titles."""

    def __init__(self, layout: FileLayout, form: DelimitedFormat, line_end: str, cutting: Cutting) -> None:
        super().__init__(layout, form, line_end, cutting)
        self._delimited, self._spec = form, cast(Delimited, layout.spec)
        self._before = next((record for record in layout.records if record.place == "preamble"), None)
        self._table = [record for record in layout.records if record.spec.place is None or isinstance(record.spec.place, Says)]
        self._columns = columns_of(self._table, self._spec)
        self._places: Mapping[str, int] = {}
        self._rows: list[list[str]] = []  # before the table
        self._said: list[Said | None] = []  # what they say, one a field
        self._stopped = False
        self._marked: Counter[str] = Counter()  # rows with a mark, by record
        self._titled = False  # are the titles written?

    # ---- before the table ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        lines = super().pieces(blocks)
        for piece in itertools.chain(self._beginning(lines), lines):
            yield from self._cut_at_marks(piece) if piece.where == "body" else [piece]

    def _beginning(self, lines: Iterator[Piece]) -> Iterator[Piece]:
        """All up to the titles, and the rest of what had to be looked at to find them. Raises BadFile."""
        gathered, last = Piece("body", b"", 1), None
        wanted = self._spec.title_row if isinstance(self._spec.title_row, int) else SEARCHED_ROWS_MAX
        while last is None and gathered.size < BLOCK_BYTES and count_lines(gathered.data) < wanted:
            piece = next(lines, None)
            if piece is None:
                break
            if piece.where == "first":
                yield piece
            elif piece.where == "last":
                last = piece
            else:
                gathered = joined(gathered, piece)
        yield from self._headed(gathered, wanted)
        if last is not None:
            yield last

    def _headed(self, lines: Piece, wanted: int) -> Iterator[Piece]:
        rows = self._cells_by_line(lines, wanted)
        titles = find_titles(rows, self._spec, self._columns)
        self._understand(titles, len(rows[titles.row - 1]))
        self._rows = rows[: titles.row - 1]
        above, rest = lines.split(_line_start(lines, titles.row + 1))
        if self._before is not None:
            self._said = preamble(self._rows, self._before)
            yield Piece("preamble", above.data, above.line, above.numbers)
        if rest.data:
            yield rest

    def _cells_by_line(self, lines: Piece, wanted: int) -> list[list[str]]:
        """The first rows of the file, skipped lines as empty ones, so that a row's number is its line's."""
        rows: list[list[str]] = []
        numbered = zip(lines.numbered, split_lines(lines.data), strict=True)
        for number, line in itertools.takewhile(lambda each: each[0] <= wanted, numbered):
            rows += [[]] * (int(number) - 1 - len(rows))
            rows.append(self._cells_of(line, int(number)))
        return rows

    def _cells_of(self, line: bytes, number: int) -> list[str]:
        try:
            text = decode(line, self._layout.encoding)
        except UnicodeDecodeError as wrong:
            raise wrong_encoding(self._layout.encoding, number, wrong.start + 1, line) from None
        try:
            cells = split_cells(text, self._delimited.separator, self._delimited.quote)
        except BadLine:  # free text before the table
            return [text]
        return cells[:-1] if self._delimited.ends_with_separator and not cells[-1].strip(SPACES) else cells

    def _understand(self, titles: Titles, width: int) -> None:
        self._places = titles.places
        for record in self._table:
            places = [titles.places.get(field.name) for field in record.fields]
            pads = self._delimited.pads_short_rows or isinstance(record.spec.place, Says)
            self._delimited.grids[record.name] = Grid(width, places, titles.bare, pads)

    # ---- the table ----

    def _cut_at_marks(self, piece: Piece) -> Iterator[Piece]:
        """Rows with a mark stand alone; behind the one that ends the table they are all that counts."""
        starts, done = line_starts(piece.data), 0
        for index in self._candidates(piece.data, starts):
            ends, record = self._mark(piece.data[int(starts[index]) : int(starts[index + 1])])
            if not ends and record is None:
                continue
            if done < index and not self._stopped:
                yield _lines_of(piece, starts, done, index, "body")
            self._stopped |= ends
            if record is not None:
                self._count_mark(record, int(piece.numbered[index]))
                yield _lines_of(piece, starts, index, index + 1, "marked")
            done = index + 1
        if done < len(starts) - 1 and not self._stopped:
            yield _lines_of(piece, starts, done, len(starts) - 1, "body")

    def _count_mark(self, record: RecordLayout, line: int) -> None:
        """Raises BadFile where a mark stands more often than it may: each such row is read on its own."""
        self._marked[record.name] += 1
        if self._marked[record.name] > (1 if record.occurs in ("one", "optional") else MARKED_ROWS_MAX):
            raise _too_many_marks(record, line)

    def _candidates(self, data: bytes, starts: Ints) -> Sequence[int]:
        """Lines that may be blank or hold a mark, by their bytes; which of them do, ``_mark`` says."""
        found: set[int] = set()
        if self._spec.stop_at == "blank_row":
            table = np.zeros(256, bool)
            table[list(self._blank_bytes())] = True
            found.update(np.flatnonzero(np.logical_and.reduceat(table[np.frombuffer(data, np.uint8)], starts[:-1])).tolist())
        for mark in self._marks():
            for sign in self._spoken(_first_sign(mark)):
                found.update(_lines_with(data, encode(sign, self._layout.encoding), starts))
        return sorted(found)

    def _blank_bytes(self) -> bytes:
        signs = SPACES + "\r\n" + self._delimited.separator + (self._delimited.quote or "")
        return encode("".join(self._spoken(signs)), self._layout.encoding)

    def _spoken(self, signs: Iterable[str]) -> list[str]:
        """Those the encoding has: a full-width sign is none of Latin-1."""
        return [sign for sign in signs if not sign or size(sign, self._layout.encoding)]

    def _marks(self) -> list[str]:
        places = [self._spec.stop_at, *(record.spec.place for record in self._table)]
        return [place.says for place in places if isinstance(place, Says)]

    def _mark(self, line: bytes) -> tuple[bool, RecordLayout | None]:
        """Does the table end with this line, and of which record with a mark is it?"""
        try:
            text = decode(line.rstrip(b"\r\n"), self._layout.encoding)
            cells = split_cells(text, self._delimited.separator, self._delimited.quote)
        except (BadLine, UnicodeDecodeError):
            return False, None  # a row that cannot be read
        ends = is_blank(cells) if self._spec.stop_at == "blank_row" else self._has(cells, self._spec.stop_at)
        return ends, next((record for record in self._table if self._has(cells, record.spec.place)), None)

    def _has(self, cells: Sequence[str], mark: object) -> bool:
        if not isinstance(mark, Says):
            return False
        place = self._places.get(mark.column, len(cells))
        return place < len(cells) and says(cells[place], mark.says)

    def _alone(self, piece: Piece) -> RecordLayout | None:
        return self._mark(piece.data)[1] if piece.where == "marked" else super()._alone(piece)

    # ---- rows ----

    def cut(self, piece: Piece) -> list[Cut] | None:
        return None if piece.where == "preamble" else super().cut(piece)

    def walk(self, piece: Piece) -> Iterator[Item]:
        if piece.where != "preamble":
            yield from super().walk(piece)
            return
        cells = [said and (said.part if said.part is not None else self._rows[said.row][said.column]) for said in self._said]
        yield Item(self._before, piece.line, cells)

    def parts(self, piece: Piece) -> list[Piece]:
        return [piece] if piece.where == "preamble" else super().parts(piece)

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        if field is None or record is None:
            return DataPlace(file, line)
        if record is self._before:
            said = self._said[field.number - 1] if self._said else None
            return DataPlace(file, said.row + 1, said.column + 1, field.name) if said else DataPlace(file, line, None, field.name)
        place = self._delimited.grid(record).places[field.number - 1]
        return DataPlace(file, line, None if place is None else place + 1, field.name)

    # ---- writing ----

    def _ahead(self, record: RecordLayout) -> bytes:
        before = super()._ahead(record)
        return before if self._titled or record.place in ("first", "preamble") else self._with_titles(before)

    def end(self) -> bytes:
        return b"" if self._titled else self._out(self._with_titles(super()._ahead(self._table[0])))

    def _with_titles(self, before: bytes) -> bytes:
        """The row of titles, in its own row: blank lines before it where it stands deeper."""
        self._titled = True
        written = self._written + before.count(b"\n")
        missing = self._spec.title_row - 1 - written if isinstance(self._spec.title_row, int) else 0
        titles = [pa.array([column.name.partition("#")[0]], pa.string()) for column in self._columns]
        return before + self._line_end * missing + (self._delimited.join((), titles, self._line_end) or b"")

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        """The lines before the table are no rows, even where rows stand inside them."""
        before = [sheaf for sheaf in sheaves if sheaf.record is self._before]
        behind = [sheaf for sheaf in sheaves if sheaf.record is not self._before]
        blocks = [super(TitledLines, self).compose(part) for part in (before, behind) if part]
        return None if None in blocks else b"".join(block for block in blocks if block is not None)

    def _joined(self, sheaf: Sheaf) -> bytes | None:
        if sheaf.record is self._before:
            return self._preamble_lines(sheaf)
        if sheaf.record.place in ("first", "last"):
            return super()._joined(sheaf)
        rows, place = len(sheaf.columns[0]), sheaf.record.spec.place
        by_name = dict(zip((field.name for field in sheaf.record.fields), sheaf.columns, strict=True))
        if isinstance(place, Says):
            by_name[place.column] = pa.repeat(pa.scalar(place.says.replace(_ANYTHING, "")), rows)
        empty = pa.repeat(pa.scalar(""), rows)
        columns = [by_name.get(column.name, empty) for column in self._columns]
        return self._delimited.join((), columns, self._line_end)

    def _preamble_lines(self, sheaf: Sheaf) -> bytes | None:
        """A line for each: ``label: value``, or the text it stands within; a portion without the record has none."""
        if not len(sheaf.order):
            return b""
        sign = getattr(sheaf.record.spec, "pairs", ":")
        lines: list[bytes] = []
        for field, column in zip(sheaf.record.fields, sheaf.columns, strict=True):
            within = field.spelt.within if isinstance(field.spelt, TitledField) else None
            text = column[0].as_py()
            said = within.replace(_ANYTHING, "").replace("{}", text) if within else f"{field.name.partition('#')[0]}{sign}{text}"
            lines.append(self._delimited.join((), [pa.array([said], pa.string())], self._line_end) or b"")
        return b"".join(lines) if all(lines) else None


def _lines_of(piece: Piece, starts: Ints, first: int, behind: int, where: Where) -> Piece:
    """Some lines of a piece, from the ``first`` up to one."""
    numbers = piece.numbered[first:behind]
    return Piece(where, piece.data[int(starts[first]) : int(starts[behind])], int(numbers[0]), numbers)


def _first_sign(mark: str) -> list[str]:
    """A sign that stands in every text which is this mark, as it may be spelt: plain or full-width."""
    signs = [sign for sign in mark if sign not in (_ANYTHING, *SPACES)]
    sign = next((sign for sign in signs if sign > "\x7f"), signs[0] if signs else "")
    if "\uff01" <= sign <= "\uff5e":
        return [sign, chr(ord(sign) - _TWINS)]
    return [sign, chr(ord(sign) + _TWINS)] if "!" <= sign <= "~" else [sign]


def _lines_with(data: bytes, code: bytes, starts: Ints) -> Iterator[int]:
    """Lines that hold these bytes; one find a line."""
    at = data.find(code)
    while at >= 0:
        index = int(np.searchsorted(starts, at, side="right")) - 1
        yield index
        at = data.find(code, int(starts[index + 1]))


def _line_start(lines: Piece, number: int) -> int:
    """The byte at which the first line of this number or a later one begins."""
    index = int(np.searchsorted(lines.numbered, number))
    return int(line_starts(lines.data)[index])


def _too_many_marks(record: RecordLayout, line: int) -> BadFile:
    name = record.name
    return BadFile(
        "mark-again",
        Text(f"one more row has the mark of “{name}”", f"又一行带有“{name}”的标志"),
        Text(f"“{name}” as often as the profile says", f"“{name}”的次数与画像一致"),
        Text("tables glued together? The whole file is refused", "多个表拼接？整个文件已拒收"),
        line,
    )
