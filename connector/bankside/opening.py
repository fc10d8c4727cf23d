"""Opening a bank for a simulation: its folder, its own key ring, the exchange of certificates and SSH keys with the centre."""

import dataclasses
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import orjson

from config.bankside import Behaviour
from config.settings import ring_secret
from config.yaml_file import write_yaml
from connector.bankside.sftp_server import make_ssh_key
from connector.founding import keep_secret
from transports.sealing.keyring import KeyRing

KEY_DAYS = 365
KEY_KIND = "ec-p256"
USER = "centre"


@dataclasses.dataclass(frozen=True)
class Centre:
    """What a bank knows of the centre: its two certificates as PEM."""

    sign: bytes
    encrypt: bytes


@dataclasses.dataclass(frozen=True)
class Plan:
    """One bank to be opened. ``data``: folder of accounts.csv and movements.csv; ``port`` 0 takes any free one at each start."""

    code: str
    name: str
    profile: str
    data: Path
    behaviours: tuple[Behaviour, ...] = ("answers",)
    port: int = 0
    room_bytes: int | None = None
    kind: str = "bank"


@dataclasses.dataclass(frozen=True)
class HandOver:
    """What the bank gives the centre: certificates as PEM, and the private SSH key the centre logs in with."""

    bank: Path  # its bank.yaml
    user: str
    client_key: Path
    sign: bytes
    encrypt: bytes


def open_bank(folder: Path, plan: Plan, centre: Centre, now: datetime) -> HandOver:
    """Make the bank in ``folder``, which must be new: bank.yaml, secrets, ring with the centre's certificates in it."""
    folder.mkdir(mode=0o700, parents=True)
    keep_secret(folder, "ring", secrets.token_hex(32).encode())
    ring = KeyRing.create(folder / "keys", ring_secret(folder))
    ring.new("us/sign", "sign", KEY_KIND, KEY_DAYS, now)
    ring.new("us/decrypt", "encrypt", KEY_KIND, KEY_DAYS, now)
    ring.import_certificate("centre/sign", centre.sign)
    ring.import_certificate("centre/encrypt", centre.encrypt)
    make_ssh_key(folder / "secrets" / "host_key")
    client = folder / "secrets" / "client_key"
    _write_settings(folder / "bank.yaml", plan, make_ssh_key(client))
    return HandOver(folder / "bank.yaml", USER, client, ring.certificate("us/sign").pem, ring.certificate("us/decrypt").pem)


def _write_settings(path: Path, plan: Plan, client_line: str) -> None:
    serving = {"port": plan.port, "user": USER, "client": client_line} | (
        {} if plan.room_bytes is None else {"room_bytes": plan.room_bytes}
    )
    settings = {
        "institution": {"code": plan.code, "name": plan.name, "class": plan.kind},
        "profile": plan.profile,
        "data": {"folder": str(plan.data.resolve())},
        "behaviours": list(plan.behaviours),
        "sftp": serving,
    }
    write_yaml(path, settings)


# ---- the banks of a city folder -----------------------------------------------------------------------------------------------------


def plans_of_city(city: Path, profiles: Sequence[str], behaviours: Mapping[str, tuple[Behaviour, ...]], port: int) -> list[Plan]:
    """One plan for each institution of ``institutions.json``, profiles in turn; ``port`` 0, or the first of as many."""
    institutions = orjson.loads((city / "institutions.json").read_bytes())["institutions"]
    return [
        Plan(
            code=institution["code"],
            name=institution["name"],
            profile=profiles[number % len(profiles)],
            data=city,
            behaviours=behaviours.get(institution["code"], ("answers",)),
            port=port + number if port else 0,
            kind=institution.get("kind", "bank"),
        )
        for number, institution in enumerate(institutions)
    ]


def put_ready(handed: HandOver) -> None:
    """Lay out what the centre is to be given, beside bank.yaml: ``hand-over/sign.pem``, ``encrypt.pem``, ``client_key``."""
    folder = handed.bank.parent / "hand-over"
    folder.mkdir(mode=0o700)
    (folder / "sign.pem").write_bytes(handed.sign)
    (folder / "encrypt.pem").write_bytes(handed.encrypt)
    handed.client_key.rename(folder / "client_key")


def list_banks(folder: Path, codes: Iterable[str]) -> list[Path]:
    """The bank.yaml of each, also written to ``banks.yaml`` for the next start."""
    write_yaml(folder / "banks.yaml", {"banks": [f"{code}/bank.yaml" for code in codes]})
    return [folder / code / "bank.yaml" for code in codes]
