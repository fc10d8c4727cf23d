"""Making a deployment: folders, settings, secrets, key ring, tables, first user. Refuses to touch one that exists."""

import dataclasses
import getpass
import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.settings import database_url, read_settings, ring_secret
from config.yaml_file import write_yaml
from connector.keys.record import record
from connector.ledger import audit, counting, migrations, people
from connector.ledger.ledger import Ledger
from connector.vault import Vault
from transports.sealing.keyring import KeyRing

EXAMPLES = Path(__file__).resolve().parent.parent / "config" / "examples"
FOLDERS = ("connections", "profiles", "secrets", "objects", "lanes", "keys")
OUR_KEYS = {"us/sign": "sign", "us/decrypt": "encrypt"}
KEY_DAYS = 365
NATIONAL, INTERNATIONAL = "national", "international"
# The kinds of our keys. Beside SM2 stands a key for banks whose seals are not of China yet; the last is what an alias alone names.
KEY_KINDS: Mapping[str, tuple[str, ...]] = {NATIONAL: ("sm2", "ec-p256"), INTERNATIONAL: ("ec-p256",)}
RING_SUITES: Mapping[str, str] = {
    NATIONAL: "sm4gcm",
    INTERNATIONAL: "aes256gcm",
}  # of the ring itself: its files, the audit's key
_KEPT_BY: Mapping[str, Mapping[str, str]] = {NATIONAL: {"at_rest": "sm4gcm", "audit": "sm3"}, INTERNATIONAL: {}}


@dataclasses.dataclass(frozen=True)
class Founding:
    """What a new deployment must be told."""

    folder: Path
    centre: str
    name: str
    region: str
    user: str
    database: str = "sqlite:///ledger.db"
    policy: Path | None = None
    rates: Path | None = None
    suite: str = INTERNATIONAL  # NATIONAL: keys, what is kept and the audit by SM2, SM3 and SM4 (GB/T 39786)


def found(plan: Founding, now: datetime) -> list[str]:
    """Make it; the aliases of the keys that were made. Everything in it is for its owner's eyes only."""
    for folder in FOLDERS:
        (plan.folder / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    plan.folder.chmod(0o700)
    keep_secret(plan.folder, "ring", secrets.token_hex(32).encode())
    _write_settings(plan)
    ring = KeyRing.create(plan.folder / "keys", ring_secret(plan.folder), RING_SUITES[plan.suite])
    for alias, use in OUR_KEYS.items():
        for kind in KEY_KINDS[plan.suite]:
            ring.new(alias, use, kind, KEY_DAYS, now)
    settings = read_settings(plan.folder)
    ledger = Ledger.open(database_url(settings, plan.folder))
    ledger.migrate()
    audit.chain_by(ledger.engine, settings.audit)
    vault = Vault(ring.master(), settings.at_rest, lambda: now)
    with ledger.begin() as tx:
        vault.prepare(tx)
        people.add(tx, at=now, name=plan.user, centre=plan.centre, region=plan.region, roles=["administrator"], by=plan.user)
        for entry in ring.list():  # before there are two persons: the one exception of security C3, and it says so
            record(tx, "key.new", entry, who=plan.user, centre=plan.centre, now=now, exception="founding")
    return list(OUR_KEYS)


def upgrade(folder: Path, now: datetime) -> bool:
    """Bring the ledger of a deployment that is there to this program's edition; false where it has it. Raises WrongLedger, BadSettings."""
    settings = read_settings(folder)
    ledger = Ledger.open(database_url(settings, folder))
    audit.chain_by(ledger.engine, settings.audit)
    counting.by_zone(ledger.engine, ZoneInfo(settings.zone))
    try:
        if not ledger.is_older():
            return False
        ledger.migrate()
        who, centre = f"system:{getpass.getuser()}", settings.centre.code
        with ledger.begin() as tx:
            audit.record(tx, at=now, who=who, what="ledger-upgraded", centre=centre, detail={"edition": migrations.known()[-1]})
        return True
    finally:
        ledger.close()


def keep_secret(folder: Path, name: str, value: bytes) -> None:
    """Write a secret's value, readable by its owner only, from the first moment."""
    path = folder / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(value)


def _write_settings(plan: Founding) -> None:
    policy = plan.policy or EXAMPLES / "policy" / "example.yaml"
    rates = plan.rates or EXAMPLES / "rates.csv"
    names = {"policy": f"policy{policy.suffix}", "rates": "rates.csv"}
    shutil.copyfile(policy, plan.folder / names["policy"])
    shutil.copyfile(rates, plan.folder / names["rates"])
    shutil.copyfile(EXAMPLES / "deadlines.yaml", plan.folder / "deadlines.yaml")
    centre = {"code": plan.centre, "name": plan.name, "region": plan.region}
    settings = {"centre": centre, "database": plan.database, **names, **_KEPT_BY[plan.suite]}
    write_yaml(plan.folder / "service.yaml", settings)
