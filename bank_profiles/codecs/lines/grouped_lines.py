"""Delimited lines that hold more than a row, or less: groups of columns that are rows themselves, and continuations of the row before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bank_profiles.codecs.codec import BadLine, Cut, Item, Sheaf
from bank_profiles.codecs.lines.cutting import Cutting, Ints, Piece, joined, line_starts
from bank_profiles.codecs.lines.delimited import DelimitedFormat
from bank_profiles.codecs.lines.groups import Continuations
from bank_profiles.codecs.lines.holding import Holding
from bank_profiles.codecs.lines.line_codec import LineCodec, split_lines
from bank_profiles.layouts.layout import FileLayout


class GroupedLines(LineCodec):
    def __init__(self, layout: FileLayout, form: DelimitedFormat, line_end: str, cutting: Cutting) -> None:
        super().__init__(layout, form, line_end, cutting)
        self._delimited, self._continuations = form, Continuations(layout)
        self._inner = {record.name for record in form.groups.values()}
        self._told = [record for record in layout.bodies if record.name not in self._inner]

    # ---- reading ----

    def _whole_rows(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """No piece ends between a row and what goes on of it."""
        pieces = super()._whole_rows(blocks)
        if not self._continuations:
            return pieces
        return Holding(self._layout.tail is not None, _ends, lambda data: list(split_lines(data)), self._goes_on).pieces(pieces)

    def _goes_on(self, line: bytes) -> bool:
        try:
            return self._continuations.is_one(self._form.record_of(line, self._told))
        except (BadLine, UnicodeDecodeError):
            return False

    def cut(self, piece: Piece) -> list[Cut] | None:
        if self._inner:
            return None
        cuts = super().cut(piece)
        return None if cuts is None else self._continuations.cut(cuts)

    def walk(self, piece: Piece) -> Iterator[Item]:
        if self._alone(piece) is not None:
            return super().walk(piece)
        lines = zip(piece.numbered.tolist(), split_lines(piece.data), strict=True)
        return self._continuations.walked(item for number, line in lines for item in self._items(line, number))

    def _items(self, line: bytes, number: int) -> list[Item]:
        """A row, and the groups in it."""
        record = None
        try:
            record = self._form.record_of(line, self._told)
            if record is None:
                return [Item(None, number)]
            return [Item(each, number, cells) for each, cells in self._delimited.rows(line, record)]
        except (BadLine, UnicodeDecodeError) as bad:
            return [Item(record, number, bad=bad)]

    def parts(self, piece: Piece) -> list[Piece]:
        parts: list[Piece] = []
        for part in super().parts(piece):
            if parts and self._continuations and self._goes_on(next(split_lines(part.data))):
                parts[-1] = joined(parts[-1], part)
            else:
                parts.append(part)
        return parts

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        """Groups stand behind the columns of the row they are in; a text that goes on is written whole."""
        inner = {sheaf.record.name: sheaf for sheaf in sheaves if sheaf.record.name in self._inner}
        lines: list[bytes] = []
        orders: list[Ints] = []
        for sheaf in sheaves:
            if sheaf.record.name in self._inner:
                continue
            group = self._delimited.groups.get(sheaf.record.name)
            found = self._lines(sheaf, inner.get(group.name) if group else None)
            if found is None:
                return None
            lines += found
            orders.append(sheaf.order)
        sorting = np.argsort(np.concatenate(orders), kind="stable")
        end = self._delimited.line_ending.encode() + self._line_end
        block = b"".join(lines[at] + end for at in sorting.tolist())
        return self._out(self._ahead(sheaves[0].record) + block)

    def _lines(self, sheaf: Sheaf, groups: Sheaf | None) -> list[bytes] | None:
        """The rows as lines, without what ends them."""
        own = self._texts(sheaf)
        behind = [] if groups is None else self._texts(groups)
        if own is None or behind is None:
            return None
        if groups is not None and groups.parents is not None:
            for parent, text in zip(groups.parents.tolist(), behind, strict=True):
                own[parent] += self._delimited.separator.encode() + text
        return own

    def _texts(self, sheaf: Sheaf) -> list[bytes] | None:
        if not len(sheaf.order):
            return []
        block = self._delimited.join(sheaf.record.fields, sheaf.columns, b"\n")
        end = self._delimited.line_ending.encode() + b"\n"
        return None if block is None else [line.removesuffix(end) for line in block.splitlines(keepends=True)]


def _ends(data: bytes) -> Ints:
    """The byte behind each line."""
    return line_starts(data)[1:]
