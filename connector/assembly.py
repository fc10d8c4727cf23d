"""The one place where parts are joined: a deployment's folder → ledger, ring, vault, store, banks. And the one clock."""

import csv
import dataclasses
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bank_profiles.catalogue import BANKS, Catalogue
from bank_profiles.errors import BadProfile, Problem, ProfilePlace
from bank_profiles.language.profile import Profile
from config.connection import Connection, institution_named, profile_line, read_connection
from config.policy import read_policy
from config.settings import Scanner as ScannerSettings
from config.settings import Settings, database_url, read_secret, read_settings, ring_secret
from config.yaml_file import BadSettings
from connector.bank import Bank, Banks
from connector.ledger.ledger import Ledger
from connector.objects.store import ObjectStore
from connector.roads import manners, travelled
from connector.steps.parts import Parts, problem
from connector.vault import Vault
from reconciliation.rates import Rates
from transports.address import Address
from transports.channel import Aliases, Channel
from transports.retrying import Retrying
from transports.scanner import Scanner
from transports.sealing.keyring import KeyRing
from transports.sftp import Sftp, SftpSettings
from transports.transport import Transport

LANES_AT_ONCE = 8  # banks served side by side by one process


def clock() -> datetime:
    """Now, in UTC: the only place that asks the machine."""
    return datetime.now(UTC)


@dataclasses.dataclass(frozen=True)
class Deployment:
    """One opened deployment: what commands reach for."""

    folder: Path
    settings: Settings
    ring: KeyRing
    parts: Parts
    now: Callable[[], datetime] = clock

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime] = clock) -> "Deployment":
        """Join the parts. Raises BadSettings, BrokenRing, LedgerError; a bank that is wrong only stops itself."""
        settings = read_settings(folder)
        ring = KeyRing.open(folder / "keys", ring_secret(folder))
        ledger = Ledger.open(database_url(settings, folder))
        parts = Parts(
            folder=folder,
            centre=settings.centre.code,
            region=settings.centre.region,
            zone=ZoneInfo(settings.zone),
            retention_days=settings.retention.days,
            ledger=ledger,
            vault=Vault(ring.master(), settings.at_rest, now),
            signer=ring,
            objects=ObjectStore(folder / "objects"),
            banks=join_banks(folder, ring, now),
            policy=read_policy(folder / settings.policy),
            rates=read_rates(folder / settings.rates),
            scanner=_scanner(folder, settings.scanner),
        )
        return cls(folder, settings, ring, parts, now)

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.parts.ledger


def _scanner(folder: Path, said: ScannerSettings | None) -> Scanner | None:
    """The client of the virus scanner the settings name; nothing is connected before a content is scanned."""
    if said is None:
        return None
    return Scanner(folder.resolve() / said.socket if said.socket else (said.host or "", said.port or 0))


def read_rates(path: Path) -> Rates:
    """The dated rate table of a deployment."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return Rates.from_rows(csv.DictReader(file), path.name)


@contextmanager
def lanes_executor() -> Iterator[Executor]:
    """Where the lanes of the banks run: threads, because a lane mostly waits for its bank. One line to change for a cluster."""
    with ThreadPoolExecutor(LANES_AT_ONCE) as executor:
        yield executor


# ---------------------------------------------------------------- banks
def join_banks(folder: Path, ring: KeyRing, now: Callable[[], datetime]) -> Banks:
    """Every connection with its profile and road; what is wrong is kept by name and the others go on."""
    catalogue = Catalogue.load([BANKS, folder / "profiles"])
    working: dict[str, Bank] = {}
    broken: dict[str, dict[str, str]] = {}
    awaited: set[str] = set()
    for path in sorted((folder / "connections").glob("*.yaml")):
        try:
            connection = read_connection(path)
            awaited.add(connection.institution.code)
            bank = _bank(folder, ring, catalogue, connection)
            travelled(bank.profile_on(now().date()))
            working[bank.code] = bank
        except BadSettings as wrong:
            broken[path.stem] = problem(wrong.code, wrong.zh, wrong.en)
            awaited |= institution_named(path)
        except BadProfile as wrong:
            named = BadProfile([_placed(each, path) for each in wrong.problems])
            broken[path.stem] = problem(wrong.problems[0].code, named.render("zh"), named.render("en"))
    return Banks(working, broken, frozenset(awaited - set(working)))


def _placed(wrong: Problem, connection: Path) -> Problem:
    """A profile there is none of is the connection's fault: it is named where the connection names it."""
    if wrong.code != "unknown-profile":
        return wrong
    return dataclasses.replace(wrong, place=ProfilePlace(str(connection), profile_line(connection)))


def _bank(folder: Path, ring: KeyRing, catalogue: Catalogue, connection: Connection) -> Bank:
    name = connection.profile
    return Bank(
        code=connection.institution.code,
        name=connection.institution.name,
        kind=connection.institution.kind,
        profile_on=lambda day: catalogue.pick(name, day),
        edition=lambda version: catalogue.edition(name, version),
        channel=lambda profile: _channel(folder, ring, connection, profile),
        lines_max=connection.limits.lines_max,
    )


def _channel(folder: Path, ring: KeyRing, connection: Connection, profile: Profile) -> Channel:
    keys = connection.keys
    return Channel(
        suite=profile.channel.seal,
        ring=ring,
        aliases=Aliases(
            peer_encrypt=keys.bank_encrypt.removeprefix("cert:"),
            peer_sign=keys.bank_sign.removeprefix("cert:"),
            our_sign=keys.our_sign.removeprefix("secret:"),
            our_decrypt=keys.our_decrypt.removeprefix("secret:"),
        ),
        line=functools.partial(_sftp, folder, connection, profile),
    )


def _sftp(folder: Path, connection: Connection, profile: Profile) -> Transport:
    """The road: the profile's manners at the connection's address, tried again for seconds where the network stumbles."""
    settings = SftpSettings(
        address=Address(connection.address.host, connection.address.port, connection.address.allow),
        user=connection.account.user,
        key_pem=read_secret(folder, connection.account.key.removeprefix("secret:")).decode(),
        pins=tuple(connection.pins),
        manners=manners(travelled(profile)),
    )
    return Retrying(Sftp(settings))
