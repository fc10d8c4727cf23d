"""What binds one account at one SFTP server: address, user, our key, the pinned host keys, and how long we wait."""

import dataclasses

from transports import pins
from transports.address import Address
from transports.manners import Manners


@dataclasses.dataclass(frozen=True)
class Deadlines:
    """Seconds before an act is given up. A whole transfer has max(``transfer_s``, size / ``bytes_per_s``)."""

    connect_s: float = 10.0
    login_s: float = 15.0
    silence_s: float = 30.0
    keepalive_s: int = 30
    transfer_s: float = 300.0
    bytes_per_s: int = 50_000

    def transfer(self, size: int) -> float:
        """How long a file of ``size`` bytes may take."""
        return max(self.transfer_s, size / self.bytes_per_s)


@dataclasses.dataclass(frozen=True)
class SftpSettings:
    """One account at one peer. ``pins``: SHA-256 fingerprints ("SHA256:…") of the host keys we accept, at least one."""

    address: Address
    user: str
    key_pem: str = dataclasses.field(repr=False)
    pins: tuple[str, ...]
    manners: Manners
    passphrase: str | None = dataclasses.field(default=None, repr=False)
    deadlines: Deadlines = Deadlines()

    def __post_init__(self) -> None:
        if not pins.are_pins(self.pins):
            raise ValueError("a connection needs at least one pinned host key, written as ssh-keygen -lf shows it: SHA256:…")
