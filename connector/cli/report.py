"""``report``: a household's report as JSON or XLSX, sealed for a recipient or not; before all banks answered it is an interim one and says so."""

import getpass
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from connector.cli.console import DEFAULT_DIR, NOTHING_FOUND, WRONG_USE, Dir, Json, fail, local, note, out, tr, written

if TYPE_CHECKING:
    from connector.assembly import Deployment

NAME_CHARS_MAX = 64
Who = Annotated[
    str, typer.Option("--by", envvar="CONNECTOR_USER", help="阅读人，默认系统账户 / who reads; default: the system account")
]


class Format(StrEnum):
    """How the report is given."""

    TEXT = "text"
    JSON = "json"
    XLSX = "xlsx"


def report(
    household: Annotated[str, typer.Argument(help="家庭编号（申诉加 #A）/ household number (#A for an appeal)")],
    form: Annotated[Format, typer.Option("--format", help="text | json | xlsx")] = Format.TEXT,
    to: Annotated[Path | None, typer.Option("--out", help="写入文件 / write to this file")] = None,
    recipient: Annotated[
        str,
        typer.Option(
            "--for",
            help="收件人证书在密钥环中的别名：文件由本方签名、只有收件人能打开 / alias of the recipient's certificate: sealed for it",
        ),
    ] = "",
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="第几版，默认最新 / an earlier version; default: the newest")
    ] = None,
    versions: Annotated[bool, typer.Option("--versions", help="列出各版 / list the versions made")] = False,
    by: Who = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """家庭核对报告 / the report of a household; every reading is in the audit."""
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    if recipient and to is None:
        fail("out-missing", "--for 须与 --out 同用", "--for needs --out: the file that is sealed", WRONG_USE)
    if versions:
        _list_versions(deployment, household, as_json)
        return
    found = find(deployment.parts, household, deployment.now(), version)
    if form is not Format.XLSX and to is None:
        _record(deployment, found, by, form)
        out(found, form is Format.JSON or as_json, summary(found))
        return
    whom: dict[str, str] = {}
    content = _content(found, form, as_json=as_json)
    if recipient:
        content, whom = _addressed(deployment, recipient, content)
    _record(deployment, found, by, form, whom)
    keep(content, to or Path(plain_name(household) + ".xlsx"), folder, as_json)


def _content(found: dict[str, Any], form: Format, *, as_json: bool) -> bytes:
    """The file, in clear."""
    if form is Format.XLSX:
        from connector.reports.exports import household_workbook

        return household_workbook(found)
    return orjson.dumps(found, option=orjson.OPT_INDENT_2) if form is Format.JSON or as_json else summary(found).encode()


