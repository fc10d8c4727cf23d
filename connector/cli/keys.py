"""``keys``: what comes, stops and ends by two persons; the one stop that takes one; the list with its dates, the fingerprint letter."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.console import DEFAULT_DIR, By, Dir, Json, note, out, written
from connector.cli.keys_certified import certify, import_own, request
from connector.cli.keys_renewed import renew
from connector.cli.keys_shown import lines_of, shown
from connector.cli.keys_touched import touched_text
from connector.cli.keys_typed import Alias, Home, Key, Kind, OfKind, Reason, Second, ToHand, Use, by_two, ring_in

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import Tx

app = typer.Typer(no_args_is_help=True, help="密钥与证书 / keys and certificates")


@app.command("new")
def new(
    alias: Alias,
    use: Annotated[Use, typer.Option(help="用途；OpenPGP 用 any / use; any for OpenPGP")],
    by: By,
    reason: Reason,
    kind: Annotated[
        Kind | None, typer.Option(help="种类；默认同该别名现有密钥 / kind; default: that of the keys the alias has")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="有效天数 / days it is valid")] = 365,
    begins: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="启用日，留出交换指纹函的时间 / its first day, so that it is exchanged before"
        ),
    ] = None,
    home: Annotated[
        Home, typer.Option(help="存放处：密钥环或密码硬件（PKCS #11）/ where it is kept: the ring or a token")
    ] = Home.RING,
    second: Second = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请新建密钥（须两人）/ ask for a key of ours; an older one of the same alias stays valid until its date."""
    from connector.keys import deciding
    from connector.keys.naming import kind_to_make
    from connector.keys.purposes import expect_purpose

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        first = begins.replace(tzinfo=deployment.parts.zone) if begins else None
        expect_purpose(folder, alias, use.value)
        of_kind = kind.value if kind else kind_to_make(deployment.ring, alias, use.value)
        wanted = deciding.Wanted(alias, use.value, of_kind, days, first, home.value)
        return deciding.ask_new(tx, wanted, reason=reason, by=by, now=deployment.now())

    by_two(folder, ask, second, as_json)


@app.command("import")
def import_(
    alias: Alias,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="对方证书，PEM、DER 或 OpenPGP / the bank's certificate")
    ],
    fingerprint: Annotated[str, typer.Option(help="指纹函上的指纹 / the fingerprint on the letter; must agree")],
    evidence: Annotated[str, typer.Option(help="指纹函回执编号 / number of the returned letter")],
    by: By,
    second: Second = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请导入对方证书（须两人）/ ask that a bank's certificate is kept under an alias; without its letter it is not."""
    from connector.keys import deciding
    from connector.keys.purposes import expect_purpose
    from transports.sealing.keyring.kept import read_certificate

    content = file.read_bytes()

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        expect_purpose(folder, alias, read_certificate(content).use)
        brought = deciding.Brought(alias, content, fingerprint, evidence)
        return deciding.ask_import(tx, deployment.ring, brought, by=by, now=deployment.now())

    by_two(folder, ask, second, as_json)


