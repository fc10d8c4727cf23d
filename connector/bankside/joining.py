"""A simulated bank joins a centre: certificates change hands both ways, and the centre gets its connection."""

from datetime import datetime
from pathlib import Path

from config.settings import ring_secret
from config.yaml_file import write_yaml
from connector.bankside.opening import Centre, HandOver, Plan, open_bank
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
    host, port = address
    keys = {"bank_encrypt": f"cert:{plan.code}/encrypt", "bank_sign": f"cert:{plan.code}/sign"}
    connection = {
        "institution": {"code": plan.code, "name": plan.name, "class": kind},
        "profile": plan.profile,
        "address": {"host": host, "port": port},
        "account": {"user": user, "key": f"secret:{plan.code}/sftp-key"},
        "pins": [pin],
        "keys": keys | {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"},
    }
    write_yaml(centre / "connections" / f"{plan.code}.yaml", connection)
