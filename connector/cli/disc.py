"""``bank disc``: the bank's end of a disc or stick: what the centre handed over is taken in, the answers are given back on volumes."""

from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.console import NOTHING_FOUND, WRONG_USE, Json, fail, note, out, tr
from connector.cli.media_typed import bytes_of

app = typer.Typer(no_args_is_help=True, help="介质的银行一端 / the bank's end of a disc or stick")

BankFile = Annotated[
    Path, typer.Option("--bank", help="银行设置 bank.yaml / the bank's own settings", exists=True, dir_okay=False)
]
Centre = Annotated[str, typer.Option("--centre", help="核对中心代码（交接单上）/ code of the centre, as on the slip")]


@app.command("take")
def take(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="插入的介质，依卷次 / the volumes, mounted, in order")],
    bank: BankFile,
    centre: Centre,
    label: Annotated[list[str], typer.Option("--label", help="交接单上的标签，每卷一个 / the label on each slip, in order")],
    digest: Annotated[
        list[str] | None, typer.Option("--list-digest", help="交接单上的清单摘要 / the list's digest on each slip, in order")
    ] = None,
    as_json: Json = False,
) -> None:
    """凭交接单核验介质，取入其中的密封包 / prove a set of volumes by its slips and take its parcels in; then: bank respond."""
    from connector.assembly import clock
    from connector.bankside import disc
    from connector.bankside.desk import Desk

    if len(label) != len(folders) or (digest and len(digest) != len(folders)):
        fail(
            "wrong-use", "每卷须有一个 --label（及 --list-digest）", "one --label (and --list-digest) for each volume", WRONG_USE
        )
    volumes = enumerate(zip(folders, label, digest or [""] * len(label), strict=True), start=1)
    discs = [
        disc.Disc(disc.Slip(centre, each, label[0], number, len(label), _plain(listed)), folder)
        for number, (folder, each, listed) in volumes
    ]
    names = disc.take(Desk.open(bank), discs, clock())
    out({"schema": "disc-taken/1", "parcels": names}, as_json, "\n".join(names) or tr("介质上没有密封包", "no parcel lies on it"))
    note("下一步：connector bank respond --bank … --once", "next: connector bank respond --bank … --once")


@app.command("give")
def give(
    to: Annotated[Path, typer.Option("--to", help="空目录 / an empty folder: the stick, or what will be burnt")],
    bank: BankFile,
    centre: Centre,
    label: Annotated[str, typer.Option("--label", help="第一卷的标签 / the label of the first volume")],
    capacity: Annotated[str, typer.Option(help="每卷容量，如 650MB / of one volume")] = "650MB",
    as_json: Json = False,
) -> None:
    """把待交的反馈写成分卷并回读 / write the answers that lie ready onto volumes with signed lists, read back."""
    from connector.assembly import clock
    from connector.bankside import disc
    from connector.bankside.desk import Desk

    given = disc.give(Desk.open(bank), to, label, centre, clock(), capacity=bytes_of(capacity))
    told = [_told(each) for each in given]
    lines = [f"{each['label']}  {each['volume']}/{each['of']}  {each['folder']}  {each['list_digest']}" for each in told]
    out({"schema": "disc-given/1", "volumes": told}, as_json, "\n".join(lines) or tr("没有待交的反馈", "no answer lies ready"))
    if not given:
        raise typer.Exit(NOTHING_FOUND)


def _told(given: Any) -> dict[str, Any]:
    slip = given.slip
    return {
        "label": slip.label,
        "set": slip.set_name,
        "volume": slip.volume,
        "of": slip.of,
        "list_digest": slip.list_digest,
        "folder": str(given.folder),
    }


def _plain(digest: str) -> str:
    """A digest as printed on a slip, in groups → hex."""
    return digest.replace(" ", "").lower()
