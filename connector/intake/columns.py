"""The columns of a household sheet, one row of it a member: the title of each, and what stands under it, in both languages.

docs/household-sheet.md is written from it. What a cell is refused for: codes.py.
"""

from enum import StrEnum
from typing import NamedTuple


class Cell(StrEnum):
    """Must something stand in it?"""

    FILLED = "filled"
    MAY_BE_BLANK = "may be blank"
    NO_COLUMN = "may be missing"  # the whole column may be left out


class Column(NamedTuple):
    """One column. ``zh``, ``en``: what stands in its cells."""

    title: str
    cell: Cell
    zh: str
    en: str


_DATE_ZH, _DATE_EN = (
    "日期：2026-01-31、2026/1/31、2026年1月31日或 Excel 日期",
    "a date: 2026-01-31, 2026/1/31, 2026年1月31日, or one of Excel",
)

COLUMNS: dict[str, Column] = {
    "household_no": Column(
        "家庭编号",
        Cell.FILLED,
        "本户的编号，同户各行一致，至多 60 字",
        "number of the household, the same in all its rows, at most 60 characters",
    ),
    "programme": Column(
        "救助项目",
        Cell.FILLED,
        "现行规则（policy.yaml 的 programmes）中的一项，同户一致",
        "one of the rules in force (programmes in policy.yaml), the same in the household",
    ),
    "region": Column(
        "行政区划", Cell.FILLED, "6 位或 12 位代码，同户一致", "a code of 6 or 12 digits, the same in the household"
    ),
    "application_date": Column("申请日期", Cell.FILLED, f"{_DATE_ZH}，同户一致", f"{_DATE_EN}; the same in the household"),
    "check_type": Column(
        "核对类型",
        Cell.FILLED,
        "现行规则（check_types）中的一项，同户一致；申诉另成一户，报告编号为“家庭编号#A”",
        "one of the rules in force (check_types), the same in the household; an appeal (申诉) is a household of its own, reported as NUMBER#A",
    ),
    "as_of": Column(
        "基准日",
        Cell.MAY_BE_BLANK,
        "查询余额的日期；空白即申请日期",
        "the day the balances are asked for; blank: the application date",
    ),
    "name": Column("姓名", Cell.FILLED, "证件上的姓名", "the name as on the document"),
    "id_type": Column("证件类型", Cell.FILLED, "{id_types}", "{id_types}"),
    "id_no": Column(
        "证件号码",
        Cell.FILLED,
        "证件号码，须为文本格式（数字格式会丢失末尾数字）",
        "the number, in a cell of text (as a number it loses its last digits)",
    ),
    "relation": Column(
        "与户主关系", Cell.MAY_BE_BLANK, "如户主、配偶、子、女", "to the head of the household, such as 户主, 配偶, 子, 女"
    ),
    "authorization_no": Column(
        "授权书编号",
        Cell.FILLED,
        "签署的授权书的编号，至多 60 字；一份可由全户签署",
        "number of the signed authorization, at most 60 characters; a household may sign one together",
    ),
    "signed_on": Column("授权签署日期", Cell.FILLED, "日期，不晚于申请日期", "a date, not after the application date"),
    "valid_to": Column(
        "授权截止日期",
        Cell.MAY_BE_BLANK,
        "日期，不早于基准日；空白即长期有效",
        "a date, not before the base date; blank: without an end",
    ),
    "sign_mode": Column(
        "签署方式",
        Cell.MAY_BE_BLANK,
        "监护人，或本人；未成年人须为监护人",
        "监护人 (guardian), or 本人 (the person); a minor's guardian signs",
    ),
    "guardian_name": Column("监护人姓名", Cell.MAY_BE_BLANK, "由监护人签署时必填", "needed where the guardian signed"),
    "guardian_id": Column("监护人证件号码", Cell.MAY_BE_BLANK, "由监护人签署时必填", "needed where the guardian signed"),
    "scope": Column(
        "授权范围",
        Cell.FILLED,
        "全部，或以分号分隔的资产类别（policy.yaml 的 scope_terms）",
        "全部 (everything), or classes separated by semicolons (scope_terms in policy.yaml)",
    ),
    "entrust_no": Column("委托书编号", Cell.NO_COLUMN, "委托核对的文书编号", "number of the letter that entrusts the check"),
    "entrust_office": Column("委托单位", Cell.NO_COLUMN, "委托的单位", "the office that entrusts it"),
    "declared": Column(
        "申报金融资产合计（元）",
        Cell.NO_COLUMN,
        "申报的金额，如 8000.00；不是金额的不计",
        "the sum declared, such as 8000.00; what is no sum does not count",
    ),
}
