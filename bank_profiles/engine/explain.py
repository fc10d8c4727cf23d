"""From "this cell is bad" to a problem with both addresses and a masked value, in both languages."""

import re
from dataclasses import dataclass

from bank_profiles.codecs.codec import BadFile, BadLine
from bank_profiles.engine.differences import Wording
from bank_profiles.errors import DataPlace, Problem, ProfilePlace, RowProblem, Text
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.masking import shown_word
from bank_profiles.values.amounts import Money, Number, Quantity
from bank_profiles.values.converters import BadValue, CodeList, Codes, Currency
from bank_profiles.values.dates import Clock, Day

_NAMES = ("name", "holder_name", "counterparty_name")


def masked_text(field: Field, text: str) -> str:
    """A value as a message may show it: amounts lose all but their signs, names all but the first character, numbers their middle.

    Codes, days and hours say nothing about who, unless a shifted line put something longer, or a name, in their place.
    """
    text = text.strip()
    if not text or (text.isascii() and len(text) <= _shown_max(field)):
        return text
    if isinstance(field.converter, Money | Number | Quantity):
        return re.sub(r"[^ ,.+-]", "*", text)[:_MASKED_MAX]
    if field.target in _NAMES or len(text) < 12:
        return (text[:1] + "*" * (len(text) - 1))[:_MASKED_MAX]
    first, last = (6, 1) if field.target in ("id_no", "joint_holder_id") else (4, 4)
    return text[:first] + "*" * min(len(text) - first - last, _MASKED_MAX) + text[-last:]


_MASKED_MAX = 30


def _shown_max(field: Field) -> int:
    """Up to this length a text is shown as it is."""
    converter = field.converter
    if field.says is not None:
        return len(field.says) + 2
    if isinstance(converter, Codes | CodeList):
        codes = converter if isinstance(converter, Codes) else converter.codes
        return max(map(len, codes.to_word), default=0) + 2
    if isinstance(converter, Day | Clock):
        return max(map(len, converter.spellings)) + 2
    return 5 if isinstance(converter, Currency) else 0


