"""``register``: the monthly register of recipients taken in and shown, and the rounds made from it. Shows no person."""

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, FINDINGS, NOTHING_FOUND, WAITS, By, Dir, Json, local, out, table, tr, written
from connector.cli.intake import check_target, code_line, require_clerk

if TYPE_CHECKING:
    from connector.intake.codes import Reason
    from connector.intake.sheet import Layout, Sheet
    from connector.register.taking import Taken

app = typer.Typer(no_args_is_help=True, help="在册名单与定期核对 / the register of recipients, and their rounds")

File = Annotated[Path, typer.Argument(help="名单：xlsx 或 csv / the sheet: xlsx or csv", exists=True, dir_okay=False)]
Refused = Annotated[Path | None, typer.Option("--refused", help="改正表 .xlsx 或 .csv / give refused rows back here")]
Month = Annotated[str | None, typer.Option("--month", help="月份，如 2026-12，默认本月 / the month; default: this one")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只看影响，不写入 / only show what it would do")]
Every = Annotated[bool, typer.Option("--all", help="列出全部 / list everything")]
SHOWN = 1000


@app.command()
def take(
    sheet: File,
    by: By,
    month: Month = None,
    dry_run: DryRun = False,
    refused: Refused = None,
    every: Every = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """接收一个月的在册名单 / take a month's register in; may be repeated: the same file changes nothing."""
    from connector.assembly import Deployment
    from connector.intake.sheet import read_file
    from connector.register import taking
    from connector.register.columns import REGISTER

    check_target(refused, [sheet], folder)
    deployment = Deployment.open(folder)
    parts, now = deployment.parts, deployment.now()
    require_clerk(parts, by)
    of = taking.month_of(month, parts.day(now))
    found = taking.read(parts, read_file(sheet))
    taken = (taking.try_out if dry_run else taking.take)(parts, found, of, by, now)
    if refused is not None:
        give_back(refused, found.sheet, REGISTER, taken.refused)
    said = _taken(sheet, taken, dry_run)
    out(said, as_json, _taken_text(said, every, parts.zone))
    if taken.waits is not None:
        raise typer.Exit(WAITS)
    if dry_run and taken.refused:
        raise typer.Exit(FINDINGS)


def give_back(target: Path, sheet: "Sheet", layout: "Layout", refused: Mapping[str, list[int]]) -> None:
    """The refused rows, each with its cell, the reason and what to do; readable by the owner alone."""
    from connector.intake.refused_sheet import as_csv, as_xlsx, given_back
    from connector.register.columns import KNOWN

    at = {number: place for place, number in enumerate(sheet.rows)}
    wrong = sorted((at[number], KNOWN[code]) for code, numbers in refused.items() for number in numbers)
    lines = given_back(sheet, layout, [(place, reason, reason.field) for place, reason in wrong])
    content = as_xlsx(sheet, layout, lines) if target.suffix.lower() == ".xlsx" else as_csv(lines)
    with written(target):
        target.touch(mode=0o600)
        target.chmod(0o600)
        target.write_bytes(content)


def codes_of(refused: Mapping[str, list[int]]) -> dict[str, dict[str, Any]]:
    """Reasons with their row numbers, as ``intake`` tells them."""
    from connector.register.columns import KNOWN

    return {code: _code(KNOWN[code], numbers) for code, numbers in refused.items()}


def _code(reason: "Reason", numbers: list[int]) -> dict[str, Any]:
    about = {"no": reason.no, "zh": reason.zh, "en": reason.en, "do_zh": reason.do_zh, "do_en": reason.do_en}
    return {**about, "count": len(numbers), "rows": numbers}


def _taken(path: Path, taken: "Taken", dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "register-taken/1",
        "file": path.name,
        "dry_run": dry_run,
        "month": taken.month,
        "digest": taken.digest,
        "received_at": taken.received_at,
        "again": taken.again,
        "rows": taken.rows,
        "households": dict(taken.households),
        "ended": dict(taken.ended),
        "codes": codes_of(taken.refused),
        "two_persons": taken.two_persons,
        "approval": taken.waits,
    }


def _taken_text(said: Mapping[str, Any], every: bool, zone: tzinfo) -> str:
    homes, ended = said["households"], said["ended"]
    lines = [
        tr(
            f"{said['file']}：{said['month']} 在册名单，{said['rows']} 行",
            f"{said['file']}: register of {said['month']}, {said['rows']} rows",
        ),
        tr(
            f"  户：新增 {homes['new']} · 继续 {homes['continuing']} · 停发 {homes['stopped']} · 不予批准 {homes['refused']}"
            f"（其中 {homes['later']} 户尚未到停发日）· 此前已停 {homes['unchanged']}",
            f"  households: {homes['new']} new · {homes['continuing']} continuing · {homes['stopped']} stopped · {homes['refused']} refused"
            f" ({homes['later']} of them on a later day) · {homes['unchanged']} ended before",
        ),
        tr(
            f"  终止授权书 {ended['papers']} 份 · 未查询的户 {ended['waiting']} · 停止未送出 {ended['unsent']} 行 · 标记已送出 {ended['marked']} 行",
            f"  authorizations ended: {ended['papers']} · households not asked yet: {ended['waiting']} · lines that stop: {ended['unsent']}"
            f" · sent lines marked: {ended['marked']}",
        ),
    ]
    if homes["missing"]:
        lines.append(
            tr(
                f"  ▲ 在册而本月名单未列：{homes['missing']} 户；未作更改，定期核对时不查询（connector register show --missing）",
                f"  ▲ on the register and not in this month's: {homes['missing']} households; not changed, and left out of rounds"
                " (connector register show --missing)",
            )
        )
    lines += [code_line(code, every) for code in said["codes"].values()]
    return "\n".join([*lines, _ending(said, zone)])


def _ending(said: Mapping[str, Any], zone: tzinfo) -> str:
    if said["again"]:
        when = local(said["received_at"], zone)
        return tr(f"  此文件已于 {when} 接收；本次未作更改", f"  this file was taken at {when}; nothing was changed now")
    if said["approval"] is not None:
        number = said["approval"]
        return tr(
            f"  ▲ 一次停止过多，须两人同意，未作更改：另一人 connector approve {number}，然后重复本命令",
            f"  ▲ so much ends at once that two persons must agree; nothing was changed. Another person: connector approve {number};"
            " then repeat this command",
        )
    if said["dry_run"]:
        two = tr("；须两人同意", "; it takes two persons") if said["two_persons"] else ""
        return tr("  未写入", "  nothing was written") + two
    return tr("  已写入", "  written")


# ---------------------------------------------------------------- shown
@app.command()
def show(
    household: Annotated[str | None, typer.Argument(help="家庭编号 / household number; none: the whole register")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="只列本月名单未列的 / only those the newest register does not name")
    ] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """在册情况 / where the register stands, or one household of it."""
    from connector.assembly import Deployment
    from connector.register import shown

    parts = Deployment.open(folder).parts
    with parts.ledger.read() as tx:
        if household is None and not missing:
            said = shown.whole(tx, parts)
            out(
                said,
                as_json,
                _whole(said)
                or tr(
                    "尚无在册名单：connector register take 文件 --month 年-月 --by …",
                    "no register yet: connector register take FILE --month YYYY-MM --by …",
                ),
            )
            return
        found = shown.missing(tx, parts) if household is None else shown.one(tx, parts, household)
    text = "\n".join(_household(each) for each in found[:SHOWN])
    out({"schema": "register-households/1", "households": found}, as_json, text or _nobody(household))
    if not found and household is not None:
        raise typer.Exit(NOTHING_FOUND)


def _nobody(household: str | None) -> str:
    if household is None:
        return tr("最近一份名单列全了在册的户", "the newest register names every household that stands on it")
    return tr(f"家庭 {household} 不在册", f"household {household} stands on no register")


STATES = {
    "on": ("在册", "on the register"),
    "ending": ("将停发", "aid ends"),
    "stopped": ("已停发", "stopped"),
    "refused": ("不予批准", "refused"),
}


def _whole(said: Mapping[str, Any]) -> Any:
    if not said["programmes"]:
        return ""
    columns = [("救助项目", "programme"), ("状态", "state"), ("户", "households"), ("其中本月未列", "not in the newest")]
    rows = [
        (each["programme"], tr(*STATES[each["state"]]), f"{each['households']}", f"{each['missing']}")
        for each in said["programmes"]
    ]
    return table(columns, rows)


def _household(said: Mapping[str, Any]) -> str:
    day = f" {said['ends_on']}" if said["ends_on"] else ""
    paper = {
        True: tr("有有效授权书", "authorization in force"),
        False: tr("无有效授权书", "no authorization in force"),
    }[said["authorized"]]
    why = f"  {said['reason']}" if said["reason"] else ""
    asked = "".join(f"\n  {line}" for line in map(_asked, said["rounds"]))
    return f"{said['household_no']}  {said['programme']}  {tr(*STATES[said['state']])}{day}  {said['month']}  {paper}{why}{asked}"


def _asked(said: Mapping[str, Any]) -> str:
    if said["code"] is None:
        return tr(f"{said['period']} 已查询", f"{said['period']}: asked")
    return f"{said['period']} {tr('未查询：', 'not asked: ')}{tr(said['zh'], said['en'])}"


# ---------------------------------------------------------------- rounds
@app.command()
def rounds(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """各期定期核对 / the rounds: what was made, what is due, who was left out and why."""
    from connector.assembly import Deployment
    from connector.register import shown

    deployment = Deployment.open(folder)
    parts = deployment.parts
    with parts.ledger.read() as tx:
        said = shown.rounds(tx, parts, deployment.now())
    lines = [_round(each) for each in said["rounds"]]
    lines += [_due(each) for each in said["due"]]
    nothing = tr("没有：在 rounds.yaml 写明各项目多久核对一次", "none: say in rounds.yaml how often each programme is asked")
    out(said, as_json, "\n".join(lines) or nothing)


@app.command("round")
def make_round(
    by: By,
    month: Month = None,
    programme: Annotated[str | None, typer.Option("--programme", help="只此项目 / this programme alone")] = None,
    dry_run: DryRun = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """按在册名单发起一期定期核对 / make a period's round now; again: those left out, if nothing stands in their way any more."""
    from connector.assembly import Deployment
    from connector.register import rounds as made
    from connector.register import taking

    deployment = Deployment.open(folder)
    parts, now = deployment.parts, deployment.now()
    require_clerk(parts, by)
    of = taking.month_of(month, parts.day(now))
    done = made.by_hand(parts, of, programme, by, now, dry_run=dry_run)
    said = {"schema": "register-round/1", "dry_run": dry_run, "rounds": done}
    tail = [tr("未写入", "nothing was written")] if dry_run else []
    out(said, as_json, "\n".join([*map(_round, done), *tail]))


def _round(said: Mapping[str, Any]) -> str:
    head = tr(
        f"{said['programme']} {said['period']}：已查询 {said['asked']} 户 · 未查询 {said['left_out']} 户 · 基准日 {said['as_of']}，自 {said['window_from']}",
        f"{said['programme']} {said['period']}: {said['asked']} households asked · {said['left_out']} not · balances of {said['as_of']},"
        f" movements from {said['window_from']}",
    )
    return "\n".join([head, *(f"  {tr(why['zh'], why['en'])}  {why['households']}" for why in said["why"])])


def _due(said: Mapping[str, Any]) -> str:
    wait = tr("，等待当月在册名单", ", waits for the register of the month") if said["waits"] else ""
    return tr(
        f"{said['programme']} {said['period']}：{said['day']} 发起{wait}",
        f"{said['programme']} {said['period']}: made on {said['day']}{wait}",
    )
