"""What a carrier as a road can say: codes, and in both languages what is true and what to do."""

from transports.transport import Delivery, Put
from transports.words import Words

WITH_THE_CARRIER = "with-the-carrier"
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


def with_the_carrier(cause: str) -> Put:
    """Not said yet what became of it. ``cause``: what the carrier met meanwhile, a code; empty where it met nothing."""
    en = f"It met {cause} and goes on trying" if cause else "Nothing needs to be done"
    zh = f"前置机遇到 {cause}，将继续重试" if cause else "无需处理"
    return Put(
        Delivery.IN_DOUBT,
        WITH_THE_CARRIER,
        f"The parcel is with the carrier, which has not said yet what became of it. {en}.",
        f"文件已交前置机，尚无最终回报。{zh}。",
    )
