"""The second look at a column that stores a number as a program keeps it: do its bytes hold what it means?"""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats.fixed import Fixed, FixedField
from bank_profiles.language.records import Record
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.values.amounts import WRITTEN_DIGITS_MAX, shows_point
from bank_profiles.values.converters import BadValue
from bank_profiles.values.date_formats import fixed_width
from bank_profiles.values.stored import BINARY_BYTES_MAX, Stored, stored
from bank_profiles.values.targets import POSITION_DIGITS, Kind

_OF_TEXT = ("sign", "pad", "align", "longest")  # how a number is written, which a stored one is not
_REMOVE = Text("remove it", "请删除")


def check_stored(side: Side, file: str, record: Record, kind: Kind | None, at: Path, notes: Notes) -> None:
    """One column, ``at``, of a file of fixed records. ``kind``: of its target."""
    spec, column = side.files[file], str(at[-1])
    rule = record.fields[column]
    if not isinstance(spec, Fixed) or not isinstance(rule, FixedField):
        return
    if rule.store is None:
        _check_unstored(rule, at, notes)
        return
    for word in _OF_TEXT:
        if getattr(rule, word) is not None:
            what = Text(f"“{word}” has no meaning for a stored number", f"“{word}”对存储的数字没有意义")
            notes.error("wrong-word", (*at, word), what, hint=_REMOVE, key=True)
    if spec.counts == "chars":
        what = Text("a stored number has bytes, not characters", "存储的数字是字节，不是字符")
        notes.error("wrong-word", (*at, "store"), what, Text("counts: bytes", "counts: bytes"), key=True)
    if spec.short_lines == "pad" and rule.store in ("binary", "bcd"):
        what = Text("blanks put in for what was cut off would be a number here", "补入的空格在此会成为数字")
        notes.error("wrong-word", (*at, "store"), what, Text("short_lines: refuse", "short_lines: refuse"), key=True)
    amount = kind == "money" or (rule.equals is not None and rule.equals.sum is not None)
    if rule.decimals is None and (kind == "decimal" or (amount and shows_point(side.unit(rule) or "minor"))):
        what = Text("a stored number has no point: how many of its digits are decimals?", "存储的数字没有小数点：小数有几位？")
        notes.error("no-decimals", at, what, Text("decimals: 0 or more", "decimals: 0 或更多"), key=True)
    form = stored(rule, side.encoding(file))
    if form is not None and _has_room(form, at, notes):
        spellings = side.formats(rule) if kind == "date" or rule.format or rule.formats else ()
        _check_text(form, rule, kind, spellings, at, notes)
        _check_says(form, rule.const if rule.const is not None else record.when.get(column), at, notes)


def _check_unstored(rule: FixedField, at: Path, notes: Notes) -> None:
    for word in ("digits", "signed", "order"):
        if word in rule.model_fields_set:
            what = Text(f"“{word}” is said of a stored number, and this column is text", f"“{word}”用于存储的数字，而本列是文字")
            expected = Text("store: packed, bcd, zoned or binary", "store: packed、bcd、zoned 或 binary")
            notes.error("wrong-word", (*at, word), what, expected, key=True)


def _has_room(form: Stored, at: Path, notes: Notes) -> bool:
    if form.kind == "binary" and form.width > BINARY_BYTES_MAX:
        what = Text(f"a binary number has at most {BINARY_BYTES_MAX} bytes", f"二进制数字最多 {BINARY_BYTES_MAX} 字节")
        notes.error("too-wide", (*at, "width"), what)
        return False
    most = WRITTEN_DIGITS_MAX if form.kind == "binary" else form.places  # a binary number is written with zeros before it
    if form.digits is not None and not 1 <= form.digits <= most:
        what = Text(f"{form.width} bytes give at most {most} digits", f"{form.width} 字节最多给出 {most} 位数字")
        notes.error("too-narrow", (*at, "digits"), what)
        return False
    return True


def _check_text(form: Stored, rule: FieldRule, kind: Kind | None, spellings: tuple[str, ...], at: Path, notes: Notes) -> None:
    """A date and a position in the batch have so many digits, no more and no less."""
    needs = POSITION_DIGITS if rule.to == "line_ref" else 0
    if kind in ("date", "time"):
        needs = max((fixed_width(spelling) or 0 for spelling in spellings), default=0)
    if needs and form.room != needs:
        what = Text(
            f"{rule.to} has {needs} digits, this column gives {form.room or 'any'}",
            f"{rule.to} 为 {needs} 位，本列给出 {form.room or '不定'} 位",
        )
        notes.error("digits-differ", at, what, Text(f"digits: {needs}", f"digits: {needs}"), key=True)


def _check_says(form: Stored, says: str | None, at: Path, notes: Notes) -> None:
    if says is None:
        return
    try:
        seen = form.read(form.write(says))
    except BadValue as bad:
        notes.error(
            "bad-constant", at, Text(f"“{says}” cannot stand here: {bad.what.en}", f"此处不能为“{says}”：{bad.what.zh}"), key=True
        )
        return
    if seen != says:
        what = Text(f"“{says}” would be read as “{seen}”", f"“{says}”会读作“{seen}”")
        notes.error("bad-constant", at, what, Text(f"“{seen}”", f"“{seen}”"), key=True)
