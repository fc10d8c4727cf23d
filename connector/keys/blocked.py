"""A blocked key that a connection names, as ``status`` tells it: until it is restored or destroyed, work with it and what came for it waits."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from config.connection import Connection
from connector.keys.touched import roles
from connector.parts import problem
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED, Entry


def told(ring: KeyRing, connections: Sequence[Connection], now: datetime) -> Iterator[dict[str, Any]]:
    """One alarm for each such key: of its bank, or of this deployment where it is ours."""
    for entry in ring.list():
        if entry.state == BLOCKED and entry.dated and (banks := _naming(entry, connections)):
            of = "" if entry.own else banks[0]
            facts = {"kind": "blocked", "about": [entry.alias], "of": of, "id": entry.id, "alarm": True}
            yield {**facts, "ends_at": now.isoformat(), "days_left": 0, "level": 0, **_worded(entry, banks)}


def _naming(entry: Entry, connections: Iterable[Connection]) -> list[str]:
    return [each.institution.code for each in connections if next(roles(each, entry.alias), None)]


def _worded(entry: Entry, banks: Sequence[str]) -> dict[str, str]:
    where = ", ".join(banks)
    return problem(
        "key-named-blocked",
        f"密钥 {entry.id} 已封锁，连接 {where} 仍在使用其别名：不再用它收发，封给它的文件原样等待。"
        f"请新建或导入接替的密钥，并由两人恢复或销毁它（connector keys restore、destroy {entry.id}）",
        f"key {entry.id} is blocked, and the connection of {where} names its alias: nothing goes out or is believed by it, and what comes"
        f" for it waits. Make or import its successor; two persons restore or destroy it (connector keys restore, destroy {entry.id})",
    )
