"""Why a row is refused: the closed list in the order of precedence, with the cell that is wrong, the reason and what to do.

The number is said on the telephone, the slug is for machines; both are fixed for ever. No text holds anything of a person.
The order of this list is the order in which reasons are looked for; a row carries the first that applies and no other.
"""

from typing import NamedTuple


class Reason(NamedTuple):
    """One reason: slug, number, field of the cell it points at, what is wrong and what to do in both languages."""

    slug: str
    no: str
    field: str
    zh: str
    en: str
    do_zh: str
    do_en: str


_REASONS = (
    # ---- the row alone
    Reason("name-missing", "R201", "name", "姓名为空。", "The name is blank.",
           "填写证件上的姓名。", "Fill in the name as on the document."),
    Reason("id-missing", "R201", "id_no", "证件号码为空。", "The identity number is blank.",
           "填写证件号码。", "Fill in the number."),
    Reason("id-invalid", "R203", "id_no", "证件号码无效：与证件类型、校验码、出生日期或申请日期不符。",
           "The number does not fit its type, its check character, a real birth date or the application date.",
           "与证件原件核对，不要自行改动号码。", "Compare with the document; do not just change the number."),
    Reason("programme-unknown", "R205", "programme", "救助项目为空或不在现行项目之列。", "The programme is blank or not one in force.",
           "按现行规则填写救助项目。", "Use a programme of the rules in force."),
    Reason("region-invalid", "R206", "region", "行政区划不是 6 位或 12 位代码。", "The region is not a code of 6 or 12 digits.",
           "填写 6 位或 12 位行政区划代码。", "Fill in the 6 or 12 digit code."),
    Reason("date-invalid", "R207", "application_date", "申请日期或签署日期为空，或有日期无法识别。",
           "The application or signing date is blank, or a date cannot be read.",
           "日期写成 2026-01-31、2026/1/31 或 2026年1月31日。", "Write dates as 2026-01-31, 2026/1/31 or 2026年1月31日."),
    Reason("authorization-missing", "R208", "authorization_no", "授权书编号为空。", "The authorization number is blank.",
           "取得签署的授权书并填写编号。", "Get a signed authorization and fill in its number."),
    Reason("authorization-expired", "A101", "valid_to", "授权书在基准日之前已失效。", "The authorization ended before the base date.",
           "取得新的授权书后再提交；本户未送出。", "Get a new one; nothing was sent for this household."),
    Reason("authorization-not-yet-valid", "R209", "signed_on", "授权书签署日期晚于申请日期。",
           "The authorization was signed after the application date.",
           "核对两个日期；须先签署后申请。", "Check both dates; the signature comes first."),
    Reason("authorization-ended", "R213", "authorization_no", "该授权书已撤回、终止或被替代。",
           "This authorization was withdrawn, ended or superseded.",
           "取得新的授权书，用新编号提交。", "Get a new authorization and use its number."),
    Reason("person-not-authorized", "A102", "authorization_no", "该授权书已用于本户查询，未列明此人。",
           "This authorization was already used for the household and does not name this person.",
           "成员变动须全户重新签署授权书，用新编号提交。", "A new member needs a new authorization of the household."),
    Reason("guardian-missing", "A104", "sign_mode", "未成年人未由监护人签署，或监护人姓名、证件号码不全。",
           "A minor without a guardian's signature, or the guardian's name or number is missing.",
           "由监护人签署，并填写其姓名和证件号码。", "Have the guardian sign; fill in name and number."),
    Reason("household-missing", "R214", "household_no", "家庭编号为空。", "The household number is blank.",
           "填写家庭编号，同户各行一致。", "Fill in the household number, the same in all its rows."),
    Reason("check-type-unknown", "R215", "check_type", "核对类型不在现行规则之列。", "The check type is not one of the rules in force.",
           "按现行规则填写核对类型。", "Use a check type of the rules in force."),
    Reason("scope-invalid", "R216", "scope", "授权范围为空或含有未知的资产类别。", "The scope is blank or holds an unknown class.",
           "填写“全部”或以分号分隔的资产类别。", "Write 全部, or the classes separated by semicolons."),
    Reason("authorization-number-invalid", "R217", "authorization_no", "授权书编号不符合本地区编号规则。",
           "The authorization number does not follow the region's rule.",
           "与授权书原件核对编号。", "Compare with the number on the paper."),
    Reason("cell-too-long", "R218", "household_no", "有单元格内容过长。", "A cell is too long.",
           "每格不超过 300 字，编号不超过 60 字。", "At most 300 characters a cell, 60 in a number."),
    # ---- the row among the others
    Reason("duplicate-member", "R210", "id_no", "此人已在本表前面的行或另一个未办结的查询中。",
           "The person stands in an earlier row or in another open inquiry.",
           "删去重复的行；成员须归入一户。" , "Remove the repeated row; a person belongs to one household."),
    Reason("household-inconsistent", "R211", "household_no", "同户各行的项目、区划、类型、申请日期或基准日不一致。",
           "The household's rows differ in programme, region, check type, application or base date.",
           "统一各行后整户重新提交。", "Make the rows agree and bring the whole household again."),
    Reason("household-incomplete", "R212", "household_no", "同户另有成员被拒绝；须全体成员获授权才可查询。",
           "Another member was refused; a household is asked only whole.",
           "改正被拒绝的行后整户重新提交。", "Correct the refused row and bring the whole household again."),
)  # fmt: skip

REASONS = {reason.slug: reason for reason in _REASONS}
