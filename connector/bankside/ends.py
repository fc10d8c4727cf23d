"""What a bank and the centre need at the two ends of their road, made at opening: login keys for SFTP, certificates for a dedicated line."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.bankside.sftp_server import make_ssh_key
from connector.founding import keep_secret
from transports.sealing.certificates.line_end import LineEnd, make_line_end
from transports.tls import pin_of

DAYS = 365
USER = "centre"
FOR_THE_CENTRE = "for-centre"  # in the bank's secrets: what it hands over


@dataclasses.dataclass(frozen=True)
class Ends:
    """``settings``: the bank's end as bank.yaml says it. ``secrets``: the files the centre keeps, by the name it keeps them under."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, Path]


def make_ends(folder: Path, kind: str, port: int, room_bytes: int | None, now: datetime) -> Ends:
    """Both ends of a road of this ``kind``, in the secrets of the bank in ``folder``. A shared directory and a disc need nothing."""
    if kind == "sftp":
        return _sftp(folder, port, room_bytes)
    if kind in {"line_tcp", "line_http"}:
        return _line(folder, port, now)
    return Ends({}, {})


def _sftp(folder: Path, port: int, room_bytes: int | None) -> Ends:
    secrets = folder / "secrets"
    make_ssh_key(secrets / "host_key")
    login = secrets / FOR_THE_CENTRE / "sftp-key"
    login.parent.mkdir(mode=0o700)
    said = {"port": port, "user": USER, "client": make_ssh_key(login)}
    return Ends({"sftp": said | ({} if room_bytes is None else {"room_bytes": room_bytes})}, {login.name: login})


def _line(folder: Path, port: int, now: datetime) -> Ends:
    """Each end trusts the other's certificate and pins its key."""
    bank, centre = make_line_end("bank", DAYS, now), make_line_end("centre", DAYS, now)
    _keep(folder, "", bank, centre)
    _keep(folder, f"{FOR_THE_CENTRE}/", centre, bank)
    names = ("line-certificate", "line-key", "line-authority")
    return Ends(
        {"line": {"port": port, "pins": [pin_of(centre.der)]}},
        {name: folder / "secrets" / FOR_THE_CENTRE / name for name in names},
    )


def _keep(folder: Path, place: str, own: LineEnd, other: LineEnd) -> None:
    keep_secret(folder, f"{place}line-certificate", own.certificate)
    keep_secret(folder, f"{place}line-key", own.key)
    keep_secret(folder, f"{place}line-authority", other.certificate)
