"""The second look at one column of a profile: does it mean something, and is it spelt in a way its meaning allows?"""

from collections.abc import Iterable

from bank_profiles.checks.nesting import meanings
from bank_profiles.checks.notes import Notes
from bank_profiles.checks.stored import check_stored
from bank_profiles.checks.totals import check_total
from bank_profiles.encodings import size
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.fixed import Fixed, FixedField
from bank_profiles.language.formats.self_describing import DescribedField
from bank_profiles.language.profile import Profile
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.values.date_formats import fixed_width, speaks_of
from bank_profiles.values.targets import POSITION_DIGITS, SKIP, WORDS, Kind
from reconciliation.errors import UnknownCurrency
from reconciliation.money import exponent

# Which words of a column may stand with which type of target.
_SPELLING_FOR: dict[str, tuple[Kind, ...]] = {
    "map": ("word", "words", "currency"),
    "list": ("words",),
    "unit": ("money",),
    "decimals": ("money", "decimal"),
    "sign": ("money", "decimal"),
    "format": ("date", "time"),
    "formats": ("date", "time"),
    "longest": ("text",),
}


def check_column(profile: Profile, side: Side, file: tuple[str, FileSpec], record: Record, at: Path, notes: Notes) -> None:
    """All of one column; ``at`` leads to it and ends in its name."""
    column = str(at[-1])
    rule = record.fields[column]
    _check_meaning(file[1], record, column, rule, at, notes)
    _check_spelling(profile, side, file[1], record, rule, at, notes)
    check_total(file[1], rule, at, notes)
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
    if rule.to is None or rule.to == SKIP or rule.to in known:
        return
    where = Text(record.gives, f" {record.gives} ") if record.gives else Text("a header or trailer", "首尾记录")
    what = Text(f"“{rule.to}” is not a field of {where.en}", f"“{rule.to}” 不是{where.zh}的字段")
    notes.error("unknown-field", place_of_target(at, notes), what, one_of([*known, SKIP]), did_you_mean(rule.to, known))


def _names_columns(rule: FieldRule) -> bool:
    """Do the names of a self-describing file's columns stand here?"""
    return isinstance(rule, DescribedField) and rule.columns is not None


def place_of_target(at: Path, notes: Notes) -> Path:
    """The place of the target: its own in the long form, the column's value in the short form."""
    return (*at, "to") if (*at, "to") in notes.origin.values else at


def _check_spelling(
    profile: Profile, side: Side, file: FileSpec, record: Record, rule: FieldRule, at: Path, notes: Notes
) -> None:
    kind = kind_of(file, record, rule)
    if kind is None and rule.to not in (None, SKIP):
        return  # once the target is right
    for word, kinds in _SPELLING_FOR.items():
        if getattr(rule, word) is not None and kind not in kinds and not (rule.equals and word in ("unit", "decimals", "sign")):
            meant = rule.to or "this column"
            what = Text(
                f"“{word}” does not fit: {meant} is {_KINDS[kind].en}",
                f"“{word}” 不适用：{rule.to or '该列'} 是{_KINDS[kind].zh}",
            )
            notes.error("wrong-word", (*at, word), what, hint=Text("remove it", "请删除"), key=True)
    if kind == "money" and side.unit(rule) is None:
        what = Text(f"nothing says in which unit {rule.to} is", f"未说明 {rule.to} 的单位")
        hint = Text("add unit here or to the defaults of this side", "请在此列或本方向 defaults 中加 unit")
        notes.error("no-unit", at, what, one_of(["minor", "yuan", "fen", "li", "wan", "yi"]), hint, key=True)
    if kind in ("date", "time"):
        _check_formats(rule, kind, at, notes)
    if rule.map is not None:
        _check_map(profile, rule, at, notes)


def kind_of(file: FileSpec, record: Record, rule: FieldRule) -> Kind | None:
    return meanings(file, record).get(rule.to or "")


def _check_formats(rule: FieldRule, kind: Kind, at: Path, notes: Notes) -> None:
    written = [((*at, "formats", number), text) for number, text in enumerate(rule.formats or ())]
    for place, text in [*([((*at, "format"), rule.format)] if rule.format else []), *written]:
        if speaks_of(text) != kind:
            example = "yyyyMMdd" if kind == "date" else "HHmmss"
            what = Text(f"“{text}” is not the spelling of a {kind}", f"“{text}” 不是{_KINDS[kind].zh}的写法")
            expected = Text(
                f"made of yyyy MM dd HH mm ss M d, for example {example}", f"由 yyyy MM dd HH mm ss M d 组成，例如 {example}"
            )
            notes.error("bad-format", place, what, expected)


def _check_map(profile: Profile, rule: FieldRule, at: Path, notes: Notes) -> None:
    name = rule.map or ""
    if name not in profile.maps:
        what = Text(f"there is no map “{name}”", f"没有名为“{name}”的对照表")
        notes.error("unknown-map", (*at, "map"), what, one_of(profile.maps), did_you_mean(name, profile.maps))
        return
    for code, word in profile.maps[name].codes.items():
        if rule.to and not is_word(rule.to, word):
            place: Path = ("maps", name, "codes", code)
            if any(p.code == "bad-word" and p.place == notes.origin.value(*place) for p in notes.problems):
                continue
            what = Text(f"“{word}” is not a word of {rule.to}", f"“{word}” 不是 {rule.to} 的用词")
            notes.error("bad-word", place, what, words_of(rule.to), _hint_for(word, WORDS.get(rule.to, ())))


def _hint_for(word: str, words: Iterable[str]) -> Text | None:
    if word == "not_answered":
        return Text(
            "silence is not said by a code: a question without a line is not answered",
            "沉默不由代码表示：没有对应行的查询即为未反馈",
        )
    return did_you_mean(word, words)


def words_of(target: str) -> Text:
    """What may be said of a target that has a closed list."""
    return one_of(WORDS[target]) if target in WORDS else Text("an ISO 4217 code, for example CNY", "ISO 4217 代码，例如 CNY")


def is_word(target: str, word: str) -> bool:
    if target in WORDS:
        return word in WORDS[target]
    try:
        return target != "currency" or exponent(word) >= 0
    except UnknownCurrency:
        return False


def _check_fits(side: Side, file: str, record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    width, encoding, kind = rule.width or 0, side.encoding(file) or "utf-8", kind_of(side.files[file], record, rule)
    needs = 0
    if isinstance(rule, FixedField) and rule.store:
        return  # its digits are counted, not its bytes
    if rule.const is not None:
        needs = size(rule.const, encoding)
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
