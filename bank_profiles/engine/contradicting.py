"""Inquiry lines that one file answers in two ways: there is an account, and there is none. Nobody guesses which holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import DataPlace, Problem, Text
from bank_profiles.layouts.layout import FileLayout

SHOWN_MAX = 20
_PAIR = ["line_ref", "outcome"]
_PORTIONS_MAX = 64  # before they are made one again: a long file answers few lines many times


@dataclass
class Contradicting:
    """The different answers of each line so far. That a line is answered twice alike is no matter."""

    answers: list[pa.Table] = field(default_factory=list)

    def add(self, outcomes: pa.Table) -> None:
        """``outcomes``: good rows, of whatever record."""
        self.answers.append(_different([outcomes]))
        if len(self.answers) > _PORTIONS_MAX:
            self.answers = [_different(self.answers)]

    def warnings(self, layout: FileLayout, file: str) -> list[Problem]:
        """One for all lines of the file; none where every line has one answer."""
        if not self.answers:
            return []
        answers = _different(self.answers).group_by("line_ref").aggregate([("outcome", "count")])
        twice = sorted(map(str, answers.filter(pc.field("outcome_count") > 1).column("line_ref").to_pylist()))
        if not twice:
            return []
        shown = " ".join(twice[:SHOWN_MAX]) + (" …" if len(twice) > SHOWN_MAX else "")
        what = Text(
            f"{len(twice):,} line{'' if len(twice) == 1 else 's'} answered in two ways: {shown}",
            f"{len(twice):,} 笔有两种不同结果：{shown}",
        )
        hint = Text(
            "ask the bank which holds; until then such a line counts as partly answered",
            "请向银行确认以哪个为准；在此之前该笔按部分反馈计",
        )
        return [Problem(code="answers-differ", place=DataPlace(file), what=what, hint=hint, rule=layout.rule, severity="warning")]


def _different(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables([table.select(_PAIR) for table in tables]).group_by(_PAIR).aggregate([])
