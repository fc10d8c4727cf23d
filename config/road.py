"""What a connection says of one road to a bank: the address, whom we are there, whom we expect there. The kind of the road is the profile's.

A road over a network does not load without pins. Which of the blocks a kind needs is asked where profile and connection meet
(connector/roads.py), because only there both are known.
"""

import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from config.relayed import Relayed
from config.words import Duration, Pin, Secret, Word
from config.yaml_file import Section

_NUMBERS = r"[0-9.]+|\[?[0-9a-fA-F:]+\]?"


class Address(Section):
    """Where it is reached. ``allow``: the networks a name may lead to; an address in numbers is its own list (security A6)."""

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    allow: tuple[IPv4Network | IPv6Network, ...] = ()

    @model_validator(mode="after")
    def _a_name_has_its_list(self) -> "Address":
        """What a name service says is not ours to trust."""
        if not self.allow and not re.fullmatch(_NUMBERS, self.host):
            raise PydanticCustomError("name_without_list", "a host given by name needs allow")
        return self


class Account(Section):
    """As whom we log in over SFTP; the private key by reference only."""

    user: str
    key: Secret


class LineKeys(Section):
    """Both ends of a dedicated line over TLS. Ours are secrets in PEM, the peer's authority is no secret but is kept beside them."""

    certificate: Secret
    key: Secret
    authority: Secret  # of the bank's line certificate; may be that certificate itself
    name: str = ""  # the name its certificate holds; empty where only the pin counts


class DatedPin(Section):
    """A pin, written alone or with the days it holds on, both inclusive: two overlap while a bank changes its key (security A3)."""

    pin: Pin
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, written: Any) -> Any:
        return {"pin": written} if isinstance(written, str) else written

    def holds_on(self, day: date) -> bool:
        """Is it in force?"""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)


class Caller(Section):
    """Whom a bank calls us as, where it brings its answers with other keys than the line it answers on: its authority, its pins."""

    authority: Secret
    pins: tuple[DatedPin, ...] = Field(min_length=1)


class OldServer(Section):
    """A named, dated exception for a server that offers nothing newer than ssh-rsa or SHA-1 key exchange (security A4)."""

    host_key: str  # its public line, "ssh-rsa AAAA…"; the fingerprint must be among the pins
    kex: tuple[str, ...]
    host_key_algorithms: tuple[str, ...]
    reason: Annotated[str, StringConstraints(min_length=1)]
    granted_by: tuple[str, str]
    until: date
    ciphers: tuple[str, ...] = ()  # of these and the next two: none means what is sound today
    macs: tuple[str, ...] = ()
    login_algorithms: tuple[str, ...] = ()


class Road(Section):
    """One road. ``pins``: fingerprints of the SSH host key, or of the key in the line's certificate; a line without TLS has none."""

    address: Address | None = None
    account: Account | None = None
    line: LineKeys | None = None
    mac: Secret | None = None  # the key of the messages' authentication codes
    bank_mac: Secret | None = None  # of the bank's codes, where each direction has a key of its own
    call_back: Caller | None = None  # of a bank that calls back; without it: as it answers on the line
    folder: str | None = None  # a mounted or synchronised directory, as a path of this machine
    carrier: Relayed | None = None  # it travels the road for us; nothing else of the road is needed here then
    old_server: OldServer | None = None
    pins: tuple[DatedPin, ...] = Field(default=(), validate_default=True)

    @field_validator("pins")
    @classmethod
    def _pinned(cls, pins: tuple[Any, ...], given: ValidationInfo) -> tuple[Any, ...]:
        if not pins and given.data.get("address") is not None and given.data.get("mac") is None:
            raise PydanticCustomError("no_pins", "a road over a network needs pins")
        return pins

    def pins_on(self, day: date) -> tuple[str, ...]:
        """The pins in force on a day; none where all have ended."""
        return tuple(each.pin for each in self.pins if each.holds_on(day))


class Fallback(Road):
    """Another road of the same bank, one of its profile's ``fallbacks``; it carries the same parcels under the same names."""

    kind: Word  # of the profile's channel it is: folder, sftp, media, line_tcp, …
    after: Duration | None = None  # taken by itself once the road before it failed for so long; without it two persons decide
