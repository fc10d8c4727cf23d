"""Which keys of the ring a seal is made with, and which ones an opened parcel was proved and opened by."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from connector.ledger import key_use
from connector.ledger.key_use import Use
from connector.ledger.ledger import Ledger
from transports.channel import Channel

ID_DIGITS = 16  # of a fingerprint: the id of an entry of the ring


class _Certified(Protocol):
    @property
    def fingerprint(self) -> str: ...


class _Opened(Protocol):
    """An opened parcel, by whatever suite."""

    @property
    def signers(self) -> Sequence[_Certified]: ...

    @property
    def recipient(self) -> _Certified: ...


def by_seal(channel: Channel, at: datetime, *, for_us: bool = False) -> list[Use]:
    """The keys ``channel.seal`` takes at this moment: our newest, the peer's newest, and ours to open where it is for us as well."""
    ring, aliases = channel.ring, channel.aliases
    encrypting = [ring.peers(aliases.peer_encrypt, at)[0]]
    encrypting += [ring.own(aliases.our_decrypt, at)[0].certificate] if for_us else []
    return [_use(ring.own(aliases.our_sign, at)[0].certificate, "sign"), *(_use(each, "encrypt") for each in encrypting)]


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


def _use(certificate: _Certified, use: str) -> Use:
    return certificate.fingerprint[:ID_DIGITS], use
