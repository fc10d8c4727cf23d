"""What an act on a medium is refused for, and the names of its states and events; what lies on it has its own words (transports/media)."""

from connector.ledger.errors import NotAllowed
from connector.parts import problem
from transports.errors import Refused, TransportError
from transports.words import Words

STATES = {
    "registered": ("已登记", "registered", "○"),
    "imported": ("已导入", "imported", "◑"),
    "out": ("已交出", "handed over", "◔"),
    "back": ("已收回", "given back", "✔"),
    "overdue": ("逾期未还", "overdue", "▲"),
    "refused": ("拒收", "refused", "■"),
    "destroyed": ("已销毁", "destroyed", "✔"),
}
KINDS = {"optical_disc": ("光盘", "optical disc"), "encrypted_usb": ("加密 U 盘", "encrypted USB stick")}
DIRECTIONS = {"out": ("中心→银行", "centre → bank"), "in": ("银行→中心", "bank → centre")}
EVENTS = {
    "registered": ("登记", "registered"),
    "written": ("写入并回读校验", "written and read back"),
    "not-written": ("写入未成", "not written"),
    "sealed": ("回读后封签", "read back and sealed"),
    "handed-over": ("交出", "handed over"),
    "received": ("签收", "received"),
    "imported": ("导入", "imported"),
    "import-refused": ("导入被拒", "import refused"),
    "released": ("两人解除扣留", "released by two persons"),
    "refused": ("拒收", "refused"),
    "returned": ("归还", "given back"),
    "destroyed": ("销毁", "destroyed"),
}
FACTS = {  # what is noted with an event as word=value (connector/media/remarks.py)
    "serial": ("介质序列号 {}", "serial no. {}"),
    "sm3": ("清单 SM3 {}", "SM3 of its list {}"),
    "new": ("新收 {}", "new {}"),
    "known": ("已有 {}", "known {}"),
    "handed-at": ("交接单未载交出时间", "the slip does not say when it was given away"),
}

