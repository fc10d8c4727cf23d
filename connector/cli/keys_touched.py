"""What a key touched, as a person reads it: counts first, then each batch, file, report and connection."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType

from connector.cli.console import local, many, table, tr
from connector.cli.counts import COUNTS
from connector.keys.words import STATES, USED
from connector.lifecycle import NAMES, State

_ROLES = {
    "bank_encrypt": ("对方加密证书", "bank_encrypt"),
    "bank_sign": ("对方签名证书", "bank_sign"),
    "our_sign": ("我方签名密钥", "our_sign"),
    "our_decrypt": ("我方解密密钥", "our_decrypt"),
}
_FILE_STATES = {"arrived": ("已取回，待拆封", "arrived"), "rows-parked": ("已读入，有搁置行", "opened, rows parked")}
_BATCHES = (("批次", "batch"), ("机构", "bank"), ("所用", "used to"), ("行数", "lines"), ("状态", "state"), ("时间", "at"))
_FILES = (("文件", "file"), ("机构", "bank"), ("所用", "used to"), ("状态", "state"), ("时间", "at"))
_REPORTS = (("家庭", "household"), ("版次", "edition"))


def touched_text(found: dict[str, Any], zone: ZoneInfo) -> Group:
    """For the screen; a part that has nothing is one line."""
    parts: list[RenderableType] = [_head(found), _counts(found)]
    parts += [_line(each) for each in found["connections"]]
    parts += [tr("※ 投递箱见证密钥", "※ the drop-box's witness key")] if found["witness"] else []
    unread = found["unread_connections"]
    parts += (
        [tr(f"※ 未能读取的连接：{'、'.join(unread)}", f"※ connections that could not be read: {', '.join(unread)}")]
        if unread
        else []
    )
    parts += [table(_BATCHES, (_batch(each, zone) for each in found["batches"]))] if found["batches"] else []
    parts += [table(_FILES, (_file(each, zone) for each in found["files"]))] if found["files"] else []
    parts += (
        [table(_REPORTS, ((each["household"], str(each["edition"])) for each in found["reports"]))] if found["reports"] else []
    )
    return Group(*parts)


def _head(found: dict[str, Any]) -> str:
    key = found["key"]
    return f"{key['alias']}  {key['id']}  {key['kind']}  {tr(STATES[key['state']], key['state'])}"


def _counts(found: dict[str, Any]) -> str:
    batches, files, reports = len(found["batches"]), len(found["files"]), len(found["reports"])
    signed, wrapped = len(found["checkpoints"]), len(found["data_keys"])
    return tr(
        f"批次 {batches}（{found['lines']} 行） · 文件 {files} · 报告 {reports} · 检查点 {signed} · 数据密钥 {wrapped}",
        f"{many(batches, 'batch', 'batches')} ({many(found['lines'], 'line')}) · {many(files, 'file')} · {many(reports, 'report')}"
        f" · {many(signed, 'checkpoint')} · {many(wrapped, 'data key')}",
    )


def _line(each: dict[str, Any]) -> str:
    roles = tr("、", ", ").join(tr(*_ROLES[role]) for role in each["as"])
    return tr(f"▲ 连接 {each['connection']} 用作{roles}", f"▲ connection {each['connection']} names it as {roles}")


def _batch(each: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    return (
        each["number"],
        each["institution"],
        _uses(each["uses"]),
        str(each["lines"]),
        tr(*NAMES[State(each["state"])]),
        local(each["at"], zone),
    )


def _file(each: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    return (
        f"{each['name']} (#{each['id']})",
        each["institution"],
        _uses(each["uses"]),
        _file_state(each["state"]),
        local(each["at"], zone),
    )


def _file_state(state: str) -> str:
    return tr(*(_FILE_STATES | COUNTS).get(state, (state, state)))


def _uses(uses: Iterable[str]) -> str:
    return tr("、", ", ").join(tr(USED[use], use) for use in uses)
