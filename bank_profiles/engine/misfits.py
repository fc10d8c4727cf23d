"""What does not fit when rows are written: the plain converters go through them one by one and say which, where and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import Codec, Sheaf
from bank_profiles.encodings import size
from bank_profiles.engine.hashing import NOT_DIGITS, not_digits
from bank_profiles.engine.sharing import STANDS_FOR, is_silent, outcome_text
from bank_profiles.engine.spelling import Spelling, column_name, constant
from bank_profiles.engine.weaving import NoParent, Woven
from bank_profiles.errors import Problem, RowProblem, Text, UnwritableRoster
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.amounts import Money
from bank_profiles.values.converters import BadValue


@dataclass(frozen=True)
class Misfits:
    """One file whose rows are looked at one by one."""

    codec: Codec
    spelling: Spelling
    file: str

    def sheaf(self, woven: Woven, portion: Sequence[Woven], line: int) -> Sheaf:
        problems: list[RowProblem] = []
        texts: list[list[str | None]] = [[] for _ in woven.record.fields]
        totals = {f.name: self._totals(f, woven, portion, line) for f in woven.record.fields if f.total}
        keys = {f.name: self.spelling.key_texts(f, woven, portion) for f in woven.record.fields if not f.total}
        totals |= {name: texts.to_pylist() for name, texts in keys.items() if texts is not None}
        for number, row in enumerate(woven.table.to_pylist()):
            for index, field in enumerate(woven.record.fields):
                try:
                    value = totals[field.name][number] if field.name in totals else self._value(row, woven, field)
                    texts[index].append(self.text(field, value, silent=bool(row.get(STANDS_FOR))))
                except BadValue as bad:
                    problems.append(self.problem(woven.record, field, bad, line + number, row.get("line_ref")))
        if problems:
            raise UnwritableRoster(problems)
        columns = [pa.array(column, pa.string()) for column in texts]
        if others := [
            self.problem(woven.record, field, NOT_DIGITS, line + number, line_ref_of(woven, number))
            for field, number in not_digits(self.spelling.layout, woven.record, columns, is_silent(woven.table))
        ]:
            raise UnwritableRoster(others)
        return Sheaf(woven.record, columns, woven.order, woven.parents)

    def _totals(self, field: Field, woven: Woven, portion: Sequence[Woven], line: int) -> list[str | None]:
        try:
            return self.spelling.said_totals(field, woven, portion).to_pylist()
        except BadValue as bad:
            raise UnwritableRoster([self.problem(woven.record, field, bad, line)]) from None

    def _value(self, row: Mapping[str, Any], woven: Woven, field: Field) -> str | None:
        """The text of one cell; None where there is no value. Raises BadValue."""
        name = column_name(woven, field)
        if field.says is not None:
            return None
        if (said := outcome_text(woven.record, field, row)) is not None:
            return said
        if name is None:
            return self.spelling.said(field)
        value = row[name]
        if value is None:
            return None
        converter = self.spelling.converter(field, woven.record)
        if isinstance(converter, Money):
            if converter.positive and value < 0:
                what = Text("the amount is below zero; the direction carries the sign", "金额为负；应由收支方向表示正负")
                raise BadValue("negative-amount", what, Text("an amount without minus", "不带负号的金额"))
            return converter.write(converter.from_minor(value, row["currency"]), row["currency"])
        return converter.write(value) if converter else str(value)

    def text(self, field: Field, value: str | None, *, silent: bool = False) -> str | None:
        """One cell, ready to be joined; BadValue where it does not fit. ``silent``: its row stands for an outcome, and lacks the rest."""
        if value is None and field.required and not silent and field.says is None and field.total is None:
            what = Text("there is no value, and the bank demands one", "无值，而银行要求必填")
            raise BadValue("missing-value", what, Text("a value in every row", "每行都应有值"))
        if value is None and field.says is None and not self.spelling.in_lines:
            return None
        text = constant(field) if value is None else value
        if value is not None and field.pad == "0" and field.span:
            text = text.zfill(field.span[1] - field.span[0])
        if field.longest is not None and size(text, field.encoding) > field.longest:
            what = Text("the value is longer than the bank takes", "值超过银行允许的长度")
            raise BadValue("too-long", what, Text(f"at most {field.longest} bytes", f"最多 {field.longest} 字节"))
        self.codec.fit(field, text)
        return text

    def problem(self, record: RecordLayout, field: Field, bad: BadValue, line: int, line_ref: str | None = None) -> RowProblem:
        place = self.codec.place(self.file, line, record, field)
        what = Text(*(text.replace("“{value}”", "…").replace("{value}", "…") for text in bad.what))
        hint = bad.hint or Text(
            "correct the row, or ask the bank for a wider field. Nothing was written",
            "请更正该行，或请银行放宽字段。未写出任何内容",
        )
        return RowProblem(
            code=bad.code, place=place, what=what, expected=bad.expected, hint=hint, rule=field.rule, line_ref=line_ref
        )

    def not_always(self, woven: Woven, line: int) -> Iterator[RowProblem]:
        """Rows that differ in what the profile says of all of them: the file has no place to say so."""
        for target, always in woven.record.always.items():
            if target not in woven.table.column_names or target in woven.record.by_target:
                continue
            different = set(pc.unique(woven.table.column(target)).to_pylist()) - {None, always}
            if not different:
                continue
            for number in [at for at, said in enumerate(woven.table.column(target).to_pylist()) if said in different]:
                yield RowProblem(
                    code="always-differs",
                    place=self.codec.place(self.file, line + number, woven.record, None),
                    what=Text(f"this row has another {target}", f"该行的 {target} 不同"),
                    expected=Text(
                        f"{target}: {always}, as the profile says of all rows", f"{target}: {always}，画像对所有行如此规定"
                    ),
                    hint=Text(
                        "give it a column, or leave the row out. Nothing was written", "请为其设列，或去掉该行。未写出任何内容"
                    ),
                    rule=woven.record.rule,
                    line_ref=line_ref_of(woven, number),
                )

    def no_parent(self, lost: NoParent) -> Problem:
        outer = lost.record.inside or ""
        return Problem(
            code="no-parent",
            place=self.codec.place(self.file, lost.row + 1, lost.record, None),
            what=Text(
                f"a row of “{lost.record.name}” belongs to no “{outer}”", f"“{lost.record.name}”中有一行不属于任何“{outer}”"
            ),
            expected=Text(f"a row of “{outer}” with the same carried fields", f"“{outer}”中应有相同承接字段的行"),
            rule=lost.record.rule,
        )

    def several(self, woven: Woven) -> Problem:
        """What a header says of all rows differs among them."""
        name, rows = woven.record.name, woven.table.num_rows
        return Problem(
            code="several-in-one-file",
            place=self.codec.place(self.file, 1, woven.record, None),
            what=Text(
                f"“{name}” stands once in a file, and the rows belong to {rows}",
                f"“{name}”在文件中只有一处，而数据分属 {rows} 处",
            ),
            expected=Text(f"rows of one “{name}”", f"同一“{name}”的数据"),
            hint=Text("write a file for each", "请分文件写出"),
            rule=woven.record.rule,
        )


def line_ref_of(woven: Woven, number: int) -> str | None:
    return woven.table.column("line_ref")[number].as_py() if "line_ref" in woven.table.column_names else None
