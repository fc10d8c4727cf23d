"""``media receive``, ``import``, ``release``: a bank's volume from the pouch that came to the ledger."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, WAITS, WRONG_USE, By, Dir, Json, fail, note, out, tr
from connector.cli.media_shown import show_one
from connector.cli.media_typed import (
    BackBy,
    BankCode,
    Kind,
    Named,
    Seal,
    Serial,
    With,
    as_registered,
    at_bank,
    at_medium,
    bank_of,
    opened,
    volume_of,
)


def receive(
    bank: BankCode,
    label: Annotated[str, typer.Option("--label", help="介质标签 / what is written on it")],
    number: Seal,
    by: By,
    second: With = "",
    kind: Kind = "optical_disc",
    volume: Annotated[str, typer.Option("--volume", help="卷 k/n / volume k/n")] = "1/1",
    set_name: Annotated[str, typer.Option("--set", help="套号（第一卷的标签）/ of several volumes: the label of the first")] = "",
    handed_at: Annotated[
        datetime | None, typer.Option("--handed-at", help="交接单上银行交出的时间 / when the bank gave it away, as on the slip")
    ] = None,
    unsaid: Annotated[
        bool, typer.Option("--not-on-slip", help="交接单未载交出时间 / the slip does not say when the bank gave it away")
    ] = False,
    serial: Serial = "",
    back_by: BackBy = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """双人签收并登记银行送来的介质 / register a medium as its pouch comes; nothing is read yet."""
    from connector.media import inward

    deployment, found = at_bank(folder, bank)
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
        unsaid=unsaid,
        volume=volume_of(volume),
        set_name=set_name,
        serial=serial,
        due_at=back_by and back_by.replace(tzinfo=deployment.parts.zone),
    )
    show_one(deployment, key, as_json)


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
    deployment = opened(folder)
    named, now = as_registered(medium or label), deployment.now()
    row = inward.presented(deployment.parts, named, by=by, second=second, now=now)
    bank = bank_of(deployment, row.institution)
    came = inward.take_in(deployment.parts, bank, row, source, seal=number, by=by, second=second, now=now)
    told = {"schema": "media-import/1", "id": row.id, "fetched": came.fetched, "known": came.known, "awaited": came.awaited}
    missing = "、".join(map(str, came.awaited))
    waits = tr(f"；尚缺第 {missing} 卷", f"; volumes still awaited: {missing}") if came.awaited else ""
    out(told, as_json, tr(f"新收 {came.fetched}，已有 {came.known}", f"new {came.fetched}, known {came.known}") + waits)
    note("下一步：connector step all；随后归还或销毁介质", "next: connector step all; then give the medium back or destroy it")
    if came.awaited:
        raise typer.Exit(WAITS)


def release(
    medium: Named,
    number: Seal,
    by: By,
    reason: Annotated[
        str, typer.Option("--reason", help="理由 / why it may be read: whom at the bank you asked, and what they said")
    ],
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请解除扣留（须另一人复核），写明有效封签号 / ask that a held medium may be read under this seal number; another agrees."""
    from connector.media import holding

    deployment, _, row = at_medium(folder, medium)
    request = holding.ask_release(deployment.parts, row, seal=number, reason=reason, by=by, now=deployment.now())
    now_waits(request, as_json)
