"""``users``: who may act; ``release``, ``approvals``, ``approve``: what takes two persons."""

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.approvals_shown import act_of, now_waits, subject_of, then_of
from connector.cli.console import DEFAULT_DIR, WRONG_USE, By, Dir, Json, fail, local, out, tr

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import AnyRow, Tx

app = typer.Typer(no_args_is_help=True, help="用户与角色 / users and roles")
Name = Annotated[str, typer.Argument(help="用户名 / name of the user")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role",
        help="角色，可重复 / may be repeated: operator, manager, key_officer, approver, auditor, administrator, town_clerk, supervisor",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="理由 / why")]
Appointed = Annotated[
    str,
    typer.Option(
        "--with",
        help="同意任命的第二人：可复核密钥操作的角色由两人授予 / who agrees, where the user may then agree about keys; else it waits",
    ),
]


# ---------------------------------------------------------------- users
@app.command("add")
def add(
    name: Name,
    roles: Roles,
    by: By,
    centre: Annotated[str, typer.Option(help="核对中心代码 / centre; default: the deployment's")] = "",
    region: Annotated[str, typer.Option(help="行政区划代码 / region; default: the deployment's")] = "",
    second: Appointed = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """新增用户 / a new user; names are for life."""
    from connector.assembly import Deployment
    from connector.ledger import people

    deployment = Deployment.open(folder)
    now, ours = deployment.now(), deployment.settings.centre
    home = centre or ours.code, region or ours.region

    def alone(tx: "Tx") -> None:
        people.add(tx, at=now, name=name, roles=roles, centre=home[0], region=home[1], by=by)

    _appoint(deployment, name, roles, home, alone, by=by, second=second, as_json=as_json)


def _appoint(
    deployment: "Deployment",
    name: str,
    roles: list[str],
    home: tuple[str, str] | None,
    alone: "Callable[[Tx], None]",
    *,
    by: str,
    second: str,
    as_json: bool,
) -> None:
    """By the administrator alone, or, where the user may then agree about keys, by a second person too: present, or later."""
    from connector.deciding import acts
    from connector.ledger import appointing, people

    now, request = deployment.now(), 0
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "administrator")
        if not appointing.takes_two(tx, name, roles):
            alone(tx)
        else:
            request = appointing.ask(tx, at=now, name=name, roles=roles, by=by, home=home)
            if second:
                acts.decide(tx, request, agree=True, by=second, now=now)
        users = people.everyone(tx)
    if request and not second:
        now_waits(request, as_json)
    _print_users(users, as_json)


