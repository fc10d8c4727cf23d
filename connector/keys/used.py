"""Which keys of the ring a seal is made with, and which ones an opened parcel was proved and opened by."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from connector.ledger import key_use
from connector.ledger.key_use import Use
from connector.ledger.ledger import Ledger
from transports.channel import Channel
from transports.sealing.keyring.kept import Kept, entry_id


class _Opened(Protocol):
    """An opened parcel, by whatever suite."""

    @property
    def signers(self) -> Sequence[Kept]: ...

    @property
    def recipient(self) -> Kept: ...


def by_seal(channel: Channel, at: datetime, *, for_us: bool = False) -> list[Use]:
    """The keys ``channel.seal`` takes at this moment: our newest, the peer's newest, and ours to open where it is for us as well."""
    signer, recipients = channel.keys(at, for_us=for_us)
    return [_use(signer.certificate, "sign"), *(_use(each, "encrypt") for each in recipients)]


def by_opening(opened: _Opened) -> list[Use]:
    """Who signed, and which key of ours opened it."""
    return [*(_use(signer, "verify") for signer in opened.signers), _use(opened.recipient, "decrypt")]


def noting(ledger: Ledger, file: int, now: datetime) -> Callable[[Iterable[Use]], None]:
    """What notes the keys that open a file before a byte of it is read; however often it is opened, the ledger is asked once."""
    noted: set[Use] = set()

    def note(uses: Iterable[Use]) -> None:
        fresh = set(uses) - noted
        if fresh:
            with ledger.begin() as tx:
                key_use.note(tx, "file", file, fresh, now)
            noted.update(fresh)

    return note


def _use(certificate: Kept, use: str) -> Use:
    return entry_id(certificate), use
