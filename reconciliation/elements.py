"""Every field of the normal model by its Chinese and English name and its element of MZ/T 073-2024; the field's own dictionary.

MZ/T 073-2024 (居民家庭经济状况核对 数据元) lists the elements and 46 value domains in its Annex A. Annex A is not at hand: no number of an
element is written here until somebody has read it there. A deployment whose customer supplies it fills ``element`` in one place.
"""

from typing import NamedTuple


class Element(NamedTuple):
    """One field: its names, what it says, and the number of its element in Annex A; None: Annex A is not at hand."""

    zh: str
    en: str
    element: str | None = None


NOT_AT_HAND = "MZ/T 073-2024 Annex A is not at hand"
NOT_AT_HAND_ZH = "MZ/T 073-2024 附录 A 尚未取得"

FIELDS: dict[str, Element] = {
    # of a question
    "line_ref": Element("查询序号", "reference of the line: batch number and position, or the position alone"),
    "batch_no": Element("批次号", "number of the batch"),
    "name": Element("姓名", "name of the person asked about"),
    "id_type": Element("证件类型", "type of the identity document"),
    "id_no": Element("证件号码", "number of the identity document, normalised"),
    "as_of": Element("基准日", "base date: the day the balance is asked for or stands for"),
    "window_from": Element("查询起始日", "first day of the movements asked for"),
    "window_to": Element("查询截止日", "last day of the movements asked for"),
    "accounts": Element("有异议的账号", "of an appeal: the disputed account numbers, joined by commas; absent: all accounts"),
    "scope": Element("查询范围", "asset classes asked for, sorted, joined by commas"),
    "authorization_no": Element("授权书编号", "number of the signed authorization"),
    "purpose": Element("查询目的", "programme the household applied for"),
    # of an outcome
    "outcome": Element("查询结果", "what the bank says of the line; silence is none"),
    "message": Element("说明", "the bank's words beside the outcome"),
    "declared_accounts": Element("账户数", "accounts the bank says it sends for the line"),
    "declared_movements": Element("流水数", "movements the bank says it sends for the line"),
    "declared_balance_minor": Element("申报余额合计", "sum of the line's balances as the bank says it, whole minor units"),
    # of a receipt
    "package": Element("包名", "name of the package that was received, as on the wire or without its seal's ending"),
    "code": Element("回执码", "what the bank says of a package it was sent"),
    "accepted": Element("是否收妥", "whether the package was taken, where the code alone does not say it"),
    "received_on": Element("接收日期", "day the bank received the package"),
    "received_time": Element("接收时间", "time of it, the bank's local time"),
    # of a holding
    "holder_name": Element("户名", "holder as the bank has it"),
    "account_no": Element("账号", "account number; hidden places as *"),
    "parent_account_no": Element("主账号", "main account at the same institution"),
    "product": Element("产品种类", "kind of the product"),
    "product_code": Element("产品代码", "the bank's own code of the product"),
    "product_name": Element("产品名称", "the bank's own name of the product"),
    "currency": Element("币种", "currency, ISO 4217"),
    "balance_minor": Element("余额", "balance, whole minor units of the currency"),
    "available_minor": Element("可用余额", "available balance, whole minor units"),
    "frozen_minor": Element("冻结金额", "frozen amount, whole minor units"),
    "resolution_minor": Element("金额精度", "smallest step the bank's unit can show, minor units; null: exact"),
    "units": Element("份额", "units, shares or grams"),
    "unit_price": Element("单价", "price or net value of one unit"),
    "rate": Element("利率", "interest rate as the bank gives it"),
    "status": Element("账户状态", "status of the account"),
    "opened_on": Element("开户日期", "day the account was opened"),
    "closed_on": Element("销户日期", "day the account was closed"),
    "matures_on": Element("到期日", "day of maturity"),
    "joint_holder_id": Element("共有人证件号", "identity number of a joint holder"),
    "custody_id": Element("托管编号", "joins a bank's custody account to the broker's cash account"),
    "branch": Element("开户网点", "branch of the account"),
    "level": Element("账户级别", "class of the account: I, II, III"),
    # of a movement
    "booked_on": Element("交易日期", "day of the booking"),
    "booked_time": Element("交易时间", "time of the booking, the bank's local time"),
    "direction": Element("收支方向", "in or out; the amount is positive"),
    "amount_minor": Element("交易金额", "amount, positive, whole minor units"),
    "balance_after_minor": Element("交易后余额", "balance behind the booking, whole minor units"),
    "counterparty_name": Element("对方户名", "name of the other side"),
    "counterparty_account": Element("对方账号", "account of the other side"),
    "counterparty_institution": Element("对方机构", "institution of the other side"),
    "summary": Element("摘要", "the bank's words on the booking"),
    "channel": Element("交易渠道", "channel of the booking"),
    "serial": Element("交易流水号", "serial number of the booking at the bank"),
}

# The closed lists (words.py) by name: which value domain of Annex A each would be.
LISTS: dict[str, Element] = {
    "id_type": Element("证件类型代码", "types of identity documents"),
    "scope": Element("资产类别代码", "asset classes"),
    "outcome": Element("查询结果代码", "outcomes of a line"),
    "product": Element("产品种类代码", "kinds of products"),
    "status": Element("账户状态代码", "statuses of accounts"),
    "direction": Element("收支方向代码", "directions of movements"),
    "code": Element("回执代码", "what is said of a package"),
    "accepted": Element("是否代码", "yes and no"),
    "revision": Element("更正标志", "whether an answer takes the place of an earlier one"),
}
