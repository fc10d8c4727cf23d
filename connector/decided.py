"""What was decided of a batch, said in place of its old trouble until it goes on: ``status`` shows a batch's last word."""

from collections.abc import Mapping
from typing import Any

from connector.road_names import ROADS
from connector.steps.parts import problem

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


def is_decided(why: Mapping[str, Any]) -> bool:
    """Is this the word of a decision, that nobody need look at?"""
    return str(why["code"]).startswith(_PREFIX)
