"""``forecast``: the day a round (or all that is open) will be done, bank by bank, and which bank is the bottleneck."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from connector.cli.console import DEFAULT_DIR, WRONG_USE, Dir, Json, fail, local, out, table, tr

_BECAUSE = {
    "sending": ("受理时段与文件数上限", "its windows and caps"),
    "answering": ("反馈时长", "its answer time"),
    "no-window": ("没有受理时段", "it has no window"),
    "not-connected": ("尚未接入", "it is not connected"),
    "no-profile-today": ("今天没有有效画像", "no edition of its profile holds today"),
    "": ("", ""),
}
_WAITS = {"held": ("待处置", "held"), "in_doubt": ("存疑", "in doubt"), "on_medium": ("介质", "on a medium")}
_HOUR = 60


def forecast(
    of_round: Annotated[str, typer.Option("--round", help="批次复核编号或 all / number of a round, or all")] = "all",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """何时完成、卡在哪家 / when it will be done, bank by bank, and who is the bottleneck."""
    from connector.assembly import Deployment
    from connector.clock.forecast import forecast as reckon

    if of_round != "all" and not of_round.isdecimal():
        fail("wrong-use", "--round 须为编号或 all", "--round takes a number or all", WRONG_USE)
    deployment = Deployment.open(folder)
    found = reckon(deployment.parts, deployment.now(), None if of_round == "all" else int(of_round))
    names = {code: bank.name for code, bank in deployment.parts.banks.working.items()}
    zone = deployment.parts.zone
    rows = [_row(bank, names, lambda at: local(at, zone)) for bank in found["banks"]]
    columns = [("机构", "bank"), ("依据", "reckoned from"), ("未完行数", "lines left"), ("待发文件", "files to send")]
    columns += [
        ("在银行", "at the bank"),
        ("其中已逾期", "overdue"),
        ("发完", "sent by"),
        ("完成", "done by"),
        ("等人处理", "wait for persons"),
    ]
    out(found, as_json, Group(*_head(found, names), table(columns, rows)) if rows else Group(*_head(found, names)))


def _head(found: Mapping[str, Any], names: Mapping[str, str]) -> list[RenderableType]:
    if not found["lines"] and not found["waits_for_persons"]:
        return [tr("没有未完成的查询", "nothing is open")]
    slowest = names.get(found["bottleneck"], found["bottleneck"])
    why = next((tr(*_BECAUSE[bank["because"]]) for bank in found["banks"] if bank["institution"] == found["bottleneck"]), "")
    if found["without_end"]:
        said = tr(f"无法预计完成日：{slowest}（{why}）", f"no day can be told: {slowest} ({why})")
    elif found["day"]:
        said = tr(
            f"预计 {found['day']} 完成；最慢的是 {slowest}（{why}）",
            f"done on {found['day']}; the bottleneck is {slowest} ({why})",
        )
    else:
        said = tr("其余都等人处理", "all that is left waits for persons")
    persons = found["waits_for_persons"]
    also = [
        tr(
            f"另有 {persons} 行等人处理，不在预计之内（connector status）",
            f"{persons} lines wait for persons and are not in it (connector status)",
        )
    ]
    return [said, *(also if persons else [])]


def _row(bank: Mapping[str, Any], names: Mapping[str, str], wall: Any) -> list[str]:
    waits = " ".join(f"{tr(*_WAITS[what])} {lines}" for what, lines in bank["waits_for_persons"].items())
    return [
        names.get(bank["institution"], bank["institution"]),
        _measure(bank),
        *(str(bank[name]) for name in ("lines", "files_to_send", "at_bank", "late")),
        *(wall(bank[name]) if bank[name] else "—" for name in ("sent_by", "finished_by")),
        waits,
    ]


def _measure(bank: Mapping[str, Any]) -> str:
    measure = bank["measure"]
    if measure is None:
        return tr(*_BECAUSE[bank["because"]]) or "—"
    if measure["what"] == "promised":
        return tr("尚无实测，按约定期限", "no measure yet: as promised")
    return tr(
        f"实测 {measure['batches']} 批，{measure['minutes'] / _HOUR:.1f} 工时",
        f"{measure['batches']} batches, {measure['minutes'] / _HOUR:.1f} working h",
    )
