"""Long texts on their way out: as much as has room stands in the row, the rest in continuations behind it. The reverse of groups.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import Sheaf
from bank_profiles.codecs.groups import Continuations, Continuing
from bank_profiles.layout import RecordLayout
from bank_profiles.values.cells import SPACES

Room = Callable[[RecordLayout, int, str], int]  # so many characters of this text have room in that column of that record
Line = dict[int, str]  # of a continuation: texts by index of their column


def parted(continuations: Continuations, sheaf: Sheaf, room: Room) -> list[Sheaf] | None:
    """A sheaf and the continuations its long texts need, in order; None where a text cannot be parted so that it is whole again."""
    continuing = continuations.of(sheaf.record)
    return [sheaf] if continuing is None else _Parting(sheaf, continuing, room).sheaves()


@dataclass(frozen=True)
class _Parting:
    sheaf: Sheaf
    continuing: Continuing
    room: Room

    def sheaves(self) -> list[Sheaf] | None:
        pairs = self.continuing.pairs(self.sheaf.record)
        going_on = {there: [here for here, other in pairs if other == there] for _, there in pairs}
        texts = {there: self.sheaf.columns[there].to_pylist() for there in going_on}
        lines: list[list[Line]] = [[] for _ in range(len(self.sheaf.order))]
        for there, here in going_on.items():
            for row, text in enumerate(texts[there]):
                texts[there][row], rest = self._first(self.sheaf.record, there, text or "")
                if not self._behind(rest, here, lines[row]):
                    return None
        columns = list(self.sheaf.columns)
        for there, column in texts.items():
            columns[there] = pa.array(column, pa.string())
        step = 1 + max(map(len, lines), default=0)
        rows = replace(self.sheaf, columns=columns, order=self.sheaf.order * step)
        return [rows, self._continuations(lines, step)] if step > 1 else [rows]

    def _continuations(self, lines: Sequence[Sequence[Line]], step: int) -> Sheaf:
        constants = [field.says or (field.missing or ("",))[0] for field in self.continuing.record.fields]
        columns = [
            pa.array([line.get(i, text) for row in lines for line in row], pa.string()) for i, text in enumerate(constants)
        ]
        order = [
            int(own) * step + number
            for own, row in zip(self.sheaf.order, lines, strict=True)
            for number in range(1, len(row) + 1)
        ]
        return Sheaf(self.continuing.record, columns, np.array(order, np.int64))

    def _behind(self, rest: str, columns: Sequence[int], lines: list[Line]) -> bool:
        """The rest of a text into the lines behind its row; False where it has no room there."""
        at = 0
        while rest:
            if at == len(lines):
                lines.append({})
            before = rest
            for column in columns:
                lines[at][column], rest = self._first(self.continuing.record, column, rest)
            if rest == before:
                return False
            at += 1
        return True

    def _first(self, record: RecordLayout, column: int, text: str) -> tuple[str, str]:
        """As much of a text as has room, and the rest, parted where both glued together are the text again."""
        size = self.room(record, column, text)
        if size >= len(text):
            return text, ""
        glue = self.continuing.glue
        for at in range(size, 0, -1):
            rest = text[at:].removeprefix(glue)
            glued = not glue or text.startswith(glue, at)
            if glued and text[at - 1] not in SPACES and rest[:1] not in SPACES:
                return text[:at], rest
        return "", text
