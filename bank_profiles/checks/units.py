"""The second look at the unit of money: what the title of a column says of it, and what the profile says, are one."""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.tables import TitledField
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.values.named_units import OURS, contradicts
from bank_profiles.values.targets import Kind


def check_unit(side: Side, file: FileSpec, rule: FieldRule, kind: Kind | None, at: Path, notes: Notes) -> None:
    """One column of money, or the sum of one; ``at`` leads to it and ends in its name."""
    unit = side.unit(rule)
    if unit is None or not (kind == "money" or (rule.equals and rule.equals.sum)):
        return
    shown = rule.point is not None or file.format == "excel"
    implied = 0 if shown else rule.decimals or 0
    also = rule.also if isinstance(rule, TitledField) else ()
    for title in (str(at[-1]), *also):
        if named := contradicts(title, unit, implied):
            what = Text(
                f"the title “{title}” names the unit {named}, the profile says {unit}",
                f"标题“{title}”的单位是{named}，画像写的是 {unit}",
            )
            fitting = f"unit: {OURS[named]}" if named in OURS else None
            expected = Text(fitting or "a unit the language has", fitting or "语言已有的单位")
            hint = Text(
                "ask the bank in which unit it sends; the column is named as the bank names it",
                "请向银行确认金额单位；列名应与银行所用一致",
            )
            notes.error("unit-in-title", at, what, expected, hint, key=True)
            return
