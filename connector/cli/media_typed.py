"""What is typed of media: the options all their verbs share, and the deployment, bank and medium that are meant."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.console import NOTHING_FOUND, WRONG_USE, fail, note, written

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.bank import Bank
    from connector.ledger.rows import AnyRow

BankCode = Annotated[str, typer.Argument(help="机构代码 / code of the bank")]
Named = Annotated[
    str, typer.Argument(metavar="ID", help="介质号、标签或交接单扫码 / number, label, or the code scanned from a slip")
]
With = Annotated[str, typer.Option("--with", help="第二经手人 / the other user who is there")]
Seal = Annotated[str, typer.Option("--seal", help="封签号 / seal number")]
Kind = Annotated[str, typer.Option("--kind", help="optical_disc | encrypted_usb")]
Note = Annotated[str, typer.Option("--note", help="备注 / a remark; no names of households")]
At = Annotated[datetime | None, typer.Option("--at", help="交接单上的时间（当地）/ the time on the slip (local)")]
BackBy = Annotated[datetime | None, typer.Option("--back-by", help="归还或销毁期限 / to be back or destroyed by")]
Serial = Annotated[
    str, typer.Option("--serial", help="介质本身的序列号 / serial number the maker put on the medium, where it bears one")
]
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}


def opened(folder: Path) -> "Deployment":
    """The deployment in a folder."""
    from connector.assembly import Deployment

    return Deployment.open(folder)


def at_bank(folder: Path, code: str) -> "tuple[Deployment, Bank]":
    """The deployment, and one of its banks."""
    deployment = opened(folder)
    return deployment, bank_of(deployment, code)


def at_medium(folder: Path, named: str) -> "tuple[Deployment, Bank, AnyRow]":
    """The deployment, a medium of its register, and the bank it goes to or came from. Raises Refused media-unknown."""
    from connector.media import register

    deployment = opened(folder)
    with deployment.ledger.read() as tx:
        row = register.find(tx, as_registered(named))
    return deployment, bank_of(deployment, row.institution), row


def as_registered(named: str) -> str:
    """``M-0098`` of a paper is 98 of the register."""
    return named.removeprefix("M-").lstrip("0") if named.startswith("M-") else named


def bank_of(deployment: "Deployment", code: str) -> "Bank":
    """A bank that is connected."""
    bank = deployment.parts.banks.working.get(code)
    if bank is None:
        zh = f"没有接入机构 {code}；已接入哪些、哪个连接未能加载，见 connector status"
        en = f"no bank {code} is connected; connector status tells which are, and which connection was not loaded"
        fail("bank-unknown", zh, en, NOTHING_FOUND)
    return bank


def bytes_of(text: str) -> int:
    """``650MB`` → bytes; what is no size is refused as wrong use."""
    number, unit = text.strip().upper().rstrip("BKMG"), text.strip().upper().lstrip("0123456789")
    if not number.isdigit() or (unit or "B") not in _UNITS:
        fail("capacity-unreadable", "容量写作 650MB 或 4GB", "write a capacity as 650MB or 4GB", WRONG_USE)
    return int(number) * _UNITS[unit or "B"]


def volume_of(text: str) -> tuple[int, int]:
    """``1/2`` → (1, 2)."""
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit()):
        fail("volume-unreadable", "卷写作 k/n，如 1/2", "write a volume as k/n, e.g. 1/2", WRONG_USE)
    return int(number), int(of)


def write_file(path: Path, content: bytes) -> None:
    """A paper, over nothing that exists."""
    with written(path), path.open("xb") as file:
        file.write(content)
    note(f"已写入 {path}", f"written to {path}")
