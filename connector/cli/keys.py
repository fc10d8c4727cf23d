"""``keys``: make our keys, keep the banks' certificates, list them with their dates, write the fingerprint letter."""

import dataclasses
import getpass
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size

from connector.cli.console import DEFAULT_DIR, REFUSED, Dir, Json, fail, note, out, tr, written

if TYPE_CHECKING:
    from transports.sealing.keyring import KeyRing
    from transports.sealing.ring_index import Entry

app = typer.Typer(no_args_is_help=True, help="密钥与证书 / keys and certificates")

_USES = {"sign": "签名", "encrypt": "加密", "any": "签名与加密", "master": "主密钥", "audit": "审计"}
_STATES = {"active": "在用", "retired": "已停用", "blocked": "已封锁"}

Alias = Annotated[str, typer.Argument(help="别名，如 us/sign / the name connections use for it")]
Who = Annotated[
    str, typer.Option("--by", envvar="CONNECTOR_USER", help="操作人，默认系统账户 / who acts; default: the system account")
]


class Use(StrEnum):
    """What a key of ours is for; never both."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


class Kind(StrEnum):
    """The kinds of keys we make."""

    EC_P256 = "ec-p256"
    RSA3072 = "rsa3072"


@app.command("new")
def new(
    alias: Alias,
    use: Annotated[Use, typer.Option(help="用途 / use")],
    kind: Annotated[Kind, typer.Option(help="种类 / kind")] = Kind.EC_P256,
    days: Annotated[int, typer.Option(min=1, max=3650, help="有效天数 / days it is valid")] = 365,
    by: Who = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """新建密钥 / make a key of ours; an older one of the same alias stays valid until its date."""
    from connector.assembly import clock

    now = clock()
    _expect_allowed(folder, by)
    ring = _ring(folder)
    entry = ring.new(alias, use.value, kind.value, days, now)
    _record(folder, now, by, "key.new", entry)
    certificate = ring.certificate(alias).pem.decode()
    text = tr(
        "密钥已建立；证书如下，请连同指纹函（connector keys letter）交给对方。",
        "made; hand this certificate over with its letter.",
    )
    out({"schema": "key/1", "key": _shown(entry, now), "certificate": certificate}, as_json, f"{text}\n{certificate}")


@app.command("import")
def import_(
    alias: Alias,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="对方证书，PEM 或 DER / the bank's certificate")],
    fingerprint: Annotated[str, typer.Option(help="指纹函上的 SHA-256 / SHA-256 on the letter; must agree")] = "",
    evidence: Annotated[str, typer.Option(help="指纹函回执编号 / number of the returned letter")] = "",
    by: Who = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """导入对方证书 / keep a bank's certificate under an alias."""
    from connector.assembly import clock
    from transports.sealing.certificates import Certificate

    now, content = clock(), file.read_bytes()
    _expect_allowed(folder, by)
    ring = _ring(folder)
    wanted = "".join(fingerprint.replace(":", "").split()).lower()
    if wanted and wanted != Certificate.read(content).fingerprint:
        fail(
            "fingerprint-differs",
            "证书指纹与指纹函不符，未导入。请勿使用此证书，按已登记的电话联系对方。",
            "the fingerprint is not that of the letter; nothing imported. Do not use it; call the bank by a number on file.",
            REFUSED,
        )
    entry = ring.import_certificate(alias, content, evidence=evidence)
    _record(folder, now, by, "key.import", entry)
    if not wanted:
        note(
            f"未给出 --fingerprint，未与任何指纹函核对。证书指纹（SHA-256）：{entry.fingerprint}；使用前请与银行的指纹函逐位核对。",
            "nothing was compared: no --fingerprint was given. The certificate's SHA-256 is"
            f" {entry.fingerprint}; compare it with the bank's letter before it is used.",
        )
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
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """密钥指纹函 / the letter by which both houses compare the certificate on a second road."""
    ring = _ring(folder)
    text, newest = ring.letter(alias), ring.certificate(alias)
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


def _expect_allowed(folder: Path, by: str) -> None:
    """A user who is named looks after keys; who is not named is the system account. Raises NotAllowed before the ring is touched.

    Where nobody is a user yet, a name is taken as it is: the first keys of a deployment come before its users.
    """
    from config.settings import database_url, read_settings
    from connector.ledger import people
    from connector.ledger.ledger import Ledger

    if not by:
        return
    with Ledger.open(database_url(read_settings(folder), folder)).read() as tx:
        if people.everyone(tx):
            people.require(tx, by, people.Role.KEY_OFFICER, people.Role.ADMINISTRATOR)


def _record(folder: Path, now: datetime, by: str, what: str, entry: "Entry") -> None:
    """Into the audit, where this deployment has a ledger."""
    from config.settings import database_url, read_settings
    from connector.ledger import audit
    from connector.ledger.ledger import Ledger

    settings = read_settings(folder)
    detail = {"id": entry.id, "use": entry.use, "kind": entry.kind, "fingerprint": entry.fingerprint, "evidence": entry.evidence}
    with Ledger.open(database_url(settings, folder)).begin() as tx:
        who = by or f"system:{getpass.getuser()}"
        audit.record(tx, at=now, who=who, what=what, centre=settings.centre.code, subject=entry.alias, detail=detail)


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
    whose = tr("我方", "ours") if entry.own else tr("对方", "theirs")
    left = _days_left(entry, now)
    dates = (
        tr("长期", "as long as the ring") if left is None else f"{entry.not_before[:10]} — {entry.not_after[:10]} ({_days(left)})"
    )
    use, state = tr(_USES.get(entry.use, entry.use), entry.use), tr(_STATES.get(entry.state, entry.state), entry.state)
    return entry.id, whose, entry.alias, use, entry.kind, dates, state


def _days(left: int) -> str:
    if left < 0:
        return tr(f"已过期 {-left} 天", f"ended {-left} d ago")
    return tr(f"剩 {left} 天", f"{left} d left")
