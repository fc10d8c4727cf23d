"""A line over HTTPS for tests: both identities, a server of ours over the folders of a peer, and how to call it."""

import dataclasses
import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.certificates import Identity, authority, leaf, tls_settings
from tests.contracts.transport_contract import manners
from transports.address import Address
from transports.folder import Folder, FolderSettings
from transports.https import Caps, Deadlines, HttpsServer, HttpsSettings, Peer, Seen, ServerSettings, Signing
from transports.manners import Manners
from transports.tls import TlsSettings
from transports.transport import Transport

QUICK = Deadlines(connect_s=3.0, reply_s=3.0, transfer_s=6.0)
SECRETS = {"ours-1": b"our secret", "bank-1": b"the bank's secret"}


def sign_as(key_id: str) -> Any:
    return lambda message: hmac.digest(SECRETS[key_id], message, "sha256")


def verify(key_id: str, message: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(SECRETS.get(key_id, b"nobody"), message, "sha256"), signature)


OUR_SIGNING = Signing("ours-1", "bank-a", sign_as("ours-1"), verify=verify, replies=True)
BANK_SIGNING = Signing("bank-1", "bank-a", sign_as("bank-1"))


class Clock:
    """A clock a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclasses.dataclass
class Town:
    """One authority, the bank's and our certificates, in files of one folder."""

    folder: Path
    issuer: Identity = dataclasses.field(default_factory=authority)

    def __post_init__(self) -> None:
        self.bank, self.ours = leaf(self.issuer, "bank"), leaf(self.issuer, "ours")
        self.clock = Clock()

    def our_tls(self, **changes: Any) -> TlsSettings:
        usual = tls_settings(self.folder, self.ours, self.issuer, self.bank.pin, name="localhost", file="ours")
        return dataclasses.replace(usual, **changes)

    def bank_tls(self, **changes: Any) -> TlsSettings:
        usual = tls_settings(self.folder, self.bank, self.issuer, self.ours.pin, file="bank")
        return dataclasses.replace(usual, **changes)

    def client(self, port: int, **changes: Any) -> HttpsSettings:
        usual = HttpsSettings(Address("127.0.0.1", port), self.our_tls(), self.clock, deadlines=QUICK)
        return dataclasses.replace(usual, **changes)

    def server(self, **changes: Any) -> ServerSettings:
        peer = Peer("ours", (self.ours.pin,), ("ours-1",))
        usual = ServerSettings("127.0.0.1", 0, self.bank_tls(), (peer,), self.clock, deadlines=QUICK, retry_after_s=0)
        return dataclasses.replace(usual, **changes)


class Counted(Folder):
    """A folder that says when it is let go."""

    def __init__(self, settings: FolderSettings, done: Callable[[], None]) -> None:
        super().__init__(settings)
        self._done = done

    def close(self) -> None:
        super().close()
        self._done()


class Bank:
    """A server of ours over the folders of a bank on this disk; ``manners`` may be changed while it serves."""

    def __init__(self, town: Town, root: Path, *, seen: Seen | None = None, **changes: Any) -> None:
        self.manners: Manners = manners()
        self.root = root
        self.opened = self.closed = 0
        self.server = HttpsServer(town.server(**changes), self._open, seen=seen)

    def _open(self, peer: Peer) -> Transport:
        self.opened += 1
        return Counted(FolderSettings(self.root, self.manners), self._done)

    def _done(self) -> None:
        self.closed += 1

    def wait_until_idle(self) -> None:
        """Until every call that was begun has ended at the bank's side too."""
        ends_at = time.monotonic() + 5
        while self.closed < self.opened and time.monotonic() < ends_at:
            time.sleep(0.005)

    def __enter__(self) -> "Bank":
        self.server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.stop()


def caps(**manners: Any) -> Caps:
    return Caps(**{key: value for key, value in manners.items() if key in ("file_bytes_max", "entries_max")})


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
