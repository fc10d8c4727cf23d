"""``parcel``: a sealed parcel, taken out to be carried to the bank by persons."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.console import DEFAULT_DIR, By, Dir, Json, out, tr, written


def parcel(
    institution: Annotated[str, typer.Argument(help="机构代码 / code of the bank")],
    number: Annotated[str, typer.Argument(help="批次号 / number of the batch")],
    to: Annotated[
        Path, typer.Option("--to", exists=True, file_okay=False, help="写入此目录，不覆盖 / the folder it is written into")
    ],
    by: By,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """取出封装包，由人送达 / the sealed parcel of a batch, to be carried there by hand.

    送达后由两人确认：connector resolve … --by-hand / that it arrived is said by two persons afterwards: connector resolve … --by-hand
    """
    from connector.assembly import Deployment
    from connector.deciding import by_hand

    deployment = Deployment.open(folder)
    with written(to):
        row = by_hand.take_out(deployment.parts, institution, number, to, by=by, now=deployment.now())
    line = f"connector resolve {institution} {number} --by-hand --reason … --by {by}"
    text = tr(
        f"已写入 {to / row.parcel_name}\nSHA-256 {row.parcel_digest}\n送达后两人确认：{line}",
        f"written to {to / row.parcel_name}\nSHA-256 {row.parcel_digest}\nonce the bank has it, two persons say so: {line}",
    )
    told = {"schema": "parcel/1", "file": str(to / row.parcel_name), "bytes": row.parcel_size, "sha256": row.parcel_digest}
    out(told, as_json, text)
