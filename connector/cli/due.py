"""``due``: what is overdue, due today and due on the next working day, per bank, with what is to be done."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Annotated, Any

import typer

from connector.cli.banks import must_be_known
from connector.cli.console import DEFAULT_DIR, Dir, Json, local, many, out, tr
from connector.lifecycle import NAMES, State

_SHOWN = 20  # of one list; all of them are in --json
_TITLES = {
    "overdue": ("逾期", "overdue"),
    "today": ("今日到期", "due today"),
    "next": ("次一工作日到期", "due on the next working day"),
}
_TURNS = {"bank": ("轮到银行", "the bank's turn"), "us": ("轮到我方", "our turn")}


def due(
    bank: Annotated[str | None, typer.Option("--bank", help="只看一家银行（机构代码） / of this bank alone, by its code")] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """逾期、今日到期、次一工作日到期：按银行、按户、按申诉 / what is overdue, due today, due next, and what to do."""
    from connector.assembly import Deployment
    from connector.clock.due import lists

    deployment = Deployment.open(folder)
    must_be_known(deployment.parts.banks, bank)
    with deployment.ledger.read() as tx:
        found = lists(tx, deployment.parts, deployment.now(), bank)
    zone = deployment.parts.zone
    said = [line for each in found["banks"] for line in bank_lines(each, zone)]
    said += _others(found["households"], ("我方承诺出具报告", "reports we promised"), _household, zone)
    said += _others(found["appeals"], ("申诉复核", "re-checks of appeals"), _appeal, zone)
    said += [_missing(year) for year in found["provisional_years"]]
    nothing = tr(
        f"没有逾期、今日或 {found['next_working_day']} 到期的事项",
        f"nothing is overdue, due today or on {found['next_working_day']}",
    )
    out(found, as_json, "\n".join(said) or nothing)


def bank_lines(found: dict[str, Any], zone: tzinfo) -> Iterable[str]:
    """One bank's lists in words."""
    yield f"{found['name']} ({found['code']})" if found["name"] != found["code"] else found["code"]
    for when, title in _TITLES.items():
        batches = found[when]
        if batches:
            lines = sum(each["lines"] for each in batches)
            yield "  " + tr(
                f"{title[0]}：{len(batches)} 批 {lines} 行",
                f"{title[1]}: {many(len(batches), 'batch', 'batches')}, {many(lines, 'line')}",
            )
            yield from (f"    {_batch(each, zone)}" for each in batches[:_SHOWN])
            yield from _more(len(batches))


def _batch(each: dict[str, Any], zone: tzinfo) -> str:
    late = each["workdays_late"]
    over = tr(f"，已过 {late} 个工作日", f", {many(late, 'working day')} late") if late else ""
    then = each["do"]
    return tr(
        f"{each['number']} {NAMES[State(each['state'])][0]} {each['lines']} 行，期限 {_at(each, zone)}{over}；{_TURNS[each['turn']][0]}：{then['zh']}",
        f"{each['number']} {NAMES[State(each['state'])][1].lower()}, {many(each['lines'], 'line')}, due {_at(each, zone)}{over};"
        f" {_TURNS[each['turn']][1]}: {then['en']}",
    )


def _others(found: dict[str, Any], title: tuple[str, str], one: Any, zone: tzinfo) -> list[str]:
    lines = list[str]()
    for when, name in _TITLES.items():
        if some := found.get(when):
            lines.append(tr(f"{title[0]} · {name[0]}：{len(some)}", f"{title[1]}, {name[1]}: {len(some)}"))
            lines += [f"    {one(each)} {_at(each, zone)}" for each in some[:_SHOWN]]
            lines += _more(len(some))
    return lines


def _household(each: dict[str, Any]) -> str:
    return str(each["household_no"])


def _appeal(each: dict[str, Any]) -> str:
    return tr(
        f"第 {each['appeal']} 号申诉（户 {each['household_no']}）", f"appeal {each['appeal']} (household {each['household_no']})"
    )


def _at(each: dict[str, Any], zone: tzinfo) -> str:
    return local(each["due_at"], zone) + (tr("〔暂〕", " (provisional)") if each["provisional"] else "")


def _more(number: int) -> list[str]:
    left = number - _SHOWN
    return [tr(f"    … 另有 {left} 项，见 --json", f"    … and {left} more, see --json")] if left > 0 else []


def _missing(year: int) -> str:
    from connector.hours.years import provisional

    said = provisional(year)
    return tr(said["zh"], said["en"])
