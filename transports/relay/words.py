"""What a carrier as a road can say: codes, and in both languages what is true and what to do."""

from transports.transport import Delivery, Put
from transports.words import Words

WITH_THE_CARRIER: Words = (
    "with-the-carrier",
    "The parcel is with the carrier, which has not said yet what became of it; nothing needs to be done.",
    "文件已交前置机，尚无回报；无需处理。",
)
MISSING: Words = ("missing", "The carrier has fetched no such file.", "前置机未取回该文件。")
OTHER_BYTES: Words = (
    "journal-broken",
    "The bytes that came are not those the carrier's journal vouches for; touch nothing on either machine and find out who changed them.",
    "收到的内容与前置机日志所载摘要不符；请保留两侧现场，并查明何人改动。",
)
TROUBLE = (
    "The carrier cannot reach the bank; it goes on trying.",
    "前置机无法连接银行，将继续重试。",
)
NOT_FETCHED = (
    "The carrier could not fetch this file for the reason its code names; ask the bank, or look at the carrier.",
    "前置机因代码所示原因未能取回该文件；请与银行核实或查看前置机。",
)


def refused(code: str) -> Put:
    """What the carrier, or the bank by it, would not have."""
    return Put(
        Delivery.REFUSED,
        code,
        "The carrier did not deliver the parcel for the reason its code names; put it right at the bank or the carrier, then release it.",
        "前置机因代码所示原因未投递；请在银行或前置机处理后再放行。",
    )
