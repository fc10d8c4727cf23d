"""The other side's own settings, bank.yaml: who the bank is, where its holdings are, which keys it uses, and how it behaves."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from config.behaviours import Behaviour
from config.settings import Hardware
from config.words import Pin, Secret, Word
from config.yaml_file import Section, read_model

Alias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,63}$")]


class Party(Section):
    """The institution that answers."""

    code: Word
    name: str = ""
    kind: Word = Field(default="bank", alias="class")  # as supervisors know it; a simulated bank hands it over


class Data(Section):
    """Where the holdings are; exactly one. Paths are relative to bank.yaml."""

    folder: Path | None = None  # accounts.csv and movements.csv
    sqlite: Path | None = None  # a database file with the views accounts and movements
    postgresql: Secret | None = None  # names the secret that holds an address postgresql://…

    @model_validator(mode="after")
    def _one(self) -> "Data":
        if sum(place is not None for place in (self.folder, self.sqlite, self.postgresql)) != 1:
            raise ValueError("exactly one of folder, sqlite, postgresql")
        return self


class BankKeys(Section):
    """The aliases in the bank's own ring."""

    our_sign: Alias = "us/sign"
    our_decrypt: Alias = "us/decrypt"
    centre_sign: Alias = "centre/sign"
    centre_encrypt: Alias = "centre/encrypt"


class Serving(Section):
    """The SFTP server of a simulated bank. Port 0 takes any free one; ``client`` is the centre's public key line."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    user: str = "centre"
    host_key: Path = Path("secrets/host_key")
    client: str
    room_bytes: int | None = Field(default=None, ge=0)  # what may be written before the disk is full


class LineServing(Section):
    """The bank's end of a dedicated line over TLS. ``authority``: the centre's own certificate; ``pins``: of its key."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    certificate: Path = Path("secrets/line-certificate")
    key: Path = Path("secrets/line-key")
    authority: Path = Path("secrets/line-authority")
    pins: tuple[Pin, ...] = Field(min_length=1)


class CallingBack(Section):
    """Where this bank brings its answers itself: the centre's receiver of call-backs, and both ends of that line over TLS."""

    host: str
    port: int = Field(default=8444, ge=1, le=65535)
    path: str = "/api/v1/call-backs"
    certificate: Path = Path("secrets/line-certificate")
    key: Path = Path("secrets/line-key")
    authority: Path = Path("secrets/line-authority")
    name: str = ""  # the name the centre's certificate holds; empty where only the pin counts
    pins: tuple[Pin, ...] = Field(min_length=1)


class BankSide(Section):
    """bank.yaml. All paths are relative to the folder it lies in. ``sftp`` or ``line``: what a simulated bank serves by itself."""

    institution: Party
    profile: Word
    profiles: tuple[Path, ...] = ()  # folders of profiles beside those that come with the product
    data: Data
    root: Path = Path("exchange")  # the folders the centre reaches lie below
    ring: Path = Path("keys")
    keys: BankKeys = BankKeys()
    hardware: Hardware | None = None  # the token with the bank's private keys, as service.yaml has it
    zip_password: Secret | None = None  # where the profile's zips are under a legacy_password
    zone: str = "Asia/Shanghai"
    behaviours: tuple[Behaviour, ...] = ("answers",)
    late_after: timedelta = timedelta(seconds=30)
    sftp: Serving | None = None
    line: LineServing | None = None
    call_back: CallingBack | None = None  # of a profile whose line says call_back


class SimulatedBanks(Section):
    """banks.yaml: several banks to be run together, each by its own bank.yaml."""

    banks: tuple[Path, ...] = Field(min_length=1)


def read_bankside(path: Path) -> BankSide:
    """Raises BadSettings: file, line, column, what was expected."""
    return read_model(path, BankSide)


def read_simulated(path: Path) -> SimulatedBanks:
    """The list of banks of a simulation. Raises BadSettings."""
    return read_model(path, SimulatedBanks)