@dataclass(frozen=True)
class Explainer:
    """Words problems of one file as received. ``masked`` is off only where a person asked to see values."""

    name: str
    masked: bool = True

    def cell(self, field: Field, raw: str, bad: BadValue, place: DataPlace, line_ref: str | None = None) -> RowProblem:
        value = masked_text(field, raw) if self.masked else raw.strip()
        what = Text(*(text.replace("{value}", value) for text in bad.what))
        return RowProblem(
            code=bad.code,
            place=place,
            what=what,
            expected=bad.expected,
            hint=bad.hint,
            rule=field.rule,
            because=field.because,
            line_ref=line_ref,
        )

    def file(self, bad: BadFile, rule: ProfilePlace) -> Problem:
        """No file of its format at all."""
        place = DataPlace(self.name, bad.line, bytes_from=bad.byte)
        what, expected = self._filled(bad.what, bad), self._filled(bad.expected, bad)
        hint = None if bad.hint is None else self._filled(bad.hint, bad)
        return Problem(code=bad.code, place=place, what=what, expected=expected, hint=hint, rule=rule)

    def _filled(self, text: Text, bad: BadFile) -> Text:
        """With the words of the file that are not the profile's."""
        found = [shown_word(word) if self.masked else word for word in bad.found]
        return Text(text.en.replace("{found}", ", ".join(found)), text.zh.replace("{found}", "、".join(found)))

    def empty(self, rule: ProfilePlace) -> Problem:
        return Problem(
            code="empty-file",
            place=DataPlace(self.name),
            what=Text("the file is empty", "文件为空"),
            expected=Text("all that the profile demands, even if there is nothing to tell", "画像所要求的内容，即使没有数据"),
            hint=Text("not finished, or fetched too early? The whole file is refused", "未写完，或取得过早？整个文件已拒收"),
            rule=rule,
        )

    def line(self, bad: BadLine, place: DataPlace, rule: ProfilePlace) -> RowProblem:
        return RowProblem(code=bad.code, place=place, what=bad.what, expected=bad.expected, hint=bad.hint, rule=rule)

    def unknown_record(self, place: DataPlace, records: tuple[RecordLayout, ...]) -> RowProblem:
        markers = [f"{record.fields[i].name}={says}" for record in records for i, says in record.when.items()]
        listed = " / ".join(markers)
        return RowProblem(
            code="unknown-record",
            place=place,
            what=Text("this line is of no kind the profile knows", "该行不属于画像中的任何记录类型"),
            expected=Text(listed, listed),
            hint=Text(
                "a new kind of line, or a line end inside a text? Ask the bank. The whole file is refused",
                "银行新增了行类型，或文字中有换行？请询问银行。整个文件已拒收",
            ),
            rule=records[0].rule if records else None,
        )

    def missing_record(self, record: RecordLayout, place: DataPlace) -> Problem:
        en, zh = ("first", "首") if record.place == "first" else ("last", "末")
        what = Text(f"the {en} line is not the record “{record.name}”", f"{zh}行不是记录“{record.name}”")
        if record.place is None:
            times = _TIMES[record.occurs]
            what = Text(f"this file has not {times.en} of “{record.name}”", f"文件中“{record.name}”不是{times.zh}")
        return Problem(
            code="missing-record",
            place=place,
            what=what,
            expected=Text(f"“{record.name}”, without which the file is not complete", f"“{record.name}”；缺少则文件不完整"),
            hint=Text("cut on the way, or not finished? The whole file is refused", "传输中断或未写完？整个文件已拒收"),
            rule=record.rule,
        )

    def mostly_unreadable(self, place: DataPlace, bad: int, rows: int, rule: ProfilePlace) -> Problem:
        return Problem(
            code="mostly-unreadable",
            place=place,
            what=Text(f"{bad:,} of {rows:,} rows so far cannot be read", f"至此 {rows:,} 行中有 {bad:,} 行无法读取"),
            expected=Text("a file whose rows are mostly as agreed", "大部分行符合约定的文件"),
            hint=Text(
                "a new layout of the bank, or another file? The whole file is refused",
                "银行改了格式，或不是该文件？整个文件已拒收",
            ),
            rule=rule,
        )

    def no_parent(self, record: RecordLayout, place: DataPlace) -> Problem:
        outer = record.inside
        return Problem(
            code="no-parent",
            place=place,
            what=Text(f"this “{record.name}” stands in no “{outer}”", f"该“{record.name}”不在任何“{outer}”之下"),
            expected=Text(f"a “{outer}” before it", f"其前应有“{outer}”"),
            hint=Text("a line lost, or in another order? The whole file is refused", "漏行或次序有误？整个文件已拒收"),
            rule=record.rule,
        )

    def missing_inside(self, record: RecordLayout, place: DataPlace) -> Problem:
        outer, times = record.inside, _TIMES[record.occurs]
        return Problem(
            code="missing-record",
            place=place,
            what=Text(f"this “{outer}” has not {times.en} of “{record.name}”", f"该“{outer}”中“{record.name}”不是{times.zh}"),
            expected=Text(f"{times.en} of “{record.name}” in every “{outer}”", f"每个“{outer}”中“{record.name}”{times.zh}"),
            hint=Text("cut on the way, or not finished? The whole file is refused", "传输中断或未写完？整个文件已拒收"),
            rule=record.rule,
        )

    def difference(self, field: Field, place: DataPlace, said: Wording, *, warns: bool) -> Problem:
        """A total that does not hold."""
        return Problem(
            code=said.code,
            place=place,
            what=said.what,
            expected=said.expected,
            hint=said.hint,
            rule=field.rule,
            severity="warning" if warns else "error",
        )

    def other_batch(self, field: Field, place: DataPlace) -> Problem:
        return Problem(
            code="other-batch",
            place=place,
            what=Text("this file answers another batch", "该文件对应的是另一批次"),
            expected=Text("the number of the batch that was sent", "所发送批次的批次号"),
            hint=Text(
                "the bank must send the answer under its own batch number. The whole file is refused",
                "请银行按批次号重发。整个文件已拒收",
            ),
            rule=field.rule,
        )

    def oddity(self, code: str) -> Problem:
        """Forgiven, but said."""
        return Problem(code=code, place=DataPlace(self.name), what=_ODDITIES[code], severity="warning")


_TIMES = {
    "one": Text("exactly one", "恰好一个"),
    "optional": Text("at most one", "至多一个"),
    "at_least_one": Text("at least one", "至少一个"),
}

_ODDITIES = {
    "bom": Text("the file begins with a byte order mark; it was skipped", "文件以 BOM 开头；已跳过"),
    "frame": Text(
        "the control characters of a terminal line stand around the file; they were skipped", "文件首尾有通信控制字符；已跳过"
    ),
    "end-mark": Text("the file ends with 0x1A; it was skipped", "文件以 0x1A 结尾；已跳过"),
    "blank-end": Text("there are blank lines at the end; they were skipped", "文件末尾有空行；已跳过"),
    "short-lines": Text(
        "some lines are shorter than their record; they were read as filled with blanks", "有行短于记录长度；按以空格补足读取"
    ),
    "long-lines": Text(
        "some lines have blanks behind their record; these were not read", "有行在记录之后另有空格；未读取这些空格"
    ),
    "no-last-end": Text("the last line has no line end", "最后一行没有换行"),
}
