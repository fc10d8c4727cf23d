"""``media``: discs and sticks of the register: written, sealed, handed over, taken in, given back, destroyed; none by one person alone."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.console import (
    DEFAULT_DIR,
    FINDINGS,
    NOTHING_FOUND,
    WAITS,
    WRONG_USE,
    By,
    Dir,
    Json,
    fail,
    note,
    out,
    tr,
    written,
)
from connector.cli.media_shown import show_many, show_one, tell_next

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.bank import Bank
    from connector.ledger.rows import AnyRow

app = typer.Typer(no_args_is_help=True, help="介质交接 / media carried by two persons")

BankCode = Annotated[str, typer.Argument(help="机构代码 / code of the bank")]
Named = Annotated[
    str, typer.Argument(metavar="ID", help="介质号、标签或交接单扫码 / number, label, or the code scanned from a slip")
]
With = Annotated[str, typer.Option("--with", help="第二经手人 / the other user who is there")]
Seal = Annotated[str, typer.Option("--seal", help="封签号 / seal number")]
Kind = Annotated[str, typer.Option("--kind", help="optical_disc | encrypted_usb")]
Note = Annotated[str, typer.Option("--note", help="备注 / a remark; no names of households")]
At = Annotated[datetime | None, typer.Option("--at", help="交接单上的时间（当地）/ the time on the slip (local)")]
BackBy = Annotated[datetime | None, typer.Option("--back-by", help="归还或销毁期限 / to be back or destroyed by")]
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}


# ---------------------------------------------------------------- out
@app.command("write")
def write(
    bank: BankCode,
    to: Annotated[Path, typer.Option("--to", help="空目录 / an empty folder: the stick, or what will be burnt")],
    by: By,
    capacity: Annotated[str, typer.Option(help="每卷容量，如 650MB / of one volume; default: 650MB, 8GB for a stick")] = "",
    kind: Kind = "optical_disc",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """写出待投递的密封包并回读校验 / write a bank's sealed parcels to volumes and read them back."""
    from connector.ledger import media
    from connector.media import outward

    deployment, found = _at_bank(folder, bank)
    size = bytes_of(capacity) if capacity else None
    keys = outward.write(deployment.parts, found, to, kind=kind, capacity=size, by=by, now=deployment.now())
    with deployment.ledger.read() as tx:
        rows = [row for key in keys if (row := media.find(tx, key)) is not None]
        told = show_many(deployment, tx, rows, as_json, tr("没有待写出的批次", "no batch waits for a medium"))
    if not keys:
        raise typer.Exit(NOTHING_FOUND)
    for each in told:
        tell_next(each)


