"""What the tests of the other side share: the city with its truth, a centre, and a bank opened for it."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bank_profiles.language.profile import Profile
from config.behaviours import Behaviour
from connector.bankside.desk import Desk
from connector.bankside.opening import HandOver, Plan, open_bank
from tests.connector.bankside.centre import Centre, City, profile_of

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CITY_BANK, SECURITIES_FIRM = "902307450222", "980329680080"


@pytest.fixture(scope="session")
def city(samples: Path) -> City:
    """The small city."""
    return City.read(samples / "city" / "seed1")


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    """A centre with fresh keys."""
    return Centre(tmp_path / "centre", NOW)


@dataclasses.dataclass(frozen=True)
class OpenedBank:
    """A bank in a folder, and what it handed over."""

    handed: HandOver
    profile: Profile
    code: str

    @property
    def root(self) -> Path:
        return self.handed.bank.parent / "exchange"

    @property
    def inbox(self) -> Path:
        return self.root / self.profile.channel.send_dir.strip("/")

    @property
    def outbox(self) -> Path:
        return self.root / self.profile.channel.take_dir.strip("/")

    def desk(self) -> Desk:
        """Opened anew, as after a restart."""
        return Desk.open(self.handed.bank)

    def receive(self, name: str, content: bytes) -> None:
        """As the centre delivers: the parcel, then its flag."""
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / name).write_bytes(content)
        (self.inbox / f"{name}.ok").touch()

    def sent(self) -> dict[str, bytes]:
        """Parcels in the outbox, flags left out."""
        return {path.name: path.read_bytes() for path in sorted(self.outbox.iterdir()) if path.is_file() and path.suffix != ".ok"}

    def flags(self) -> list[str]:
        return sorted(path.name for path in self.outbox.glob("*.ok"))


Opens = Callable[..., OpenedBank]


@pytest.fixture
def open_a_bank(tmp_path: Path, city: City, centre: Centre) -> Opens:
    """open_a_bank("hxcb", "miscounts", code=…): a bank of the city with keys exchanged."""

    def opened(profile: str, *behaviours: Behaviour, code: str = CITY_BANK) -> OpenedBank:
        plan = Plan(code, "示例银行", profile, city.folder, behaviours or ("answers",))
        return OpenedBank(open_bank(tmp_path / f"bank-{code}", plan, centre.certificates(), NOW), profile_of(profile), code)

    return opened
