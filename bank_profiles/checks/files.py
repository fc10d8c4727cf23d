"""The second look at one file of a profile: records that can be told apart, columns in their places, proof that it is complete."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, get_args

from bank_profiles.checks.columns import check_column, place_of_target
from bank_profiles.checks.delimited import check_delimited
from bank_profiles.checks.encodings import check_encoding
from bank_profiles.checks.excel import check_excel
from bank_profiles.checks.fixed import check_fixed, check_positions
from bank_profiles.checks.json import check_json
from bank_profiles.checks.lines import check_continuations, continued
from bank_profiles.checks.maps import is_word, words_of
from bank_profiles.checks.nesting import check_nesting, is_level, meanings
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.self_describing import check_described
from bank_profiles.checks.xml import check_xml
from bank_profiles.errors import Text
from bank_profiles.language.formats import FileSpec, shows_its_end
from bank_profiles.language.formats.base import Encoding
from bank_profiles.language.formats.delimited import Delimited, DelimitedRecord
from bank_profiles.language.formats.excel import Excel
from bank_profiles.language.formats.fixed import Fixed, FixedField, FixedRecord
from bank_profiles.language.formats.json import Json
from bank_profiles.language.formats.self_describing import SelfDescribing
from bank_profiles.language.formats.trees import TreeRecord
from bank_profiles.language.formats.xml import Xml
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.layouts.deriving import directed
from bank_profiles.layouts.layout import LINES
from bank_profiles.values.targets import REQUIRED, SKIP, in_chinese, targets

_IN_LINES = ("delimited", "fixed", "self_describing")
_OF_FORMAT: dict[type[FileSpec], Callable[[Any, Path, Notes], None]] = {
    Delimited: check_delimited,
    SelfDescribing: check_described,
    Fixed: check_fixed,
    Xml: check_xml,
    Json: check_json,
    Excel: check_excel,
}
GIVES: dict[str, tuple[str, ...]] = {
    "inquiry": ("inquiry",),
    "response": ("outcome", "holding", "movement"),
    "receipt": ("receipt",),
}


def check_file(profile: Profile, side: Side, path: Path, file: FileSpec, notes: Notes) -> None:
    """All of one file; ``path`` leads to it."""
    if not side.encoding(str(path[-1])):
        what = Text(f"nothing says in which encoding file “{path[-1]}” is", f"未说明文件“{path[-1]}”的编码")
        notes.error("no-encoding", path, what, one_of(get_args(Encoding)), key=True)
    check_encoding(file, side.encoding(str(path[-1])), path, notes)
    before = len(notes.problems)
    for name, record in file.records.items():
        at = (*path, "records", name)
        if not _fits_here(file, name, at, notes):
            continue  # its columns are judged once it is known what the record is
        _check_when(record, at, notes)
        _check_always(record, at, notes)
        _check_targets(file, record, at, notes)
        if isinstance(file, Fixed):
            check_positions(file, file.records[name], at, notes)
        for column in record.fields:
            check_column(profile, side, (str(path[-1]), file), record, (*at, "fields", column), notes)
    check_nesting(file, path, notes)
    check_continuations(file, path, notes)
    if of_format := _OF_FORMAT.get(type(file)):
        of_format(file, path, notes)
    _check_told_apart(file, path, notes)
    if not {"bad-total", "unknown-record", "no-place", "wrong-side"} & {problem.code for problem in notes.problems[before:]}:
        _check_complete(file, path, notes)


def _fits_here(file: FileSpec, name: str, at: Path, notes: Notes) -> bool:
    side, record = str(at[0]), file.records[name]
    in_lines = file.format in _IN_LINES
    alone = record.inside is None and not (record.when or is_level(file, name) or continued(file, record))
    if in_lines and record.gives is None and record.place is None and alone:
        what = Text("a record that gives no rows needs a place", "不产生数据行的记录需要 place")
        notes.error("no-place", at, what, Text("place: first or place: last", "place: first 或 place: last"), key=True)
        return False
    if record.gives and record.gives not in GIVES[side]:
        what = Text(f"{side} files do not give {record.gives} rows", f"{side} 的文件不产生 {record.gives} 行")
        notes.error("wrong-side", (*at, "gives"), what, one_of(GIVES[side]))
        return False
    return True


# ---- one record ---------------------------------------------------------------------------------------------------------------------


def _check_when(record: Record, at: Path, notes: Notes) -> None:
    for column in record.when:
        if column not in record.fields:
            what = Text(f"“{column}” is not a column of this record", f"“{column}” 不是本记录的列")
            notes.error(
                "unknown-column",
                (*at, "when", column),
                what,
                one_of(record.fields),
                did_you_mean(column, record.fields),
                key=True,
            )
    by_place, marked = record.place in ("first", "last"), any(rule.const is not None for rule in record.fields.values())
    if by_place and record.occurs != "one" and not (record.when or marked):
        what = Text("a record that may be missing needs a mark to know it by", "可缺省的记录需要识别标志")
        notes.error("records-alike", at, what, Text("a column with const, or when", "带 const 的列，或 when"), key=True)


def _check_always(record: Record, at: Path, notes: Notes) -> None:
    known = targets(record.gives)
    for target, word in record.always.items():
        here = (*at, "always", target)
        if target not in known:
            where = Text(record.gives, in_chinese(record.gives)) if record.gives else Text("a header or trailer", "首尾记录")
            what = Text(f"“{target}” is not a field of {where.en}", f"“{target}” 不是{where.zh}的字段")
            notes.error("unknown-field", here, what, one_of(known), did_you_mean(target, known), key=True)
        elif known[target] not in ("text", "word", "words", "currency"):
            what = Text(f"{target} is not the same in all rows", f"{target} 不会各行相同")
            notes.error("bad-word", here, what, Text("a text or a word of ours", "文字或我方用词"), key=True)
        elif not is_word(target, word):
            what = Text(f"“{word}” is not a word of {target}", f"“{word}” 不是 {target} 的用词")
            notes.error("bad-word", here, what, words_of(target))


def _check_targets(file: FileSpec, record: Record, at: Path, notes: Notes) -> None:
    reached: dict[str, str] = dict.fromkeys(record.always, "always") | dict.fromkeys(record.carry, "carry")
    ways = directed(record)
    for column, rule in record.fields.items():
        for number, target in enumerate(rule.targets):
            if (
                target in reached
                and target != SKIP
                and not continued(file, record)
                and not {column, reached[target]} <= set(ways)
            ):
                what = Text(
                    f"{target} is given twice: by “{reached[target]}” and by “{column}”",
                    f"{target} 出现两次：“{reached[target]}”与“{column}”",
                )
                hint = Text("make one of them skip", "请将其中之一设为 skip")
                notes.error("target-twice", place_of_target((*at, "fields", column), notes, number), what, hint=hint)
            reached.setdefault(target, column)
    if ways:
        reached.setdefault("direction", next(iter(ways)))
    known = {SKIP, *meanings(file, record)}
    if not known >= {*record.always, *(target for rule in record.fields.values() for target in rule.targets)}:
        return  # a misspelt target does not also report the one it stands for
    needed = [*REQUIRED.get(record.gives or "", ()), *(["currency"] if "declared_balance" in reached else [])]
    for target in needed:
        if target not in reached:
            what = Text(
                f"no column gives {target}, and a row of {record.gives} means nothing without it",
                f"没有列给出 {target}，而 {record.gives} 行缺它就没有意义",
            )
            hint = Text(f"name the column, or   always: {{{target}: …}}", f"请指明该列，或用   always: {{{target}: …}}")
            notes.error("target-not-reached", at, what, hint=hint, key=True)


# ---- the records together -----------------------------------------------------------------------------------------------------------


def _check_told_apart(file: FileSpec, path: Path, notes: Notes) -> None:
    if isinstance(file, Excel):
        return  # by sheet (checks/excel.py)
    for place in ("first", "last"):
        placed = [name for name, record in file.records.items() if record.place == place]
        for name in placed[1:]:
            what = Text(f"“{name}” and “{placed[0]}” both stand {place}", f"“{name}”与“{placed[0]}”的 place 都是 {place}")
            notes.error("records-alike", (*path, "records", name), what, key=True)
    free = [(name, record) for name, record in file.records.items() if _is_told(file, record)]
    for (one, first), (other, second) in combinations(free, 2):
        if not any(_differs(file, first, second, column) for column in first.when):
            what = Text(f"nothing tells a line of “{other}” from one of “{one}”", f"无法区分“{other}”行与“{one}”行")
            expected = Text("both with when on the same column, with different values", "两者都用 when，同一列、不同取值")
            notes.error("records-alike", (*path, "records", other), what, expected, key=True)


def _is_told(file: FileSpec, record: Record) -> bool:
    """Is it known by its marks? A header or trailer is by its place, a repeated group by the record it stands in."""
    repeated = isinstance(record, FixedRecord | DelimitedRecord) and record.repeat is not None
    if isinstance(record, TreeRecord):
        return False  # by its path (checks/xml.py, checks/json.py)
    return record.place is None and not repeated and bool(record.when or (record.gives and not continued(file, record)))


def _differs(file: FileSpec, one: Record, other: Record, column: str) -> bool:
    """Do both look at the same place of the line, and see different marks there?"""
    if column not in one.fields:
        return False
    return any(
        _where(file, one, column) == _where(file, other, seen) and one.when[column] != mark
        for seen, mark in other.when.items()
        if seen in other.fields
    )


def _where(file: FileSpec, record: Record, column: str) -> tuple[int, int] | str:
    """Byte and width, or the number of the column, or its title."""
    if isinstance(file, Delimited) and file.title_row is not None:
        return column
    rule = record.fields[column]
    if isinstance(rule, FixedField) and rule.at:
        return rule.at, rule.width or 0
    return list(record.fields).index(column), 0


def _check_complete(file: FileSpec, path: Path, notes: Notes) -> None:
    """Lines need a count; a tree or a workbook that was cut does not open."""
    if shows_its_end(file):
        return
    totals = (rule.equals for record in file.records.values() for rule in record.fields.values() if rule.equals)
    counted = {name for total in totals for name in total.count or ()}
    for name in _giving(file):
        if not {name, LINES} & counted:
            what = Text(
                f"nothing proves that file “{path[-1]}” holds every line of “{name}”",
                f"没有依据证明文件“{path[-1]}”的“{name}”行是完整的",
            )
            hint = Text(
                f"ask the bank for a count:   {{equals: {{count: {name}}}}}", f"请银行提供笔数：   {{equals: {{count: {name}}}}}"
            )
            notes.warning("not-provable", (*path, "records", name), what, hint)


def _giving(file: FileSpec) -> Iterator[str]:
    return (name for name, record in file.records.items() if record.gives)
