"""The second look at how a number is spelt: words that do not go together, signs from elsewhere, amounts that say where they go."""

from decimal import Decimal

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule, SignBy
from bank_profiles.language.formats.excel import ExcelField
from bank_profiles.language.formats.fixed import WideField
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path, Unit
from bank_profiles.layouts.deriving import directed
from bank_profiles.values.amounts import UNIT_POWER, shows_point
from bank_profiles.values.targets import Kind

_ALIKE = ("unit", "decimals", "point", "grouping", "sign", "plus", "strip")


def check_number(side: Side, record: Record, rule: FieldRule, kind: Kind, at: Path, notes: Notes) -> None:
    """One column of numbers; ``at`` leads to it."""
    unit = side.unit(rule)
    if kind == "money" and unit is None:
        what = Text(f"nothing says in which unit {rule.to} is", f"未说明 {rule.to} 的单位")
        hint = Text("add unit here or to the defaults of this side", "请在此列或本方向 defaults 中加 unit")
        notes.error("no-unit", at, what, one_of(["minor", "yuan", "fen", "li", "wan", "yi"]), hint, key=True)
    elif kind == "money" and unit and rule.point and not shows_point(unit):
        what = Text(f"amounts in {unit} are whole: they have no point", f"以 {unit} 为单位的金额为整数，没有小数点")
        notes.error("wrong-word", (*at, "point"), what, hint=Text("remove it", "请删除"), key=True)
    elif kind == "money" and unit and rule.decimals and rule.point is None and shows_point(unit):
        _say_implied(rule, rule.decimals, unit, at, notes)
    _check_marks(side, rule, at, notes)
    if isinstance(rule.sign, SignBy):
        _check_sign_by(record, rule.sign, at, notes)
    if rule.direction is not None or (record.gives == "movement" and rule.to == "amount"):
        _check_direction(record, rule, at, notes)


def _say_implied(rule: FieldRule, decimals: int, unit: Unit, at: Path, notes: Notes) -> None:
    """Where widths are fixed decimals are mostly implied, and a workbook has numbers; elsewhere a point is mostly shown."""
    if isinstance(rule, WideField | ExcelField):
        return
    meant = Decimal(12).scaleb(-decimals)
    yuan = meant.scaleb(UNIT_POWER[unit])
    spelt = f"{meant:f} {_SHOWN[unit]}" + (f" = {yuan:,.2f} 元" if unit != "yuan" and yuan == round(yuan, 2) else "")
    what = Text(
        f"no point is shown, the last {decimals} digits are decimals: “12” means {spelt}",
        f"不写小数点，末 {decimals} 位为小数：“12”即 {spelt}",
    )
    hint = Text('if the bank shows the point, say   point: "."', '若银行写出小数点，请写   point: "."')
    notes.warning("decimals-implied", (*at, "decimals"), what, hint)


_SHOWN: dict[Unit, str] = {"yuan": "元", "wan": "万元", "yi": "亿元"}


def _check_marks(side: Side, rule: FieldRule, at: Path, notes: Notes) -> None:
    grouping = side.grouping(rule)
    if grouping is not None and grouping == (side.point(rule) or "."):
        what = Text(f"“{grouping}” cannot be the point and stand between groups", f"“{grouping}”不能既是小数点又是千位分隔符")
        place = (*at, "grouping") if rule.grouping else at
        notes.error("words-contradict", place, what, hint=Text('for example   point: ","', '例如   point: ","'), key=True)
    shown = [word for word in ("point", "grouping") if getattr(rule, word) is not None]
    if rule.sign is not None and rule.plus:
        what = Text("sign says where the sign stands, plus that there may be one", "sign 说明符号的位置，plus 说明可有“+”")
        notes.error("words-contradict", (*at, "plus"), what, hint=Text("keep one of them", "请只保留其一"), key=True)
    if rule.sign == "overpunch" and shown:
        what = Text(f"digits with the sign over the last one have no {shown[0]}", f"末位带符号的数字没有 {shown[0]}")
        notes.error("words-contradict", (*at, shown[0]), what, hint=Text("keep sign or the other", "请只保留其一"), key=True)


def _check_sign_by(record: Record, sign: SignBy, at: Path, notes: Notes) -> None:
    others = [column for column, other in record.fields.items() if not other.is_virtual and column != at[-1]]
    if sign.by not in others:
        what = Text(f"“{sign.by}” is not another column of this record", f"“{sign.by}” 不是本记录的其他列")
        notes.error("unknown-column", (*at, "sign", "by"), what, one_of(others), did_you_mean(sign.by, others))
    for text in sorted({*sign.minus} & {*sign.plus}):
        what = Text(f"“{text}” cannot mean both plus and minus", f"“{text}”不能同时表示正与负")
        notes.error("words-contradict", (*at, "sign", "plus"), what, hint=Text("take it out of one", "请从其一删除"), key=True)


# ---- where money goes ---------------------------------------------------------------------------------------------------------------


def _check_direction(record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    if rule.direction is not None and (record.gives != "movement" or rule.to != "amount"):
        what = Text("only the amount of a movement goes in or out", "只有变动的金额才有收支方向")
        notes.error("wrong-word", (*at, "direction"), what, hint=Text("remove it", "请删除"), key=True)
        return
    ways = directed(record)
    given = [column for column, other in record.fields.items() if "direction" in other.targets]
    if rule.direction is not None and (given or "direction" in record.always):
        what = Text("the direction stands in a column of its own", "收支方向已有单独的列")
        notes.error("words-contradict", (*at, "direction"), what, hint=Text("keep one of them", "请只保留其一"), key=True)
    column, first = str(at[-1]), next(iter(ways), None)
    if first in (None, column) or column not in ways:
        return
    if list(ways.values()).count(ways[column]) > 1:
        what = Text(f"“{first}” is the column for {ways[column]} already", f"“{first}”已是 {ways[column]} 的列")
        notes.error("target-twice", (*at, "direction"), what, Text("one column for in, one for out", "收入、支出各一列"))
    for word in _ALIKE:
        if getattr(rule, word) != getattr(record.fields[str(first)], word):
            what = Text(f"“{word}” differs from that of “{first}”", f"“{word}”与“{first}”的不同")
            expected = Text("both amounts spelt alike", "两列金额写法相同")
            notes.error("words-contradict", (*at, word), what, expected, key=True)
