"""A desk to take sheets in, and sheets of invented persons to bring to it."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from config.policy import Policy, read_policy
from connector.intake import door
from connector.intake.rows import Rows
from connector.intake.sheet import TITLES
from connector.ledger.ledger import Ledger
from connector.objects.folder import FolderStore
from connector.objects.store import ObjectStore
from connector.vault import Vault
from reconciliation.identity import to18
from transports.scanner import Scanner

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
MASTER = b"m" * 32
POLICY = read_policy(Path(__file__).parents[2] / "config/examples/policy/example.yaml")


@dataclass(frozen=True)
class TestDesk:
    """Structurally a connector.intake.desk.Desk."""

    __test__ = False
    ledger: Ledger
    vault: Vault
    objects: ObjectStore
    policy: Policy = POLICY
    centre: str = "C1"
    region: str = "321283"
    scanner: Scanner | None = None

    def day(self, now: datetime) -> date:
        return now.date()

    def take_in(self, content: bytes, now: datetime = NOW) -> door.Taken:
        return door.take_in(self, self.rows(content), "clerk", now)

    def rows(self, content: bytes) -> Rows:
        return door.read_rows(content, self)


def desk(ledger: Ledger, folder: Path, policy: Policy = POLICY) -> TestDesk:
    return TestDesk(ledger, Vault(MASTER, "aes256gcm", lambda: NOW), FolderStore(folder / "objects"), policy)


def number(serial: int, born: str = "850101") -> str:
    """An invented resident number: valid, and different for each serial."""
    return to18(f"321283{born}{serial:03d}")


def row(household: str = "H1", serial: int = 1, **changes: str) -> dict[str, str]:
    """One correct row; ``changes`` by field."""
    return {
        "household_no": household,
        "programme": "低保",
        "region": "321283",
        "application_date": "2026-11-15",
        "check_type": "新申请",
        "as_of": "2026-11-20",
        "name": "测试人",
        "id_type": "居民身份证",
        "id_no": number(serial),
        "relation": "户主",
        "authorization_no": f"SQ-{household}",
        "signed_on": "2026-11-01",
        "valid_to": "2027-10-31",
        "sign_mode": "本人",
        "guardian_name": "",
        "guardian_id": "",
        "scope": "全部",
        "entrust_no": "",
        "entrust_office": "",
        "declared": "",
    } | changes


def sheet(*rows: Mapping[str, str], fields: Iterable[str] = TITLES, encoding: str = "utf-8-sig") -> bytes:
    """Rows as a csv file's bytes."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([TITLES[field] for field in fields])
    writer.writerows([[given[field] for field in fields] for given in rows])
    return buffer.getvalue().encode(encoding)
