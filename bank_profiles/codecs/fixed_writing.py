"""Rows of a fixed file on their way out: each record one row of a matrix of codes, with the groups that stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import BadFile, Ints, Sheaf
from bank_profiles.codecs.fixed_cells import Codes
from bank_profiles.codecs.fixed_width import FixedFormat
from bank_profiles.codecs.repeats import FILLED_WITH, Group, ranks, repeat_of, too_many
from bank_profiles.values.cells import SPACES

if TYPE_CHECKING:
    Texts = pa.Array[Any]


@dataclass(frozen=True)
class FixedWriter:
    form: FixedFormat

    def records(self, sheaf: Sheaf, sheaves: Sequence[Sheaf]) -> list[bytes] | None:
        """The records of a sheaf, with those of the other sheaves that stand in them; None where some text does not fit."""
        by_name = {other.record.name: other for other in sheaves}
        matrix = self._matrix(sheaf, self.form.length(sheaf.record), by_name)
        if matrix is None:
            return None
        lengths = self._lengths(sheaf, matrix)
        return [self.form.cells.written(row[:length]) for row, length in zip(matrix, lengths.tolist(), strict=True)]

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
        if inner is None:
            return self._counts(outer, group, np.zeros(len(matrix), np.int64))
        parents = cast(Ints, inner.parents)
        place = ranks(parents, inner.order)
        if len(place) and place.max() >= group.times:
            raise _refused(group, int(place.max()) + 1)
        parts = self._matrix(inner, group.width, by_name)
        if parts is None:
            return False
        matrix[parents[:, None], group.at + place[:, None] * group.width + np.arange(group.width)] = parts
        return self._counts(outer, group, np.bincount(parents, minlength=len(matrix)))

    def _counts(self, outer: Sheaf, group: Group, found: Ints) -> bool:
        """Does the column that counts the groups say how many there are?"""
        if group.counted_by is None:
            return True
        said = pc.utf8_trim(outer.columns[group.counted_by], SPACES).to_pylist()
        return bool([int(text) if text and text.isdigit() else 0 for text in said] == found.tolist())

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


def _refused(group: Group, found: int) -> BadFile:
    bad = too_many(group, found)
    return BadFile(bad.code, bad.what, bad.expected, cast(Any, bad.hint))
