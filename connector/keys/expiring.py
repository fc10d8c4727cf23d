"""What runs out is told before it does: an alarm at 60, 30, 14, 7 and 1 days, and for as long as it is over (security C7).

What has its successor in place already is no alarm: it may end.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connector.alarms import days_alarm
from connector.keys import authorities, blocked, blocking, endings, slips, standing
from connector.keys.endings import Ending
from connector.moments import day_of
from connector.parts import Parts, problem

# What it is, and what to do, each in Chinese and English.
_KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "our-key": (
        "我方密钥",
        "our key",
        "请新建接替的密钥并交对方（connector keys new、letter）；不再使用的请停用（connector keys retire）",
        "make its successor and hand it over (connector keys new, letter), or retire it where it is not used any more (keys retire)",
    ),
    "certificate": (
        "对方证书",
        "their certificate",
        "请向对方索取新证书并导入（connector keys import）；不再使用的请停用（connector keys retire）",
        "ask for the new one and import it (connector keys import), or retire it where it is not used any more (keys retire)",
    ),
    "line": (
        "专线 TLS 证书",
        "the line's TLS certificate",
        "请换上新证书（secrets/ 中同名文件）",
        "put the new one in its place in secrets/",
    ),
    "pin": (
        "登记的指纹",
        "the pin",
        "请向银行核实新指纹并写入连接文件",
        "verify the new one with the bank and write it into the connection",
    ),
    "serving": (
        "本部署对外服务的 TLS 证书",
        "the TLS certificate this deployment serves with",
        "请换上新证书（secrets/ 中同名文件）",
        "put the new one in its place in secrets/",
    ),
}


def told(parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Everything an alarm is due for, soonest first: code, zh, en, about, of, id, ends_at, days_left; ``level``: the days at which it rose."""
    found = [*endings.of_serving(parts.folder, parts.identities)]
    found += endings.of_ring(parts.ring) if parts.ring is not None else []
    for connection in parts.banks.connections:
        found += endings.of_connection(parts.folder, connection, parts.zone)
    unfollowed = sorted((each for each in found if not each.successor), key=lambda each: each.ends_at)
    due = [said for each in unfollowed if (said := _said(each, now, parts.zone))["level"] is not None]
    stale = [
        said for connection in parts.banks.connections for said in authorities.stale(parts.folder, connection, now, parts.zone)
    ]
    if parts.ring is not None:
        stale += [
            *blocking.unsigned(parts.ring, now),
            *standing.told(parts.ring, now),
            *blocked.told(parts.ring, parts.banks.connections, now),
        ]
        stale += [
            said for connection in parts.banks.connections for said in slips.awaited(parts.ring, connection, now, parts.zone)
        ]
    return sorted(stale + due, key=lambda said: datetime.fromisoformat(said["ends_at"]))


def _said(ending: Ending, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    left = (ending.ends_at - now) // timedelta(days=1)  # whole days; below zero once it is over
    facts = {"kind": ending.kind, "about": [ending.about], "of": ending.of, "id": ending.id, "alarm": True}
    return {
        **facts,
        "ends_at": ending.ends_at.isoformat(),
        "days_left": left,
        "level": days_alarm(left),
        **_worded(ending, left, zone),
    }


def _worded(ending: Ending, left: int, zone: ZoneInfo) -> dict[str, str]:
    zh, en, zh_do, en_do = _KINDS[ending.kind]
    day = day_of(ending.ends_at, zone)
    if left < 0:
        return problem(f"{ending.kind}-ended", f"{zh}已于 {day} 到期。{zh_do}", f"{en} ended on {day}: {en_do}")
    return problem(
        f"{ending.kind}-ending", f"{zh}还有 {left} 天到期（{day}）。{zh_do}", f"{en} ends in {left} days ({day}): {en_do}"
    )
