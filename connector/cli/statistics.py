"""``statistics``: a month's figures by bank, class, region and kind; closing it, what is ours, and the recount from raw events."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, INTEGRITY, NOTHING_FOUND, WRONG_USE, By, Dir, Json, fail, many, out, table, tr
from connector.cli.statistics_shown import explained, month_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connector.assembly import Deployment

app = typer.Typer(invoke_without_command=True, help="统计与关账 / figures by month, and closing them")
MonthOption = Annotated[str, typer.Option("--month", help="月份 YYYY-MM，默认本月 / the month; default: this one")]
ThatMonth = Annotated[str, typer.Option("--month", help="月份 YYYY-MM / the month")]
Why = Annotated[str, typer.Option("--reason", help="理由 / why")]
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@app.callback()
def statistics(
    context: typer.Context,
    month: MonthOption = "",
    bank: Annotated[str, typer.Option(help="机构代码 / one institution")] = "",
    kind: Annotated[str, typer.Option(help="new | reported | appeal | month | quarter | year | again")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="列出各类所含的行号 / the line references behind each bucket")
    ] = False,
    for_supervisor: Annotated[bool, typer.Option("--for-supervisor", help="隐去小样本 / small groups hidden")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """某月各项统计 / the figures of a month, each with what it is made of."""
    if context.invoked_subcommand is not None:
        return
    from connector.figures import statistics as figures

    if explain and for_supervisor:
        fail("wrong-use", "--explain 不与 --for-supervisor 同用", "--explain is not for a supervisor's figures", WRONG_USE)
    deployment = _opened(folder)
    now = deployment.now()
    chosen = figures.Chosen(bank or None, kind or None)
    named = _month(month, now, deployment.parts.zone)
    found = figures.statistics(deployment.parts, named, now, chosen, supervisor=for_supervisor)
    if explain:
        found["explained"] = figures.explain(deployment.parts, named, now, chosen)
    if not found["now"]["banks"] and found["closed"] is None and not found["not_due"] and not as_json:
        fail("nothing-counted", f"{named} 没有可统计的查询", f"nothing is counted in {named}", NOTHING_FOUND)
    text = month_text(found, deployment.parts.zone)
    out(found, as_json, Group(text, *explained(found["explained"])) if explain else text)


@app.command("close")
def close(month: ThatMonth, by: By, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """关账（月末后第 5 个工作日起）/ close a month; its figures never change afterwards."""
    from connector.figures import closing
    from connector.ledger import people

    deployment = _opened(folder)
    now = deployment.now()
    named = _month(month, now, deployment.parts.zone)
    with deployment.ledger.read() as tx:
        people.require(tx, by, "manager", "supervisor", "administrator")
    revision = closing.close(deployment.parts, named, by, now)
    text = tr(f"{named} 已关账，第 {revision} 版", f"{named} is closed, revision {revision}")
    out({"schema": "month-closed/1", "month": named, "revision": revision}, as_json, text)


@app.command("reopen")
def reopen(month: ThatMonth, reason: Why, by: By, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """申请重开已关账月份（双人）/ ask that a closed month is closed anew; the earlier revision stays."""
    from connector.figures import closing

    deployment = _opened(folder)
    now = deployment.now()
    named = _month(month, now, deployment.parts.zone)
    with deployment.ledger.begin() as tx:
        request = closing.ask_reopen(tx, named, reason=reason, by=by, now=now)
    line = f"connector statistics close --month {named} --by …"
    now_waits(request, as_json, (f"；然后 {line}", f"; then {line}"))


@app.command("accept-refusal")
def accept_refusal(
    bank: Annotated[str, typer.Argument(help="机构代码 / the institution")],
    batch: Annotated[str, typer.Argument(help="批次号 / number of the batch")],
    reason: Why,
    by: By,
    lines: Annotated[list[int] | None, typer.Argument(help="行号，从 1 起 / lines of the batch; the first is 1")] = None,
    code: Annotated[str, typer.Option(help="该结果的全部行，如 refused.authority / all lines of this outcome")] = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """认可银行的拒绝（双人）/ accept that the bank refused rightly: the lines count against the centre."""
    from connector.figures import refusals

    if bool(lines) == bool(code):
        fail("wrong-use", "请给出行号，或用 --code 给出结果", "name lines, or an outcome by --code", WRONG_USE)
    deployment = _opened(folder)
    with deployment.ledger.begin() as tx:
        request, _ = refusals.ask(tx, bank, batch, lines or (), code or None, reason=reason, by=by, now=deployment.now())
    now_waits(request, as_json)


@app.command("outage")
def outage(
    begins: Annotated[datetime, typer.Option("--from", help="本地时间 / local time: 2026-09-18T16:00")],
    ends: Annotated[datetime, typer.Option("--to", help="本地时间 / local time")],
    reason: Why,
    by: By,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """登记我方停机 / note that our collector was down: what fell due then is not held against the bank."""
    from connector.ledger import audit, counting, people
    from connector.moments import moment

    deployment = _opened(folder)
    now, zone = deployment.now(), deployment.parts.zone
    since, until = (at.replace(tzinfo=zone) if at.tzinfo is None else at for at in (begins, ends))
    if not since < until <= now:
        fail("outage-wrong", "停机须先开始后结束，且已经结束", "an outage begins, then ends, and is over", WRONG_USE)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "manager", "administrator")
        batches = counting.outage(tx, since, until, by, now)
        detail = {"from": moment(since), "to": moment(until), "reason": reason, "batches": batches}
        audit.record(tx, at=now, who=by, what="outage-noted", centre=deployment.parts.centre, detail=detail)
    text = tr(f"已登记；期间到期的批次 {batches} 个", f"noted; {many(batches, 'batch', 'batches')} fell due then")
    out({"schema": "outage/1", "from": moment(since), "to": moment(until), "batches": batches}, as_json, text)


@app.command("recount")
def recount(month: MonthOption = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """由原始事件独立重算，与计数器核对 / reckon every figure from raw events alone; ends 7 where any differs."""
    from connector.figures import recount as again

    deployment = _opened(folder)
    named = _month(month, deployment.now(), deployment.parts.zone) if month else None
    with deployment.ledger.read() as tx:
        differs = again.differences(tx, deployment.parts.zone, named)
        cells = len(again.recount(tx, deployment.parts.zone))
    found = {"schema": "recount/1", "month": named, "ok": not differs, "cells": cells, "differences": differs}
    out(found, as_json, _recounted(found))
    raise typer.Exit(INTEGRITY if differs else 0)


def _recounted(found: Mapping[str, Any]) -> Any:
    if found["ok"]:
        return tr(f"重算 {found['cells']} 项，与计数器一致", f"{found['cells']} cells reckoned anew: the counters agree")
    columns = [
        ("月份", "month"),
        ("机构", "institution"),
        ("地区", "region"),
        ("类型", "kind"),
        ("项", "figure"),
        ("计数", "counted"),
        ("重算", "recounted"),
    ]
    rows = ([str(one[en]) for _, en in columns] for one in found["differences"])
    head = tr(
        "计数器与原始事件不符，请停用并联系维护者：",
        "the counters do not agree with the raw events; stop and call the maintainers:",
    )
    return Group(head, table(columns, rows))


def _opened(folder: Path) -> "Deployment":
    from connector.assembly import Deployment

    return Deployment.open(folder)


def _month(said: str, now: datetime, zone: "ZoneInfo") -> str:
    if not said:
        return f"{now.astimezone(zone):%Y-%m}"
    if not _MONTH.fullmatch(said):
        fail("month-unreadable", f"月份须写作 2026-09，而非 {said}", f"a month is written 2026-09, not {said}", WRONG_USE)
    return said
