"""The closed lists of the field, as data: each word once, with its Chinese and its English name.

Profiles, tables, JSON, pages and papers use these words and no others (design of the normal model, MZ/T 073 style lists).
"""

from typing import NamedTuple


class Word(NamedTuple):
    """One member of a closed list: the stable word, its Chinese name, its English name."""

    word: str
    zh: str
    en: str


def _words(*rows: tuple[str, str, str]) -> dict[str, Word]:
    return {word: Word(word, zh, en) for word, zh, en in rows}


# The place in this list is the byte kept for a line in an outcome vector: only ever append.
OUTCOMES = _words(
    ("not_answered", "未反馈", "Not answered"),
    ("pending", "处理中", "Pending"),
    ("found", "有账户", "Found"),
    ("no_record", "查无", "No record"),
    ("name_mismatch", "姓名不符", "Name mismatch"),
    ("id_unknown", "证件号不存在", "Id unknown"),
    ("partial", "部分反馈", "Partial"),
    ("refused.authority", "拒绝·授权不认可", "Refused: authority"),
    ("refused.not_supported", "拒绝·不支持", "Refused: not supported"),
    ("refused.too_many", "拒绝·超量", "Refused: too many"),
    ("refused.other", "拒绝·其他", "Refused: other"),
    ("technical_failure", "技术故障", "Technical failure"),
)

ASSET_CLASSES = _words(
    ("deposit", "存款", "Deposits"),
    ("wealth", "理财", "Wealth products"),
    ("fund", "基金", "Funds"),
    ("bond", "债券", "Bonds"),
    ("securities", "证券", "Securities"),
    ("insurance", "保险", "Insurance"),
    ("trust", "信托", "Trusts"),
    ("precious_metal", "贵金属", "Precious metals"),
    ("liability", "负债", "Liabilities"),
    ("other", "其他", "Other"),
)

PRODUCTS = _words(
    ("demand_deposit", "活期", "Demand deposit"),
    ("time_deposit", "定期", "Time deposit"),
    ("notice_deposit", "通知存款", "Notice deposit"),
    ("large_cd", "大额存单", "Large certificate of deposit"),
    ("structured_deposit", "结构性存款", "Structured deposit"),
    ("wealth_product", "理财", "Wealth product"),
    ("fund", "基金", "Fund"),
    ("bond", "债券", "Bond"),
    ("insurance", "保险", "Insurance"),
    ("trust", "信托", "Trust"),
    ("precious_metal", "贵金属", "Precious metal"),
    ("third_party_custody", "第三方存管", "Third-party custody"),
    ("securities_cash", "证券资金", "Securities cash"),
    ("stock", "股票", "Stock"),
    ("member_share", "股金", "Member share"),
    ("loan", "贷款", "Loan"),
    ("credit_card", "信用卡", "Credit card"),
    ("other", "其他", "Other"),
)

STATUSES = _words(
    ("active", "正常", "Active"),
    ("dormant", "久悬", "Dormant"),
    ("frozen", "冻结", "Frozen"),
    ("closed", "销户", "Closed"),
    ("lost_reported", "挂失", "Reported lost"),
)

DIRECTIONS = _words(("in", "收入", "In"), ("out", "支出", "Out"))

ID_TYPES = _words(
    ("resident_id", "居民身份证", "Resident identity card"),
    ("household_book", "户口簿", "Household register"),
    ("passport", "护照", "Passport"),
    ("hmt_residence_permit", "港澳台居民居住证", "Residence permit for Hong Kong, Macao and Taiwan residents"),
    ("foreign_permanent_id", "外国人永久居留身份证", "Foreign permanent resident identity card"),
)

# What a bank says of a package it was sent, apart from any answer (domain rule 35).
RECEIPTS = _words(
    ("received", "已收妥", "Received"),
    ("signature", "验签失败", "Signature"),
    ("parse", "解析失败", "Parse"),
    ("document_missing", "文书缺失", "Document missing"),
    ("document_mismatch", "文书不符", "Document mismatch"),
    ("no_message", "无此报文", "No message"),
    ("other", "其他", "Other"),
)

YES_NO = _words(("yes", "是", "Yes"), ("no", "否", "No"))

REVISIONS = _words(("original", "首次反馈", "Original"), ("revised", "更正反馈", "Revised"))

# What becomes of an account in a household report, and what is marked on one that counts.
HANDLINGS = _words(
    ("counted", "计入", "Counted"),
    ("liability", "负债，不计入也不抵减", "Liability, not counted and not set off"),
    ("closed", "已销户，不计入", "Closed, not counted"),
    ("main", "主账户，以子账户计入", "Main account, its sub-accounts count"),
    ("custody_duplicate", "托管资金，已在银行侧计入", "Custody cash, counted at the bank"),
)

MARKS = _words(
    ("joint", "共有", "Joint"),
    ("frozen", "冻结", "Frozen"),
    ("dormant", "久悬", "Dormant"),
    ("custody_differs", "托管两侧不一致", "Custody sides differ"),
)

# Why a line has no answer that counts, where it is known; and what is marked on a line in words, never by a colour alone.
STANDINGS = _words(
    ("not_sent", "尚未送出", "Not sent yet"),
    ("not_asked", "未向该行查询", "Not asked of this bank"),
    ("in_doubt", "送达存疑", "In doubt"),
    ("held", "待处置", "Held"),
    ("rejected", "银行拒收", "Rejected by the bank"),
    ("withdrawn", "授权已撤回，已停止", "Authorization withdrawn, stopped"),
    ("died", "人员已故，已停止", "Person died, stopped"),
    ("recalled", "已撤回", "Recalled"),
)

LINE_MARKS = _words(
    ("late", "迟", "Late"),
    ("revised", "已更正", "Revised"),
    ("appeal", "申诉", "Appeal"),
    ("again", "再问所得", "Asked again"),
    ("provisional", "暂定期限", "Provisional deadline"),
    ("withdrawn", "授权已撤回，已停止", "Authorization withdrawn, stopped"),
    ("died", "人员已故，已停止", "Person died, stopped"),
    ("recalled", "已撤回", "Recalled"),
)
