"""``remind``: the clock's reminders made now, those of the past, and who could be told; batch numbers, counts and days alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.banks import must_be_known
from connector.cli.console import DEFAULT_DIR, Dir, Json, local, many, out, tr

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.clock.reminding import Planned

app = typer.Typer(invoke_without_command=True, help="催办与升级 / reminders and escalation")
Bank = Annotated[str, typer.Option("--bank", help="只看一家银行（机构代码） / of this bank alone, by its code")]
_SHOWN = 50
_RECEIVERS = {"bank": ("银行", "bank"), "supervisor": ("监管", "supervisor")}
_CHANNELS = {"mail": ("邮件", "mail"), "webhook": ("webhook", "webhook")}
_STATES = {"waiting": ("待发", "waits"), "sent": ("已送达", "told"), "given_up": ("不再通知", "told no more")}


@app.callback()
def remind(
    ctx: typer.Context,
    bank: Bank = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看会记录什么，不记录不发送 / what would be recorded; nothing is")
    ] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """现在催办：到期与逾期的批次逐级留痕，已配置渠道的即行通知 / remind now: a record for each step, and whoever can be told is told."""
    if ctx.invoked_subcommand is not None:
        return
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    plans = _planned(deployment, bank)
    counts: Mapping[str, int] | None = None if dry_run else _done(deployment, bank)
    found = {
        "schema": "remind/1",
        "day": deployment.parts.day(deployment.now()).isoformat(),
        "dry_run": dry_run,
        "reminders": [_plan(each) for each in plans],
        "counts": dict(counts or {}),
    }
    out(found, as_json, "\n".join([*_said(plans, counts), *_nobody_to_tell(deployment)]))


@app.command("list")
def list_(bank: Bank = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """催办记录与送达情况，最近的在前 / the records and how they were delivered, newest first."""
    from connector.assembly import Deployment
    from connector.ledger import reminders

    deployment = Deployment.open(folder)
    must_be_known(deployment.parts.banks, bank)
    with deployment.ledger.read() as tx:
        records, delivered = reminders.listing(tx, bank or None), reminders.notices(tx)
    found = [
        {
            "number": row.id,
            "institution": row.institution,
            "step": row.step,
            "day": row.day,
            "lines": row.lines,
            "batches": row.batches,
            "made_at": row.made_at,
            "notices": [
                {key: getattr(each, key) for key in ("receiver", "channel", "state", "tries", "next_at", "sent_at", "problem")}
                for each in delivered.get(row.id, [])
            ],
        }
        for row in records
    ]
    lines = [_record(each, deployment) for each in found[:_SHOWN]]
    nothing = tr("尚无催办记录", "no reminders yet")
    out({"schema": "reminders/1", "reminders": found}, as_json, "\n".join(lines) or nothing)


def _planned(deployment: "Deployment", bank: str) -> "list[Planned]":
    from config.notices import read_notices
    from connector.clock.reminding import planned

    must_be_known(deployment.parts.banks, bank)
    with deployment.ledger.read() as tx:
        return planned(tx, deployment.parts, read_notices(deployment.folder), deployment.now(), bank or None)


def _done(deployment: "Deployment", bank: str) -> dict[str, int]:
    """In the lane the clock takes for it: whoever comes second leaves it to the other."""
    from connector.clock.reminding import remind
    from connector.ledger import lanes

    with lanes.hold(deployment.ledger, "step:remind", deployment.folder) as held:
        return {"held by another": 1} if held is None else remind(deployment.parts, deployment.now(), bank or None)


def _plan(each: "Planned") -> dict[str, Any]:
    return {
        "institution": each.institution,
        "step": each.step.name,
        "batches": [batch["number"] for batch in each.batches],
        "lines": sum(batch["lines"] for batch in each.batches),
        "channels": {receiver: list(by) for receiver, by in each.channels.items()},
    }


def _said(plans: "Sequence[Planned]", counts: Mapping[str, int] | None) -> list[str]:
    from connector.cli.counts import COUNTS
    from connector.notices.letter import step_words

    said = []
    for each in plans:
        zh, en = step_words(each.step.name)
        lines, batches = sum(batch["lines"] for batch in each.batches), len(each.batches)
        head = tr(
            f"{each.name}：{zh}，{batches} 批 {lines} 行",
            f"{each.name}: {en}, {many(batches, 'batch', 'batches')}, {many(lines, 'line')}",
        )
        said.append(f"{head} → {_whom(each.channels)}")
    if not plans:
        said.append(tr("没有新的到期或逾期事项", "nothing new is due or overdue"))
    if counts is None:
        return [*said, tr("未记录，未发送", "nothing was recorded or sent")] if plans else said
    done = [f"{tr(*COUNTS[word])} {number}" for word, number in counts.items() if number]
    return [*said, " · ".join(done)] if done else said


def _nobody_to_tell(deployment: "Deployment") -> list[str]:
    """Said plainly where no file names anybody who could be told."""
    from config.notices import FILE

    if (deployment.folder / FILE).is_file():
        return []
    return [
        tr(
            f"※ {deployment.folder / FILE} 不存在：催办只留记录，不通知任何人（样例 config/examples/notices.yaml）",
            f"※ there is no {deployment.folder / FILE}: reminders are recorded and nobody is told (to copy: config/examples/notices.yaml)",
        )
    ]


def _whom(channels: Mapping[str, Sequence[str]]) -> str:
    """Whom a step tells and how; plainly where nobody is: the record alone."""
    told = [
        f"{tr(*_RECEIVERS[receiver])} ({', '.join(tr(*_CHANNELS[each]) for each in by)})"
        if by
        else tr(
            f"{_RECEIVERS[receiver][0]}（未配置渠道，仅留记录）", f"{receiver} (no channel in notices.yaml: the record alone)"
        )
        for receiver, by in channels.items()
    ]
    return tr("、", ", ").join(told)


def _record(each: dict[str, Any], deployment: "Deployment") -> str:
    from connector.notices.letter import step_words

    zh, en = step_words(each["step"])
    count = len(each["batches"])
    head = tr(
        f"#{each['number']} {each['day']} {each['institution']} {zh}：{count} 批 {each['lines']} 行",
        f"#{each['number']} {each['day']} {each['institution']} {en}: {many(count, 'batch', 'batches')}, {many(each['lines'], 'line')}",
    )
    delivered = [_delivered(one, deployment) for one in each["notices"]] or [tr("仅留记录", "the record alone")]
    return f"{head}  {'; '.join(delivered)}"


def _delivered(one: dict[str, Any], deployment: "Deployment") -> str:
    whom = f"{tr(*_RECEIVERS[one['receiver']])} {tr(*_CHANNELS[one['channel']])} {tr(*_STATES[one['state']])}"
    if one["sent_at"]:
        return f"{whom} {local(one['sent_at'], deployment.parts.zone)}"
    why = one["problem"]
    return f"{whom}：{tr(why['zh'], why['en'])}" if why else whom
