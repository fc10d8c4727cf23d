"""Why a household of the register is left out of a round: never silently, always in words, with what to do."""

from connector.authorization import Refusal

# code → (zh, en)
WHY: dict[str, tuple[str, str]] = {
    "not-in-register": (
        "最近一期在册名单未列此户；请核实后补报",
        "the newest register does not name the household; find out, and bring it in a register",
    ),
    "aid-ended": ("停发日已到", "the day its aid ends has come"),
    "authorization-missing": (
        "本户从未受理，没有授权书；请用 connector intake 受理",
        "the household never came in here, so there is no authorization; bring it with connector intake",
    ),
    "member-unauthorized": (
        "名单列有授权书未列明的成员；须全户重新签署授权书并受理",
        "the register names a member the authorization does not; a new authorization of the household is needed",
    ),
    "member-left": (
        "授权书列明的成员已不在名单中；成员变动须重新签署授权书并受理",
        "a member the authorization names is not on the register any more; a change of members needs a new authorization",
    ),
    "death-reported": (
        "成员在待复核的死亡名单中（connector deaths show）",
        "a member stands in a list of deaths that waits for a second person (connector deaths show)",
    ),
    "being-asked": (
        "成员已在另一个未办结的查询中",
        "a member stands in another inquiry that is still open",
    ),
    "person-not-kept": (
        "成员信息已到期销毁；请重新受理",
        "what was kept of its members is destroyed by retention; bring the household in again",
    ),
    "authorization-ended": ("授权书已撤回、终止或被替代；请取得新的授权书", "the authorization is over; get a new one"),
    "authorization-expired": ("授权书已过有效期；请取得新的授权书", "the authorization has run out; get a new one"),
    "authorization-not-yet-valid": ("授权书签署日期晚于本期日期", "the authorization was signed after the day of the round"),
    "guardian-missing": ("须由监护人签署，缺监护人或其证件", "a guardian's signature and number are needed"),
    "id-missing": ("姓名、证件类型、证件号不全", "name, document type and number are not all there"),
    "scope-not-covered": ("授权范围不含所查的资产类别", "the authorization covers no class in question"),
}


def code_of(refusal: Refusal) -> str:
    """The reason a paper's refusal comes to."""
    return refusal.code if refusal.code in WHY else "authorization-ended"


def words(code: str) -> tuple[str, str]:
    """A reason in both languages."""
    return WHY[code]
