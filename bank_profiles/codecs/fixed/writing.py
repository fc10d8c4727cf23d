"""Rows of a fixed file on their way out: each record one row of a matrix of codes, with the groups that stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Ints, Sheaf
from bank_profiles.codecs.fixed.cells import Codes
from bank_profiles.codecs.fixed.frames import Frames
from bank_profiles.codecs.fixed.repeats import FILLED_WITH, Group, count_differs, ranks, repeat_of, too_many
from bank_profiles.codecs.fixed.width import FixedFormat
from bank_profiles.layouts.cells import SPACES


@dataclass(frozen=True)
class FixedWriter:
    form: FixedFormat
    frames: Frames

    def records(self, sheaf: Sheaf, sheaves: Sequence[Sheaf], *, apart: bool) -> list[bytes] | None:
        """The records of a sheaf, with the groups of other sheaves in them: each ``apart``, or many in one.

        None where some text does not fit. Raises BadLine where rows do not fit together.
        """
        matrix = self._matrix(sheaf, self.form.length(sheaf.record), {other.record.name: other for other in sheaves})
        if matrix is None:
            return None
        lengths = self._lengths(sheaf, matrix)
        if apart or self.form.cells.in_chars or (lengths != matrix.shape[1]).any():
            bodies = (self.form.cells.written(row[:length]) for row, length in zip(matrix, lengths.tolist(), strict=True))
            return [body.join(self.frames.around(len(body))) for body in bodies]
        before, behind = (np.frombuffer(frame, np.uint8) for frame in self.frames.around(matrix.shape[1]))
        rows = len(matrix)
        return [np.hstack([np.tile(before, (rows, 1)), matrix, np.tile(behind, (rows, 1))]).tobytes()]

    def _matrix(self, sheaf: Sheaf, width: int, by_name: Mapping[str, Sheaf]) -> Codes | None:
        cells = self.form.cells
        matrix = cells.room(len(sheaf.order), width)
        for field, texts in zip(sheaf.record.fields, sheaf.columns, strict=True):
            if field.span is not None and not cells.put(matrix[:, slice(*field.span)], texts, field):
                return None
        for group in self.form.repeats.within(sheaf.record):
            if not self._put_groups(matrix, sheaf, group, by_name):
                return None
        return matrix

    def _put_groups(self, matrix: Codes, outer: Sheaf, group: Group, by_name: Mapping[str, Sheaf]) -> bool:
        end = group.at + group.times * group.width
        for word in group.absent:
            matrix[:, group.at : end] = self.form.cells.spelt(FILLED_WITH[word])[0]
        inner = by_name.get(group.record.name)
        found = (
            np.zeros(len(matrix), np.int64) if inner is None else np.bincount(cast(Ints, inner.parents), minlength=len(matrix))
        )
        if len(found) and found.max() > group.times:
            raise too_many(group, int(found.max()))
        self._check_count(outer, group, found)
        if inner is None or not len(inner.order):
            return True
        parts = self._matrix(inner, group.width, by_name)
        if parts is None:
            return False
        parents = cast(Ints, inner.parents)
        places = group.at + ranks(parents, inner.order) * group.width
        matrix[parents[:, None], places[:, None] + np.arange(group.width)] = parts
        return True

    def _check_count(self, outer: Sheaf, group: Group, found: Ints) -> None:
        """Raises BadLine where the column that counts the groups does not say how many there are."""
        if group.counted_by is None:
            return
        said = pc.utf8_trim(outer.columns[group.counted_by], SPACES).to_pylist()
        for text, number in zip(said, found.tolist(), strict=True):
            if not (text and text.isdigit() and int(text) == number):
                raise count_differs(outer.record.fields[group.counted_by].name, group, number)

    def _lengths(self, sheaf: Sheaf, matrix: Codes) -> Ints:
        full = np.full(len(matrix), matrix.shape[1], np.int64)
        group = self.form.repeats.shrinking(sheaf.record)
        if group is None:
            return full
        counts = self.form.repeats.counts(matrix, sheaf.record, group)
        return full if counts is None else full - (group.times - counts) * group.width


def stands_alone(sheaf: Sheaf) -> bool:
    """Is a row of it a record of its own, and no group in one?"""
    return repeat_of(sheaf.record) is None
