"""A simulated bank joins a centre: certificates change hands both ways, and the centre gets its connection."""

from datetime import datetime
from pathlib import Path
from typing import Any

from config.settings import ring_secret
from config.yaml_file import write_yaml
from connector.bankside.opening import Centre, HandOver, Plan, open_bank
from connector.bankside.simulate import RunningBank
from connector.founding import keep_secret
from transports.sealing.keyring import KeyRing


def exchange_keys(folder: Path, centre: Path, plan: Plan, now: datetime) -> HandOver:
    """Open the bank in ``folder`` (new) with the certificates of the deployment in ``centre``, which keeps the bank's."""
    ring = KeyRing.open(centre / "keys", ring_secret(centre))
    handed = open_bank(folder, plan, Centre(ring.certificate("us/sign").pem, ring.certificate("us/decrypt").pem), now)
    ring.import_certificate(f"{plan.code}/sign", handed.sign)
    ring.import_certificate(f"{plan.code}/encrypt", handed.encrypt)
    keep_secret(centre, f"{plan.code}/sftp-key", handed.client_key.read_bytes())
    return handed


def write_connection(centre: Path, plan: Plan, kind: str, user: str, address: tuple[str, int], pin: str) -> None:
    """DIR/connections/<code>.yaml for a bank that listens at ``address`` with the host key ``pin``."""
    write_yaml(
        centre / "connections" / f"{plan.code}.yaml", _connection((plan.code, plan.name, kind), plan.profile, user, address, pin)
    )


def hand_over_connection(bank: RunningBank) -> bool:
    """``hand-over/connection.yaml`` beside the bank's keys, for a centre to copy; whether it says anything new.

    A bank whose hand-over was taken away gets none. Written anew at each start, because port 0 takes another port each time.
    """
    said, folder = bank.desk.settings, bank.folder / "hand-over"
    if not folder.is_dir():
        return False
    who = (bank.code, said.institution.name, said.institution.kind)
    path = folder / "connection.yaml"
    before = path.read_bytes() if path.exists() else b""
    write_yaml(path, _connection(who, said.profile, said.sftp.user if said.sftp else "", bank.address, bank.pin))
    return before != path.read_bytes()


def _connection(who: tuple[str, str, str], profile: str, user: str, address: tuple[str, int], pin: str) -> dict[str, Any]:
    """The settings of a connection, its keys under the bank's code; ``who``: code, name, class."""
    (code, name, kind), (host, port) = who, address
    keys = {"bank_encrypt": f"cert:{code}/encrypt", "bank_sign": f"cert:{code}/sign"}
    return {
        "institution": {"code": code, "name": name, "class": kind},
        "profile": profile,
        "address": {"host": host, "port": port},
        "account": {"user": user, "key": f"secret:{code}/sftp-key"},
        "pins": [pin],
        "keys": keys | {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"},
    }
