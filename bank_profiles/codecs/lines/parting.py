"""Long texts on their way out: as much as has room stands in the row, the rest in continuations behind it. The reverse of groups.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import Sheaf
from bank_profiles.codecs.lines.groups import Continuing
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import RecordLayout

Room = Callable[[RecordLayout, int, str], int]  # so many characters of this text have room in that column of that record
Line = dict[int, str]  # of a continuation: texts by index of their column


_BETWEEN = 1 << 20  # places between two rows: more continuations than any text needs


def spread(sheaf: Sheaf) -> Sheaf:
    """Rows with places between them for the continuations of any."""
    return replace(sheaf, order=sheaf.order * _BETWEEN)


@dataclass(frozen=True)
class Parting:
    """The rows of one record, and the continuations they may have."""

    record: RecordLayout
    continuing: Continuing
    room: Room

    @cached_property
    def going_on(self) -> dict[int, list[int]]:
        """Columns of the row whose text goes on, and the columns it goes on in, by index."""
        pairs = self.continuing.pairs(self.record)
        return {there: [here for here, other in pairs if other == there] for _, there in pairs}

    @cached_property
    def _keeps_blanks(self) -> bool:
        """May a continuation begin with a blank?"""
        trims = {self.continuing.record.fields[here].trim for columns in self.going_on.values() for here in columns}
        return trims <= {"right", "none"}

    def sheaves(self, sheaf: Sheaf) -> list[Sheaf] | None:
        """The rows and the continuations their texts need, in order; None where a text cannot be parted so that it is whole again."""
        columns = list(sheaf.columns)
        lines: list[list[Line]] = [[] for _ in range(len(sheaf.order))]
        for there in self.going_on:
            texts = [self.part(there, text or "", behind) for text, behind in zip(columns[there].to_pylist(), lines, strict=True)]
            if None in texts:
                return None
            columns[there] = pa.array(texts, pa.string())
        rows = replace(spread(sheaf), columns=columns)
        return [rows, self._continuations(rows, lines)] if any(lines) else [rows]

    def _continuations(self, rows: Sheaf, lines: Sequence[Sequence[Line]]) -> Sheaf:
        constants = [field.says or (field.missing or ("",))[0] for field in self.continuing.record.fields]
        texts = [[line.get(i, constant) for row in lines for line in row] for i, constant in enumerate(constants)]
        order = [own + 1 + n for own, behind in zip(rows.order.tolist(), lines, strict=True) for n in range(len(behind))]
        return Sheaf(self.continuing.record, [pa.array(column, pa.string()) for column in texts], np.array(order, np.int64))

    def part(self, there: int, text: str, lines: list[Line]) -> str | None:
        """What of a text stands in the row; the rest is put into the lines behind it. None where some of it has no room."""
        own, rest = self._first(self.record, there, text)
        at = 0
        while rest:
            if at == len(lines):
                lines.append({})
            before = rest
            for column in self.going_on[there]:
                lines[at][column], rest = self._first(self.continuing.record, column, rest)
            if rest == before:
                return None
            at += 1
        return own

    def _first(self, record: RecordLayout, column: int, text: str) -> tuple[str, str]:
        """As much of a text as has room, and the rest, parted where both glued together are the text again."""
        size = self.room(record, column, text)
        if size >= len(text):
            return text, ""
        glue = self.continuing.glue
        for at in range(size, 0, -1):
            rest = text[at:].removeprefix(glue)
            glued = not glue or text.startswith(glue, at)
            if glued and text[at - 1] not in SPACES and (self._keeps_blanks or rest[:1] not in SPACES):
                return text[:at], rest
        return "", text
