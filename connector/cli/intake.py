"""``intake``: households from sheets. What was refused is told by reason with row numbers; never a name or a number of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, FINDINGS, WRONG_USE, By, Dir, Json, fail, local, many, out, progress, tr, written

if TYPE_CHECKING:
    from connector.intake.codes import Reason
    from connector.intake.door import Taken
    from connector.intake.scans import Scans

ROWS_SHOWN = 8


def intake(
    files: Annotated[list[Path], typer.Argument(help="名单：xlsx 或 csv / sheets: xlsx or csv", exists=True, dir_okay=False)],
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只校验，不写入 / check only, write nothing")] = False,
    refused: Annotated[Path | None, typer.Option("--refused", help="改正表 .xlsx 或 .csv / give refused rows back here")] = None,
    scans: Annotated[
        Path | None,
        typer.Option("--scans", help="授权书扫描件文件夹 / folder of scans named by number", exists=True, file_okay=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="列出全部行号 / list every row number")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """接收名单 / take households in from sheets; may be repeated: the same file changes nothing."""
    from connector.assembly import Deployment
    from connector.intake import door
    from connector.intake.scans import attach_folder
    from connector.intake.sheet import read_file

    check_target(refused, files, folder)
    deployment = Deployment.open(folder)
    desk = deployment.parts
    require_clerk(desk, by)
    results: list[dict[str, Any]] = []
    with progress() as line:
        task = line.add_task(tr("校验", "checking"), total=len(files))
        for path in files:
            rows = door.read_rows(read_file(path), desk)
            taken = door.try_out(desk, rows) if dry_run else door.take_in(desk, rows, by, deployment.now())
            attached = attach_folder(desk, scans, rows, by, deployment.now()) if scans and not dry_run else None
            if refused is not None:
                _give_back(refused, rows, taken.codes(rows))
            results.append(_result(path, taken, attached))
            line.advance(task)
    text = "\n".join(_text(result, dry_run, every, refused, desk.zone) for result in results)
    findings = any(result["refused"] for result in results)
    out({"schema": "intake/1", "dry_run": dry_run, "ok": not findings, "files": results}, as_json, text)
    if dry_run and findings:
        raise typer.Exit(FINDINGS)


def require_clerk(desk: Any, by: str) -> None:
    """Households and papers come in by the hand of a named user who may. Raises NotAllowed."""
    from connector.ledger import people

    with desk.ledger.read() as tx:
        people.require(tx, by, people.Role.OPERATOR, people.Role.MANAGER, people.Role.TOWN_CLERK)


def check_target(target: Path | None, files: Sequence[Path], folder: Path) -> None:
    """The refused rows go to the operator: never into the deployment, never over a sheet, one sheet at a time."""
    if target is None:
        return
    if target.suffix.lower() not in (".xlsx", ".csv"):
        fail("refused-suffix", "--refused 须为 .xlsx 或 .csv", "--refused takes a .xlsx or a .csv", WRONG_USE)
    if len(files) > 1:
        fail("refused-one-sheet", "--refused 一次只用于一个名单", "--refused goes with one sheet at a time", WRONG_USE)
    if target.resolve().is_relative_to(folder.resolve()):
        zh = "改正表含个人信息，不能写入部署目录；请写到别处"
        en = "refused rows hold personal data and are not written inside the deployment folder; write them elsewhere"
        fail("refused-inside", zh, en, WRONG_USE)
    if target.resolve() in [path.resolve() for path in files]:
        fail("refused-over-sheet", "--refused 不能覆盖名单本身", "--refused would overwrite the sheet itself", WRONG_USE)


def _give_back(target: Path, rows: Any, codes: Sequence[str | None]) -> None:
    from connector.intake.refused_sheet import refused_csv, refused_xlsx

    content = refused_xlsx(rows, codes) if target.suffix.lower() == ".xlsx" else refused_csv(rows, codes)
    with written(target):
        target.touch(mode=0o600)
        target.chmod(0o600)
        target.write_bytes(content)


def _result(path: Path, taken: "Taken", scans: "Scans | None") -> dict[str, Any]:
    from connector.intake.codes import REASONS

    codes = {slug: _code(REASONS[slug], numbers) for slug, numbers in taken.refused.items()}
    return {
        "file": path.name,
        "digest": taken.digest,
        "policy": taken.policy,
        "received_at": taken.received_at,
        "again": taken.again,
        "rows": taken.rows,
        "accepted": taken.accepted,
        "refused": taken.rows - taken.accepted,
        "households": dict(taken.households),
        "codes": codes,
        "scans": asdict(scans) if scans else None,
    }


def _code(reason: "Reason", numbers: list[int]) -> dict[str, Any]:
    about = {"no": reason.no, "zh": reason.zh, "en": reason.en, "do_zh": reason.do_zh, "do_en": reason.do_en}
    return {**about, "count": len(numbers), "rows": numbers}


def _text(result: Mapping[str, Any], dry_run: bool, every: bool, given_back: Path | None, zone: tzinfo) -> str:
    homes = result["households"]
    lines = [
        tr(
            f"{result['file']}：可送出 {result['accepted']} 行 · 拒绝 {result['refused']} 行",
            f"{result['file']}: {many(result['accepted'], 'row')} accepted · {result['refused']} refused",
        ),
        tr(
            f"  户：新 {homes['new']} · 替换 {homes['replaced']} · 未变 {homes['unchanged']} · 拒绝 {homes['refused']}",
            f"  households: {homes['new']} new · {homes['replaced']} replaced · {homes['unchanged']} unchanged ·"
            f" {homes['refused']} refused",
        ),
    ]
    lines += [code_line(code, every) for code in result["codes"].values()]
    if result["scans"]:
        lines.append(_scans_line(result["scans"]))
    if result["codes"]:
        where = tr("用 --refused FILE 取得", "get them with --refused FILE") if given_back is None else str(given_back)
        lines.append(tr(f"  改正表：{where}", f"  rows to correct: {where}"))
    lines.append(_ending(result, dry_run, zone))
    return "\n".join(lines)


def code_line(code: Mapping[str, Any], every: bool) -> str:
    numbers = code["rows"] if every else code["rows"][:ROWS_SHOWN]
    more = tr(" …（--all 列出）", " … (--all lists them)") if len(numbers) < code["count"] else ""
    place = tr(f"{code['count']} 行", many(code["count"], "row"))
    return f"  {code['no']} {tr(code['zh'], code['en'])}  {place}  {', '.join(map(str, numbers))}{more}"


def _scans_line(scans: Mapping[str, Any]) -> str:
    told = ("differ", "of_another", "not_scans", "too_large", "infected")
    differ, another, strange, large, infected = (len(scans[key]) for key in told)
    return tr(
        f"  扫描件：新增 {scans['attached']} · 已有 {scans['known']} · 缺 {scans['missing']} · 文件名无对应编号 {scans['unmatched']}"
        f" · 与已有不同 {differ} · 属于其他授权书 {another} · 不是扫描件 {strange} · 过大 {large} · 有病毒 {infected}",
        f"  scans: {scans['attached']} attached · {scans['known']} known · {scans['missing']} missing · {scans['unmatched']} files match"
        f" no number · {differ} differ from the one kept · {another} of another authorization · {strange} no scan · {large} too large · {infected} infected",
    )


def _ending(result: Mapping[str, Any], dry_run: bool, zone: tzinfo) -> str:
    if result["again"]:
        when = local(result["received_at"], zone)
        zh, en = (
            f"  此文件已于 {when} 接收，以上为当时结果；本次未作更改",
            f"  all this was at {when}, when this file was taken in; nothing was changed now",
        )
        return tr(zh, en)
    if dry_run:
        return tr("  未写入任何查询", "  nothing was written")
    return tr("  已写入", "  written")
