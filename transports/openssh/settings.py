"""What binds one account at one old server: as for any SFTP server, but our key is a file, and the exception comes with it."""

import dataclasses
from pathlib import Path

from transports import pins
from transports.address import Address
from transports.manners import Manners
from transports.openssh.exception import OldServer
from transports.sftp.settings import Deadlines


@dataclasses.dataclass(frozen=True)
class OldServerSettings:
    """``key``: the file of our private key, without a passphrase. The exception's host key must be among ``pins``."""

    address: Address
    user: str
    key: Path
    pins: tuple[str, ...]
    manners: Manners
    exception: OldServer
    deadlines: Deadlines = dataclasses.field(default_factory=Deadlines)

    def __post_init__(self) -> None:
        if not pins.holds(self.pins, self.exception.pin):
            raise ValueError("the exception's host key is not among the connection's pinned host keys")
