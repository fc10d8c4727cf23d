"""``media write``, ``seal``, ``hand-over``: a volume of ours on its way from the sealed parcels to the hands of the bank."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.console import DEFAULT_DIR, NOTHING_FOUND, By, Dir, Json, note, tr
from connector.cli.media_shown import show_many, show_one, tell_next
from connector.cli.media_typed import At, BackBy, BankCode, Kind, Named, Seal, Serial, With, at_bank, at_medium, bytes_of


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

    deployment, found = at_bank(folder, bank)
    size = bytes_of(capacity) if capacity else None
    keys = outward.write(deployment.parts, found, to, kind=kind, capacity=size, by=by, now=deployment.now())
    with deployment.ledger.read() as tx:
        rows = [row for key in keys if (row := media.find(tx, key)) is not None]
        told = show_many(deployment, tx, rows, as_json, tr("没有待写出的批次", "no batch waits for a medium"))
    if not keys:
        raise typer.Exit(NOTHING_FOUND)
    for each in told:
        tell_next(each)


def seal(
    medium: Named,
    number: Seal,
    read: Annotated[Path, typer.Option("--read", help="插入的介质 / the medium itself, mounted: it is read back once more")],
    by: By,
    second: With = "",
    serial: Serial = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """从介质本身回读，然后登记封签 / read the medium itself back, then note its seal."""
    from connector.media import handing

    deployment, bank, row = at_medium(folder, medium)
    now = deployment.now()
    handing.seal(deployment.parts, bank, row, read, number=number, by=by, second=second, now=now, serial=serial)
    show_one(deployment, row.id, as_json)


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

    deployment, bank, row = at_medium(folder, medium)
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
