"""A simulated bank joins a centre: certificates change hands both ways, and the centre gets its connection, whatever the road."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from config.bankside import BankSide, read_bankside
from config.settings import ring_secret
from config.yaml_file import write_yaml
from connector.bankside.opening import Centre, HandOver, Plan, open_bank, profile_to_give, to_hand_over
from connector.bankside.simulate import Door, RunningBank, Where
from connector.founding import keep_secret
from transports.sealing.keyring import KeyRing

SIMULATED = "simulated"  # what stands for the letter's number where the bank is this machine's own


def exchange_keys(folder: Path, centre: Path, plan: Plan, now: datetime) -> HandOver:
    """Open the bank in ``folder`` (new) with the certificates of the deployment in ``centre``, which keeps the bank's and its profile."""
    ring = KeyRing.open(centre / "keys", ring_secret(centre))
    sign, encrypt = to_hand_over(ring, plan.profile, now)
    handed = open_bank(folder, plan, Centre([sign], [encrypt]), now)
    ring.import_certificate(f"{plan.code}/sign", handed.sign, evidence=SIMULATED)
    ring.import_certificate(f"{plan.code}/encrypt", handed.encrypt, evidence=SIMULATED)
    for name, secret in handed.secrets.items():
        keep_secret(centre, f"{plan.code}/{name}", secret.read_bytes())
    if given := profile_to_give(handed.bank):
        shutil.copytree(given, centre / "profiles" / given.name, dirs_exist_ok=True)
    return handed


def write_connection(centre: Path, bank: Path, where: Where) -> None:
    """DIR/connections/<code>.yaml for the bank of this bank.yaml. ``where``: as RunningBank has it."""
    said = read_bankside(bank)
    write_yaml(centre / "connections" / f"{said.institution.code}.yaml", _connection(said, where))


def hand_over_connection(bank: RunningBank) -> bool:
    """``hand-over/connection.yaml`` beside the bank's keys, for a centre to copy; whether it says anything new.

    A bank whose hand-over was taken away gets none. Written anew at each start, because port 0 takes another port each time.
    """
    folder = bank.folder / "hand-over"
    if not folder.is_dir():
        return False
    path = folder / "connection.yaml"
    before = path.read_bytes() if path.exists() else b""
    write_yaml(path, _connection(bank.desk.settings, bank.where))
    return before != path.read_bytes()


def _connection(said: BankSide, where: Where) -> dict[str, Any]:
    """The settings of a connection, its keys under the bank's code."""
    code = said.institution.code
    keys = {"bank_encrypt": f"cert:{code}/encrypt", "bank_sign": f"cert:{code}/sign"}
    return {
        "institution": {"code": code, "name": said.institution.name, "class": said.institution.kind},
        "profile": said.profile,
        "hours": "always",  # it never sleeps, whatever its profile says of real ones
        **_road(said, where),
        "keys": keys | {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"},
    }


def _road(said: BankSide, where: Where) -> dict[str, Any]:
    """Where it is reached and as whom; of what goes by media nothing need be said."""
    code = said.institution.code
    if not isinstance(where, Door):
        return {"folder": str(where)} if where else {}
    reached = {"address": {"host": where.host, "port": where.port}, "pins": [where.pin]}
    if said.sftp is not None:
        return reached | {"account": {"user": said.sftp.user, "key": f"secret:{code}/sftp-key"}}
    names = ("certificate", "key", "authority")
    return reached | {"line": {name: f"secret:{code}/line-{name}" for name in names}}
