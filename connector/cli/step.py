"""``step`` runs one pass of the journey now, or again and again; what it did is counted in words."""

import time
from collections.abc import Iterable
from concurrent.futures import Executor
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, DONE, REFUSED, UNREACHABLE, Dir, Json, explain, note, out, spoken, tr
from connector.cli.counts import counted

AMISS = {"refused", "quarantined", "held", "in_doubt"}  # of what a step counts: what a person must look at
AUDIT = "audit"  # whose trouble no bank has
NAMES = {
    "gather": "组批",
    "dispatch": "送出",
    "collect": "取回",
    "settle": "拆封",
    "conclude": "出报告",
    "retire": "销毁",
    "end aid": "停发",
    "end papers": "授权到期",
    "deaths": "死亡名单",
    "make rounds": "定期核对",
    "in-doubt clock": "存疑时钟",
    "close month": "关账",
    "remind": "催办",
    "checkpoint": "审计检查点",
    "recompute deadlines": "核对期限",
}  # of the steps and the clock's duties; in English each is its own name


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
) -> int:
    """运行一步 / one pass of a step, now; may be repeated after any end.

    走完一遍，退出码即为 0，银行连不上也一样：哪家受阻、何时再试，见输出与 connector status；部署打不开等见 README 的退出码。
    用 --every 时，仅首遍无法进行或发现损坏才结束 /
    the exit code is 0 once the pass is over, even where no bank could be reached: who is stopped stands in the output and in connector status;
    what keeps the step itself from running has the exit codes of the README. With --every it ends only where the first pass cannot run, or
    something is damaged.
    """
    from connector.assembly import lanes_executor

    with lanes_executor() as executor:
        _pass(name, folder, at, as_json, executor)
        while every is not None:
            time.sleep(every)
            try:
                _pass(name, folder, at, as_json, executor)
            except Exception as error:  # a database that is away, a setting somebody is just writing: told, and tried again
                if (code := explain(error, as_json)) not in (REFUSED, UNREACHABLE):
                    return code
    return DONE


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
    lines = [_line(r.step, r.counts, _named(r.problems, names)) for r in results]
    out(told, as_json, "\n".join([*lines, *_left_out(parts.banks.broken), *_audit(r.problems for r in results)]))
    if any(AMISS & r.counts.keys() for r in results):
        note("有需要处理的文件或批次：connector status", "files or batches need a person: connector status")


def _named(problems: dict[str, dict[str, Any]], names: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What stopped a step at its banks, by their names; what is amiss with the audit is of the whole pass and told once."""
    return {names.get(who, who): why for who, why in problems.items() if who != AUDIT}


def _audit(problems: Iterable[dict[str, dict[str, Any]]]) -> list[str]:
    found = [each[AUDIT] for each in problems if AUDIT in each][:1]
    return [f"▲ {tr('审计', 'audit')}: {tr(why['zh'], why['en'])}" for why in found]


def _line(name: str, counts: dict[str, int], problems: dict[str, dict[str, Any]]) -> str:
    done = counted(name, counts) or tr("无事可做", "nothing to do")
    stopped = "".join(f"\n  ▲ {step_name(who)}: {tr(why['zh'], why['en'])}" for who, why in problems.items())
    return f"{step_name(name)} {done}{stopped}" if spoken() == "zh" else f"{name:9} {done}{stopped}"


def step_name(name: str) -> str:
    """A step in the language spoken; what is no step stays as it is."""
    return tr(NAMES.get(name, name), name)


def _left_out(broken: dict[str, dict[str, str]]) -> list[str]:
    """The banks no step goes to, because their connections were refused."""
    return [tr(f"▲ 未接入 {name}：{why['zh']}", f"▲ not connected, {name}: {why['en']}") for name, why in broken.items()]
