"""``audit``: export the chain, sign its end, and verify it: here, or anywhere from an export and the public key."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from connector.cli.console import DEFAULT_DIR, INTEGRITY, NOTHING_FOUND, WRONG_USE, Dir, Json, fail, many, note, out, tr, written

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.audit_verifier import Verdict

app = typer.Typer(no_args_is_help=True, help="审计链 / the audit chain")

Known = Annotated[
    Path | None,
    typer.Option("--checkpoint", help="另处留存的检查点 / a checkpoint kept in a second place", exists=True, dir_okay=False),
]


@app.command("verify")
def verify(
    export: Annotated[
        Path | None, typer.Option("--export", help="离线验证的导出文件 / an export, verified without the deployment", exists=True)
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="公钥 PEM / the public key, with --export", exists=True)] = None,
    checkpoint: Known = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """验证审计链 / whether every record stands where it was written, unchanged; ends 7 when not."""
    known = _kept(checkpoint) if checkpoint else None
    if export is None:
        _say(_verify_here(folder, known), as_json)
        return
    if key is None:
        fail("key-missing", "请用 --key 给出公钥", "give the public key with --key", WRONG_USE)
    from connector.audit_verifier import verify_file

    _say(verify_file(export, key, known), as_json)


def _kept(checkpoint: Path) -> dict[str, Any]:
    """A checkpoint as ``audit checkpoint`` printed it."""
    from connector.kept_checkpoint import is_checkpoint

    try:
        known = orjson.loads(checkpoint.read_bytes())
    except orjson.JSONDecodeError:
        known = None
    if not is_checkpoint(known):
        zh, en = f"{checkpoint} 不是 connector audit checkpoint 所印的检查点", f"{checkpoint} is not what audit checkpoint prints"
        fail("not-a-checkpoint", zh, en, WRONG_USE)
    return dict(known)


def _verify_here(folder: Path, known: dict[str, Any] | None) -> "Verdict":
    """Against the checkpoint given, else against the one kept beside the database."""
    from connector import kept_checkpoint
    from connector.assembly import Deployment
    from connector.audit_verifier import signature_check
    from connector.ledger import audit

    deployment = Deployment.open(folder)
    ours = None if known else kept_checkpoint.read(folder)  # before the database: a chain that grows meanwhile still holds it
    with deployment.ledger.read() as tx:
        check = signature_check(_public_keys(deployment, audit.signing_keys(tx)))
        verdict = audit.verify(tx, check, known or ours)
        signed = audit.last_checkpoint(tx) is not None
    if ours and not verdict.holds:
        (en, zh), (do_en, do_zh) = verdict.broken.pop(), kept_checkpoint.what_to_do(folder)
        verdict.broken.append((f"{en}; {do_en}", f"{zh}；{do_zh}"))
    if signed and not known and not ours:
        note(
            f"▲ {folder} 处没有留存的检查点，无法判断尾部是否被删减；下一次运行时会留存",
            f"▲ no checkpoint is kept in {folder}, so a tail that was cut would not be seen; the next pass of a step keeps one",
        )
    return verdict


def _public_keys(deployment: "Deployment", keys: list[str]) -> bytes:
    """The public halves of the keys that signed; one the ring does not know is left out, so its checkpoint will not hold."""
    from transports.errors import UnknownKey

    found = []
    for key in keys:
        with contextlib.suppress(UnknownKey):
            found.append(deployment.ring.audit_public_key(key))
    return b"".join(found)


def _say(verdict: "Verdict", as_json: bool) -> None:
    found = [{"code": "audit-chain-broken", "en": en, "zh": zh} for en, zh in verdict.broken]
    counts = {"records": verdict.records, "checkpoints": verdict.checkpoints, "signed_to": verdict.signed_to}
    text = "\n".join(
        [
            _counted(verdict),
            *(tr(f"✗ {zh}", f"✗ {en}") for en, zh in verdict.broken),
            tr("审计链完整", "the chain holds")
            if verdict.holds
            else tr("审计链已损坏：停止操作并报告", "the chain is broken: stop and call"),
        ]
    )
    out({"schema": "audit-verdict/1", "ok": verdict.holds, **counts, "problems": found}, as_json, text)
    if not verdict.holds:
        raise typer.Exit(INTEGRITY)


def _counted(verdict: "Verdict") -> str:
    if not verdict.checkpoints:
        return tr(
            f"{verdict.records} 条记录，尚无检查点（connector audit checkpoint 签署一个）",
            f"{many(verdict.records, 'record')}, no checkpoint yet (connector audit checkpoint signs one)",
        )
    return tr(
        f"{verdict.records} 条记录，{verdict.checkpoints} 个检查点，已签至第 {verdict.signed_to} 条",
        f"{many(verdict.records, 'record')}, {many(verdict.checkpoints, 'checkpoint')}, signed up to record {verdict.signed_to}",
    )


@app.command("export")
def export_chain(
    target: Annotated[Path, typer.Argument(help="写入的文件，不得已存在 / file to write, must not exist")],
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """导出审计链及公钥 / sign the end, then write the chain to FILE and the public key beside it (FILE.pem)."""
    from connector.assembly import Deployment
    from connector.ledger import audit

    deployment = Deployment.open(folder)
    _sign(deployment)
    with written(target):
        file_to_write = target.open("xb")
    lines = 0
    with deployment.ledger.read() as tx, file_to_write as file:
        for line in audit.export(tx):
            file.write(line)
            lines += 1
        public_keys = _public_keys(deployment, audit.signing_keys(tx))
    public = target.with_name(target.name + ".pem")
    with written(public):
        public.write_bytes(public_keys)
    note(
        f"验证：connector audit verify --export {target} --key {public}",
        f"verify with: connector audit verify --export {target} --key {public}",
    )
    out({"schema": "audit-export/1", "file": str(target), "key": str(public), "lines": lines}, as_json, str(target))


@app.command("checkpoint")
def checkpoint(folder: Dir = DEFAULT_DIR) -> None:
    """签署检查点 / sign the last record and print the checkpoint; keep it in a second place."""
    from connector.assembly import Deployment

    made = _sign(Deployment.open(folder))
    if made is None:
        fail("audit-empty", "审计链还没有记录", "the audit holds no record yet", NOTHING_FOUND)
    typer.echo(orjson.dumps(made))


def _sign(deployment: "Deployment") -> dict[str, Any] | None:
    """A checkpoint now, kept beside the database too. Raises ChainBroken when the database lost what was kept before."""
    from connector import kept_checkpoint
    from connector.ledger import audit

    kept_checkpoint.keep(deployment.folder, deployment.ledger)  # a chain that was cut is not signed anew
    with deployment.ledger.begin() as tx:
        made = audit.checkpoint_now(tx, deployment.ring, deployment.now())
    kept_checkpoint.keep(deployment.folder, deployment.ledger)
    return made