BUSY: Words = (
    "media-busy",
    "Another person or step works on this medium or bank right now; nothing was done. Repeat in a moment.",
    "另有人员或步骤正在处理此介质或该银行，本次未作任何操作；请稍后重试。",
)
NO_MEDIA: Words = (
    "media-not-agreed",
    "This bank's profile has no road by media; nothing was done. Agree it with the bank and write it in the profile.",
    "该银行的接口配置没有介质通道，未作任何操作；请与银行约定并写入接口配置。",
)
NO_KIND: Words = (
    "media-kind",
    "The bank's profile does not take this kind of medium; nothing was done. See carriers in the profile.",
    "该银行的接口配置不接受这种介质，未作任何操作；请查看接口配置的 carriers。",
)
LABEL_USED: Words = (
    "media-label-used",
    "The label is used already; nothing was written. The profile's label needs {date} and {seq} to be told apart.",
    "标签已被使用，未写入任何内容；接口配置的标签须含 {date} 与 {seq} 以便区分。",
)
WRONG_STATE: Words = (
    "media-wrong-state",
    "The medium is not in a state for this act; nothing was done. Look with connector media show.",
    "介质当前状态不能做此操作，未作任何改动；请用 connector media show 查看。",
)
NOT_SEALED: Words = (
    "media-not-sealed",
    "The medium was not read back and sealed; it must not leave the house. Use connector media seal first.",
    "介质尚未回读并封签，不得交出；请先执行 connector media seal。",
)
GIVEN_UP: Words = (
    "media-given-up",
    "What lies on the medium was given back to the queue, as a volume of its set was lost or destroyed; destroy this one too.",
    "本套有一卷已作废，介质上的批次已退回待投递；请将此介质一并销毁。",
)
WITHDRAWN: Words = (
    "media-authorization-withdrawn",
    "An authorization on the medium was withdrawn or ended since it was written; it must not leave. Destroy it and write anew.",
    "介质写成后有授权被撤回或终止，不得交出；请销毁后重新写出。",
)
DEATH_REPORTED: Words = (
    "media-death-reported",
    "Somebody on the medium stands in a list of deaths that waits for a second person: it does not leave before that one decided"
    " (connector approvals).",
    "介质上有人在待复核的死亡名单中；第二人处理之前不得交出（connector approvals）。",
)
CUSTODY: Words = (
    "media-custody",
    "The chain of hands is broken: a time gap, an order that cannot be, or a person nobody knows. The medium is held for two persons; do"
    " not read it, ask the bank. Then: connector media release, or refuse it.",
    "交接链不完整（时间空档、顺序不符或经手人不明）；介质已扣留待两人处置。请勿读取，并与银行核实；随后 connector media release 或拒收。",
)
SEAL_BROKEN: Words = (
    "media-seal",
    "The seal number is not the one in the register. The medium is held for two persons; do not read it, ask the bank by telephone. Then:"
    " connector media release with the number that holds, or refuse it.",
    "封签号与登记不符；介质已扣留待两人处置。请勿读取，并致电银行核实；随后 connector media release 写明有效封签号，或拒收。",
)
REFUSED_BEFORE: Words = (
    "media-refused",
    "The medium was refused before; it is not read again. Give it back or destroy it, and ask the bank for a new one.",
    "介质此前已被拒收，不再读取；请归还或销毁，并请银行另送。",
)
INFECTED: Words = (
    "media-infected",
    "The virus scanner found something on the medium; nothing was taken in and it is held for two persons. Keep it sealed and tell your"
    " security officer.",
    "病毒扫描在介质上发现问题，未导入任何内容，介质已扣留待两人处置；请封存介质并报告安全管理员。",
)
NO_SCANNER: Words = (
    "media-scanner-missing",
    "This bank's profile has virus_scan: required, and no scanner is set up; nothing was read and the medium waits. Name clamd under scanner"
    " in service.yaml and import again, or agree virus_scan: none with the bank.",
    "该银行的接口配置要求病毒扫描（virus_scan: required），而本机未设扫描器；未读取任何内容，介质等待。请在 service.yaml 的 scanner 写明 clamd"
    " 后重新导入，或与银行约定 virus_scan: none。",
)
HELD: Words = (
    "media-held",
    "The medium is held for two persons and is not read before they release it: connector media release, or refuse it.",
    "介质已扣留待两人处置，解除之前不读取：connector media release，或拒收。",
)
NOT_HELD: Words = (
    "media-wrong-state",
    "The medium is not held, so there is nothing to release. Look with connector media show.",
    "介质未被扣留，无需解除；请用 connector media show 查看。",
)
HANDED_AT: Words = (
    "media-handed-at",
    "It is not said when the bank gave the medium away; nothing was noted. Give --handed-at as on the slip, or --not-on-slip where it says"
    " nothing.",
    "未说明银行何时交出介质，未登记；请按交接单给出 --handed-at，单上未载时写 --not-on-slip。",
)
SERIAL: Words = (
    "media-serial",
    "A serial number has 1 to 64 letters, digits or . / _ -; nothing was noted. Read it from the medium.",
    "介质序列号为 1 至 64 位字母、数字或 . / _ -，未登记；请按介质上的填写。",
)
WRONG_TIME: Words = (
    "media-time",
    "The time lies in the future or before what is on record already; nothing was noted. Compare it with the slip.",
    "时间晚于当前或早于已登记的事项，未登记；请核对交接单。",
)
SEAL_NUMBER: Words = (
    "media-seal-missing",
    "A seal number has 1 to 64 letters, digits or dashes; nothing was noted. Read it from the seal.",
    "封签号为 1 至 64 位字母、数字或连字符，未登记；请按封签填写。",
)

OVERDUE = problem(
    "media-overdue",
    "介质逾期未还也未销毁；请催还，或登记销毁并附销毁证明",
    "the medium is overdue: neither back nor destroyed. Ask for it, or register its destruction with the certificate",
)
RETURNED_UNREAD = problem(
    "media-returned-unread",
    "介质未经银行读取即退回或作废；请重新写出后由两人放行",
    "the medium came back unread or was lost; two persons release the batch, then it goes out anew",
)


def say(words: Words, kind: type[TransportError] = Refused) -> TransportError:
    """A refusal in these words."""
    code, en, zh = words
    return kind(en, zh, code=code)


def one_person() -> NotAllowed:
    """Rule 26: a medium passes through four hands, never two."""
    return NotAllowed(
        "a medium is handed over by two persons: name another user with --with; nothing was done",
        "介质交接须由两人经手：请用 --with 指明另一名用户；未作任何操作",
        code="second-person-missing",
    )
