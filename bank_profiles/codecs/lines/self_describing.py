"""Files that say themselves which columns they have: the header is read first, then rows are cut as it says and the dictionary knows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from bank_profiles.codecs.codec import BadFile, Cut, Item, Sheaf
from bank_profiles.codecs.encoding import BOMS, decode, encode, wrong_encoding
from bank_profiles.codecs.fixed.cells import FixedCells
from bank_profiles.codecs.lines.cutting import BLOCK_BYTES, Cutting, Piece, joined, line_starts
from bank_profiles.codecs.lines.described_rows import Column, DescribedRows
from bank_profiles.codecs.lines.line_codec import LineCodec, split_lines
from bank_profiles.errors import DataPlace, Text
from bank_profiles.language.formats.self_describing import DescribedField, SelfDescribing
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts


class DescribedLines(LineCodec):
    """Header, rows, trailer of one file."""

    def __init__(self, layout: FileLayout) -> None:
        self._spec, self._rows = cast(SelfDescribing, layout.spec), DescribedRows(FixedCells(layout.encoding))
        cutting = Cutting(last=layout.tail is not None, bom=BOMS[layout.encoding])
        super().__init__(layout, self._rows, self._spec.line_end, cutting)
        self._row = layout.bodies[0]  # there is exactly one (checks)
        self._lines: list[int] = []  # of the header: the number of the line of each field
        self._said: list[str] = []

    # ---- reading ----

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        lines = super().pieces(blocks)
        gathered, last = Piece("body", b"", 1), None
        while last is None and gathered.size < BLOCK_BYTES and (piece := next(lines, None)):
            last = piece if piece.where == "last" else None
            gathered = gathered if last else joined(gathered, piece)
        whole = joined(gathered, last) if last else gathered
        end = self._understand(whole)
        header, _ = whole.split(end, "first")
        yield header
        if end < gathered.size:
            yield gathered.split(end)[1]
        yield from itertools.chain([last] if last and end <= gathered.size else [], lines)

    def _understand(self, lines: Piece) -> int:
        """Reads the header; the byte behind it. Raises BadFile."""
        texts = self._texts(lines)
        for each in self._layout.head.fields if self._layout.head else ():
            line, text = next(texts, (0, None))
            if text is None:
                raise _header_short(each, self.last_line)
            self._lines.append(line)
            self._said.append(text)
            if _of(each).columns is not None:
                names = list(itertools.islice(texts, wanted := self._count(line, text)))
                if len(names) < wanted:
                    raise _header_short(each, self.last_line)
                self._find_columns(line, names)
            if (
                self._spec.version
                and each.name == self._spec.version.field
                and text.strip(SPACES) not in self._spec.version.reads
            ):
                raise _unknown_version(line, self._spec.version.reads)
        line, _ = next(texts, (0, None))
        return int(line_starts(lines.data)[line - 1]) if line else len(lines.data)

    def _texts(self, lines: Piece) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(split_lines(lines.data), start=1):
            try:
                yield number, decode(line, self._layout.encoding)
            except UnicodeDecodeError as wrong:
                raise wrong_encoding(self._layout.encoding, number, wrong.start + 1, line) from None

    def _count(self, line: int, text: str) -> int:
        digits = text.strip(SPACES)
        if not (digits.isascii() and digits.isdecimal()) or not 0 < int(digits[:9]) <= len(self._row.fields):
            raise _bad_count(line, len(self._row.fields))
        return int(digits)

    def _find_columns(self, line: int, names: Sequence[tuple[int, str]]) -> None:
        """Each name of the header in the dictionary."""
        known = {each.name.lower(): index for index, each in enumerate(self._row.fields)}
        version, start = self._version(), 0
        for number, name in names:
            index = known.pop(name.strip(SPACES).lower(), None)
            if index is None:
                raise _unknown_column(number, name.strip(SPACES), [each.name for each in self._row.fields])
            stop = start + _of(self._row.fields[index]).width_in(version)
            self._rows.columns.append(Column(index, start, stop))
            start = stop
        there = {column.index for column in self._rows.columns}
        missing = [each.name for index, each in enumerate(self._row.fields) if each.required and index not in there]
        if missing:
            raise _missing_columns(line, missing)

    def _version(self) -> str:
        if self._spec.version is None or self._layout.head is None:
            return ""
        names = [each.name for each in self._layout.head.fields]
        place = names.index(self._spec.version.field)
        return self._said[place].strip(SPACES) if place < len(self._said) else ""

    def cut(self, piece: Piece) -> list[Cut] | None:
        return None if piece.where == "first" else super().cut(piece)

    def walk(self, piece: Piece) -> Iterator[Item]:
        if piece.where == "first":
            yield Item(self._layout.head, 1, self._said)
        else:
            yield from super().walk(piece)

    def parts(self, piece: Piece) -> list[Piece]:
        return [piece] if piece.where == "first" else super().parts(piece)

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        if field is None or record is None:
            return DataPlace(file, line)
        if record is self._layout.head:
            return DataPlace(file, self._lines[field.number - 1] if self._lines else line, None, field.name)
        for number, each in enumerate(self._rows.columns, start=1):
            if record is self._row and each.index == field.number - 1:
                return DataPlace(file, line, number, field.name, each.start + 1, each.stop)
        return DataPlace(file, line, None, field.name)

    # ---- writing ----

    def given_back(self, field: Field, texts: Texts) -> Texts:
        return self._rows.cells_of.given_back(field, texts) if field in self._row.fields else texts

    def _joined(self, sheaf: Sheaf) -> bytes | None:
        if sheaf.record is self._row:
            return super()._joined(sheaf)
        lines: list[str] = []
        for each, column in zip(sheaf.record.fields, sheaf.columns, strict=True):
            text = column[0].as_py()
            if (digits := _of(each).columns) is not None:
                lines += self._names(digits)
            elif self._spec.version and sheaf.record.place == "first" and each.name == self._spec.version.field:
                lines.append(self._spec.version.writes)
            else:
                lines.append(text)
            lines[-1] = lines[-1].ljust(each.span[1]) if each.span else lines[-1]
        return b"".join(encode(line, self._layout.encoding) + self._line_end for line in lines)

    def _names(self, digits: int) -> list[str]:
        """Number and names of the columns, which from now on are those of the rows."""
        start = 0
        for index, each in enumerate(self._row.fields):
            stop = start + _of(each).width_in(self._spec.written_version)
            self._rows.columns.append(Column(index, start, stop))
            start = stop
        return [str(len(self._row.fields)).zfill(digits), *(each.name for each in self._row.fields)]


def _of(each: Field) -> DescribedField:
    assert isinstance(each.spelt, DescribedField)
    return each.spelt


# ---- what is wrong ------------------------------------------------------------------------------------------------------------------


def _header_short(missing: Field, line: int) -> BadFile:
    return BadFile(
        "header-short",
        Text(f"the header ends before “{missing.name}”", f"文件头在“{missing.name}”之前就结束了"),
        Text("all lines of the header", "文件头的所有行"),
        Text("cut on the way? The whole file is refused", "传输中断？整个文件已拒收"),
        line or None,
    )


def _unknown_version(line: int, known: Sequence[str]) -> BadFile:
    listed = " ".join(known)
    return BadFile(
        "unknown-version",
        Text("the file is made by an edition the profile does not know", "文件所用版本不在画像之中"),
        Text(listed, listed),
        Text(
            "ask the bank for its columns and widths, then a new edition of the profile",
            "请向银行索取该版本的列与列宽，再出新版画像",
        ),
        line,
    )


def _bad_count(line: int, most: int) -> BadFile:
    return BadFile(
        "bad-count",
        Text("here should stand how many columns the rows have", "此处应为列数"),
        Text(f"a number from 1 to {most}", f"1 至 {most} 的数字"),
        Text("a line lost or doubled in the header?", "文件头漏行或重行？"),
        line,
    )


def _unknown_column(line: int, name: str, known: Sequence[str]) -> BadFile:
    listed = " ".join(known)
    return BadFile(
        "unknown-column",
        Text("“{found}” is not in the dictionary, or is named twice", "“{found}” 不在字典中，或出现两次"),
        Text(listed, listed),
        Text(
            "without its width no column behind it can be read: the whole file is refused",
            "列宽未知，其后各列无法读取：整个文件已拒收",
        ),
        line,
        found=[name[:40]],
    )


def _missing_columns(line: int, names: Sequence[str]) -> BadFile:
    listed = " ".join(names)
    return BadFile(
        "column-missing",
        Text(f"the file has no {listed}", f"文件中没有 {listed}"),
        Text(listed, listed),
        Text("without it a row means nothing: the whole file is refused", "缺此列则数据没有意义：整个文件已拒收"),
        line,
    )
