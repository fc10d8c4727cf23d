"""What is typed of keys: the options all their verbs share, and an act that takes two persons."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.approvals_shown import now_waits
from connector.cli.console import out, tr
from connector.cli.keys_shown import lines_of, shown

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connector.assembly import Deployment
    from connector.ledger.rows import Tx
    from transports.sealing.keyring import KeyRing

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


ToHand = Annotated[
    str, typer.Argument(metavar="KEY", help="别名（取最新）、编号或指纹 / an alias (its newest key), an id or a fingerprint")
]
OfKind = Annotated[
    Kind | None, typer.Option(help="别名下有多种密钥时须指明 / which kind; must be said where an alias has several")
]


class Home(StrEnum):
    """Where a private key of ours is kept."""

    RING = "ring"
    HARDWARE = "hardware"


def by_two(folder: Path, ask: "Callable[[Tx, Deployment], int]", second: str, as_json: bool) -> None:
    """Ask, and carry out at once where the second person is present and agrees; else the request waits (connector approve)."""
    from connector.assembly import Deployment
    from connector.deciding import acts
    from connector.keys import deciding
    from connector.keys.renewing import RENEW, RING

    deployment = Deployment.open(folder)
    now = deployment.now()
    with deployment.ledger.begin() as tx:
        request = ask(tx, deployment)
        if second:
            row = acts.decide(tx, request, agree=True, by=second, now=now, ring=deployment.ring)
    if not second:
        now_waits(request, as_json)
    entry = deciding.concerned(deployment.ring, row)
    found = {"schema": "key/1", "key": shown(entry, now)}
    if row.act != deciding.NEW:
        lines = lines_of([entry], now, deployment.parts.zone)
        out(found, as_json, _of_ring(deployment.ring.suite) if (row.act, row.subject["alias"]) == (RENEW, RING) else lines)
        return
    certificate = deployment.ring.certificate_of(entry).pem.decode()
    text = tr(
        "密钥已建立；证书如下，请连同指纹函（connector keys letter）交给对方。",
        "made; hand this certificate over with its letter (connector keys letter).",
    )
    out({**found, "certificate": certificate}, as_json, f"{text}\n{certificate}")


def ring_in(folder: Path) -> "tuple[KeyRing, ZoneInfo]":
    """The ring of a deployment and its zone, for verbs that only read it: without the ledger, without a token.

    Raises BadSettings where there is no deployment, BrokenRing.
    """
    from zoneinfo import ZoneInfo

    from config.settings import read_settings, ring_secret
    from transports.sealing.keyring import KeyRing

    zone = ZoneInfo(read_settings(folder).zone)
    return KeyRing.open(folder / "keys", ring_secret(folder)), zone


def _of_ring(suite: str) -> str:
    """What came of ``renew ring``: none of its keys is another, their files are."""
    return tr(f"密钥环文件已按 {suite} 套件重写。", f"the ring's own files were written anew, by the suite {suite}.")
