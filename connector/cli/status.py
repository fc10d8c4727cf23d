"""``status`` says where everything stands, whose it is and what a person must do; a person's data is no part of it."""

from typing import Any

from rich.console import Group
from rich.text import Text

from connector.cli.banks import bank_table
from connector.cli.console import DEFAULT_DIR, Dir, Json, many, out, tr
from connector.cli.step import step_name

ABOUT_SHOWN = 3  # of the batches or files one cause is about


def status(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """各处进展 / where everything stands: banks, batches, files set apart, what a person must look at."""
    from connector.assembly import Deployment
    from connector.status import survey

    deployment = Deployment.open(folder)
    found = survey(deployment.parts, deployment.now())
    out(found, as_json, _status_text(found))


def _status_text(found: dict[str, Any]) -> Group:
    inquiries = found["inquiries"]
    head = tr(
        f"户：待发送 {inquiries['waiting']} · 查询中 {inquiries['asking']} · 已出报告 {inquiries['concluded']}"
        f" · 已撤回 {inquiries['withdrawn']}",
        f"households: waiting {inquiries['waiting']} · asking {inquiries['asking']} · reported {inquiries['concluded']}"
        f" · withdrawn {inquiries['withdrawn']}",
    )
    over = inquiries["authorization_over"]
    closed = [
        tr(f"※ 查询后授权已撤回或终止：{over} 户", f"※ {many(over, 'household')}: authorization withdrawn or ended after asking")
    ]
    problems = [_problem(bank["name"], why) for bank in found["banks"] for why in bank["problems"]]
    problems += [_problem(step_name(why["step"]), why) for why in found["steps"]]
    problems += [_problem(name, why) for name, why in found["broken"].items()]
    known = {bank["code"]: bank["name"] for bank in found["banks"]}
    problems += [
        _problem(f"{known.get(each['institution'], each['institution'])} {each['label']}".rstrip(), each)
        for each in found["media"]
    ]
    problems += [_problem(_door(each), each) for each in found["callers"]]
    problems += [_problem(_carrier_of(each["names"]), each["problem"]) for each in found["carriers"] if each["problem"]]
    problems += [
        _problem(known.get(each["of"], each["of"]) or tr("本部署", "this deployment"), each) for each in found["expiring"]
    ]
    problems += [_problem(_whose(each, known), each) for each in found["rooms"]]
    old = [_excused(bank["name"], each) for bank in found["banks"] for each in bank["excused"] if each["alarm"] is None]
    waiting = found["approvals"]
    asked = [
        tr(
            f"▲ 待第二人复核：{waiting}（connector approvals）",
            f"▲ {many(waiting, 'act')} {'waits' if waiting == 1 else 'wait'} for a second person (connector approvals)",
        )
    ]
    banks = bank_table(found["banks"]) if found["banks"] or found["broken"] else _no_bank_yet()
    foreign = [_not_national(found["not_national"])] if found["not_national"] else []
    foreign += [_locked([known.get(code, code) for code in found["legacy_passwords"]])] if found["legacy_passwords"] else []
    return Group(head, *(closed if over else []), "", banks, *problems, *old, *foreign, *(asked if waiting else []))


_USES = {
    "at_rest": ("静态存储", "at rest"),
    "audit": ("审计链", "audit"),
    "checkpoints": ("审计检查点", "checkpoints"),
    "keys": ("密钥", "keys"),
    "seals": ("封装", "seals"),
    "ring": ("密钥环文件", "files of the ring"),
}


def _not_national(found: dict[str, list[str]]) -> Text:
    """What an assessment of commercial cryptography (密评) will ask about."""
    named = tr("；", "; ").join(f"{tr(*_USES[use])} {', '.join(names)}" for use, names in found.items())
    return Text(tr(f"※ 在用的非国密算法，不符合密评要求：{named}", f"※ in use and not SM, so not compliant (密评): {named}"))


def _locked(names: list[str]) -> Text:
    """Banks whose zips are under a password of the old kind; the seal is what protects them."""
    return Text(
        tr(
            f"※ zip 使用旧式密码，不构成保护，由密封保护：{'、'.join(names)}",
            f"※ zips under a password of the old kind, which protects nothing; the seal does: {', '.join(names)}",
        )
    )


def _whose(said: dict[str, Any], known: dict[str, str]) -> str:
    """A bank and perhaps its batch, or this deployment."""
    code = said.get("institution", "")
    return f"{known.get(code, code)} {said.get('batch', '')}".strip() or tr("本部署", "this deployment")


def _door(said: dict[str, Any]) -> str:
    """Where a call was refused, and whose it was."""
    peer = said["peer"] or tr("身份不明", "unknown caller")
    return f"{tr('回调接收' if said['door'] == 'call-backs' else '投递箱', said['door'])} {peer}"


def _carrier_of(names: list[str]) -> str:
    more = " …" if len(names) > ABOUT_SHOWN else ""
    return tr(f"前置机（{'、'.join(names[:ABOUT_SHOWN])}{more}）", f"carrier of {', '.join(names[:ABOUT_SHOWN])}{more}")


def _excused(name: str, said: dict[str, Any]) -> Text:
    """An old server that is used by exception; its last days are told as a problem."""
    words, until, used = ", ".join(said["algorithms"]), said["until"], said["used_on"] or tr("尚未使用", "not used yet")
    return Text(
        tr(
            f"※ {name}：按例外使用旧式服务器（{words}），至 {until} 止；最近使用 {used}",
            f"※ {name}: old server by exception ({words}) until {until}; last used {used}",
        )
    )


def _no_bank_yet() -> str:
    return tr(
        "尚未接入银行。下一步：导入银行证书（connector keys import），在 connections/ 写连接文件（样例 config/examples/connection.yaml）；\n"
        "手边没有银行时：connector bank simulate --help",
        "no bank yet. Next: import its certificates (connector keys import) and write its connection in connections/"
        " (to copy: config/examples/connection.yaml);\nno bank at hand: connector bank simulate --help",
    )


def _problem(who: str, why: dict[str, Any]) -> Text:
    """Whose it is, what it is about, what to do; ▲ is for a person, △ is tried again by itself."""
    about = why.get("about", [])
    more = " …" if len(about) > ABOUT_SHOWN else ""
    named = f" [{', '.join(map(step_name, about[:ABOUT_SHOWN]))}{more}]" if about else ""
    sign = "▲" if why.get("alarm", True) else "△"
    return Text(f"{sign} {who}{named}: " + tr(why["zh"], why["en"]))
