"""The protocol of a carrier: five verbs, four outcomes. Every transport passes tests/contracts/transport_contract.py."""

import dataclasses
import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable


class Delivery(enum.Enum):
    """What became of a put. No error class may ever map to DELIVERED by default."""

    DELIVERED = "delivered"  # the peer holds the whole file under its final name, flag and all
    REFUSED = "refused"  # the peer (or our own check) will not have it: a person must look
    RETRY = "retry"  # certainly not delivered; the same name and bytes may be put again later
    IN_DOUBT = "in_doubt"  # the line broke where the truth cannot be known: look before putting again


class Presence(enum.Enum):
    """What a look at the peer shows of a file that was put."""

    PRESENT = "present"  # the final name with the right size (and digest where it can be read), flag and all
    DIFFERENT = "different"  # the final name with other bytes
    UNFINISHED = "unfinished"  # our temporary name, or the file without its flag: certainly not delivered, put again
    ABSENT = "absent"  # neither: never begun, or delivered and taken in already (likely after a lost reply to the rename)
    UNKNOWN = "unknown"  # this road cannot tell, or not yet: nothing may be put again because of this look


@dataclasses.dataclass(frozen=True)
class Remote:
    """A file the peer offers: an opaque label, its size in bytes and, only for sorting, its time."""

    name: str
    size: int
    modified: float = 0.0


def oldest_first(remote: Remote) -> tuple[float, str]:
    """What a listing is sorted by."""
    return remote.modified, remote.name


@dataclasses.dataclass(frozen=True)
class Put:
    """The outcome of a put. A same-call channel may bring ``replies`` (name, bytes) back with it.

    ``wait_s``: seconds for which the peer asked not to be called, nought where it did not.
    """

    delivery: Delivery
    code: str = ""  # stable slug of the cause when not delivered, e.g. host-key-changed, remote-full
    en: str = ""
    zh: str = ""
    replies: Sequence[tuple[str, bytes]] = ()
    wait_s: float = 0.0


Blocks = Callable[[], Iterator[bytes]]  # called again for every attempt: the same bytes each time


class Transport(Protocol):
    """A bank's road. Names are opaque labels; nothing here opens a parcel. Usable as a context manager.

    put never raises for a peer's or the network's fault: it says so in its Put. The other verbs raise
    Unreachable or Refused (transports/errors.py) and nothing else.
    """

    @property
    def strange(self) -> Sequence[tuple[str, str]]:
        """After ``list``: what was left out of it, as (reason, masked name)."""

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Deliver ``size`` bytes with SHA-256 ``digest`` (hex) under ``name``; idempotent for the same bytes."""

    def look(self, name: str, size: int, digest: str) -> Presence:
        """What the peer holds under ``name``; resolves an IN_DOUBT."""

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        """Files the peer declares ready for us (flag rules applied), hostile names left out, oldest first.

        ``awaited``: names of what was put and is not answered yet, for a road on which each answer is asked for by its question.
        """

    def get(self, name: str) -> Iterator[bytes]:
        """The bytes of an offered file, in blocks."""

    def acknowledge(self, name: str) -> None:
        """Tell the peer we keep it durably: archive or remove at the peer. May be repeated."""

    def close(self) -> None:
        """Let the line go."""

    def __enter__(self) -> "Transport": ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class GivesBack(Protocol):
    """A road on which what was put may be asked back before it goes on: by a carrier."""

    def recall(self, name: str, size: int, digest: str) -> bool:
        """Ask for it back. True once it is sure that it never went; False where it may have gone or nothing is known yet."""
