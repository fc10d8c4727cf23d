"""``keys request``, ``certify``, ``import-own``: a CA is asked for a certificate of our key; what it gives is taken in by two."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.console import DEFAULT_DIR, By, Dir, Json, note, out, written
from connector.cli.keys_shown import lines_of, shown
from connector.cli.keys_typed import Alias, OfKind, Reason, Second, ToHand, by_two

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import Tx


def request(
    said: ToHand,
    target: Annotated[Path, typer.Option("--out", help="写出的申请文件，不得已存在 / the file to write, must not exist")],
    by: By,
    subject: Annotated[
        str,
        typer.Option(help="证书主体，如 CN=us/sign,O=核对中心,C=CN；默认 CN=别名 / the subject (RFC 4514); default: CN=ALIAS"),
    ] = "",
    kind: OfKind = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """证书申请（PKCS #10）/ write what a CA is asked with for a certificate of a key we hold; the key does not leave its place."""
    from connector.assembly import Deployment
    from connector.keys import certifying

    deployment = Deployment.open(folder)
    of_kind = kind.value if kind else ""
    with deployment.ledger.begin() as tx:
        entry, asked = certifying.request(tx, deployment.ring, said, subject, of_kind, by=by, now=deployment.now())
        with written(target), target.open("xb") as file:
            file.write(asked)
    note(
        f"请交 CA；证书签发后：connector keys certify {entry.alias} 证书文件 --reason … --by … --with …",
        f"take it to the CA; with its certificate: connector keys certify {entry.alias} FILE --reason … --by … --with …",
    )
    found = {"schema": "key-request/1", "id": entry.id, "alias": entry.alias, "file": str(target)}
    out({**found, "subject": subject or f"CN={entry.alias}"}, as_json, str(target))


def certify(
    alias: Alias,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CA 签发的证书，PEM 或 DER / the CA's certificate")],
    by: By,
    reason: Reason,
    begins: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="启用日，留出交换指纹函的时间 / its first day, so that it is exchanged before"
        ),
    ] = None,
    second: Second = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请导入 CA 为我方密钥签发的证书（须两人）/ ask that a CA's certificate of a key we hold is kept beside the one it has."""
    from connector.keys import certifying

    content = file.read_bytes()

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        first = begins.replace(tzinfo=deployment.parts.zone) if begins else None
        return certifying.ask(tx, deployment.ring, alias, content, first, reason=reason, by=by, now=deployment.now())

    by_two(folder, ask, second, as_json)


def import_own(
    alias: Alias,
    certificate: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CA 签发的加密证书 / the certificate, by the CA")
    ],
    enveloped: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="SM2EnvelopedKey，DER 或 base64 / DER or base64")
    ],
    signing: Annotated[str, typer.Option(help="封给我方哪一签名密钥（别名）/ alias of our signing key it is sealed to")],
    by: By,
    second: Annotated[str, typer.Option("--with", help="在场的第二人 / the second person, who is present")],
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """导入 CA 代制的加密密钥（双证书，GB/T 35276；两人在场）/ keep an encryption key of ours that a CA made; two are present."""
    from connector.assembly import Deployment
    from connector.keys import deciding
    from connector.keys.purposes import expect_purpose

    deployment = Deployment.open(folder)
    now, brought = deployment.now(), deciding.BroughtOwn(alias, certificate.read_bytes(), enveloped.read_bytes(), signing)
    expect_purpose(folder, alias, "encrypt")
    with deployment.ledger.begin() as tx:
        entry = deciding.take_own(tx, deployment.ring, brought, by=by, second=second, now=now)
    out({"schema": "key/1", "key": shown(entry, now)}, as_json, lines_of([entry], now, deployment.parts.zone))
