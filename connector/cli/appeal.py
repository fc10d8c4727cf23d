"""``appeal``: what a person disputes is taken in, asked of the banks again, decided by two. Account numbers never stand on the command line."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.approvals_shown import APPEALS, now_waits
from connector.cli.console import DEFAULT_DIR, NOTHING_FOUND, WRONG_USE, By, Dir, Json, fail, local, must_be_file, out, tr

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import AnyRow

app = typer.Typer(no_args_is_help=True, help="申诉复核 / appeals: what a bank answered is disputed and asked again")
Number = Annotated[int, typer.Argument(help="申诉编号 / number of the appeal")]
Reason = Annotated[str, typer.Option("--reason", help="理由 / why")]
TYPED = "-"
RECHECKED = {
    "answered": ("已反馈", "answered"),
    "awaited": ("等待反馈", "awaited"),
    "silent": ("逾期未反馈", "silent past its deadline"),
    "not_asked": ("尚未重问", "not asked yet"),
}
RESULTS = {
    "upheld": ("维持", "upheld"),
    "corrected": ("更正", "corrected"),
    "declined": ("不予受理", "declined"),
    "unanswered": ("未反馈", "never answered"),
}


class AppealState(StrEnum):
    """The states that can be asked for."""

    RECEIVED = "received"
    RECHECKING = "rechecking"
    UPHELD = "upheld"
    CORRECTED = "corrected"
    DECLINED = "declined"


@app.command("open")
def open_(
    household: Annotated[str, typer.Argument(help="家庭编号 / household number")],
    banks: Annotated[str, typer.Option("--banks", help="有异议的机构代码，逗号分隔 / codes of the disputed banks, by commas")],
    received: Annotated[
        datetime, typer.Option("--received", help="收到材料之日 / the day the papers came in", formats=["%Y-%m-%d"])
    ],
    reason: Reason,
    by: By,
    accounts: Annotated[
        str,
        typer.Option(
            "--accounts",
            help="有异议的账号，文件每行“机构代码,账号”；- 为逐行键入 / a file of lines CODE,ACCOUNT; - to type them",
        ),
    ] = "",
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="材料扫描件，只留摘要 / scan of the papers; its digest is kept")
    ] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """受理申诉 / take an appeal in; nothing is asked yet."""
    from connector.appeals.receiving import Claim, receive
    from connector.assembly import Deployment

    if evidence is not None:
        must_be_file(evidence)
    codes = tuple(dict.fromkeys(code.strip() for code in banks.split(",") if code.strip()))
    if not codes:
        fail("appeal-banks", "--banks 须列出机构代码", "--banks names the disputed banks", WRONG_USE)
    deployment = Deployment.open(folder)
    _require(deployment, by)
    claim = Claim(
        household,
        codes,
        received.date(),
        reason,
        _accounts(accounts),
        evidence.read_bytes() if evidence is not None else None,
    )
    row = receive(deployment.parts, claim, by=by, now=deployment.now())
    _show(deployment, row, as_json, (f"下一步：connector appeal ask {row.id}", f"next: connector appeal ask {row.id}"))


@app.command("ask")
def ask(
    number: Number,
    by: By,
    authorization: Annotated[
        str, typer.Option("--authorization", help="新的授权书编号，原授权书已失效时用 / a new paper where the old one is over")
    ] = "",
    signed_on: Annotated[
        datetime | None, typer.Option("--signed-on", help="新授权书签署日期 / when it was signed", formats=["%Y-%m-%d"])
    ] = None,
    valid_to: Annotated[
        datetime | None, typer.Option("--valid-to", help="其截止日期 / its last day", formats=["%Y-%m-%d"])
    ] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """定向重问：只问有异议的机构 / ask the disputed banks again, and only them."""
    from connector.appeals.asking import Paper
    from connector.appeals.asking import ask as ask_again
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    _require(deployment, by)
    paper = Paper(authorization, signed_on and signed_on.date(), valid_to and valid_to.date()) if authorization else None
    row = ask_again(deployment.parts, number, paper=paper, by=by, now=deployment.now())
    _show(deployment, row, as_json, ("随下一遍 connector step all 送出", "it goes out with the next connector step all"))


@app.command("decide")
def decide(
    number: Number,
    reason: Reason,
    by: By,
    upheld: Annotated[bool, typer.Option("--upheld", help="维持 / the first answer stands")] = False,
    corrected: Annotated[bool, typer.Option("--corrected", help="更正 / the new answer takes its place")] = False,
    declined: Annotated[bool, typer.Option("--declined", help="不予受理 / it is not asked at all")] = False,
    banks: Annotated[str, typer.Option("--banks", help="更正：仅这些机构 / of a correction: only these banks")] = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请作出结论，由第二人复核 / ask that it ends so; a second person agrees (connector approve)."""
    from connector.appeals.deciding import ask_decision
    from connector.assembly import Deployment
    from connector.ledger import people

    chosen = [name for name, said in (("upheld", upheld), ("corrected", corrected), ("declined", declined)) if said]
    if len(chosen) != 1 or (banks and not corrected):
        fail(
            "appeal-result",
            "请选其一：--upheld、--corrected（可加 --banks）、--declined",
            "choose one of --upheld, --corrected (perhaps with --banks), --declined",
            WRONG_USE,
        )
    deployment = Deployment.open(folder)
    codes = [code.strip() for code in banks.split(",") if code.strip()]
    with deployment.ledger.begin() as tx:
        people.require(tx, by, "operator", "manager")
        now = deployment.now()
        request = ask_decision(tx, deployment.parts, number, chosen[0], banks=codes, reason=reason, by=by, now=now)
    now_waits(request, as_json)