@app.command("seal")
def seal(
    medium: Named,
    number: Seal,
    read: Annotated[Path, typer.Option("--read", help="插入的介质 / the medium itself, mounted: it is read back once more")],
    by: By,
    second: With = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """从介质本身回读，然后登记封签 / read the medium itself back, then note its seal."""
    from connector.media import handing

    deployment, bank, row = _at_medium(folder, medium)
    handing.seal(deployment.parts, bank, row, read, number=number, by=by, second=second, now=deployment.now())
    show_one(deployment, row.id, as_json)


@app.command("hand-over")
def hand_over(
    medium: Named,
    by: By,
    second: With = "",
    at: At = None,
    back_by: BackBy = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """双人交给银行；批次自此计时 / two persons give it to the bank; its clock runs from then on."""
    from connector.media import handing

    deployment, bank, row = _at_medium(folder, medium)
    zone = deployment.parts.zone
    sent = handing.hand_over(
        deployment.parts,
        bank,
        row,
        by=by,
        second=second,
        now=deployment.now(),
        at=at and at.replace(tzinfo=zone),
        back_by=back_by and back_by.replace(tzinfo=zone),
    )
    show_one(deployment, row.id, as_json)
    note(f"已送达批次：{len(sent)}", f"batches sent: {len(sent)}")


@app.command("slip")
def slip(
    medium: Named, pdf: Annotated[Path, typer.Option("--pdf", help="写入 / where to write it")], folder: Dir = DEFAULT_DIR
) -> None:
    """介质交接单（PDF，一式两份）/ the hand-over slip; print two copies."""
    from connector.media import papers

    deployment, bank, row = _at_medium(folder, medium)
    with deployment.ledger.read() as tx:
        made = papers.slip(tx, deployment.parts, bank, row, deployment.now(), deployment.settings.centre.name)
    _write(pdf, made)


# ---------------------------------------------------------------- in
@app.command("receive")
def receive(
    bank: BankCode,
    label: Annotated[str, typer.Option("--label", help="介质标签 / what is written on it")],
    number: Seal,
    by: By,
    second: With = "",
    kind: Kind = "optical_disc",
    volume: Annotated[str, typer.Option("--volume", help="卷 k/n / volume k/n")] = "1/1",
    set_name: Annotated[str, typer.Option("--set", help="套号（第一卷的标签）/ of several volumes: the label of the first")] = "",
    handed_at: Annotated[datetime | None, typer.Option("--handed-at", help="银行交出时间 / when the bank gave it away")] = None,
    back_by: BackBy = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """双人签收并登记银行送来的介质 / register a medium as its pouch comes; nothing is read yet."""
    from connector.media import inward

    deployment, found = _at_bank(folder, bank)
    key = inward.receive(
        deployment.parts,
        found,
        label,
        kind=kind,
        seal=number,
        by=by,
        second=second,
        now=deployment.now(),
        handed_at=handed_at and handed_at.replace(tzinfo=deployment.parts.zone),
        volume=_volume(volume),
        set_name=set_name,
        due_at=back_by and back_by.replace(tzinfo=deployment.parts.zone),
    )
    show_one(deployment, key, as_json)


@app.command("import")
def take_in(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="插入的介质 / the medium, mounted read-only")],
    number: Seal,
    by: By,
    second: With = "",
    medium: Annotated[str, typer.Option("--medium", help="介质号或扫码 / number, or the code scanned")] = "",
    label: Annotated[str, typer.Option("--label", help="或标签 / or its label")] = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """核验并导入已登记的介质 / check a registered medium and take it in; a strange one is not read (M901)."""
    from connector.media import inward

    if bool(medium) == bool(label):
        fail("media-which", "请给出 --medium 或 --label", "give --medium or --label", WRONG_USE)
    deployment, bank, row = _at_medium(folder, medium or label)
    came = inward.take_in(deployment.parts, bank, row, source, seal=number, by=by, second=second, now=deployment.now())
    told = {"schema": "media-import/1", "id": row.id, "fetched": came.fetched, "known": came.known, "awaited": came.awaited}
    missing = "、".join(map(str, came.awaited))
    waits = tr(f"；尚缺第 {missing} 卷", f"; volumes still awaited: {missing}") if came.awaited else ""
    out(told, as_json, tr(f"新收 {came.fetched}，已有 {came.known}", f"new {came.fetched}, known {came.known}") + waits)
    note("下一步：connector step all；随后归还或销毁介质", "next: connector step all; then give the medium back or destroy it")
    if came.awaited:
        raise typer.Exit(WAITS)


# ---------------------------------------------------------------- the end
@app.command("return")
def give_back(
    medium: Named,
    by: By,
    second: With = "",
    unread: Annotated[bool, typer.Option("--unread", help="银行未读取 / the bank did not read it")] = False,
    said: Note = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """收回或归还 / it came back to us, or went back to its bank."""
    from connector.media import ending

    deployment, _, row = _at_medium(folder, medium)
    ending.give_back(deployment.parts, row, by=by, second=second, now=deployment.now(), unread=unread, said=said)
    show_one(deployment, row.id, as_json)


@app.command("refuse")
def refuse(
    medium: Named,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="理由 / why: missing from the pouch, damaged, seal broken …")],
    second: With = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """拒收：缺失、损坏或来历不明 / it is missing, damaged or strange, and is not used."""
    from connector.media import ending

    deployment, _, row = _at_medium(folder, medium)
    ending.refuse(deployment.parts, row, reason=reason, by=by, second=second, now=deployment.now())
    show_one(deployment, row.id, as_json)


@app.command("destroy")
def destroy(
    medium: Named,
    by: Annotated[str, typer.Option("--by", envvar="CONNECTOR_USER", help="申请人 / who asks")] = "",
    reason: Annotated[str, typer.Option("--reason", help="理由 / why")] = "",
    method: Annotated[str, typer.Option("--method", help="shred | degauss | wipe | burn")] = "shred",
    certificate: Annotated[Path | None, typer.Option("--certificate", help="复核后：写出销毁证明 / once agreed: the PDF")] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请销毁（须另一人复核），随后出具证明 / ask for destruction, agreed by another; then its certificate."""
    from connector.media import ending, papers

    deployment, bank, row = _at_medium(folder, medium)
    if certificate is not None:
        with deployment.ledger.read() as tx:
            made = papers.certificate(tx, deployment.parts, bank, row, deployment.now())
        _write(certificate, made)
        return
    if method not in ending.METHODS or not by:
        known = " | ".join(ending.METHODS)
        fail("media-method", f"请给出 --by 与 --method {known}", f"give --by and --method {known}", WRONG_USE)
    request = ending.ask_destroy(deployment.parts, row, method=method, reason=reason, by=by, now=deployment.now())
    text = tr(
        f"第 {request} 号复核申请，等待另一人：connector approve {request}；随后 connector media destroy {row.id} --certificate 文件",
        f"request {request} waits for another person: connector approve {request}; then connector media destroy {row.id}"
        " --certificate FILE",
    )
    out({"schema": "approval/1", "id": request, "state": "waiting"}, as_json, text)
    raise typer.Exit(WAITS)


# ---------------------------------------------------------------- looking
@app.command("list")
def list_media(
    everything: Annotated[bool, typer.Option("--all", help="含已归还和已销毁 / those back or destroyed too")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """在册介质，逾期在先 / media of the register, the overdue first."""
    from connector.assembly import Deployment
    from connector.ledger import media
    from connector.media import register

    deployment = Deployment.open(folder)
    now = deployment.now()
    with deployment.ledger.read() as tx:
        rows = sorted(media.everything(tx, still_open=not everything), key=lambda row: not register.is_overdue(row, now))
        show_many(deployment, tx, rows, as_json, tr("没有在外的介质", "no media are out"))
    if any(register.is_overdue(row, now) for row in rows):
        raise typer.Exit(FINDINGS)
    if not rows:
        raise typer.Exit(NOTHING_FOUND)


@app.command("show")
def show(medium: Named, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """一张介质的全部经过 / one medium and every hand it passed through."""
    from connector.assembly import Deployment
    from connector.media import register

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        key = register.find(tx, medium).id
    show_one(deployment, key, as_json)


# ---------------------------------------------------------------- what was typed
def _at_bank(folder: Path, code: str) -> "tuple[Deployment, Bank]":
    from connector.assembly import Deployment

    deployment = Deployment.open(folder)
    return deployment, _bank(deployment, code)


def _at_medium(folder: Path, named: str) -> "tuple[Deployment, Bank, AnyRow]":
    from connector.assembly import Deployment
    from connector.media import register

    deployment = Deployment.open(folder)
    with deployment.ledger.read() as tx:
        row = register.find(tx, named.removeprefix("M-").lstrip("0") if named.startswith("M-") else named)
    return deployment, _bank(deployment, row.institution), row


def _bank(deployment: "Deployment", code: str) -> "Bank":
    bank = deployment.parts.banks.working.get(code)
    if bank is None:
        fail("bank-unknown", f"没有接入机构 {code}", f"no bank {code} is connected", NOTHING_FOUND)
    return bank


def bytes_of(text: str) -> int:
    """``650MB`` → bytes; what is no size is refused as wrong use."""
    number, unit = text.strip().upper().rstrip("BKMG"), text.strip().upper().lstrip("0123456789")
    if not number.isdigit() or (unit or "B") not in _UNITS:
        fail("capacity-unreadable", "容量写作 650MB 或 4GB", "write a capacity as 650MB or 4GB", WRONG_USE)
    return int(number) * _UNITS[unit or "B"]


def _volume(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit()):
        fail("volume-unreadable", "卷写作 k/n，如 1/2", "write a volume as k/n, e.g. 1/2", WRONG_USE)
    return int(number), int(of)


def _write(path: Path, content: bytes) -> None:
    with written(path), path.open("xb") as file:
        file.write(content)
    note(f"已写入 {path}", f"written to {path}")
