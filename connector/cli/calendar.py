"""``calendar``: the working-day lists that rule, a year's list taken in by two persons, the deadlines that moved with it."""

from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, NOTHING_FOUND, By, Dir, Json, local, many, must_be_file, out, table, tr

app = typer.Typer(no_args_is_help=True, help="工作日历 / the working-day calendar")
Year = Annotated[int | None, typer.Argument(help="年份，默认全部 / the year; default: all", min=2000, max=2099)]


@app.command()
def show(year: Year = None, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """各年放假与调休、来源、版本 / each year's days off and make-up days, where they are from, which version."""
    from connector.assembly import Deployment
    from connector.hours import years

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        found = years.shown(tx, deployment.parts, deployment.parts.day(deployment.now()), year)
    said = [line for each in found["years"] for line in _year(each)]
    said += [_taken(each, deployment.parts.zone) for each in found["taken"]]
    out(found, as_json, "\n".join(said))


@app.command()
def take(
    file: Annotated[Path, typer.Argument(help="放假安排 .yaml / the year's list")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="依据 / the notice it is from")],
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请导入一年的放假安排，两人复核后生效 / ask that a year's list rules; in force once a second person agreed."""
    from connector.assembly import Deployment
    from connector.hours import taking
    from connector.ledger import people

    must_be_file(file)
    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "administrator", "manager")
        request = taking.ask(tx, file, reason=reason, by=by, now=deployment.now())
    if request is not None:
        now_waits(request, as_json)
    known = tr(
        "这份安排已导入，未改变：connector calendar show",
        "this list was taken in already; nothing changed: connector calendar show",
    )
    out({"schema": "calendar-known/1", "file": file.name}, as_json, known)


@app.command()
def moved(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """因日历或规则而变更的期限 / deadlines that moved with the calendar or the rules."""
    from connector.assembly import Deployment
    from connector.ledger import calendars

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        rows = calendars.moved(tx)
    names = ("number", "institution", "appeal", "changed_at", "before", "after", "provisional_before", "provisional", "why")
    changes = [{name: getattr(row, name) for name in names} for row in rows]
    titles = [("批次、申诉", "batch, appeal"), ("银行", "bank"), ("原期限", "before"), ("现期限", "now"), ("原因", "why")]
    zone = deployment.parts.zone
    lines = table(
        titles,
        (
            [
                c["number"] or tr(f"第 {c['appeal']} 号申诉", f"appeal {c['appeal']}"),
                c["institution"] or "",
                *(_ends(c, zone)),
                _why(c["why"]),
            ]
            for c in changes
        ),
    )
    nothing = tr("没有变更过的期限", "no deadline has moved")
    out({"schema": "deadlines-moved/1", "moved": changes}, as_json, lines if changes else nothing)
    if not changes:
        raise typer.Exit(NOTHING_FOUND)


def _year(found: dict[str, Any]) -> Iterable[str]:
    mark = "" if found["confirmed"] else tr("〔暂〕未导入", " (provisional: its list is missing)")
    days = tr(f"{found['working_days']} 个工作日", many(found["working_days"], "working day"))
    yield f"{found['year']}{mark}  {days}"
    for one in found["lists"]:
        where = tr(f"地区 {one['region']}", f"region {one['region']}") if one["region"] else tr("全国", "national")
        version = tr(f"第 {one['version']} 版", f"version {one['version']}") if one["version"] else tr("内置", "built in")
        expected = tr("按法定节假日与农历推算", "as the law and the moon let expect")
        yield f"  {where} · {version} · {one['source'] or expected}"
        yield "    " + tr("放假：", "off: ") + (" ".join(one["off"]) or "—")
        yield "    " + tr("调休上班：", "worked: ") + (" ".join(one["working"]) or "—")


def _taken(row: dict[str, Any], zone: tzinfo) -> str:
    at = local(row["imported_at"], zone)
    return tr(
        f"导入 {row['year']} 第 {row['version']} 版 · {at} · {row['imported_by']}，{row['agreed_by']} 复核",
        f"taken in: {row['year']} version {row['version']} · {at} · by {row['imported_by']}, agreed by {row['agreed_by']}",
    )


def _ends(change: dict[str, Any], zone: tzinfo) -> tuple[str, str]:
    before = local(change["before"], zone) if change["before"] else "—"
    marks = [tr("〔暂〕", " (prov.)") if change[name] else "" for name in ("provisional_before", "provisional")]
    return before + marks[0], local(change["after"], zone) + marks[1]


def _why(code: str) -> str:
    known = {"calendar-taken": ("放假安排导入", "a list was taken in"), "recomputed": ("重新计算", "counted again")}
    return tr(*known.get(code, (code, code)))
