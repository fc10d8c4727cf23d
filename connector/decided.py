"""What was decided of a batch, said in place of its old trouble until it goes on: ``status`` shows a batch's last word."""

from collections.abc import Mapping
from typing import Any

from connector.parts import problem
from connector.road_names import ROADS

_PREFIX = "decided-"
NOT_RECEIVED = problem(
    f"{_PREFIX}not-received",
    "已由两人确认银行未收到；下一遍 connector step dispatch 以原文件名、原内容重发，无须处理",
    "two persons decided: not received; the same bytes go again under the same name with the next connector step dispatch",
)
RELEASED = problem(
    f"{_PREFIX}released",
    "已由两人放行；下一遍 connector step dispatch 先到银行处查看，再决定是否发送，无须处理",
    "two persons released it; the next connector step dispatch looks at the bank before it puts anything",
)
WAITED_FOR = problem(
    f"{_PREFIX}released",
    "已由两人放行；银行已收到该批次，不再发送，继续等待其反馈",
    "two persons released it; the bank has it, so nothing is sent again and its answer is waited for",
)
RECALLED = problem(
    f"{_PREFIX}recalled",
    "已由人撤回，不再发送；其各行除另有说明外由下一遍 connector step gather 重新组批",
    "called back by a person, it goes no more; unless they were called back too, its lines are cut anew by the next connector step gather",
)
REMADE = problem(
    f"{_PREFIX}remade",
    "银行拒收后已由两人确定更正重制；原批次号不再使用，其各行由下一遍 connector step gather 以新批次号组批",
    "rejected by the bank and, as two persons decided, made anew: this number goes no more, the next connector step gather cuts its lines under"
    " a new one",
)
BY_MEDIA = problem(
    f"{_PREFIX}by-media",
    "已定改走介质（光盘等），等待写出：connector media write",
    "it goes by disc or another medium now, and waits for connector media write",
)


def by_road(kind: str) -> dict[str, str]:
    """It goes by another road from now on."""
    if kind == "media":
        return BY_MEDIA
    zh, en = ROADS.get(kind, (kind, kind))
    return problem(
        f"{_PREFIX}by-road",
        f"已由两人确定改走{zh}；下一遍 connector step dispatch 起生效，无须处理",
        f"two persons decided: it goes by another road ({en}), from the next connector step dispatch on",
    )


def held_by(by: str, reason: str) -> dict[str, str]:
    """A person holds it; what they wrote down is told with it."""
    return problem(
        "held-by-person",
        f"由 {by} 暂停：{reason}。放行须两人（connector release）；尚未送出的可撤回（connector recall）",
        f"held by {by}: {reason}. Two persons release it (connector release); what was not sent may be called back (connector recall)",
    )


def is_decided(why: Mapping[str, Any]) -> bool:
    """Is this the word of a decision, that nobody need look at?"""
    return str(why["code"]).startswith(_PREFIX)
