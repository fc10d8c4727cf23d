"""Rows of a package divided among its records before anything is written: by what their profile says of all rows, outcomes as their texts.

A row that no record takes, or that several would, refuses the package; so does an outcome the profile has no way to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.engine.sharing import TAKEN_BY, Giver, spelt_outcomes, standing_for, takers, telling
from bank_profiles.errors import DataPlace, ProfilePlace, RowProblem, Text, UnwritableRoster
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName

if TYPE_CHECKING:
    Column = pa.Array[Any]
Tables = Mapping[str, Iterable[pa.Table]]
Shared = dict[tuple[str, str], list[pa.Table]]  # by file and kind


def divide(profile: Profile, side: SideName, files: Mapping[str, FileSpec], rows: Tables) -> dict[str, Tables]:
    """The rows of each file by kind: those that say which record takes them, all others where their kind goes."""
    dividing = _Dividing(profile, side, files, rows)
    shared = dividing.divided()
    divided: dict[str, Tables] = {}
    for key, spec in files.items():
        kinds = {record.gives for record in spec.records.values() if record.gives}
        own = {kind: of_kind for kind, of_kind in dividing.rows.items() if kind in kinds}
        divided[key] = own | {kind: of_kind for (file, kind), of_kind in shared.items() if file == key}
    return divided


class _Dividing:
    """One package. ``rows``: as given, in lists where they had to be looked at."""

    def __init__(self, profile: Profile, side: SideName, files: Mapping[str, FileSpec], rows: Tables) -> None:
        self._profile, self._side, self._files = profile, side, files
        self.rows = dict(rows)
        self._givers: dict[str, list[Giver]] = {}
        for key, spec in files.items():
            for name, record in spec.records.items():
                if record.gives:
                    self._givers.setdefault(record.gives, []).append(Giver(key, name, record))

    def divided(self) -> Shared:
        """The rows of those kinds of which it is told who takes them. Raises UnwritableRoster."""
        shared: Shared = {}
        problems: list[RowProblem] = []
        for kind, givers in self._givers.items():
            if telling(givers):
                self.rows[kind] = list(self.rows.get(kind, ()))
                problems += self._by_constants(kind, givers, shared)
        if not problems and "outcome" not in self._givers and self._side == "response":
            problems += self._outcomes(shared)
        if problems:
            raise UnwritableRoster(problems)
        return shared

    # ---- constants ----

    def _by_constants(self, kind: str, givers: Sequence[Giver], shared: Shared) -> Iterator[RowProblem]:
        for giver in givers:
            shared[giver.file, kind] = []
        before = 0
        for table in self.rows[kind]:
            masks = takers(givers, table)
            count = np.sum(masks, axis=0)
            for row in np.flatnonzero(count != 1):
                yield self._not_one(kind, givers, [mask[row] for mask in masks], table, int(row), before)
            for giver, mask in zip(givers, masks, strict=True):
                shared[giver.file, kind].append(_taken_by(table.filter(pa.array(mask)), giver.name))
            before += table.num_rows

    def _not_one(
        self, kind: str, givers: Sequence[Giver], takes: Sequence[bool], table: pa.Table, row: int, before: int
    ) -> RowProblem:
        told = telling(givers)
        fields, number = ", ".join(told), before + row + 1
        if any(takes):
            names = [f"“{giver.name}”" for giver, takes_it in zip(givers, takes, strict=True) if takes_it]
            what = Text(
                f"{kind} row {number} may be written as {' and as '.join(names)}",
                f"第{number}个 {kind} 行既可写作{'，也可写作'.join(names)}",
            )
        else:
            what = Text(f"{kind} row {number} is of no record of the profile", f"第{number}个 {kind} 行不属于画像中的任何记录")
        known = " / ".join(
            ", ".join(f"{target}: {giver.record.always[target]}" for target in told if target in giver.record.always)
            for giver in givers
        )
        return RowProblem(
            code="always-differs",
            place=DataPlace(self._files[givers[0].file].name),
            what=what,
            expected=Text(f"a row of exactly one record by its {fields}: {known}", f"由 {fields} 恰好确定一个记录：{known}"),
            hint=Text(
                "correct the row, or the constants of the profile. Nothing was written",
                "请更正该行或画像中的常量。未写出任何内容",
            ),
            rule=self._rule(givers[0]),
            line_ref=table.column("line_ref")[row].as_py(),
        )

    def _rule(self, giver: Giver) -> ProfilePlace:
        return self._profile.rule(self._side, "files", giver.file, "records", giver.name)

    # ---- outcomes ----

    def _outcomes(self, shared: Shared) -> Iterator[RowProblem]:
        """Where no record gives outcomes, each is said by a row that implies it, or by the text that stands for it."""
        tables = list(self.rows.get("outcome", ()))
        if not tables or not any(table.num_rows for table in tables):
            return
        outcomes = pa.concat_tables(tables)
        implied = pc.and_(
            pc.is_in(outcomes.column("line_ref"), self._with_rows()), pc.equal(outcomes.column("outcome"), pa.scalar("found"))
        )
        left = outcomes.filter(pc.invert(implied))
        said: set[str] = set()
        for kind, givers in self._givers.items():
            for giver in givers:
                words = [word for word in spelt_outcomes(giver.record) if word not in said]
                rows = left.filter(pc.is_in(left.column("outcome"), pa.array(words, pa.string())))
                said |= set(words)
                if rows.num_rows:
                    self._told(giver.file, kind, shared).append(standing_for(kind, giver.name, rows))
        for row in left.filter(pc.invert(pc.is_in(left.column("outcome"), pa.array(sorted(said), pa.string())))).to_pylist():
            yield self._unsaid(row["outcome"], row["line_ref"], sorted(said))

    def _with_rows(self) -> Column:
        """The lines that have a row which is itself the answer "found"."""
        found: list[Any] = []
        for kind, givers in self._givers.items():
            if any(giver.record.implies for giver in givers):
                self.rows[kind] = list(self.rows.get(kind, ()))
                found += [table.column("line_ref") for table in self.rows[kind]]
        return pa.concat_arrays([pa.array([], pa.string()), *(chunk for each in found for chunk in each.chunks)])

    def _told(self, file: str, kind: str, shared: Shared) -> list[pa.Table]:
        """The rows of a kind in a file, each saying which record takes it: of those told by nothing the first."""
        if (file, kind) not in shared:
            first = next(giver.name for giver in self._givers[kind] if giver.file == file)
            self.rows[kind] = list(self.rows.get(kind, ()))
            shared[file, kind] = [_taken_by(table, first) for table in self.rows[kind]]
        return shared[file, kind]

    def _unsaid(self, word: str, line_ref: str, said: Sequence[str]) -> RowProblem:
        giver = next(giver for givers in self._givers.values() for giver in givers)
        what = Text(f"the profile has no text for the outcome {word}", f"画像没有表示查询结果 {word} 的写法")
        if word == "found":
            what = Text("a line that is found has no row that says so", "查有的一笔没有可以说明的行")
        listed = " ".join(said)
        return RowProblem(
            code="no-code",
            place=DataPlace(self._files[giver.file].name),
            what=what,
            expected=Text(f"found with a row; {listed}".rstrip("; "), f"found 且有数据行；{listed}".rstrip("；")),
            hint=Text("ask the bank how it says so, then add it to says_outcome", "请向银行确认写法后补入 says_outcome"),
            rule=self._rule(giver),
            line_ref=line_ref,
        )


def _taken_by(table: pa.Table, name: str) -> pa.Table:
    return table.append_column(TAKEN_BY, pa.repeat(pa.scalar(name), table.num_rows))
