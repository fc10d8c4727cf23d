"""The second look at one column of a profile: does it mean something, and is it spelt in a way its meaning allows?"""

from bank_profiles.checks.dates import check_dates
from bank_profiles.checks.excel import check_cell
from bank_profiles.checks.made import check_made
from bank_profiles.checks.maps import check_map_use
from bank_profiles.checks.nesting import meanings
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.numbers import check_number
from bank_profiles.checks.stored import check_stored
from bank_profiles.checks.totals import check_total
from bank_profiles.checks.units import check_unit
from bank_profiles.encodings import size
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.excel import ExcelField
from bank_profiles.language.formats.fixed import Fixed, FixedField
from bank_profiles.language.formats.self_describing import DescribedField
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.values.date_formats import fixed_width
from bank_profiles.values.targets import BATCH_DIGITS, POSITION_DIGITS, SKIP, Kind, in_chinese

# Which words of a column may stand with which type of target.
_NUMBERS: tuple[Kind, ...] = ("money", "decimal", "integer")
_SPELLING_FOR: dict[str, tuple[Kind, ...]] = {
    "map": ("word", "words", "currency"),
    "list": ("words",),
    "unit": ("money",),
    "decimals": ("money", "decimal"),
    "point": ("money", "decimal"),
    "sign": ("money", "decimal"),
    "plus": ("money", "decimal"),
    "grouping": _NUMBERS,
    "strip": _NUMBERS,
    "direction": ("money",),
    "format": ("date", "time"),
    "formats": ("date", "time"),
    "pivot": ("date", "time"),
    "year": ("date",),
    "masked": ("text",),
    "longest": ("text",),
}
_OF_TOTALS = ("unit", "decimals", "point", "sign", "plus", "grouping", "strip")


def check_column(profile: Profile, side: Side, file: tuple[str, FileSpec], record: Record, at: Path, notes: Notes) -> None:
    """All of one column; ``at`` leads to it and ends in its name."""
    column = str(at[-1])
    rule = record.fields[column]
    _check_meaning(file[1], record, column, rule, at, notes)
    check_made(record, rule, at, notes)
    _check_spelling(profile, side, file[1], record, rule, at, notes)
    check_total(file[1], rule, at, notes)
    check_unit(side, file[1], rule, kind_of(file[1], record, rule), at, notes)
    if isinstance(rule, ExcelField):
        check_cell(profile.inquiry, rule, at, notes)
    if isinstance(file[1], Fixed):
        _check_fits(side, file[0], record, rule, at, notes)
        check_stored(side, file[0], record, kind_of(file[1], record, rule), at, notes)


def _check_meaning(file: FileSpec, record: Record, column: str, rule: FieldRule, at: Path, notes: Notes) -> None:
    if rule.const is not None and (rule.to not in (None, SKIP) or rule.equals or rule.same_as):
        what = Text("a constant cannot also be a field or a total", "常量不能同时是字段或合计")
        notes.error("const-and-target", at, what, hint=Text("keep const, or the other", "请只保留 const 或另一项"), key=True)
    if not (rule.to or rule.const is not None or rule.equals or rule.same_as or column in record.when or _names_columns(rule)):
        what = Text(f"nothing says what “{column}” is", f"未说明“{column}”是什么")
        expected = Text(
            "to, const, equals or same_as; skip for a column we do not use", "to、const、equals 或 same_as；不用的列写 skip"
        )
        notes.error("says-nothing", at, what, expected, key=True)
    known = meanings(file, record)
    for number, target in enumerate(rule.targets):
        if target not in known and not (target == SKIP and len(rule.targets) == 1):
            where = Text(record.gives, in_chinese(record.gives)) if record.gives else Text("a header or trailer", "首尾记录")
            what = Text(f"“{target}” is not a field of {where.en}", f"“{target}” 不是{where.zh}的字段")
            here = place_of_target(at, notes, number)
            notes.error("unknown-field", here, what, one_of([*known, SKIP]), did_you_mean(target, known))


def _names_columns(rule: FieldRule) -> bool:
    """Do the names of a self-describing file's columns stand here?"""
    return isinstance(rule, DescribedField) and rule.columns is not None


def place_of_target(at: Path, notes: Notes, number: int = 0) -> Path:
    """The place of a target: its own in the long form, the column's value in the short form."""
    if (*at, "to", number) in notes.origin.values:
        return (*at, "to", number)
    return (*at, "to") if (*at, "to") in notes.origin.values else at


def _check_spelling(
    profile: Profile, side: Side, file: FileSpec, record: Record, rule: FieldRule, at: Path, notes: Notes
) -> None:
    known = meanings(file, record)
    kinds = {known[target] for target in rule.targets if target in known}
    if len(kinds) < len({known.get(target) for target in rule.targets if target != SKIP}):
        return  # once the targets are right
    for word, fits in _SPELLING_FOR.items():
        if getattr(rule, word) not in (None, False) and kinds.isdisjoint(fits) and not (rule.equals and word in _OF_TOTALS):
            kind = known.get(rule.to or "")
            meant = rule.to or "this column"
            what = Text(
                f"“{word}” does not fit: {meant} is {_KINDS[kind].en}",
                f"“{word}” 不适用：{rule.to or '该列'} 是{_KINDS[kind].zh}",
            )
            notes.error("wrong-word", (*at, word), what, hint=Text("remove it", "请删除"), key=True)
    for target in rule.targets:
        if (kind := known.get(target)) in _NUMBERS:
            check_number(side, record, rule, kind, at, notes)
        elif kind in ("word", "words", "currency") and rule.map is not None:
            check_map_use(profile, side, target, rule, at, notes)
    if kinds & {"date", "time"}:
        check_dates(side, record, rule, kinds, known, at, notes)


def kind_of(file: FileSpec, record: Record, rule: FieldRule) -> Kind | None:
    return meanings(file, record).get(rule.to or "")


def _check_fits(side: Side, file: str, record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    width = (rule.width or 0) if isinstance(rule, FixedField) else 0
    encoding, kind = side.encoding(file) or "utf-8", kind_of(side.files[file], record, rule)
    needs = 0
    if isinstance(rule, FixedField) and rule.store:
        return  # its digits are counted, not its bytes
    if rule.const is not None:
        needs = size(rule.const, encoding)
    elif rule.to == "batch_no" or rule.same_as:
        needs = BATCH_DIGITS
    elif rule.to == "line_ref":
        needs = POSITION_DIGITS
    elif kind in ("date", "time"):
        written = side.formats(rule) if kind == "date" or rule.format or rule.formats else ()
        needs = max((fixed_width(text) or 0 for text in written), default=0)
    if width and needs > width:
        what = Text(
            f"what stands in this column has {needs} bytes, its width is {width}", f"该列内容需 {needs} 字节，宽度只有 {width}"
        )
        notes.error("too-narrow", (*at, "width"), what, Text(f"width: {needs} or more", f"width: {needs} 或更大"))


_KINDS: dict[Kind | None, Text] = {
    None: Text("no field of a row", "非数据字段"),
    "text": Text("text", "文字"),
    "word": Text("a word of a closed list", "固定用词"),
    "words": Text("a list of words", "用词列表"),
    "currency": Text("a currency", "币种"),
    "money": Text("an amount", "金额"),
    "decimal": Text("a decimal number", "小数"),
    "integer": Text("a whole number", "整数"),
    "date": Text("a date", "日期"),
    "time": Text("a time", "时间"),
}
