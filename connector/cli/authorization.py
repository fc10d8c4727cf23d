"""``authorization``: papers registered, shown, withdrawn, ended, given their scans. Shows no person, only numbers of papers."""

from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DEFAULT_DIR, By, Dir, Json, local, out, tr

if TYPE_CHECKING:
    from connector.authorization import State
    from connector.intake.papers import Effect

app = typer.Typer(no_args_is_help=True, help="授权书 / authorizations")

Number = Annotated[str, typer.Argument(help="授权书编号 / authorization number")]
Household = Annotated[str | None, typer.Option("--household", help="家庭编号 / household number, where several have the number")]
Why = Annotated[str, typer.Option("--reason", help="理由 / why")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只看影响 / only show what would stop")]


class PaperState(StrEnum):
    """The states that can be asked for; those of connector.authorization, which is too heavy to wait for here."""

    DRAFT = "draft"
    VALID = "valid"
    ENDED = "ended"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    EXPIRED = "expired"


@app.command()
def register(
    sheet: Annotated[Path, typer.Argument(help="名单 / a sheet of the intake's shape", exists=True, dir_okay=False)],
    by: By,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """登记授权书，暂不查询 / register the papers of a sheet as drafts; nobody is asked about yet."""
    from connector.assembly import Deployment
    from connector.cli.intake import require_clerk
    from connector.intake import door, papers
    from connector.intake.sheet import read_file

    deployment = Deployment.open(folder)
    require_clerk(deployment.parts, by)
    rows = door.read_rows(read_file(sheet), deployment.parts)
    new, known = papers.register(deployment.parts, rows, by, deployment.now())
    text = tr(f"登记 {new} 份，已有 {known} 份", f"{new} registered, {known} known already")
    out({"schema": "authorization-registered/1", "registered": new, "known": known}, as_json, text)


@app.command("list")
def list_(
    state: Annotated[PaperState | None, typer.Option("--state", help="状态 / state")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """列出授权书 / the authorizations, newest first."""
    from connector.assembly import Deployment
    from connector.ledger import authorizations

    desk = Deployment.open(folder).parts
    with desk.ledger.read() as tx:
        rows = [_shown(row) for row in authorizations.listing(tx, desk.centre, state and state.value, limit)]
    out({"schema": "authorizations/1", "authorizations": rows}, as_json, "\n".join(map(_line, rows)) or tr("没有", "none"))


@app.command()
def show(number: Number, household: Household = None, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """显示一份授权书 / one authorization: its state, its signatures, what cites it, what happened to it."""
    from connector.assembly import Deployment
    from connector.intake import papers
    from connector.ledger import authorizations

    desk = Deployment.open(folder).parts
    with desk.ledger.read() as tx:
        row = papers.find_one(tx, desk.centre, number, household)
        found = {
            "schema": "authorization/1",
            **_shown(row),
            "signatures": [dict(s._mapping) for s in authorizations.signatures(tx, row.id)],
            "inquiries": [{"id": i.id, "gathered": i.gathered_at is not None} for i in authorizations.citing(tx, row.id)],
            "history": [{"at": h.at, "who": h.who, "what": h.what} for h in authorizations.history(tx, row.id)],
        }
    out(found, as_json, _whole(found, desk.zone))


@app.command()
def withdraw(
    number: Number,
    why: Why,
    by: By,
    household: Household = None,
    dry_run: DryRun = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """撤回授权书 / the persons take their consent back: what was not sent stops at once."""
    from connector.authorization import State

    _close(State.REVOKED, number, why, by, household, dry_run, folder, as_json)


@app.command()
def end(
    number: Number,
    why: Why,
    by: By,
    household: Household = None,
    dry_run: DryRun = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """终止授权书 / the check failed or aid ended: nothing more is asked under it."""
    from connector.authorization import State

    _close(State.ENDED, number, why, by, household, dry_run, folder, as_json)


@app.command()
def attach(
    number: Number,
    scan: Annotated[Path, typer.Argument(help="扫描件 / the scan", exists=True, dir_okay=False)],
    by: By,
    household: Household = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="更换已附的扫描件，须两人同意 / in the place of the one there: two persons")
    ] = False,
    why: Annotated[str, typer.Option("--reason", help="更换的理由 / why it is replaced")] = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """附上扫描件（PDF、OFD、JPEG、PNG、TIFF）/ keep a scan (PDF, OFD, JPEG, PNG, TIFF), sealed, with its digest.

    附错的，在随查询送给银行之前可以更换 / a wrong one can be replaced before a bank got it with a question.
    """
    from connector.assembly import Deployment
    from connector.cli.approvals_shown import now_waits
    from connector.cli.intake import require_clerk
    from connector.intake import papers, scans
    from connector.steps.papers import harmless

    deployment = Deployment.open(folder)
    desk = deployment.parts
    require_clerk(desk, by)
    with desk.ledger.read() as tx:
        row = papers.find_one(tx, desk.centre, number, household)
    content, now = scans.read_scan(scan), deployment.now()
    if replace:
        with desk.ledger.read() as tx:
            without = harmless(desk, tx, now)
        now_waits(scans.ask_replace(desk, row.id, content, harmless=without, reason=why, by=by, now=now), as_json)
    new = scans.attach(desk, row.id, content, by, now)
    text = (
        tr("已附上", "attached") if new else tr("已有同一扫描件；未作更改", "the same scan is there already; nothing was changed")
    )
    out({"schema": "scan-attached/1", "attached": new}, as_json, text)


def _close(
    to: "State", number: str, why: str, by: str, household: str | None, dry_run: bool, folder: Path, as_json: bool
) -> None:
    from connector.assembly import Deployment
    from connector.authorization import State, after
    from connector.cli.intake import require_clerk
    from connector.intake import papers

    deployment = Deployment.open(folder)
    desk = deployment.parts
    require_clerk(desk, by)
    if dry_run:
        with desk.ledger.read() as tx:
            row = papers.find_one(tx, desk.centre, number, household)
            after(State(row.state), to)  # what the act itself would refuse
            stopped = papers.effect(tx, row.id)
    else:
        stopped = papers.close(desk, number, household, to, why, by, deployment.now())
    found = {
        "schema": "authorization-closed/1",
        "state": str(to),
        "dry_run": dry_run,
        "households_stopped": stopped.households_stopped,
        "households_asked": stopped.households_asked,
        "persons_asked": stopped.persons_asked,
    }
    out(found, as_json, _effect_line(stopped, dry_run))


def _effect_line(stopped: "Effect", dry_run: bool) -> str:
    will = tr("将", "would be ") if dry_run else tr("已", "")
    return tr(
        f"{stopped.households_stopped} 户未发{will}停止；{stopped.households_asked} 户（{stopped.persons_asked} 人）已在查询，"
        "其未送出的行同时停止，已送出的行标记",
        f"{stopped.households_stopped} households not asked yet {will}stopped; {stopped.households_asked} ({stopped.persons_asked} persons)"
        " are being asked about: their unsent lines stop too, sent ones are marked",
    )


def _shown(row: Any) -> dict[str, Any]:
    days = {day: getattr(row, day) for day in ("signed_on", "valid_to", "persons") if hasattr(row, day)}
    return {
        "number": row.number,
        "household_no": row.household_no,
        "programme": row.programme,
        "region": row.region,
        "state": row.state,
        "state_at": row.state_at,
        "state_by": row.state_by,
        "state_why": row.state_why,
        "scan_digest": row.scan_digest,
        **days,
    }


def _line(row: dict[str, Any]) -> str:
    from connector.authorization import NAMES, State

    scan = tr("有扫描件", "scan") if row["scan_digest"] else tr("无扫描件", "no scan")
    days = f"{row['signed_on'] or '–'} … {row['valid_to'] or tr('长期', 'open')}  " if "signed_on" in row else ""
    return f"{row['number']}  {row['household_no']}  {row['programme']}  {days}{tr(*NAMES[State(row['state'])])}  {scan}"


def _whole(found: dict[str, Any], zone: tzinfo) -> str:
    lines = [_line(found)]
    lines += [f"  {s['signed_on']} … {s['valid_to'] or tr('长期', 'open')}  {_signed(s)}" for s in found["signatures"]]
    lines += [f"  {local(h['at'], zone)}  {h['who']}  {_happened(h['what'])}" for h in found["history"]]
    return "\n".join(lines)


def _signed(signature: dict[str, Any]) -> str:
    """By whom it was signed, and for which classes of assets."""
    from connector.cli.report import class_name

    mode = signature["sign_mode"]
    by = tr({"self": "本人签署", "guardian": "监护人签署"}.get(mode, mode), mode)
    return f"{by}  {tr('、', ', ').join(map(class_name, signature['scope'].split(',')))}"


def _happened(what: str) -> str:
    """An audited change in the language spoken."""
    from connector.authorization import NAMES, State

    if what == "scan-attached":
        return tr("附上扫描件", "scan attached")
    if what == "scan-replaced":
        return tr("更换扫描件", "scan replaced")
    state = what.removeprefix("authorization-")
    return tr(*NAMES[State(state)]) if state in set(State) else what
