"""``proof``: that of a household nothing is silently missing, every person, bank and class with its evidence; and a proof checked again."""

import getpass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from connector.cli.console import DEFAULT_DIR, FINDINGS, INTEGRITY, WRONG_USE, Dir, Json, fail, must_be_file, out, tr
from connector.cli.report import Who, class_name, keep, plain_name

if TYPE_CHECKING:
    from connector.assembly import Deployment

_DONE = ("answered", "not_applicable")


class Format(StrEnum):
    """How the proof is given."""

    TEXT = "text"
    JSON = "json"
    XLSX = "xlsx"


def proof(
    household: Annotated[str, typer.Argument(help="家庭编号 / household number")] = "",
    form: Annotated[Format, typer.Option("--format", help="text | json | xlsx")] = Format.TEXT,
    to: Annotated[Path | None, typer.Option("--out", help="写入文件 / write to this file")] = None,
    every: Annotated[bool, typer.Option("--all", help="列出每一行 / every line, not only what is missing")] = False,
    check: Annotated[
        Path | None, typer.Option("--check", help="复核已出具的证明（JSON）/ check a proof given out (JSON)")
    ] = None,
    by: Who = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """完整性证明：每人、每家机构、每类资产各有结果和凭据 / nothing is silently missing; exit code 1 while something is."""
    from connector.assembly import Deployment
    from connector.proof.accounting import prove

    if bool(household) == (check is not None):
        fail("proof-what", "请给出家庭编号，或 --check 文件", "give a household number, or --check FILE", WRONG_USE)
    deployment = Deployment.open(folder)
    if check is not None:
        _check(deployment, check, as_json)
        return
    found = prove(deployment.parts, household, deployment.now())
    _record(deployment, found, by, form)
    if form is Format.XLSX or to is not None:
        keep(
            _content(found, form, every=every, as_json=as_json),
            to or Path(f"{plain_name(household)}-proof.xlsx"),
            folder,
            as_json,
        )
    else:
        out(found, form is Format.JSON or as_json, told(found, every=every))
    if any(bank["standing"] not in _DONE for bank in found["coverage"]["banks"]):
        raise typer.Exit(FINDINGS)


def _content(found: dict[str, Any], form: Format, *, every: bool, as_json: bool) -> bytes:
    if form is Format.XLSX:
        from connector.proof.sheet import proof_workbook

        return proof_workbook(found)
    return (
        orjson.dumps(found, option=orjson.OPT_INDENT_2) if form is Format.JSON or as_json else told(found, every=every).encode()
    )


def _record(deployment: "Deployment", found: dict[str, Any], by: str, form: Format) -> None:
    """Who had the proof made, before it is shown."""
    from connector.ledger import audit, people

    with deployment.ledger.begin() as tx:
        if by:
            people.require(tx, by)
        audit.record(
            tx,
            at=deployment.now(),
            who=by or f"system:{getpass.getuser()}",
            what="proof-made",
            centre=deployment.parts.centre,
            subject=f"household {found['household_key']}",
            detail={"digest": found["digest"], "form": form.value},
        )


def _check(deployment: "Deployment", file: Path, as_json: bool) -> None:
    from connector.proof import checking

    must_be_file(file)
    found = checking.check(deployment.parts, checking.read(file.read_bytes()), deployment.now())
    lines = [
        tr(
            f"家庭 {found['household_key']}：{found['digests']} 个对象与证明" + ("一致" if found["ok"] else "不符"),
            f"household {found['household_key']}: {found['digests']} objects {'are' if found['ok'] else 'are NOT'} as the proof says",
        )
    ]
    lines += [f"▲ {tr(*_WRONG[one['code']])}: {one['about']}" for one in found["wrong"]]
    if found["moved_on"]:
        lines.append(tr("※ 出具之后情况已有变化，可重新出具", "※ the household stands otherwise by now: make a new one"))
    out(found, as_json, "\n".join(lines))
    if not found["ok"]:
        raise typer.Exit(INTEGRITY)


_WRONG = {
    "proof-changed": ("证明文件被改动", "the proof was changed"),
    "sums-differ": ("各状态之和与人数×机构×类别不符", "its sums are not persons × institutions × classes"),
    "ledger-differs": ("台账所记的包与证明不同", "the ledger has another parcel"),
    "object-missing": ("对象库中没有", "not in the object store"),
    "object-broken": ("对象库中的内容已损坏", "broken in the object store"),
}


# ---------------------------------------------------------------- for a terminal
def told(found: dict[str, Any], *, every: bool = False) -> str:
    """Coverage first: who answered, who did not, why; with ``every`` all lines."""
    from connector.proof.cells import STANDINGS, STATUSES, why_in_words

    coverage = found["coverage"]
    could = [bank for bank in coverage["banks"] if bank["standing"] != "not_applicable"]
    done = sum(bank["standing"] == "answered" for bank in could)
    lines = [
        tr(
            f"家庭 {found['household_key']}：{len(could)} 家机构中 {done} 家已全部反馈",
            f"household {found['household_key']}: {done} of {len(could)} institutions answered in full",
        )
    ]
    for bank in could:
        if bank["standing"] != "answered":
            mine = [line for line in found["lines"] if line["institution"] == bank["institution"]]
            why = [tr(*why_in_words(code, mine)) for code in bank["why"]]
            lines.append(f"▲ {bank['name']} {bank['institution']}: {tr(*STANDINGS[bank['standing']])}{_brackets(why)}")
    sums = " · ".join(f"{tr(*STATUSES[status])} {number}" for status, number in coverage["by_status"].items())
    product = f"{coverage['persons']} × {coverage['institutions']} × {coverage['classes']} = {coverage['cells']}"
    lines.append(tr(f"人 × 机构 × 类别 {product}：{sums}", f"persons × institutions × classes {product}: {sums}"))
    if every:
        lines += [text for line in found["lines"] for text in _line(line, found)]
    return "\n".join([*lines, f"SHA-256 {found['digest']}"])


def _line(line: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """One person at one bank, its classes by what they came to, and the evidence."""
    from connector.lifecycle import NAMES, State
    from connector.proof.cells import STATUSES, why_in_words

    person = found["persons"][line["person"]]
    by_status: dict[tuple[str, str], list[str]] = {}
    for kind, said in line["cells"].items():
        by_status.setdefault((said["status"], said["why"]), []).append(class_name(kind))
    comma = tr("、", ", ")
    cells = "; ".join(
        f"{tr(*STATUSES[status])}{_brackets([tr(*why_in_words(why, [line]))] if why else [])}: {comma.join(kinds)}"
        for (status, why), kinds in by_status.items()
    )
    number = (line["batch"] or "").partition("#")[0]
    batch = found["batches"].get(number)
    proofs = (
        [f"{line['batch']}  {tr(*NAMES[State(batch['state'])])}  {batch['parcel']['name']} {batch['parcel']['digest'][:16]}…"]
        if batch
        else []
    )
    proofs += [f"{line['answer']['name']} {line['answer']['digest'][:16]}…"] if line["answer"] else []
    return [f"{line['institution']}  {person['name']} {person['number']}  {cells}", *(f"    {one}" for one in proofs)]


def _brackets(why: list[str]) -> str:
    return tr(f"（{'；'.join(why)}）", f" ({'; '.join(why)})") if why else ""
