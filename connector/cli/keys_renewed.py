"""``keys renew``: what lasts as long as the ring is renewed by two: the master key, the audit's key, the suite of the ring's files."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.console import DEFAULT_DIR, WRONG_USE, By, Dir, Json, fail
from connector.cli.keys_typed import Reason, Second, by_two

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import Tx


class Lasting(StrEnum):
    """What may be renewed."""

    MASTER = "master"
    AUDIT = "audit"
    RING = "ring"


class Suite(StrEnum):
    """By what a ring's own files are protected."""

    NATIONAL = "national"
    INTERNATIONAL = "international"


def renew(
    what: Annotated[
        Lasting, typer.Argument(help="主密钥、审计密钥或密钥环文件 / the master key, the audit's, or the ring's own files")
    ],
    by: By,
    reason: Reason,
    suite: Annotated[
        Suite | None,
        typer.Option(
            help="密钥环此后所用算法（仅 ring，默认 national）/ of ring only: what it is sealed by from then on; default: national"
        ),
    ] = None,
    second: Second = "",
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """申请更换（须两人）；旧数据、旧检查点照常可读 / ask for a new one; what stands under the old one stays readable."""
    from connector.founding import RING_SUITES
    from connector.keys import renewing

    if suite is not None and what is not Lasting.RING:
        zh = f"--suite 只用于 ring：新的 {what.value} 按密钥环的套件生成；要换套件，先 connector keys renew ring --suite {suite.value}"
        en = f"--suite is of ring only: a new {what.value} key is by the ring's suite; for another: connector keys renew ring --suite {suite.value}"
        fail("suite-of-the-ring", zh, en, WRONG_USE)

    def ask(tx: "Tx", deployment: "Deployment") -> int:
        ring, now = deployment.ring, deployment.now()
        return renewing.ask(tx, ring, what.value, RING_SUITES[(suite or Suite.NATIONAL).value], reason=reason, by=by, now=now)

    by_two(folder, ask, second, as_json)