@app.command("retire")
def retire(key: Key, by: By, reason: Reason, second: Second = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """申请停用密钥（须两人）/ ask that a key seals nothing more; what was sealed to it still opens."""
    from connector.keys import deciding

    _change(deciding.RETIRE, key, by, reason, second, folder, as_json)


@app.command("restore")
def restore(key: Key, by: By, reason: Reason, second: Second = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """申请恢复停用或封锁的密钥（须两人）/ ask that a retired or blocked key is taken back into use."""
    from connector.keys import deciding

    _change(deciding.RESTORE, key, by, reason, second, folder, as_json)


@app.command("destroy")
def destroy(key: Key, by: By, reason: Reason, second: Second = "", folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """申请销毁已停用或封锁的密钥（须两人，不可恢复）/ ask that a retired or blocked key ends for good; what only it opens ends with it."""
    from connector.keys import deciding

    _change(deciding.DESTROY, key, by, reason, second, folder, as_json)


@app.command("block")
def block(key: Key, by: By, reason: Reason, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """立即封锁可能泄露的密钥（一人即可），并列出其所涉 / block a compromised key at once, by one person, and list what it touched."""
    from connector.assembly import Deployment
    from connector.keys import blocking
    from connector.keys.newer import lying
    from connector.keys.touched import told

    deployment = Deployment.open(folder)
    newer = partial(lying, folder, deployment.ring, deployment.now)
    with deployment.ledger.begin() as tx:
        entry = blocking.block(tx, deployment.ring, key, reason=reason, by=by, now=deployment.now(), newer=newer)
    note(
        f"{entry.alias}（{entry.id}）已封锁，不再用于任何签名、加密、解密或验证；恢复须两人：connector keys restore {entry.id}",
        f"{entry.alias} ({entry.id}) is blocked: it signs, seals, opens and proves nothing any more; two persons may take it back:"
        f" connector keys restore {entry.id}",
    )
    found = told(deployment.parts, entry)
    out(found, as_json, touched_text(found, deployment.parts.zone))


@app.command("touched")
def touched(key: Key, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """密钥所涉：批次、文件、报告、检查点、连接 / what a key sealed, opened or proved, and what names it."""
    from connector.assembly import Deployment
    from connector.keys.naming import find
    from connector.keys.touched import told

    deployment = Deployment.open(folder)
    found = told(deployment.parts, find(deployment.ring, key))
    out(found, as_json, touched_text(found, deployment.parts.zone))


app.command("import-own")(import_own)
app.command("request")(request)
app.command("certify")(certify)
app.command("renew")(renew)


@app.command("list")
def list_(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """列出密钥与证书 / everything in the ring, with dates; never a private key."""
    from connector.assembly import clock

    now, (ring, zone) = clock(), ring_in(folder)
    entries = ring.list()
    keys = [shown(entry, now) for entry in entries]
    out({"schema": "keys/1", "keys": keys}, as_json, lines_of(entries, now, zone))


@app.command("letter")
def letter(
    said: ToHand,
    certificate: Annotated[Path | None, typer.Option(help="同时写出证书文件（PEM）/ write the certificate here too")] = None,
    kind: OfKind = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """密钥指纹函 / the letter by which both houses compare the certificate on a second road."""
    from connector.keys.naming import find_to_hand

    ring, _ = ring_in(folder)
    entry = find_to_hand(ring, said, kind.value if kind else "")
    text = ring.letter_of(entry)
    if certificate is not None:
        with written(certificate):
            certificate.write_bytes(ring.certificate_of(entry).pem)
    found = {"schema": "key-letter/1", "id": entry.id, "alias": entry.alias, "fingerprint": entry.fingerprint, "text": text}
    out(found, as_json, text)
    if certificate is not None:
        note(f"证书已写入 {certificate}", f"its certificate is in {certificate}")


@app.command("handed")
def handed(
    key: Key,
    bank: Annotated[str, typer.Argument(help="机构代码 / code of the bank")],
    evidence: Annotated[str, typer.Option(help="银行所交指纹函回执编号 / number of the slip the bank returned")],
    by: By,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """登记银行已导入我方证书（凭其回执）/ note that a bank has taken our certificate in, by its returned slip."""
    from connector.assembly import Deployment
    from connector.keys import slips

    deployment = Deployment.open(folder)
    now, banks = deployment.now(), slips.known(deployment.parts.banks)
    with deployment.ledger.begin() as tx:
        entry = slips.handed(tx, deployment.ring, key, bank, evidence, banks=banks, by=by, now=now)
    out({"schema": "key/1", "key": shown(entry, now)}, as_json, lines_of([entry], now, deployment.parts.zone))


def _change(act: str, key: str, by: str, reason: str, second: str, folder: Path, as_json: bool) -> None:
    from connector.keys import deciding

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        return deciding.ask_change(tx, deployment.ring, act, key, reason=reason, by=by, now=deployment.now())

    by_two(folder, ask, second, as_json)
