"""The second look at tables with titles: can every column be found, every mark be seen, every line before the table be read?"""

from collections.abc import Iterator, Mapping, Sequence

from bank_profiles.checks.notes import Notes
from bank_profiles.codecs.titles import SEARCHED_ROWS_MAX, as_title, name_and_number
from bank_profiles.errors import Text
from bank_profiles.language.formats.tables import Says, Table, TitledField, TitledRecord
from bank_profiles.language.words import Path

Records = Mapping[str, TitledRecord]
_REMOVE = Text("remove it", "请删除")
_PREAMBLE = "preamble"


def check_table(table: Table, records: Records, at: Path, notes: Notes) -> None:
    """One table and all records that stand in it; ``at`` leads to the block ``table`` is written in."""
    if isinstance(table.title_row, int) and table.title_row > SEARCHED_ROWS_MAX:
        what = Text("titles do not stand so deep", "标题行不会这么靠后")
        notes.error("bad-title-row", (*at, "title_row"), what, Text(f"1 to {SEARCHED_ROWS_MAX}", f"1 到 {SEARCHED_ROWS_MAX}"))
    if isinstance(table.stop_at, Says):
        _check_mark(table.stop_at, (*at, "stop_at"), notes)
    titles: dict[str, str] = {}
    for name, record in records.items():
        here = (*at, "records", name) if (*at, "records", name) in notes.origin.keys else at
        if isinstance(record.place, Says):
            _check_mark(record.place, (*here, "place"), notes)
        for column, rule in record.fields.items():
            _check_field(record, rule, (*here, "fields", column), notes)
            if record.place != _PREAMBLE and not rule.is_virtual:
                _check_titles(column, rule, titles, (*here, "fields", column), notes)
    _check_preamble(table, records, at, notes)


# ---- marks --------------------------------------------------------------------------------------------------------------------------


def _check_mark(mark: Says, at: Path, notes: Notes) -> None:
    if not as_title(mark.says).replace("*", ""):
        what = Text("every row would have this mark", "每一行都会符合该标志")
        notes.error("bad-mark", (*at, "says"), what, Text("a text, for example 合计", "文字，例如 合计"))


# ---- columns ------------------------------------------------------------------------------------------------------------------------


def _check_field(record: TitledRecord, rule: object, at: Path, notes: Notes) -> None:
    if not isinstance(rule, TitledField):
        return
    if rule.optional and rule.required:
        what = Text("a column that may be missing cannot have a value in every row", "可缺省的列不能要求每行有值")
        notes.error("wrong-word", (*at, "optional"), what, hint=_REMOVE, key=True)
    if rule.within is not None and record.place != _PREAMBLE:
        what = Text("“within” speaks of lines before the table", "“within” 用于表前的行")
        notes.error(
            "wrong-word",
            (*at, "within"),
            what,
            hint=Text("in a record with   place: preamble", "用于   place: preamble   的记录"),
            key=True,
        )
    if rule.within is not None and not _is_pattern(rule.within):
        what = Text(f"“{rule.within}” does not say where the value stands", f"“{rule.within}” 未指明值的位置")
        expected = Text(
            "{} once, a text between {} and *, for example 收入：*笔 {}元",
            "{} 一次，{} 与 * 之间须有文字，例如 收入：*笔 {}元",
        )
        notes.error("bad-within", (*at, "within"), what, expected)


def _is_pattern(within: str) -> bool:
    pieces = within.replace("{}", "*").split("*")
    return within.count("{}") == 1 and len(pieces) > 1 and all(pieces[1:-1]) and any(piece.strip() for piece in pieces)


def _check_titles(column: str, rule: object, titles: dict[str, str], at: Path, notes: Notes) -> None:
    """No title leads to two columns; several records may have the same column."""
    own, nth = name_and_number(column)
    also = rule.also if isinstance(rule, TitledField) else ()
    for title in [f"{own}#{nth}", *(f"{as_title(other)}#{nth}" for other in also)]:
        taken = titles.setdefault(title, column)
        if taken != column:
            shown = title.removesuffix("#1")
            what = Text(
                f"the title “{shown}” leads to “{taken}” and to “{column}”", f"标题“{shown}”同时对应“{taken}”与“{column}”"
            )
            hint = Text(
                "take it out of also; the second of two columns with one title is   账号#2",
                "请从 also 中删去；同名列中的第二列写作   账号#2",
            )
            notes.error("title-twice", at, what, hint=hint, key=True)
            return


# ---- before the table ---------------------------------------------------------------------------------------------------------------


def _check_preamble(table: Table, records: Records, at: Path, notes: Notes) -> None:
    before = [name for name, record in records.items() if record.place == _PREAMBLE]
    for name in before[1:]:
        what = Text(f"“{name}” and “{before[0]}” both are the lines before the table", f"“{name}”与“{before[0]}”都是表前的行")
        notes.error("records-alike", _at(at, name, notes), what, key=True)
    if before and table.title_row == 1 and len(before) < len(records):
        what = Text("no line stands before titles in row 1", "标题在第1行，其前没有行")
        notes.error(
            "no-room",
            _at(at, before[0], notes),
            what,
            Text("title_row: found, or a deeper row", "title_row: found，或更靠后的行"),
            key=True,
        )


def _at(at: Path, name: str, notes: Notes) -> Path:
    return (*at, "records", name) if (*at, "records", name) in notes.origin.keys else at


def alike(records: Records, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of records whose rows nothing tells apart: no column of both has to say different things."""
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            first, second = records[one].when, records[other].when
            if not any(column in second and second[column] != text for column, text in first.items()):
                yield one, other
