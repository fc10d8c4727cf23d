"""Codes that no map knows, taken as "other" because the profile keeps such rows: which ones came, and how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.engine.explain import masked_text
from bank_profiles.errors import DataPlace, Problem, Text
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import Codes
from bank_profiles.values.targets import CODE

SHOWN_MAX = 20


@dataclass
class Keeping:
    """What was kept of one file. ``masked``: what stands in the place of a code may be anything, a name too."""

    masked: bool = True
    codes: dict[str, Counter[str]] = field(default_factory=dict)  # by target
    fields: dict[str, Field] = field(default_factory=dict)

    def add(self, record: RecordLayout, table: pa.Table) -> None:
        """``table``: the good rows of a record."""
        for target, spelt in record.by_target.items():
            converter = spelt.converter
            if not isinstance(converter, Codes) or converter.keeps is None or target + CODE not in table.column_names:
                continue
            kept = table.filter(pc.equal(table.column(target), pa.scalar(converter.keeps))).column(target + CODE)
            found = {code: count for code, count in _counts(kept) if code not in converter.to_word}
            if found:
                self.fields.setdefault(target, spelt)
                self.codes.setdefault(target, Counter()).update(found)

    def warnings(self, file: str) -> list[Problem]:
        return [self._warning(file, target, codes) for target, codes in self.codes.items()]

    def _warning(self, file: str, target: str, codes: Counter[str]) -> Problem:
        spelt = self.fields[target]
        most = [(masked_text(spelt, code) if self.masked else code, count) for code, count in codes.most_common(SHOWN_MAX)]
        shown = " ".join(f"{code} ({count})" for code, count in most)
        return Problem(
            code="code-kept",
            place=DataPlace(file, field=spelt.name),
            what=Text(
                f"codes that are not in the map were taken as other: {shown}", f"对照表中没有的代码，按 other 收下：{shown}"
            ),
            hint=Text("ask the bank what it means, then add it to the map", "请向银行确认含义后补入对照表"),
            rule=spelt.rule,
            severity="warning",
        )


def _counts(codes: Any) -> list[tuple[str, int]]:
    counted: Any = pc.value_counts(codes.drop_null())
    return [(str(each["values"]), int(each["counts"])) for each in counted.to_pylist()]
