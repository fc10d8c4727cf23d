"""``worker``: one more node of a deployment, that runs its clock until it is told to stop."""

import platform
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from connector.cli.console import DEFAULT_DIR, DONE, NOTHING_FOUND, Dir, Json, fail, note, out, tr
from connector.cli.counts import counted
from connector.cli.step import step_name

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.clock.node import Node

_printing = threading.Lock()
_LOOKED = {"looked"}  # nothing came of it


def worker(
    folder: Dir = DEFAULT_DIR,
    banks: Annotated[str, typer.Option("--banks", help="只服务这些银行，逗号分隔 / serve these banks alone, by comma")] = "",
    name: Annotated[str, typer.Option("--name", help="节点名称，缺省为主机名 / the node's name; default: the host's")] = "",
    once_idle: Annotated[bool, typer.Option("--once-idle", help="无事可做即结束 / end when nothing is left to do now")] = False,
    forget: Annotated[str, typer.Option("--forget", help="不再提示此节点 / a node that will not come back is told no more")] = "",
    as_json: Json = False,
) -> int:
    """运行时钟的又一节点 / one more node on the same database; it may be stopped, killed or started at any time.

    收到 SIGTERM 或 Ctrl-C 后完成手头一包即停，并说明停在何处。--json：每行一个事件，只含编号 /
    told to stop (SIGTERM, Ctrl-C), it ends after the parcel in hand and says where it stands. --json: one event a line, codes and counts only.
    """
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    if forget:
        return _forget(deployment, forget, as_json)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    tell = _Voice(deployment, as_json)
    with at_work(deployment, name, _chosen(deployment, banks), stopped, tell, idle=once_idle) as node:
        if once_idle:
            while not stopped.is_set() and node.round():
                pass
        else:
            stopped.wait()
        _tell_stop(node, tell)
    tell({"event": "stopped", "zh": "已停止", "en": "stopped"})
    return DONE


@contextmanager
def at_work(
    deployment: "Deployment",
    wanted: str,
    banks: tuple[str, ...],
    stopping: threading.Event,
    tell: Callable[[Mapping[str, Any]], None],
    *,
    idle: bool = False,
) -> Iterator["Node"]:
    """A node of this deployment: its clock runs within the block, until ``stopping`` at the latest; ``idle``: it only stands ready.

    Raises LedgerError one-node.
    """
    from connector.clock.node import Node, Orders, named
    from connector.watching import Watched, told_by

    watched = Watched(lambda: deployment.rejoined()[0], told_by(deployment.folder))
    with named(deployment.ledger, deployment.folder, wanted or host_name()) as name, watched:
        node = Node(
            lambda: watched.value,
            deployment.now,
            Orders(name, banks, tell=tell, stopping=stopping),
        )
        on = "SQLite" if deployment.ledger.on_sqlite else "PostgreSQL"
        alone = ("（SQLite：只能有这一个节点）", " (SQLite: this is the only node there can be)") if on == "SQLite" else ("", "")
        started = _said(f"节点 {name} 已启动{alone[0]}", f"node {name} is at work{alone[1]}")
        tell({"event": "started", "node": name, "database": on, **started})
        if idle:
            yield node
            return
        with node.running():
            yield node


def host_name() -> str:
    """The machine's name, as far as a code may hold it."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", platform.node().partition(".")[0])[:48] or "node"


def _chosen(deployment: "Deployment", banks: str) -> tuple[str, ...]:
    wanted = tuple(filter(None, (code.strip() for code in banks.split(","))))
    known = deployment.parts.banks.working
    if strange := [code for code in wanted if code not in known]:
        named = ", ".join(strange)
        fail("bank-unknown", f"未接入的银行：{named}", f"not connected here: {named}", NOTHING_FOUND)
    return wanted


def _forget(deployment: "Deployment", name: str, as_json: bool) -> int:
    from connector.ledger import ticks

    with deployment.ledger.begin() as tx:
        if name not in {row.name for row in ticks.nodes(tx)}:
            fail("node-unknown", f"没有节点 {name}", f"there is no node {name}", NOTHING_FOUND)
        ticks.forget(tx, name)
    out({"schema": "node/1", "forgotten": name}, as_json, tr(f"不再提示节点 {name}", f"node {name} is told no more"))
    return DONE


def _tell_stop(node: "Node", tell: "_Voice") -> None:
    node.stop()
    lines = node.at_work
    named = ", ".join(lines)
    where = _said(
        f"正在停止，完成手头一包：{named}" if lines else "正在停止，手头无事",
        f"stopping; ends the parcel in hand at: {named}" if lines else "stopping; nothing is in hand",
    )
    tell({"event": "stopping", "at_work": lines, **where})


def _said(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


class _Voice:
    """One line an event: as JSON on stdout; for a person what was done on stdout, by the site's clock, and remarks on stderr."""

    def __init__(self, deployment: "Deployment", as_json: bool) -> None:
        self._deployment, self._as_json = deployment, as_json

    def __call__(self, event: Mapping[str, Any]) -> None:
        with _printing:
            if self._as_json:
                shown = {key: value for key, value in event.items() if key != "why"}
                sys.stdout.buffer.write(orjson.dumps({"schema": "worker/1", **shown}) + b"\n")
                sys.stdout.buffer.flush()
            elif "counts" in event:
                self._done(event)
            elif "zh" in event:
                note(str(event["zh"]), str(event["en"]))

    def _done(self, event: Mapping[str, Any]) -> None:
        counts, why = {key: number for key, number in event["counts"].items() if number}, event["why"]
        if not why and counts.keys() <= _LOOKED:
            return
        parts, bank = self._deployment.parts, event["institution"]
        known = parts.banks.working.get(bank)
        said = [f"{self._deployment.now().astimezone(parts.zone):%H:%M:%S}", step_name(str(event["step"]))]
        said += [known.name if known else bank] if bank else []
        said += [counted(str(event["step"]), counts), f"▲ {tr(why['zh'], why['en'])}" if why else ""]
        sys.stdout.write(" ".join(filter(None, said)) + "\n")
        sys.stdout.flush()
