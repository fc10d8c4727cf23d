"""``keys``: what comes, stops and ends by two persons; the one stop that takes one; the list with its dates, the fingerprint letter."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size

from connector.cli.approvals_shown import now_waits
from connector.cli.console import DEFAULT_DIR, By, Dir, Json, note, out, tr, written
from connector.cli.keys_touched import touched_text

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import Tx
    from transports.sealing.keyring import KeyRing
    from transports.sealing.ring_index import Entry

app = typer.Typer(no_args_is_help=True, help="密钥与证书 / keys and certificates")

_USES = {"sign": "签名", "encrypt": "加密", "any": "签名与加密", "master": "主密钥", "audit": "审计"}
_STATES = {"active": "在用", "retired": "已停用", "blocked": "已封锁", "destroyed": "已销毁"}

Alias = Annotated[str, typer.Argument(help="别名，如 us/sign / the name connections use for it")]
Key = Annotated[str, typer.Argument(help="密钥：编号、指纹或别名 / the key: its id, fingerprint or alias")]
Reason = Annotated[str, typer.Option("--reason", help="理由 / why")]
Second = Annotated[
    str,
    typer.Option("--with", help="在场同意的第二人；不给出则等待 connector approve / the second person, where both are present"),
]


class Use(StrEnum):
    """What a key of ours is for; never both, but with OpenPGP, where one certificate holds a key for each."""

    SIGN = "sign"
    ENCRYPT = "encrypt"
    ANY = "any"


class Kind(StrEnum):
    """The kinds of keys we make."""

    EC_P256 = "ec-p256"
    RSA3072 = "rsa3072"
    SM2 = "sm2"
    PGP_ED25519 = "pgp-ed25519"
    PGP_RSA3072 = "pgp-rsa3072"


class Home(StrEnum):
    """Where a private key of ours is kept."""

    RING = "ring"
    HARDWARE = "hardware"


@app.command("new")
def new(
    alias: Alias,
    use: Annotated[Use, typer.Option(help="用途；OpenPGP 用 any / use; any for OpenPGP")],
    by: By,
    reason: Reason,
    kind: Annotated[Kind, typer.Option(help="种类 / kind")] = Kind.EC_P256,
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

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        first = begins.replace(tzinfo=deployment.parts.zone) if begins else None
        wanted = deciding.Wanted(alias, use.value, kind.value, days, first, home.value)
        return deciding.ask_new(tx, wanted, reason=reason, by=by, now=deployment.now())

    _by_two(folder, ask, second, as_json)


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

    content = file.read_bytes()

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        brought = deciding.Brought(alias, content, fingerprint, evidence)
        return deciding.ask_import(tx, deployment.ring, brought, by=by, now=deployment.now())

    _by_two(folder, ask, second, as_json)


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
    from connector.keys.touched import told

    deployment = Deployment.open(folder)
    with deployment.ledger.begin() as tx:
        entry = blocking.block(tx, deployment.ring, key, reason=reason, by=by, now=deployment.now())
    note(
        f"{entry.alias}（{entry.id}）已封锁，不再用于任何签名、加密、解密或验证；恢复须两人：connector keys restore {entry.id}",
        f"{entry.alias} ({entry.id}) is blocked: it signs, seals, opens and proves nothing any more; two persons may take it back:"
        f" connector keys restore {entry.id}",
    )
    found = told(deployment.parts, entry)
    out(found, as_json, touched_text(found))


@app.command("touched")
def touched(key: Key, folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """密钥所涉：批次、文件、报告、检查点、连接 / what a key sealed, opened or proved, and what names it."""
    from connector.assembly import Deployment
    from connector.keys.naming import find
    from connector.keys.touched import told

    deployment = Deployment.open(folder)
    found = told(deployment.parts, find(deployment.ring, key))
    out(found, as_json, touched_text(found))


@app.command("import-own")
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

    deployment = Deployment.open(folder)
    now, brought = deployment.now(), deciding.BroughtOwn(alias, certificate.read_bytes(), enveloped.read_bytes(), signing)
    with deployment.ledger.begin() as tx:
        entry = deciding.take_own(tx, deployment.ring, brought, by=by, second=second, now=now)
    out({"schema": "key/1", "key": _shown(entry, now)}, as_json, _lines([entry], now))


@app.command("list")
def list_(folder: Dir = DEFAULT_DIR, as_json: Json = False) -> None:
    """列出密钥与证书 / everything in the ring, with dates; never a private key."""
    from connector.assembly import clock

    now, entries = clock(), _ring(folder).list()
    keys = [_shown(entry, now) for entry in entries]
    out({"schema": "keys/1", "keys": keys}, as_json, _lines(entries, now))


@app.command("letter")
def letter(
    alias: Alias,
    certificate: Annotated[Path | None, typer.Option(help="同时写出证书文件（PEM）/ write the certificate here too")] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="别名下有多种密钥时取哪一种 / which kind, where an alias has several; default: the newest")
    ] = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """密钥指纹函 / the letter by which both houses compare the certificate on a second road."""
    ring = _ring(folder)
    of_kind = kind.value if kind else ""
    text, newest = ring.letter(alias, of_kind), ring.certificate(alias, of_kind)
    if certificate is not None:
        with written(certificate):
            certificate.write_bytes(newest.pem)
    out({"schema": "key-letter/1", "alias": alias, "fingerprint": newest.fingerprint, "text": text}, as_json, text)
    if certificate is not None:
        note(f"证书已写入 {certificate}", f"its certificate is in {certificate}")


def _ring(folder: Path) -> "KeyRing":
    from config.settings import ring_secret
    from transports.sealing.keyring import KeyRing

    return KeyRing.open(folder / "keys", ring_secret(folder))


def _change(act: str, key: str, by: str, reason: str, second: str, folder: Path, as_json: bool) -> None:
    from connector.keys import deciding

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        return deciding.ask_change(tx, deployment.ring, act, key, reason=reason, by=by, now=deployment.now())

    _by_two(folder, ask, second, as_json)


def _by_two(folder: Path, ask: "Callable[[Tx, Deployment], int]", second: str, as_json: bool) -> None:
    """Ask, and carry out at once where the second person is present and agrees; else the request waits (connector approve)."""
    from connector import acts
    from connector.assembly import Deployment
    from connector.keys import deciding

    deployment = Deployment.open(folder)
    now = deployment.now()
    with deployment.ledger.begin() as tx:
        request = ask(tx, deployment)
        if second:
            row = acts.decide(tx, request, agree=True, by=second, now=now, ring=deployment.ring)
    if not second:
        now_waits(request, as_json)
    entry = deciding.concerned(deployment.ring, row)
    found = {"schema": "key/1", "key": _shown(entry, now)}
    if row.act != deciding.NEW:
        out(found, as_json, _lines([entry], now))
        return
    certificate = deployment.ring.certificate(entry.alias).pem.decode()
    text = tr(
        "密钥已建立；证书如下，请连同指纹函（connector keys letter）交给对方。",
        "made; hand this certificate over with its letter (connector keys letter).",
    )
    out({**found, "certificate": certificate}, as_json, f"{text}\n{certificate}")


def _shown(entry: "Entry", now: datetime) -> dict[str, Any]:
    """An entry for people and programs: without what is sealed, with the days it has left."""
    shown = {name: value for name, value in dataclasses.asdict(entry).items() if name != "sealed"}
    return {**shown, "days_left": _days_left(entry, now)}


def _days_left(entry: "Entry", now: datetime) -> int | None:
    return (datetime.fromisoformat(entry.not_after) - now).days if entry.dated else None


def _lines(entries: "Sequence[Entry]", now: datetime) -> str:
    """A line each; columns stand below each other, however long an alias is and however wide its characters are on a screen."""
    rows = [_cells(entry, now) for entry in entries]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    padded = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(set_cell_size(text, width) for text, width in row).rstrip() for row in padded)


def _cells(entry: "Entry", now: datetime) -> tuple[str, ...]:
    from connector.inventory import is_national

    whose = tr("我方", "ours") if entry.own else tr("对方", "theirs")
    left = _days_left(entry, now)
    dates = (
        tr("长期", "as long as the ring") if left is None else f"{entry.not_before[:10]} — {entry.not_after[:10]} ({_days(left)})"
    )
    use, state = tr(_USES.get(entry.use, entry.use), entry.use), tr(_STATES.get(entry.state, entry.state), entry.state)
    kind = entry.kind if not entry.dated or is_national(entry.kind) else tr(f"{entry.kind}（非国密）", f"{entry.kind} (not SM)")
    return entry.id, whose, entry.alias, use, kind, dates, state


def _days(left: int) -> str:
    if left < 0:
        return tr(f"已过期 {-left} 天", f"ended {-left} d ago")
    return tr(f"剩 {left} 天", f"{left} d left")
