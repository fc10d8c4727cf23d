"""``step`` runs one pass of the journey now; ``status`` says where everything stands, by whom and why."""

import time
from concurrent.futures import Executor
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from connector.cli.banks import bank_table
from connector.cli.console import DEFAULT_DIR, Dir, Json, note, out, tr
from connector.cli.counts import COUNTS

AMISS = {"refused", "quarantined", "held", "in_doubt"}  # of what a step counts: what a person must look at
NAMES = {
    "gather": "组批",
    "dispatch": "送出",
    "collect": "取回",
    "settle": "拆封",
    "conclude": "出报告",
    "retire": "销毁",
}  # of the steps; in English a step is its own name
ABOUT_SHOWN = 3  # of the batches or files one cause is about


class StepName(StrEnum):
    """The steps, in the order of the journey."""

    GATHER = "gather"
    DISPATCH = "dispatch"
    COLLECT = "collect"
    SETTLE = "settle"
    CONCLUDE = "conclude"
    RETIRE = "retire"
    ALL = "all"


def step(
    name: Annotated[StepName, typer.Argument(help="哪一步 / which step")],
    folder: Dir = DEFAULT_DIR,
    at: Annotated[datetime | None, typer.Option("--at", help="以此时刻为准（UTC）/ act as if it were this time (UTC)")] = None,
    every: Annotated[
        float | None, typer.Option("--every", min=1, help="每隔几秒再走一遍 / again and again, seconds apart")
    ] = None,
    as_json: Json = False,
) -> None:
    """运行一步 / one pass of a step, now; may be repeated after any end.

    走完一遍，退出码即为 0，银行连不上也一样：哪家受阻、何时再试，见输出与 connector status；部署打不开等见 README 的退出码 /
    the exit code is 0 once the pass is over, even where no bank could be reached: who is stopped stands in the output and in connector status;
    what keeps the step itself from running has the exit codes of the README.
    """
    from connector.assembly import lanes_executor

    with lanes_executor() as executor:
        _pass(name, folder, at, as_json, executor)
        while every is not None:
            time.sleep(every)
            _pass(name, folder, at, as_json, executor)


def _pass(name: StepName, folder: Path, at: datetime | None, as_json: bool, executor: Executor) -> None:
    """Opened anew each time, so that a bank that was mended or a key that came counts from the next pass on."""
    from connector.assembly import Deployment, clock
    from connector.steps import runner

    now = clock() if at is None else at.replace(tzinfo=clock().tzinfo)
    parts = Deployment.open(folder, lambda: now).parts
    chosen = runner.ORDER if name is StepName.ALL else (name.value,)
    results = [runner.run(each, parts, now, executor) for each in chosen]
    steps = [{"step": r.step, "counts": r.counts, "by_bank": r.by_bank, "problems": r.problems} for r in results]
    told = {"schema": "step/1", "steps": steps, "broken": parts.banks.broken}
    names = {code: bank.name for code, bank in parts.banks.working.items()}
    lines = [_line(r.step, r.counts, {names.get(who, who): why for who, why in r.problems.items()}) for r in results]
    out(told, as_json, "\n".join([*lines, *_left_out(parts.banks.broken)]))
    if any(AMISS & r.counts.keys() for r in results):
        note("有需要处理的文件或批次：connector status", "files or batches need a person: connector status")


def _line(name: str, counts: dict[str, int], problems: dict[str, dict[str, Any]]) -> str:
    said = ((tr(*COUNTS.get(key, (key, key))), number) for key, number in counts.items() if number)
    done = tr("，", ", ").join(f"{word} {number}" for word, number in said) or tr("无事可做", "nothing to do")
    stopped = "".join(f"\n  ▲ {step_name(who)}: {tr(why['zh'], why['en'])}" for who, why in problems.items())
    return f"{step_name(name)} {done}{stopped}" if tr("zh", "") else f"{name:9} {done}{stopped}"


def step_name(name: str) -> str:
    """A step in the language spoken; what is no step stays as it is."""
    return tr(NAMES.get(name, name), name)


def _left_out(broken: dict[str, dict[str, str]]) -> list[str]:
    """The banks no step goes to, because their connections were refused."""
    return [tr(f"▲ 未接入 {name}：{why['zh']}", f"▲ not connected, {name}: {why['en']}") for name, why in broken.items()]


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
    closed = [tr(f"※ 查询后授权已撤回或终止：{over} 户", f"※ {over} households: authorization withdrawn or ended after asking")]
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
    old = [_excused(bank["name"], each) for bank in found["banks"] for each in bank["excused"] if each["alarm"] is None]
    waiting = found["approvals"]
    asked = [
        tr(
            f"▲ 待第二人复核：{waiting}（connector approvals）",
            f"▲ {waiting} acts wait for a second person (connector approvals)",
        )
    ]
    banks = bank_table(found["banks"]) if found["banks"] or found["broken"] else _no_bank_yet()
    return Group(head, *(closed if over else []), "", banks, *problems, *old, *(asked if waiting else []))


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
