"""``hold``, ``recall``: one person's brake on a batch; ``again``, ``remake``: what is asked once more, by two persons."""

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, By, Dir, Json, note, out, tr

if TYPE_CHECKING:
    from connector.deciding.recalling import Held

Reason = Annotated[str, typer.Option("--reason", help="理由 / why")]
Institution = Annotated[str, typer.Argument(help="机构代码 / code of the bank")]
Number = Annotated[str, typer.Argument(help="批次号 / number of the batch")]


def hold(
    institution: Institution, number: Number, reason: Reason, by: By, folder: Dir = DEFAULT_DIR, as_json: Json = False
) -> None:
    """暂停一个批次，直到两人放行 / a batch goes no further until two persons release it."""
    from connector.assembly import Deployment
    from connector.deciding import recalling

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        held = recalling.hold(tx, institution, number, reason=reason, by=by, now=deployment.now())
    words = ("已暂停", "held") if held.changed else ("此前已暂停；未作更改", "held already; nothing was changed")
    then = f"connector release {institution} {number} --reason …"
    _tell(held, (f"{words[0]}。放行须两人：{then}", f"{words[1]}. Two persons release it: {then}"), as_json)


def recall(
    institution: Institution,
    number: Number,
    reason: Reason,
    by: By,
    lines_too: Annotated[
        bool,
        typer.Option(
            "--lines-too", help="其各行也不再查询（否则重新组批）/ its lines are not asked either; else they are cut anew"
        ),
    ] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """撤回尚未送出的批次 / call a batch back that was not sent."""
    from connector.assembly import Deployment
    from connector.deciding import recalling

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        held = recalling.recall(tx, institution, number, lines_too=lines_too, reason=reason, by=by, now=deployment.now())
    if held.batch.state != "RECALLED":
        then = (
            "文件在前置机处，正要求退回：connector step dispatch",
            "it lies with a carrier and is asked back: connector step dispatch",
        )
    elif lines_too:
        then = ("已撤回，其各行不再查询", "called back; its lines are not asked")
    else:
        then = ("已撤回；其各行重新组批：connector step gather", "called back; its lines are cut anew: connector step gather")
    _tell(held, then, as_json)


def again(
    institution: Institution,
    number: Number,
    reason: Reason,
    by: By,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="只问这些结果的行，可重复 / these outcomes only: not_answered, pending, partial, technical_failure"
        ),
    ] = None,
    at_once: Annotated[bool, typer.Option("--now", help="虽仍可能有反馈，现在就问 / although an answer may still come")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请再问：只问缺的行 / ask again, only for what is missing."""
    from connector.assembly import Deployment
    from connector.deciding import again as asking
    from connector.ledger import people

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        request, lines = asking.ask(
            tx, institution, number, only=only or [], at_once=at_once, reason=reason, by=by, now=deployment.now()
        )
    note(f"{lines} 行缺反馈", f"{lines} lines are missing")
    now_waits(request, as_json)


def remake(
    institution: Institution,
    number: Number,
    reason: Reason,
    by: By,
    without: Annotated[
        list[int] | None, typer.Option("--without", help="略去银行指出的第几行，可重复 / leave out a line the bank named, from 1")
    ] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请重制被拒收的批次：改正画像或数据后以新批次号送出 / make a rejected batch anew, under a new number, once its cause is mended."""
    from connector.assembly import Deployment
    from connector.deciding import remaking
    from connector.ledger import people

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        request = remaking.ask(tx, institution, number, without=without or [], reason=reason, by=by, now=deployment.now())
    now_waits(request, as_json)


def _tell(held: "Held", then: tuple[str, str], as_json: bool) -> None:
    row = held.batch
    found = {
        "schema": "batch-decided/1",
        "institution": row.institution,
        "batch": row.number,
        "state": row.state,
        "changed": held.changed,
    }
    out(found, as_json, tr(f"{row.institution} 批次 {row.number}：{then[0]}", f"{row.institution} batch {row.number}: {then[1]}"))
