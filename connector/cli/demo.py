"""``demo``: a whole city on this machine, told as it goes and summed up at the end."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from connector.cli.banks import bank_table
from connector.cli.console import WRONG_USE, Json, fail, out, progress, tr
from connector.cli.report import summary as report_text

ROWS_SHOWN = 6


def demo(
    households: Annotated[int, typer.Option(min=1, max=100_000, help="户数 / households")] = 200,
    banks: Annotated[int, typer.Option(min=3, max=8, help="银行数 / banks; five of them travel every road there is")] = 8,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="结束后打开网页 / serve the pages afterwards")] = False,
    folder: Annotated[Path, typer.Option("--dir", help="演示目录 / where the demo lives")] = Path("connector-demo"),
    as_json: Json = False,
) -> None:
    """一座城市的完整演示 / a whole city on this machine: banks on every road, some in doubt, late, silent or lying on purpose."""
    from connector import demo as city
    from connector.assembly import clock

    if serve:
        fail("no-pages-yet", "本版本尚无网页；请用 --no-serve", "this edition has no pages yet; use --no-serve", WRONG_USE)
    with progress() as line:
        tasks: dict[str, Any] = {}

        def tell(zh: str, en: str, done: int, total: int) -> None:
            if en not in tasks:
                tasks[en] = line.add_task(tr(zh, en), total=total)
            line.update(tasks[en], completed=done, total=total)

        outcome = city.run(folder, households, banks, clock, tell)
    out(outcome.summary, as_json, _text(outcome, folder))


def _text(outcome: Any, folder: Path) -> Group:
    said = outcome.summary
    household = outcome.report.get("household_key", "")
    centre = folder / "centre"
    return Group(
        _head(said),
        _refused(outcome.refused),
        "",
        bank_table(said["banks"], roads=True),
        *(_problem(bank) for bank in said["banks"] if bank["problem"]),
        "",
        tr("一户的核对报告：", "the report of one household:"),
        report_text(outcome.report),
        "",
        tr("接着看：", "look further:"),
        f"  connector status --dir {centre}",
        f"  connector report {household} --format xlsx --dir {centre}",
        f"  connector audit verify --dir {centre}",
    )


def _head(said: dict[str, Any]) -> str:
    return tr(
        f"{said['households']} 户 {said['persons']} 人，向 {len(said['banks'])} 家银行查询 {said['lines']} 行："
        f"已反馈 {said['answered']}，其中有账户 {said['found']}；用时 {said['seconds']} 秒",
        f"{said['households']} households, {said['persons']} persons, {said['lines']} lines asked of {len(said['banks'])} banks:"
        f" {said['answered']} answered, {said['found']} of them found; {said['seconds']} s",
    )


def _refused(refused: dict[str, list[int]]) -> str:
    rows = sum(map(len, refused.values()))
    each = "; ".join(f"{code} {', '.join(map(str, numbers[:ROWS_SHOWN]))}" for code, numbers in refused.items())
    return tr(f"受理时拒绝 {rows} 行（行号）：{each}", f"{rows} rows refused at the door (row numbers): {each}")


def _problem(bank: dict[str, Any]) -> Text:
    why = bank["problem"]
    return Text(f"▲ {bank['name']}: " + tr(why["zh"], why["en"]))
