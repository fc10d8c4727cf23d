"""The columns of a monthly register and of a list of deaths, one row a household (or a member of it), one row a person who died.

A sheet is xlsx or csv as the household sheet is; its columns are found by their titles, in any order.
"""

from connector.intake.codes import REASONS, Reason
from connector.intake.columns import COLUMNS, Cell, Column
from connector.intake.sheet import Layout

_PERSON_ZH, _PERSON_EN = "逐人填写时必填；逐户填写可无此列", "needed in a register by persons; one by households may leave it out"

REGISTER_COLUMNS: dict[str, Column] = {
    "household_no": COLUMNS["household_no"],
    "programme": COLUMNS["programme"],
    "state": Column(
        "在册状态",
        Cell.FILLED,
        "新增、继续（或在册）、停发、不予批准；同户一致",
        "新增 (new), 继续 or 在册 (continuing), 停发 (stopped), 不予批准 (refused); the same in the household",
    ),
    "ends_on": Column(
        "停发日期",
        Cell.MAY_BE_BLANK,
        "停发时必填：不再发放的首日；不予批准时可填决定日期",
        "needed where aid stops: the day from which none is paid; where it was refused, the day of the decision",
    ),
    "reason": Column("停发原因", Cell.MAY_BE_BLANK, "停发或不予批准时必填", "needed where aid stops or was refused"),
    "region": Column(
        "行政区划",
        Cell.NO_COLUMN,
        "6 位或 12 位代码；无此列即本中心的",
        "a code of 6 or 12 digits; without the column, the centre's",
    ),
    "name": Column("姓名", Cell.NO_COLUMN, _PERSON_ZH, _PERSON_EN),
    "id_type": Column("证件类型", Cell.NO_COLUMN, "空白即居民身份证", "blank: a resident identity card"),
    "id_no": Column("证件号码", Cell.NO_COLUMN, _PERSON_ZH, _PERSON_EN),
}
DEATH_COLUMNS: dict[str, Column] = {
    "name": COLUMNS["name"],
    "id_type": Column("证件类型", Cell.NO_COLUMN, "空白即居民身份证", "blank: a resident identity card"),
    "id_no": COLUMNS["id_no"],
    "died_on": Column("死亡日期", Cell.FILLED, "日期，不晚于今天", "a date, not after today"),
}
REGISTER = Layout(REGISTER_COLUMNS, "在册名单")
DEATHS = Layout(DEATH_COLUMNS, "死亡名单")

NEW, CONTINUING, STOP, REFUSE = "new", "continuing", "stopped", "refused"
STATES = {
    "新增": NEW,
    "继续": CONTINUING,
    "在册": CONTINUING,
    "停发": STOP,
    "不予批准": REFUSE,
    "new": NEW,
    "continuing": CONTINUING,
    "stopped": STOP,
    "refused": REFUSE,
}

_OWN = (
    Reason("state-unknown", "R301", "state", "在册状态不是新增、继续、停发、不予批准之一。", "The state is none of new, continuing, stopped, refused.",
           "填写四种状态之一。", "Use one of the four."),
    Reason("end-day-missing", "R302", "ends_on", "停发而无停发日期，或日期无法识别。", "Aid stops, and the day is blank or cannot be read.",
           "填写日期，如 2026-01-31；不停发的留空。", "Fill in a date such as 2026-01-31; leave it blank where aid goes on."),
    Reason("end-reason-missing", "R303", "reason", "停发或不予批准而无原因。", "Aid stops or was refused, and no reason is given.",
           "填写原因。", "Fill in the reason."),
    Reason("end-not-ended", "R304", "ends_on", "继续发放而填了停发日期。", "Aid goes on, and a day it stops is given.",
           "更正状态或删去日期。", "Correct the state or remove the day."),
    Reason("household-contradicts", "R305", "household_no", "同户同项目各行的状态、停发日期或行政区划不一致。",
           "The household's rows differ in state, day or region.",
           "统一各行后整户重新提交；本户未作更改。", "Make the rows agree and bring the household again; nothing of it was changed."),
    Reason("death-day-invalid", "R306", "died_on", "死亡日期为空、无法识别或晚于今天。", "The date of death is blank, cannot be read or lies ahead.",
           "填写日期，如 2026-01-31。", "Fill in a date such as 2026-01-31."),
    Reason("member-unauthorized", "R307", "id_no", "现有授权书未列明此人；已登记在册，但本户在取得新授权书前不查询。",
           "The authorization in force does not name this person; the household is on the register and is not asked before a new one.",
           "全户重新签署授权书，用 connector intake 提交。", "Have the household sign a new authorization and bring it with connector intake."),
)  # fmt: skip
KNOWN = {reason.slug: reason for reason in _OWN} | {
    slug: REASONS[slug]
    for slug in (
        "household-missing",
        "programme-unknown",
        "region-invalid",
        "cell-too-long",
        "name-missing",
        "id-missing",
        "id-invalid",
    )
}
WARNINGS = frozenset({"member-unauthorized"})  # told and given back, and taken in
