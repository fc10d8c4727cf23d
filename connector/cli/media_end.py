"""``media return``, ``refuse``, ``destroy``: how the story of a medium ends, never by one person alone."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, WRONG_USE, By, Dir, Json, fail
from connector.cli.media_shown import show_one
from connector.cli.media_typed import Named, Note, With, at_medium, write_file


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

    deployment, _, row = at_medium(folder, medium)
    ending.give_back(deployment.parts, row, by=by, second=second, now=deployment.now(), unread=unread, said=said)
    show_one(deployment, row.id, as_json)


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

    deployment, _, row = at_medium(folder, medium)
    ending.refuse(deployment.parts, row, reason=reason, by=by, second=second, now=deployment.now())
    show_one(deployment, row.id, as_json)


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

    deployment, bank, row = at_medium(folder, medium)
    if certificate is not None:
        with deployment.ledger.read() as tx:
            made = papers.certificate(tx, deployment.parts, bank, row, deployment.now())
        write_file(certificate, made)
        return
    if method not in ending.METHODS or not by:
        known = " | ".join(ending.METHODS)
        fail("media-method", f"请给出 --by 与 --method {known}", f"give --by and --method {known}", WRONG_USE)
    request = ending.ask_destroy(deployment.parts, row, method=method, reason=reason, by=by, now=deployment.now())
    line = f"connector media destroy {row.id} --certificate"
    now_waits(request, as_json, (f"；随后 {line} 文件", f"; then {line} FILE"))
