"""``demo``: a whole city on this machine, told as it goes and summed up at the end."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from connector.cli.banks import bank_table
from connector.cli.console import WRONG_USE, Json, fail, out, progress, tr
from connector.cli.report import summary as report_text
from connector.lifecycle import State
from connector.road_names import ROADS

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
    centre = shlex.quote(str(folder / "centre"))
    return Group(
        _head(said),
        _refused(outcome.refused),
        *_papers(said),
        "",
        bank_table(said["banks"], roads=True),
        "",
        tr("有意安排的情形：", "Arranged on purpose:"),
        *(line for bank in said["banks"] if bank["behaviour"] != "answers" for line in _arranged(bank, said, centre)),
        "",
        *(line for bank in said["banks"] if bank["behaviour"] == "answers" and bank["problem"] for line in _unforeseen(bank)),
        tr("一户的核对报告：", "the report of one household:"),
        report_text(outcome.report),
        "",
        tr("接着看：", "look further:"),
        f"  connector status --dir {centre}",
        f"  connector report {household} --format xlsx --out {shlex.quote(str(folder / 'report.xlsx'))} --dir {centre}",
        f"  connector media list --all --dir {centre}"
        + tr(f"    # 光盘与交接单：{folder}/discs", f"    # discs and slips: {folder}/discs"),
        f"  connector audit verify --dir {centre}",
    )


def _head(said: dict[str, Any]) -> str:
    roads = list(dict.fromkeys(bank["road"] for bank in said["banks"]))
    names = tr("、", ", ").join(tr(*ROADS[road]) for road in roads)
    return tr(
        f"{said['households']} 户 {said['persons']} 人，经 {len(roads)} 种通道（{names}）向 {len(said['banks'])} 家银行查询"
        f" {said['lines']:,} 行：已反馈 {said['answered']:,}，其中有账户 {said['found']:,}；用时 {said['seconds']} 秒",
        f"{said['households']} households, {said['persons']} persons, {said['lines']:,} lines asked of {len(said['banks'])} banks by"
        f" {len(roads)} roads ({names}): {said['answered']:,} answered, {said['found']:,} of them found; {said['seconds']} s",
    )


def _refused(refused: dict[str, list[int]]) -> str:
    rows = sum(map(len, refused.values()))
    each = "; ".join(f"{code} {', '.join(map(str, numbers[:ROWS_SHOWN]))}" for code, numbers in refused.items())
    return tr(f"受理时拒绝 {rows} 行（行号）：{each}", f"{rows} rows refused at the door (row numbers): {each}")


def _papers(said: dict[str, Any]) -> Iterator[str]:
    """Which banks got the signed authorizations with the question, where any asks for them."""
    names = [bank["name"] for bank in said["banks"] if bank["papers"]]
    if names:
        zh = f"授权书扫描件 {said['scans']} 份；{'、'.join(names)}随查询收到本行所查人员的授权书，密封送达"
        en = f"{said['scans']} scans of authorizations; {', '.join(names)} got those of its lines with the question, under seal"
        yield tr(zh, en)


# ---- what was arranged, and what it came to -----------------------------------------------------------------------------------------

_ARRANGED = {
    "hangs_up": (
        "存疑：整包已交出，线路在银行回音前中断；此路无法查看",
        "in doubt: the line broke once the whole inquiry was handed over, before the bank said a word",
    ),
    "late": (
        "迟到：期限过后才反馈；仍读入并标明迟到，{anew} 户的报告因此有了第 2 版，第 1 版照样保留",
        "late: it answered after its deadline; taken all the same and marked so. {anew} reports have a second edition for it, the"
        " first is kept",
    ),
    "silent": (
        "沉默：收下查询后再无回音；计为未反馈，不当作“无记录”",
        "silent: it took the inquiry and never answered; counted as not answered, never as no record",
    ),
    "miscounts": (
        "说谎：封装无误，尾部合计与明细不符；整个文件不入库",
        "lying: well sealed, but its trailer and its lines differ; nothing of the file is taken",
    ),
}


def _arranged(bank: dict[str, Any], said: dict[str, Any], centre: str) -> Iterator[Text]:
    """One trouble: what it is, why the product stopped, and for a doubt the words by which two persons end it."""
    zh, en = _ARRANGED[bank["behaviour"]]
    yield Text(f"▲ {bank['name']}  " + tr(zh, en).format(anew=said["reports_anew"]))
    yield from _why(bank)
    if bank["state"] == State.IN_DOUBT:
        yield from (Text(f"    {line}") for line in _two_persons(bank, centre))


def _two_persons(bank: dict[str, Any], centre: str) -> tuple[str, ...]:
    from connector.demo import CLERK, COLLEAGUE

    batch, why = bank["batches"][0], tr("银行来电证实", "the bank says so")
    return (
        f'connector resolve {bank["code"]} {batch} --received --reason "{why}" --by {CLERK} --dir {centre}'
        + tr("    # 或 --not-received：重发同一包", "    # or --not-received: the same parcel goes again"),
        f"connector approve 1 --by {COLLEAGUE} --dir {centre}" + tr("    # 另一人复核", "    # another person agrees"),
    )


def _unforeseen(bank: dict[str, Any]) -> Iterator[Text]:
    yield Text(f"▲ {bank['name']}")
    yield from _why(bank)


def _why(bank: dict[str, Any]) -> Iterator[Text]:
    why = bank["problem"]
    yield from (Text(f"    {line}") for line in (tr(why["zh"], why["en"]) if why else "").splitlines())
