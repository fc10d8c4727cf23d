"""The one place where parts are joined: a deployment's folder → ledger, ring, vault, store, banks. And the one clock."""

import csv
import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config import deadlines
from config.policy import read_policy
from config.settings import Scanner as ScannerSettings
from config.settings import Settings, database_url, read_secret, read_settings
from connector.banks import join_banks
from connector.executors import heavy_of
from connector.keys import standing
from connector.ledger import audit, calendars, counting, site
from connector.ledger.ledger import Ledger
from connector.objects.bucket import BucketPlace, BucketStore
from connector.objects.folder import FolderStore
from connector.objects.store import ObjectStore
from connector.own_ring import open_ring
from connector.parts import Parts
from connector.steps.abreast import LaneThreads
from connector.vault import Vault
from reconciliation.rates import Rates
from transports.scanner import Scanner
from transports.sealing.keyring import KeyRing


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
        zone = ZoneInfo(settings.zone)
        ring = open_ring(folder, settings)
        ledger = Ledger.open(database_url(settings, folder))
        audit.chain_by(ledger.engine, settings.audit)
        counting.by_zone(ledger.engine, zone)
        site.of_centre(ledger.engine, settings.centre.code)
        with ledger.read() as tx:
            standing.hold(tx, ring)
            calendar = calendars.of_region(tx, settings.centre.region)
        parts = Parts(
            folder=folder,
            centre=settings.centre.code,
            region=settings.centre.region,
            zone=zone,
            retention_days=settings.retention.days,
            ledger=ledger,
            vault=Vault(ring.master(), settings.at_rest, now, lambda: open_ring(folder, settings).masters()),
            signer=ring,
            objects=object_store(folder, settings),
            banks=join_banks(folder, ring, now, zone),
            policy=read_policy(folder / settings.policy),
            rates=read_rates(folder / settings.rates),
            witness=settings.serve.witness.removeprefix("secret:") if settings.serve and settings.serve.witness else None,
            ring=ring,
            identities=_identities(settings),
            scanner=_scanner(folder, settings.scanner),
            heavy=heavy_of(folder, settings.heavy),
            calendar=calendar,
            deadlines=deadlines.read_deadlines(folder / deadlines.FILE),
        )
        return cls(folder, settings, ring, parts, now)

    def rejoined(self) -> tuple[Parts, KeyRing]:
        """The parts with the connections, profiles and keys as they lie there now. Raises BrokenRing, BadSettings, LedgerError."""
        ring = open_ring(self.folder, self.settings)
        with self.ledger.begin() as tx:  # not before whoever changes the ring now has it on record
            standing.hold(tx, ring)
            calendar = calendars.of_region(tx, self.parts.region)
        banks = join_banks(self.folder, ring, self.now, self.parts.zone)
        heavy = self.parts.heavy.anew() if self.parts.heavy else None
        return dataclasses.replace(self.parts, banks=banks, ring=ring, calendar=calendar, heavy=heavy), ring

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.parts.ledger


def _identities(settings: Settings) -> tuple[str, ...]:
    """What this deployment proves itself with where it serves, and whose signature it trusts there."""
    serve, back = settings.serve, settings.call_backs
    names = [serve.certificate, serve.authority] if serve else []
    return tuple(dict.fromkeys([*names, *([back.certificate] if back else [])]))


def object_store(folder: Path, settings: Settings) -> ObjectStore:
    """Where sealed objects are kept: the bucket the settings name, or DIR/objects. Raises BadSettings for a secret that is not there."""
    said = settings.objects.bucket
    if said is None:
        return FolderStore(folder / "objects")
    access, secret = (
        (read_secret(folder, key.removeprefix("secret:")).decode() if key else None) for key in (said.access_key, said.secret_key)
    )
    authority = folder.resolve() / said.authority if said.authority else None
    place = BucketPlace(
        said.name, said.endpoint, said.region, said.prefix, authority, said.path_style, access, secret, folder.resolve()
    )
    return BucketStore(place)


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
    with LaneThreads() as executor:
        yield executor
