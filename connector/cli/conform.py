"""``bank conform``: the test system of a bank is tried over its own road and gets a signed certificate; ``--check`` looks at one."""

import threading
from contextlib import suppress
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import (
    DEFAULT_DIR,
    DONE,
    FINDINGS,
    WAITS,
    WRONG_USE,
    Dir,
    Json,
    fail,
    must_be_file,
    note,
    out,
    table,
    tr,
)

if TYPE_CHECKING:
    from rich.table import Table

    from transports.sealing.keyring.kept import Kept

_TITLES = (("项", "case"), ("结果", "result"), ("约定", "promise"), ("所见", "seen"))
_EXITS = {"conforms": DONE, "deviates": FINDINGS, "incomplete": WAITS}
_SIGNED_BY_US = "us/sign"

Bank = Annotated[str, typer.Argument(help="机构代码 / code of the institution; its connection says test: yes")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="CONNECTOR_USER", help="操作人：经办人或系统管理员 / the named user who acts: operator or administrator"
    ),
]
Road = Annotated[str, typer.Option("--road", help="用哪条通道 / which of its roads, if not the first: sftp, line_tcp …")]
Persons = Annotated[
    Path | None,
    typer.Option(
        "--persons",
        help="CSV（name,id_type,id_no,outcome）：与银行约定的测试人员及应得结果 / persons of the bank's test system, and their outcomes",
    ),
]
Wait = Annotated[float, typer.Option("--wait", min=0, help="等待反馈多少分钟 / minutes to wait for answers")]
Silence = Annotated[
    float, typer.Option("--silence", min=0, help="静候多少秒才认定不再答复 / seconds of silence that are believed")
]
Idle = Annotated[float, typer.Option("--idle", min=0, help="连接空闲多少秒 / seconds a line idles")]
Every = Annotated[float, typer.Option("--every", min=0.1, help="每隔多少秒查看 / seconds between looks")]
Check = Annotated[Path | None, typer.Option("--check", help="核验一份证书（JSON）/ verify a certificate instead")]
Signer = Annotated[
    Path | None,
    typer.Option("--signer", help="核验用的中心签名证书 PEM / with --check: the centre's certificate, where its ring is not"),
]


def conform(
    bank: Bank = "",
    by: By = "",
    road: Road = "",
    persons: Persons = None,
    wait: Wait = 10.0,
    silence: Silence = 30.0,
    idle: Idle = 30.0,
    every: Every = 5.0,
    check: Check = None,
    signer: Signer = None,
    folder: Dir = DEFAULT_DIR,
    as_json: Json = False,
) -> int:
    """以虚构人员测试银行的测试系统并出具签名证书 / try a bank's test system with invented persons; a signed certificate says what was seen."""
    if check is not None:
        return _check(check, signer, folder, as_json)
    if not bank or not by:
        fail(
            "wrong-use", "请给出机构代码与 --by，或 --check FILE", "give the code of a bank and --by, or --check FILE", WRONG_USE
        )
    from connector.assembly import Deployment
    from connector.conform.issuing import conform as tried
    from connector.conform.people import read_agreed
    from connector.conform.trial import Patience

    if persons is not None:
        must_be_file(persons)
    deployment, agreed = Deployment.open(folder), read_agreed(persons) if persons else []
    issued = tried(
        deployment,
        bank,
        by=by,
        release=version("bank-inquiry-connector"),
        road=road,
        agreed=agreed,
        patience=Patience(timedelta(minutes=wait), timedelta(seconds=silence), timedelta(seconds=idle), timedelta(seconds=every)),
        pause=threading.Event().wait,
        told=note,
    )
    said = issued.said
    out(said | {"files": [str(path) for path in issued.files]}, as_json, _table(said))
    if not as_json:
        _conclude(said)
        for path, (zh, en) in zip(
            issued.files, (("证书", "certificate"), ("签名", "signature"), ("打印件", "paper")), strict=True
        ):
            note(f"{zh}：{path}", f"{en}: {path}")
    return _EXITS[said["verdict"]]


def _check(file: Path, signer: Path | None, folder: Path, as_json: bool) -> int:
    """Does the signature beside FILE hold? It must be ours, or that of the certificate given."""
    from connector.conform.certificate import check

    file = _found(file, folder)
    beside = file.with_name(file.name + ".p7s")
    for path in (file, beside):
        must_be_file(path)
    said = check(file.read_bytes(), beside.read_bytes(), _signers(signer, folder))
    out(said, as_json, _table(said))
    if not as_json:
        _conclude(said)
        note("签名有效，内容未改动", "the signature holds; nothing was changed")
    return DONE


def _found(file: Path, folder: Path) -> Path:
    """A certificate by its name alone lies where they are issued."""
    from connector.conform.issuing import FOLDER

    issued = folder / FOLDER / file
    return issued if not file.exists() and file.name == str(file) and issued.is_file() else file


def _signers(signer: Path | None, folder: Path) -> "list[Kept]":
    from config.settings import ring_secret
    from transports.errors import UnknownKey
    from transports.sealing.keyring import KeyRing
    from transports.sealing.keyring.kept import read_certificate

    if signer is not None:
        must_be_file(signer)
        return [read_certificate(signer.read_bytes())]
    ring, found = KeyRing.open(folder / "keys", ring_secret(folder)), list["Kept"]()
    for keys in (ring.x509, ring.pgp):
        with suppress(UnknownKey):  # none of this kind
            found += [key.certificate for key in keys.own_any(_SIGNED_BY_US)]
    return found


def _table(said: dict[str, Any]) -> "Table":
    return table(_TITLES, [_row(case) for case in said["cases"]], folds=(2, 3))


def _row(case: dict[str, Any]) -> tuple[str, str, str, str]:
    from connector.conform.result import NAMES, Ended

    promise, seen = (tr(case[name]["zh"], case[name]["en"]) for name in ("promise", "seen"))
    told = f"{case['code']}: {seen}" if case["code"] else seen
    return case["id"], tr(*NAMES[Ended(case["result"])]), promise, told


def _conclude(said: dict[str, Any]) -> None:
    from connector.conform.result import VERDICTS

    zh, en = VERDICTS[said["verdict"]]
    bank, profile = said["bank"], said["profile"]
    name = f"{bank['name']} {bank['code']}, {profile['name']} {profile['version']}, {said['road']}"
    note(f"{name}：{zh}", f"{name}: {en}")