@app.command("list")
def list_(
    state: Annotated[AppealState | None, typer.Option("--state", help="状态 / state")] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """列出申诉，先到期的在前 / the appeals, the first due first."""
    from connector.assembly import Deployment
    from connector.ledger import appeals

    deployment = Deployment.open(folder)
    parts, now = deployment.parts, deployment.now()
    with deployment.ledger.read() as tx:
        rows = [_shown(row, now) for row in appeals.listing(tx, parts.centre, [state.value] if state else [])]
    text = "\n".join(_line(row, deployment) for row in rows)
    out({"schema": "appeals/1", "appeals": rows}, as_json, text or tr("没有申诉", "no appeals"))
    if not rows:
        raise typer.Exit(NOTHING_FOUND)


@app.command("show")
def show(number: Number, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """显示一件申诉：两个期限、各机构的进展 / one appeal: both clocks, and how each bank's part stands."""
    from connector.appeals.receiving import the_one
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        row = the_one(tx, deployment.parts, number)
    _show(deployment, row, as_json)


# ---------------------------------------------------------------- what is read and shown
def _require(deployment: "Deployment", by: str) -> None:
    from connector.ledger import people

    with deployment.ledger.read() as tx:
        people.require(tx, by, "operator", "manager")


def _accounts(named: str) -> dict[str, list[str]]:
    """Institution → accounts, from a file or typed; never from the command line, where every user of the machine reads them."""
    if not named:
        return {}
    if named == TYPED:
        lines = typer.get_text_stream("stdin").read().splitlines()
    else:
        must_be_file(Path(named))
        lines = Path(named).read_text("utf-8-sig").splitlines()
    found: dict[str, list[str]] = {}
    for at, line in enumerate(lines, 1):
        code, comma, account = (part.strip() for part in line.partition(","))
        if not line.strip():
            continue
        if not (comma and code and account):
            fail(
                "appeal-accounts",
                f"账号文件第 {at} 行应为“机构代码,账号”",
                f"line {at} of the accounts is not CODE,ACCOUNT",
                WRONG_USE,
            )
        found.setdefault(code, []).append(account)
    return found


def _shown(row: "AnyRow", now: datetime) -> dict[str, Any]:
    from connector.ledger.appeals import OPEN
    from connector.moments import moment

    names = ("id", "state", "household_key", "programme", "report_version", "provisional", "evidence_digest")
    days = {
        name: getattr(row, name)
        for name in ("received_on", "due_at", "opened_at", "opened_by", "asked_at", "decided_at", "decided_by")
    }
    overdue = row.state in OPEN and row.due_at < moment(now)
    return {**{name: getattr(row, name) for name in names}, **days, "overdue": overdue}


def _show(deployment: "Deployment", row: "AnyRow", as_json: bool, then: tuple[str, str] = ("", "")) -> None:
    from connector.appeals.deciding import stand
    from connector.claims import claim
    from connector.cli.report import masked_account
    from connector.ledger import appeals

    parts, now = deployment.parts, deployment.now()
    with deployment.ledger.read() as tx:
        said, standing = claim(tx, parts.vault, row), stand(tx, parts, row, now)
        banks = [
            {
                "institution": item.institution,
                "accounts": [masked_account(number) for number in said["accounts"].get(item.institution, ())],
                "disputed": sorted({where["line"] for where in item.disputed.values()}),
                "result": item.result,
                "source": item.source,
                **standing[item.institution],
            }
            for item in appeals.items(tx, row.id)
        ]
    found = {"schema": "appeal/1", **_shown(row, now), "reason": said["reason"], "banks": banks}
    lines = [_line(found, deployment), f"  {said['reason']}", *(_bank_line(bank, deployment) for bank in banks)]
    out(found, as_json, "\n".join([*lines, *([tr(*then)] if then[0] else [])]))


def _line(row: dict[str, Any], deployment: "Deployment") -> str:
    due = local(row["due_at"], deployment.parts.zone)[:10]
    late = tr("  ▲ 逾期", "  ▲ overdue") if row["overdue"] else ""
    provisional = tr("（暂定）", " (provisional)") if row["provisional"] else ""
    return tr(
        f"第 {row['id']} 号  家庭 {row['household_key']}  {APPEALS[row['state']][0]}  受理 {row['received_on']}  复核期限 {due}{provisional}{late}",
        f"appeal {row['id']}  household {row['household_key']}  {APPEALS[row['state']][1]}  received {row['received_on']}"
        f"  re-check due {due}{provisional}{late}",
    )


def _bank_line(bank: dict[str, Any], deployment: "Deployment") -> str:
    ended = tr(*RESULTS[bank["result"]]) if bank["result"] else tr(*RECHECKED[bank["rechecked"]])
    revised = tr("；银行已更正原反馈", "; the bank revised its first answer") if bank["revised"] else ""
    due = bank["due_at"] and local(bank["due_at"], deployment.parts.zone)[:10]
    until = tr(f"  银行期限 {due}", f"  bank due {due}") if due else ""
    accounts = f"  {', '.join(bank['accounts'])}" if bank["accounts"] else ""
    return f"  {bank['institution']}  {ended}{revised}{until}{accounts}"
