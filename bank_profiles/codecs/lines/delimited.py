"""Lines of columns with a separator between them. Without quotes the separator stands in no text.

Decoding comes first, splitting second: 116 common characters of GB18030 hold the byte of "|" as their second one. Whole blocks go
through Arrow's reader, which is no judge: it sees only what both it and split_cells read alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from bank_profiles.codecs.codec import BadLine, Cut
from bank_profiles.codecs.encoding import decode, to_utf8, unprintable
from bank_profiles.codecs.lines.cutting import count_lines
from bank_profiles.codecs.lines.joining import Joining
from bank_profiles.codecs.lines.splitting import TooFewColumns, split_cells
from bank_profiles.codecs.texts import only_line_ends
from bank_profiles.errors import Text
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts

_REPEATED = pa.dictionary(pa.int32(), pa.string())
_SINGLE = "\x1f"  # stands for a separator of several signs while Arrow splits; no block with control characters comes so far


@dataclass(frozen=True)
class Grid:
    """How many columns a line has, and which of them is each field's; None: this file has no such column."""

    width: int
    places: Sequence[int | None]
    bare: Collection[int] = ()  # columns that nothing may stand in
    pads: bool = False  # may a line lack columns at the right?


@dataclass(frozen=True)
class DelimitedFormat(Joining):
    """``grids``: by record; one without has its columns in the order of its fields. ``rests``: of records whose lines may have more
    columns: text, they belong to the last one; ignore. ``groups``: by record, the one that the columns behind its own are rows of.
    """

    pads_short_rows: bool = False
    rests: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, RecordLayout] = field(default_factory=dict)
    grids: dict[str, Grid] = field(default_factory=dict)

    # ---- line by line ----

    def record_of(self, line: bytes, records: Sequence[RecordLayout]) -> RecordLayout | None:
        text = decode(line, self.encoding)
        return self._told(split_cells(text, self.separator, self.quote, self._reach(records)), records)

    def _told(self, texts: Sequence[str], records: Sequence[RecordLayout]) -> RecordLayout | None:
        for record in records:
            if all(self._says(texts, record, i) == says for i, says in record.when.items()):
                return record
        return None

    def _says(self, texts: Sequence[str], record: RecordLayout, index: int) -> str | None:
        place = self.grid(record).places[index]
        return trimmed(record.fields[index], texts[place]) if place is not None and place < len(texts) else None

    def _reach(self, records: Sequence[RecordLayout]) -> int:
        """So many columns tell the records apart; what stands behind them may be damaged."""
        return max(((self.grid(record).places[i] or 0) + 1 for record in records for i in record.when), default=0)

    def cells(self, line: bytes, record: RecordLayout) -> Sequence[str | BadValue | None]:
        return self.rows(line, record)[0][1]

    def rows(self, line: bytes, record: RecordLayout) -> list[tuple[RecordLayout, Sequence[str | None]]]:
        """A line as a row, then the groups of columns behind its own, each as one. Raises BadLine, UnicodeDecodeError."""
        texts = self.split(decode(line, self.encoding))
        width, inner = self.grid(record).width, self.groups.get(record.name)
        if inner is None:
            return [(record, self._placed(self._with_rest(texts, width, record), record))]
        size = len(inner.fields)
        own, behind = texts[:width], texts[width:]
        if len(behind) % size:
            raise self._column_count(len(texts), width + len(behind) // size * size)
        parts = [behind[at : at + size] for at in range(0, len(behind), size)]
        groups = [(inner, part) for part in parts if any(cell.strip(SPACES) for cell in part)]
        return [(record, self._placed(own, record)), *groups]

    def _with_rest(self, texts: list[str], width: int, record: RecordLayout) -> list[str]:
        rest = self.rests.get(record.name)
        if rest is None or len(texts) <= width:
            return texts
        return texts[:width] if rest == "ignore" else [*texts[: width - 1], self.separator.join(texts[width - 1 :])]

    def _placed(self, found: Sequence[str], record: RecordLayout) -> Sequence[str | None]:
        grid, texts = self.grid(record), list[str | None](found)
        texts += [None] * (grid.width - len(found))
        if len(found) > grid.width or (len(found) < grid.width and not grid.pads):
            raise self._column_count(len(found), grid.width, refuses_file=self._is_marked(found, record))
        for place in grid.bare:
            if (texts[place] or "").strip(SPACES):
                raise _no_title(place)
        return [None if place is None else texts[place] for place in grid.places]

    def _is_marked(self, found: Sequence[str], record: RecordLayout) -> bool:
        """Is this the header or trailer all the same, by what always stands in it?"""
        says = {i: each.says for i, each in enumerate(record.fields) if each.says is not None and record.place is not None}
        return bool(says) and all(self._says(found, record, i) == text for i, text in says.items())

    def split(self, line: str) -> list[str]:
        """All cells of a line, less what ends it: a sign, and the empty cell behind a last separator."""
        if not line.rstrip(SPACES).endswith(self.ends_with):
            raise _no_end(self.ends_with)
        texts = split_cells(
            line.rstrip(SPACES).removesuffix(self.ends_with) if self.ends_with else line, self.separator, self.quote
        )
        if self.ends_with_separator and (texts.pop().strip(SPACES) or not texts):
            raise _no_end(self.separator)
        return texts

    def grid(self, record: RecordLayout) -> Grid:
        if record.name not in self.grids:
            width = len(record.fields)
            self.grids[record.name] = Grid(width, range(width), pads=self.pads_short_rows)
        return self.grids[record.name]

    def _column_count(self, found: int, expected: int, *, refuses_file: bool = False) -> BadLine:
        mark = self.separator
        hint = Text(f"a “{mark}” inside a text? The bank must replace it", f"文字中含“{mark}”？请银行替换")
        if self.quote:
            hint = Text(
                f"a “{mark}” inside a text? The bank must put that cell in {self.quote}",
                f"文字中含“{mark}”？请银行将该单元格放入 {self.quote} 中",
            )
        if found < expected:
            hint = Text("a line end inside a text, or a new layout of the bank?", "文字中有换行，或银行改了格式？")
        if refuses_file:
            hint = Text("a new layout of the bank? The whole file is refused", "银行改了格式？整个文件已拒收")
        return (TooFewColumns if found < expected else BadLine)(
            "column-count",
            Text(f"{found} columns, the profile has {expected}", f"{found} 列，画像为 {expected} 列"),
            Text(f"{expected} columns, “{mark}” between them", f"{expected} 列，以“{mark}”分隔"),
            hint,
            refuses_file=refuses_file,
        )

    # ---- whole blocks ----

    def cut(self, block: bytes, records: Sequence[RecordLayout]) -> list[Cut] | None:
        if self.ends_with or any(record.name in self.rests or record.name in self.groups for record in records):
            return None  # so few files have these that row by row will do
        utf8 = self._splittable(block)
        if utf8 is None:
            return None
        if len(records) > 1:
            return self._cut_apart(utf8.decode(), records)
        columns = self._columns(utf8, records[0])
        if columns is None or not all(_all_say(columns[i], says) for i, says in records[0].when.items()):
            return None
        return [Cut(records[0], columns, np.arange(count_lines(block), dtype=np.int64))]

    def _splittable(self, block: bytes) -> bytes | None:
        """The block as UTF-8, where Arrow and split_cells cannot differ: no control characters, every quote in its place."""
        allowed = self.separator.encode() if self.separator < " " else b""
        utf8 = to_utf8(block, self.encoding) if only_line_ends(block, allowed=allowed) else None
        if utf8 is None or unprintable(utf8):
            return None
        if self.quote and self.quote.encode() in utf8:
            alone = len(self.separator) == 1 and quotes_in_place(utf8, ord(self.separator), ord(self.quote))
            return utf8 if alone else None
        return utf8

    def _cut_apart(self, text: str, records: Sequence[RecordLayout]) -> list[Cut] | None:
        """Lines of several records among each other: told apart first, then split kind by kind."""
        reach, quote = self._reach(records), self.quote if self.quote and self.quote in text else None
        rows: dict[str, list[int]] = {}
        lines = text.split("\n")[:-1]
        for number, line in enumerate(lines):
            record = self._told(split_cells(line.rstrip("\r"), self.separator, quote, reach), records)
            if record is None:
                return None
            rows.setdefault(record.name, []).append(number)
        cuts = []
        for record in records:
            if numbers := rows.get(record.name):
                columns = self._columns("".join(lines[n] + "\n" for n in numbers).encode(), record)
                if columns is None:
                    return None
                cuts.append(Cut(record, columns, np.array(numbers, np.int64)))
        return cuts

    def _columns(self, utf8: bytes, record: RecordLayout) -> list[Texts | None] | None:
        """One a field; every line must have all columns."""
        quoted = self.quote is not None and self.quote.encode() in utf8
        single = self.separator
        if len(self.separator) > 1:
            utf8, single = utf8.replace(self.separator.encode(), _SINGLE.encode()), _SINGLE
        grid = self.grid(record)
        kinds: dict[str, pa.DataType] = {
            str(place): _REPEATED if each.repeats else pa.string()
            for each, place in zip(record.fields, grid.places, strict=True)
            if each.is_read and place is not None
        }
        kinds = kinds or {"0": pa.string()}
        if self.ends_with_separator:
            kinds[str(grid.width)] = pa.null()  # refuses whatever stands there
        kinds |= {str(place): pa.null() for place in grid.bare}
        table = _split(utf8, single, self.quote if quoted else None, grid.width + self.ends_with_separator, kinds)
        if table is None or (_has_blank_row(table) and _has_empty_line(utf8)):
            return None
        return [self._of_field(table, each, place) for each, place in zip(record.fields, grid.places, strict=True)]

    def _of_field(self, table: pa.Table, each: Field, place: int | None) -> Texts | None:
        if not each.is_read:
            return None
        if place is None:
            return pa.nulls(table.num_rows, pa.string())
        return _as_one(table.column(str(place)))


def _split(utf8: bytes, separator: str, quote: str | None, width: int, kinds: dict[str, pa.DataType]) -> pa.Table | None:
    """Those of the columns that ``kinds`` names, by number; None where some line has another number of columns."""
    try:
        return csv.read_csv(
            pa.BufferReader(utf8),  # type: ignore[arg-type]  # the stub knows no buffers; a file of Python's would copy the piece
            csv.ReadOptions(use_threads=False, block_size=len(utf8) + 1, column_names=[str(place) for place in range(width)]),
            csv.ParseOptions(
                delimiter=separator,
                quote_char=quote or False,
                double_quote=quote is not None,
                escape_char=False,
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=kinds,
                include_columns=list(kinds),
                null_values=[""],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _as_one(column: Any) -> Texts:
    """One array; a copy only where there are several."""
    one: Texts = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return one


def _all_say(column: Texts | None, says: str) -> bool:
    """Is this the marker in every row, spelt as we would write it?"""
    if isinstance(column, pa.DictionaryArray):
        return column.dictionary.to_pylist() == [says]
    return column is not None and bool(pc.all(pc.equal(column, pa.scalar(says))).as_py())


def _has_blank_row(table: pa.Table) -> bool:
    """May there be a row of nothing but empty columns? The column with the fewest different texts is asked."""
    columns = [_as_one(column) for column in table.columns if not pa.types.is_null(column.type)]
    repeated = [column.dictionary for column in columns if isinstance(column, pa.DictionaryArray)]
    texts = min(repeated, key=len) if repeated else columns[0] if columns else pa.array([""])
    return bool(pc.any(pc.equal(texts, pa.scalar(""))).as_py())


def _has_empty_line(utf8: bytes) -> bool:
    """Arrow takes one for a row of empty columns."""
    return utf8.startswith((b"\n", b"\r\n")) or b"\n\n" in utf8 or (b"\r" in utf8 and b"\n\r\n" in utf8)


def quotes_in_place(utf8: bytes, separator: int, quote: int) -> bool:
    """Does every pair of quotes of a block stand around a whole cell, or double one inside it? Then nobody reads them otherwise."""
    codes = np.frombuffer(utf8, np.uint8)
    quotes = np.flatnonzero(codes == quote)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = opening[1:] == closing[:-1] + 1
    begins = np.isin(codes[opening - 1], (separator, _LF))
    begins[0] |= opening[0] == 0
    begins[1:] |= doubled
    ends = np.isin(codes[closing + 1], (separator, _CR, _LF))  # a block ends with a line feed
    ends[:-1] |= doubled
    feeds = np.flatnonzero(codes == _LF)
    return bool(begins.all() and ends.all() and (np.searchsorted(feeds, opening) == np.searchsorted(feeds, closing)).all())


_LF, _CR = 0x0A, 0x0D


def _no_title(place: int) -> BadLine:
    return BadLine(
        "cell-without-title",
        Text(f"something stands in column {place + 1}, which has no title", f"第{place + 1}列没有标题，却有内容"),
        Text("texts under titles only", "只在有标题的列中有内容"),
        Text("a separator inside a text? The bank must replace it", "文字中含分隔符？请银行替换"),
    )


def _no_end(mark: str) -> BadLine:
    return BadLine(
        "column-count",
        Text(f"no “{mark}” behind the last column", f"最后一列之后没有“{mark}”"),
        Text(f"every line ends with “{mark}”", f"每行以“{mark}”结尾"),
        Text("cut on the way, or a new layout of the bank?", "传输中截断，或银行改了格式？"),
    )