@app.command("list")
def list_users(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """列出用户 / every user, retired ones too."""
    from connector.assembly import Deployment
    from connector.ledger import people

    with Deployment.open(folder).ledger.read() as tx:
        _print_users(people.everyone(tx), as_json)


@app.command("roles")
def set_roles(name: Name, roles: Roles, by: By, second: Appointed = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """更改角色 / give a user these roles and no others."""
    from connector.assembly import Deployment
    from connector.ledger import appointing, people

    deployment = Deployment.open(folder)
    now = deployment.now()

    def alone(tx: "Tx") -> None:
        appointing.expect_not_last(tx, name, roles)
        people.set_roles(tx, at=now, name=name, roles=roles, by=by)

    _appoint(deployment, name, roles, None, alone, by=by, second=second, as_json=as_json)


@app.command("retire")
def retire(name: Name, by: By, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """停用用户 / the user may do nothing from now on."""
    from connector.assembly import Deployment
    from connector.ledger import appointing, people

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "administrator")
        appointing.expect_not_last(tx, name)
        people.retire(tx, at=deployment.now(), name=name, by=by)
        _print_users(people.everyone(tx), as_json)


# ---------------------------------------------------------------- acts of two persons
def release(
    by: By,
    reason: Reason,
    institution: Annotated[str, typer.Argument(help="机构代码 / code of the bank")] = "",
    number: Annotated[str, typer.Argument(help="批次号 / number of the held batch")] = "",
    answer: Annotated[int, typer.Option(help="被隔离的反馈文件号 / or: number of an answer set apart")] = 0,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请放行：待处置的批次，或被隔离的反馈 / ask that a held batch goes on, or that an answer set apart is read."""
    from connector.assembly import Deployment
    from connector.deciding import acts
    from connector.ledger import people

    if bool(answer) == bool(institution and number):
        fail(
            "release-what",
            "请给出机构代码和批次号，或 --answer 文件号",
            "give a bank and a batch number, or --answer FILE",
            WRONG_USE,
        )
    deployment = Deployment.open(folder)
    now = deployment.now()
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        if answer:
            request = acts.ask_release_answer(tx, answer, reason=reason, by=by, now=now)
        else:
            request = acts.ask_release_batch(tx, institution, number, reason=reason, by=by, now=now)
    now_waits(request, as_json)


def resolve(
    by: By,
    reason: Reason,
    institution: Annotated[str, typer.Argument(help="机构代码 / code of the bank")],
    number: Annotated[str, typer.Argument(help="批次号 / number of the batch")],
    received: Annotated[bool, typer.Option("--received", help="银行证实已收到 / the bank says it has it")] = False,
    not_received: Annotated[bool, typer.Option("--not-received", help="银行证实未收到 / the bank says it has it not")] = False,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="已由人送达 / it was carried there by hand")] = False,
    by_road: Annotated[
        str, typer.Option("--by-road", help="改走备用通道（种类） / it goes by a fallback, named by its kind")
    ] = "",
    handed_at: Annotated[
        datetime | None,
        typer.Option("--handed-at", help="人工交给银行的时间，默认现在 / when the bank was given it by hand; default: now"),
    ] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请处置：批次是否送达、改走哪条路 / ask that it is settled where a batch is, or by which road it goes."""
    from connector.assembly import Deployment
    from connector.deciding import acts
    from connector.ledger import people

    said = {"received": received, "not-received": not_received, "by-hand": by_hand, "by-road": bool(by_road)}
    chosen = [how for how, true in said.items() if true]
    if len(chosen) != 1:
        fail(
            "resolve-how",
            "请选其一：--received、--not-received、--by-hand、--by-road 种类",
            "choose one of --received, --not-received, --by-hand, --by-road KIND",
            WRONG_USE,
        )
    deployment = Deployment.open(folder)
    _expect_road(deployment, institution, by_road)
    now = deployment.now()
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        request = acts.ask_resolve_batch(
            tx,
            institution,
            number,
            chosen[0],
            road=by_road or None,
            handed_at=handed_at and handed_at.replace(tzinfo=deployment.parts.zone),
            reason=reason,
            by=by,
            now=now,
        )
    now_waits(request, as_json)


def _expect_road(deployment: "Deployment", institution: str, kind: str) -> None:
    bank = deployment.parts.banks.working.get(institution)
    kinds = [way.kind for way in bank.ways(deployment.parts.day(deployment.now()))] if bank else []
    if kind and kind not in kinds:
        fail(
            "road-unknown",
            f"{institution} 没有种类为 {kind} 的通道；已有：{'、'.join(kinds) or '无'}",
            f"{institution} has no road of kind {kind}; it has: {', '.join(kinds) or 'none'}",
            WRONG_USE,
        )


def approvals(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """待第二人复核的申请 / what waits for a second person."""
    from connector.assembly import Deployment
    from connector.ledger import people

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        rows = people.waiting(tx)
    zone = deployment.parts.zone
    text = "\n".join(line for row in rows for line in _waiting(row, zone))
    out(
        {"schema": "approvals/1", "waiting": [_approval(row) for row in rows]},
        as_json,
        text or tr("没有待复核的申请", "nothing waits for a second person"),
    )


def _waiting(row: "AnyRow", zone: tzinfo) -> tuple[str, str]:
    """What is asked, and what the second person types."""
    asked = f"{row.id}  {act_of(row)}  {subject_of(row)}  {row.asked_by}  {local(row.asked_at, zone)}  {row.reason}"
    return asked, f"    connector approve {row.id} --by …" + tr("（退回：--return）", " (to return it: --return)")


def approve(
    request: Annotated[int, typer.Argument(help="申请号 / number of the request")],
    by: By,
    agree: Annotated[bool, typer.Option("--agree/--return", help="同意或退回 / agree, or return it")] = True,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """作为第二人处理申请 / decide as the second person; what was agreed is carried out."""
    from connector.assembly import Deployment
    from connector.clock import recomputing
    from connector.deciding import acts
    from connector.hours import taking
    from connector.keys import deciding
    from connector.register import deaths

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        due_at = acts.banks_own(deployment.parts, tx)
        row = acts.decide(tx, request, agree=agree, by=by, now=deployment.now(), due_at=due_at, ring=deployment.ring)
        if agree and row.act == deaths.ACT:
            deaths.carry_out(deployment.parts, tx, row.subject["list"], by, deployment.now())
        if agree and row.act == taking.ACT:
            recomputing.recompute_open(tx, deployment.parts, deployment.now(), why=recomputing.TAKEN, who=by)
    brought = deciding.concerned(deployment.ring, row).id if agree and row.act in deciding.ACTS else ""
    zh, en = then_of(row, brought)
    text = tr(
        f"第 {row.id} 号（{act_of(row)}）" + (f"已同意；{zh}" if agree else "已退回"),
        f"request {row.id} ({act_of(row)}) " + (f"agreed; {en}" if agree else "returned"),
    )
    out({"schema": "approval/1", **_approval(row)}, as_json, text)


# ---------------------------------------------------------------- how they are shown
def _print_users(rows: "Iterable[AnyRow]", as_json: bool) -> None:
    users = [
        {
            "name": row.name,
            "roles": row.roles,
            "centre": row.centre,
            "region": row.region,
            "created_at": row.created_at,
            "retired_at": row.retired_at,
        }
        for row in rows
    ]
    text = "\n".join(f"{user['name']}  {', '.join(user['roles'])}  {user['centre']}{_retired(user)}" for user in users)
    out({"schema": "users/1", "users": users}, as_json, text or tr("没有用户", "no users"))


def _retired(user: dict[str, Any]) -> str:
    return tr("  已停用", "  retired") if user["retired_at"] else ""


def _approval(row: "AnyRow") -> dict[str, Any]:
    names = ("id", "act", "subject", "reason", "state", "centre", "asked_by", "asked_at", "decided_by", "decided_at")
    return {name: getattr(row, name) for name in names}
