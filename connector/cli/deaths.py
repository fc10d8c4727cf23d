"""``deaths``: lists of deaths from another department. Persons are told by row and household number, never by name."""

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, WAITS, WRONG_USE, By, Dir, Json, fail, local, out, tr
from connector.cli.intake import ROWS_SHOWN, check_target, code_line, require_clerk
from connector.cli.register import Every, File, Refused, codes_of, give_back

if TYPE_CHECKING:
    from connector.register.deaths import Taken

app = typer.Typer(no_args_is_help=True, help="死亡名单 / lists of deaths")


@app.command()
def take(
    sheet: File,
    by: By,
    source: Annotated[str, typer.Option("--from", help="来源部门 / the department it comes from")] = "",
    refused: Refused = None,
    every: Every = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """接收死亡名单，停止查询其中的人 / take a list in: nothing more is asked about whom it names; the same list changes nothing."""
    from connector.assembly import Deployment
    from connector.intake.sheet import read_file
    from connector.register import deaths
    from connector.register.columns import DEATHS

    check_target(refused, [sheet], folder)
    deployment = Deployment.open(folder)
    parts, now = deployment.parts, deployment.now()
    require_clerk(parts, by)
    found = deaths.read(parts, read_file(sheet), now)
    taken = deaths.take(parts, found, source[:64], by, now)
    if refused is not None:
        give_back(refused, found.sheet, DEATHS, taken.refused)
    said = _taken(sheet, taken)
    out(said, as_json, _taken_text(said, every, parts.zone))
    if taken.waits is not None:
        raise typer.Exit(WAITS)


@app.command()
def show(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """各份名单及其处置 / the lists, whom of ours they named, what became of it."""
    from connector.assembly import Deployment
    from connector.register import shown

    parts = Deployment.open(folder).parts
    with parts.ledger.read() as tx:
        lists = shown.death_lists(tx, parts)
    text = "\n".join(_list(each, parts.zone) for each in lists)
    none = tr(
        "尚无死亡名单：connector deaths take 文件 --from 来源 --by …",
        "no list of deaths yet: connector deaths take FILE --from WHOSE --by …",
    )
    out({"schema": "deaths/1", "lists": lists}, as_json, text or none)


@app.command()
def look(
    number: Annotated[int, typer.Argument(help="名单号 / number of the list")],
    row: Annotated[int, typer.Argument(help="行号 / row")],
    reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
    by: By,
    same: Annotated[bool, typer.Option("--same", help="是同一人：停止 / the same person: stop")] = False,
    another: Annotated[bool, typer.Option("--another", help="不是同一人：不停止 / another person: nothing stops")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """姓名不符的，核对后处置 / decide of one whose name differs, after looking at the documents."""
    from connector.assembly import Deployment
    from connector.register import deaths

    if same is another:
        fail("look-how", "请选其一：--same、--another", "choose one of --same, --another", WRONG_USE)
    deployment = Deployment.open(folder)
    require_clerk(deployment.parts, by)
    state = deaths.look_at(deployment.parts, number, row, same=same, reason=reason, by=by, now=deployment.now())
    out({"schema": "death-looked-at/1", "list": number, "row": row, "state": state}, as_json, tr(*STATES[state]))


STATES = {
    "stopped": ("已停止", "stopped"),
    "held": ("待复核，暂不送出", "held back until a second person decides"),
    "differs": ("姓名不符，须核对", "the name differs: look"),
    "another": ("核实为另一人", "looked at: another person"),
    "returned": ("复核退回，未停止", "returned by the second person: not stopped"),
}


def _taken(path: Path, taken: "Taken") -> dict[str, Any]:
    return {
        "schema": "deaths-taken/1",
        "file": path.name,
        "list": taken.number,
        "digest": taken.digest,
        "received_at": taken.received_at,
        "again": taken.again,
        "rows": taken.rows,
        "found": dict(taken.found),
        "ended": dict(taken.ended),
        "differs": list(taken.differs),
        "codes": codes_of(taken.refused),
        "approval": taken.waits,
    }


def _taken_text(said: Mapping[str, Any], every: bool, zone: tzinfo) -> str:
    found, ended = said["found"], said["ended"]
    lines = [
        tr(
            f"{said['file']}：第 {said['list']} 号名单，{said['rows']} 行",
            f"{said['file']}: list {said['list']}, {said['rows']} rows",
        ),
        tr(
            f"  停止 {found['stopped']} 人 · 待复核 {found['held']} 人 · 姓名不符 {found['differs']} 人 · 与本中心无关 {found['others']} 人",
            f"  persons: {found['stopped']} stopped · {found['held']} held back · {found['differs']} with another name ·"
            f" {found['others']} none of ours",
        ),
        tr(
            f"  终止授权书 {ended['papers']} 份 · 未查询的户 {ended['waiting']} · 停止未送出 {ended['unsent']} 行 · 标记已送出 {ended['marked']} 行",
            f"  authorizations ended: {ended['papers']} · households not asked yet: {ended['waiting']} · lines that stop: {ended['unsent']}"
            f" · sent lines marked: {ended['marked']}",
        ),
    ]
    if said["differs"]:
        rows = said["differs"] if every else said["differs"][:ROWS_SHOWN]
        named = ", ".join(map(str, rows)) + (" …" if len(rows) < len(said["differs"]) else "")
        lines.append(
            tr(
                f"  ▲ 号码相符而姓名不符，未停止，请核对后 connector deaths look {said['list']} 行号：{named}",
                f"  ▲ our number and another name, not stopped; look, then connector deaths look {said['list']} ROW: {named}",
            )
        )
    lines += [code_line(code, every) for code in said["codes"].values()]
    if said["approval"] is not None:
        number = said["approval"]
        lines.append(
            tr(
                f"  ▲ 人数过多，须两人同意：另一人 connector approve {number}；其间名单中的人暂不送出",
                f"  ▲ so many that two persons must agree: another person, connector approve {number}; nothing is sent about them meanwhile",
            )
        )
    if said["again"]:
        when = local(said["received_at"], zone)
        lines.append(tr(f"  此名单已于 {when} 接收", f"  this list was taken at {when}"))
    return "\n".join(lines)


def _list(said: Mapping[str, Any], zone: tzinfo) -> str:
    head = tr(
        f"第 {said['number']} 号  {said['source']}  {local(said['received_at'], zone)}  {said['rows']} 行",
        f"list {said['number']}  {said['source']}  {local(said['received_at'], zone)}  {said['rows']} rows",
    )
    lines = [
        tr(
            f"  第 {each['row']} 行  {tr(*STATES[each['state']])}  家庭 {'、'.join(each['households'])}",
            f"  row {each['row']}  {tr(*STATES[each['state']])}  household {', '.join(each['households'])}",
        )
        for each in said["persons"]
    ]
    return "\n".join([head, *lines])