def _addressed(deployment: "Deployment", recipient: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """The file sealed for a recipient, and what the audit says of it. Raises UnknownKey, before anything is recorded or written."""
    from connector.addressed import addressed

    sealed = addressed(deployment.ring, recipient, content, deployment.now())
    return sealed.content, {"for": recipient, "sealed_to": sealed.recipient, "signed_by": sealed.signer}


def find(parts: Any, household: str, now: Any, version: int | None = None) -> dict[str, Any]:
    """The kept report (of a version), or an interim one. Ends the verb where there is no such household or version."""
    from connector.reports.standing import draw, kept

    inquiry = _inquiry(parts, household)
    found = kept(parts, inquiry, version)
    if found is None and version is not None:
        fail(
            "report-version-unknown",
            f"家庭 {household} 没有第 {version} 版报告；可用 connector report {household} --versions 查看",
            f"household {household} has no version {version} of its report; connector report {household} --versions lists them",
            NOTHING_FOUND,
        )
    return found or {**next(draw(parts, [inquiry], now)[1]), "version": 0}


def _inquiry(parts: Any, household: str) -> Any:
    from connector.ledger import answers

    with parts.ledger.read() as tx:
        inquiry = answers.latest_inquiry(tx, parts.centre, household)
    if inquiry is None:
        fail("household-unknown", f"没有家庭 {household} 的核对委托", f"no inquiry about household {household}", NOTHING_FOUND)
    return inquiry


def _list_versions(deployment: "Deployment", household: str, as_json: bool) -> None:
    """Which versions there are; no figure of any, so that nobody is recorded as its reader."""
    from connector.reports.standing import versions

    parts = deployment.parts
    inquiry = _inquiry(parts, household)
    with parts.ledger.read() as tx:
        made = versions(tx, inquiry)
    complete = {True: tr("完整", "complete"), False: tr("有缺", "something is missing")}
    lines = [
        tr(f"第 {each['version']} 版", f"version {each['version']}")
        + f"  {local(each['made_at'], parts.zone)}  {complete[each['complete']]}  {each['digest'][:16]}…"
        for each in made
    ]
    text = "\n".join(lines) or tr("尚未出具报告", "no report has been made yet")
    out({"schema": "report-versions/1", "household_key": household, "versions": made}, as_json, text)


def _record(
    deployment: "Deployment", found: dict[str, Any], by: str, form: Format, whom: Mapping[str, str] | None = None
) -> None:
    """Who read whose report, and for ``whom`` it was sealed, before it is shown: what cannot be recorded does not happen.

    Raises NotAllowed.
    """
    from connector.ledger import audit, people

    key, detail = found["household_key"], {"version": found["version"], "form": form.value, **(whom or {})}
    with deployment.ledger.begin() as tx:
        if by:
            people.require(tx, by)  # a name nobody bears is no record of who read
        who, centre = by or f"system:{getpass.getuser()}", deployment.parts.centre
        audit.record(
            tx, at=deployment.now(), who=who, what="report-read", centre=centre, subject=f"household {key}", detail=detail
        )


def plain_name(household: str) -> str:
    """A household's number as the last part of a path, whatever a sheet called it."""
    return re.sub(r"[^\w-]+", "-", household).strip("-")[:NAME_CHARS_MAX] or "report"


def keep(content: bytes, path: Path, folder: Path, as_json: bool) -> None:
    """Into a new file, its owner's only from the first moment: a report holds names and sums. Nothing is overwritten."""
    if folder.resolve() in path.resolve().parents:
        fail("inside-deployment", "报告不得写入部署目录", "a report is not written inside the deployment folder", WRONG_USE)
    with written(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        except BaseException:
            path.unlink(missing_ok=True)  # half a report is none
            raise
    note(f"已写入 {path}", f"written: {path}")
    if as_json:
        out({"schema": "report-file/1", "file": str(path)}, as_json)


def summary(found: dict[str, Any]) -> str:
    """The report for a terminal: what is missing first, then sums; numbers of persons stay masked."""
    lines = [
        tr(f"家庭 {found['household_key']} · {found['programme']}", f"household {found['household_key']} · {found['programme']}")
    ]
    if found["version"] == 0:
        lines.append(tr("▲ 临时查看：尚未出具报告", "▲ interim: no report has been made yet"))
    if not found["asked"]["lines"]:
        lines.append(tr("▲ 尚未向任何银行查询；以下合计没有意义", "▲ no bank has been asked yet; the sums below mean nothing"))
    lines += [tr(f"▲ 未反馈：{bank['name']}", f"▲ not answered: {bank['name']}") for bank in found["not_answered"]]
    lines += [tr(f"▲ 全部拒答：{bank['name']}", f"▲ refused every line: {bank['name']}") for bank in found.get("refused_all", ())]
    lines += [
        tr(f"▲ 已停止，不计反馈：{bank['name']}", f"▲ taken back by us, no answer counts: {bank['name']}")
        for bank in found.get("stopped", ())
    ]
    lines += [f"▲ {tr(gap['zh'], gap['en'])}" for gap in found["incomplete"]]
    lines += [f"※ {tr(each['zh'], each['en'])}" for each in found.get("appeals", ())]
    lines += [f"※ {mark}" for mark in _marks(found)]
    if own := found.get("appeal_of"):
        number, key = own["number"], own["household_key"]
        lines.append(
            tr(
                f"※ 第 {number} 号申诉的复核，不是家庭 {key} 的全部",
                f"※ the re-check of appeal {number}, not the whole of household {key}",
            )
        )
    if newer := found.get("superseded_by"):
        lines.append(tr(f"※ 本版已被第 {newer} 版取代", f"※ superseded by version {newer}"))
    names = {person["person_key"]: masked_name(person["name"]) for person in found["persons"]}
    for paper in found["authorizations_over"]:
        lines.append(f"▲ {tr('、', ', ').join(names[key] for key in paper['persons'])} {tr(paper['zh'], paper['en'])}")
    for person in found["persons"]:
        lines.append(f"  {masked_name(person['name'])} {masked_number(person['person_key'])}")
        for asset_class, cells in person["assets"].items():
            for currency, cell in cells.items():
                lines.append(f"    {class_name(asset_class)} {_sum(currency, cell)}")
    lines.append(tr(f"合计 {_yuan(found['total_cny_fen'])} 元", f"total {_yuan(found['total_cny_fen'])} CNY"))
    if found["ceiling"]:
        limit, above = _yuan(found["ceiling"]["cny_fen"]), found["ceiling"]["comparison"] == "above"
        zh, en = ("高于限额", "above the ceiling") if above else ("不高于限额", "not above the ceiling")
        so_far = ("", "") if found["complete"] else ("已反馈部分", "what came so far is ")
        lines.append(
            tr(
                f"限额 {limit} 元：{so_far[0]}{zh}（只核对不认定）",
                f"ceiling {limit} CNY: {so_far[1]}{en} (a comparison, not a decision)",
            )
        )
    if large := found.get("thresholds"):
        limit = _yuan(large["single_outflow_cny_fen"])
        lines.append(tr(f"大额标准：单笔 {limit} 元，由本中心比对", f"large sum: {limit} CNY at once, compared here"))
    return "\n".join(lines)


def _marks(found: dict[str, Any]) -> list[str]:
    """What is marked on lines (late, revised, corrected after an appeal, a provisional deadline), bank by bank."""
    from reconciliation.words import LINE_MARKS

    marked: dict[str, list[str]] = {}
    for line in found["answers"]:
        for mark in line.get("marks", ()):
            names = marked.setdefault(mark, [])
            names += [line["name"]] if line["name"] not in names else []
    comma, colon = tr("、", ", "), tr("：", ": ")
    return [tr(*LINE_MARKS[mark][1:]) + colon + comma.join(names) for mark, names in marked.items()]


def _sum(currency: str, cell: dict[str, int]) -> str:
    """The sum of some accounts in their own currency, with its value in CNY."""
    from reconciliation.money import CNY, format_minor

    number = cell["accounts"]
    accounts = tr(f"（{number} 个账户）", f" ({number} account{'' if number == 1 else 's'})")
    if currency == CNY:
        return f"{_yuan(cell['cny_fen'])} CNY{accounts}"
    return f"{format_minor(cell['original_minor'], currency)} {currency} = {_yuan(cell['cny_fen'])} CNY{accounts}"


def masked_name(name: str) -> str:
    """The first character of a name."""
    return name[:1] + "*" * max(1, len(name) - 1)


def masked_number(person_key: str) -> str:
    """First six and last one."""
    from reconciliation.identity import mask

    return mask(person_key.partition(":")[2])


def masked_account(number: str) -> str:
    """The first and the last four characters (domain rule 71)."""
    hidden = len(number) - 8
    return f"{number[:4]}{'*' * hidden}{number[-4:]}" if hidden > 0 else number


def class_name(word: str) -> str:
    """An asset class in the language spoken."""
    from reconciliation.words import ASSET_CLASSES

    found = ASSET_CLASSES.get(word)
    return tr(found.zh, found.en) if found else word


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
