"""``media``: discs and sticks of the register: written, sealed, handed over, taken in, given back, destroyed; none by one person alone."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli import media_end, media_in, media_out
from connector.cli.console import DEFAULT_DIR, FINDINGS, NOTHING_FOUND, Dir, Json, tr
from connector.cli.media_shown import show_many, show_one
from connector.cli.media_typed import Named, at_medium, opened, write_file

app = typer.Typer(no_args_is_help=True, help="介质交接 / media carried by two persons")
app.command("write")(media_out.write)
app.command("seal")(media_out.seal)
app.command("hand-over")(media_out.hand_over)
app.command("receive")(media_in.receive)
app.command("import")(media_in.take_in)
app.command("release")(media_in.release)
app.command("return")(media_end.give_back)
app.command("refuse")(media_end.refuse)
app.command("destroy")(media_end.destroy)


@app.command("slip")
def slip(
    medium: Named, pdf: Annotated[Path, typer.Option("--pdf", help="写入 / where to write it")], folder: Dir = DEFAULT_DIR
) -> None:
    """介质交接单（PDF，一式两份）/ the hand-over slip; print two copies."""
    from connector.media import papers

    deployment, bank, row = at_medium(folder, medium)
    with deployment.ledger.read() as tx:
        made = papers.slip(tx, deployment.parts, bank, row, deployment.now(), deployment.settings.centre.name)
    write_file(pdf, made)


@app.command("list")
def list_media(
    everything: Annotated[bool, typer.Option("--all", help="含已归还和已销毁 / those back or destroyed too")] = False,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """在册介质，逾期在先 / media of the register, the overdue first."""
    from connector.ledger import media
    from connector.media import register

    deployment = opened(folder)
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
    from connector.media import register

    deployment = opened(folder)
    with deployment.ledger.read() as tx:
        key = register.find(tx, medium).id
    show_one(deployment, key, as_json)
