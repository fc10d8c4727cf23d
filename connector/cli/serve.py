"""``serve``: the drop-box for the banks' staff, the receiver of call-backs for their machines, and the clock, until it is interrupted."""

import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, DONE, Dir, Json, note, out, tr
from connector.cli.worker import at_work

if TYPE_CHECKING:
    from connector.assembly import Deployment


def serve(
    folder: Dir = DEFAULT_DIR,
    host: Annotated[str | None, typer.Option("--host", help="监听地址，缺省取 service.yaml / address to listen at")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="投递箱端口，0 为任取 / drop-box port, 0 = any")
    ] = None,
    call_back_port: Annotated[
        int | None, typer.Option("--call-back-port", min=0, max=65535, help="回调端口，0 为任取 / call-back port, 0 = any")
    ] = None,
    with_clock: Annotated[
        bool,
        typer.Option(
            "--clock/--no-clock", help="同时运行时钟，各步自动进行 / run the clock too, so that the steps run by themselves"
        ),
    ] = True,
    as_json: Json = False,
) -> int:
    """网上投递箱、回调接收与时钟 / the drop-box and the receiver of call-backs, as service.yaml has them, and the clock. May be stopped at any time."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())  # as service managers end it: calls under way come to their end
    from connector.assembly import Deployment
    from connector.callbacks.receiving import BASE as CALL_BACKS
    from connector.dropbox.api import BASE

    deployment = Deployment.open(folder)
    with ExitStack() as open_now:
        at = _opened(open_now, deployment, host, port, call_back_port)
        said = []
        if with_clock:
            at["clock"] = open_now.enter_context(at_work(deployment, "", (), stopped, _trouble)).name
        if "at" in at:
            said.append(tr(f"投递箱已开放：{at['at']}{BASE}", f"the drop-box is open: {at['at']}{BASE}"))
        if "call_backs" in at:
            there = f"{at['call_backs']}{CALL_BACKS}"
            said.append(tr(f"回调接收已开放：{there}", f"call-backs are received: {there}"))
        if "clock" in at:
            said.append(tr(f"时钟已启动，节点 {at['clock']}", f"the clock runs, node {at['clock']}"))
        said.append(tr("Ctrl-C 停止", "Ctrl-C stops"))
        out({"schema": "serving/1", **at}, as_json, "\n".join(said))
        stopped.wait()
    return DONE


def _trouble(event: "Mapping[str, Any]") -> None:
    """What the clock did stands in the ledger; what it stumbled over is told here."""
    if event["event"] == "trouble":
        note(str(event["zh"]), str(event["en"]))


def _opened(open_now: ExitStack, opened: "Deployment", host: str | None, port: int | None, back: int | None) -> dict[str, str]:
    """What service.yaml says is served, opened, and where; the drop-box where it says nothing, which then says what is missing."""
    from connector.callbacks.receiving import receiving
    from connector.dropbox.serving import serving

    said, at = opened.settings, dict[str, str]()
    if said.serve is not None or said.call_backs is None:
        box = open_now.enter_context(
            serving(opened.parts, said, opened.now, host=host, port=port, rejoined=lambda: opened.rejoined()[0])
        )
        at["at"] = f"https://{host or (said.serve.host if said.serve else '')}:{box.port}"
    if said.call_backs is not None:
        receiver = open_now.enter_context(
            receiving(opened.parts, opened.ring, said, opened.now, host=host, port=back, rejoined=opened.rejoined)
        )
        at["call_backs"] = f"https://{host or said.call_backs.host}:{receiver.port}"
    return at
