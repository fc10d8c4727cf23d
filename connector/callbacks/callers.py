"""Which banks call back, and how each proves itself: the keys its connection pins, and its signature beside TLS where the note has one."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, datetime

from bank_profiles.errors import BadProfile
from bank_profiles.language.lines import LineHttp
from config.connection import Connection
from config.owned_pins import expect_one_owner
from config.road import DatedPin, Road
from config.settings import read_secret
from config.yaml_file import BadSettings
from connector.bank import Bank
from connector.keys.authorities import chains_of
from connector.parts import Parts
from connector.roads import channels, dialects
from connector.roads.called_back import Landing
from connector.roads.signatures import signer, verifier
from transports.https import Peer, Signing
from transports.sealing.keyring import KeyRing


@dataclasses.dataclass(frozen=True)
class Caller:
    """A bank, or the data centre of several. ``authority``: who signs its certificates, PEM. ``signing``: as its messages are signed."""

    institution: str
    pins: tuple[DatedPin, ...]
    authority: str
    landing: Landing
    signing: Signing | None

    def peer_on(self, day: date) -> Peer:
        """As the receiver knows it on a day; its keys of other days open nothing."""
        pins = tuple(each.pin for each in self.pins if each.holds_on(day))
        return Peer(self.institution, pins, bank=self.institution, signing=self.signing)


def callers(parts: Parts, ring: KeyRing, now: Callable[[], datetime]) -> dict[str, Caller]:
    """Every bank that calls back, by the code of its connection. Raises BadSettings where one key would name two of them."""
    found = {each.institution: each for each in _callers(parts, ring, now)}
    expect_one_owner({code: caller.pins for code, caller in found.items()}, "call-backs", "回调")
    return found


def _callers(parts: Parts, ring: KeyRing, now: Callable[[], datetime]) -> Iterator[Caller]:
    for connection in parts.banks.connections:
        bank, *_ = parts.banks.behind(connection).values()  # each of them speaks as the connection says
        try:
            road = _road(parts, bank, connection, now())
        except (BadSettings, BadProfile):
            continue  # named by ``connector status``; nobody comes in by it
        if road is not None:
            yield _caller(parts, ring, now, connection, *road)


def _road(parts: Parts, bank: Bank, connection: Connection, now: datetime) -> tuple[LineHttp, Road] | None:
    for channel, road in channels(bank.profile_on(parts.day(now)), connection):
        if isinstance(channel, LineHttp) and channel.call_back:
            return channel, road
    return None


def _caller(
    parts: Parts, ring: KeyRing, now: Callable[[], datetime], connection: Connection, line: LineHttp, road: Road
) -> Caller:
    said = road.call_back
    authority = said.authority if said else road.line.authority if road.line else ""
    code = connection.institution.code
    return Caller(
        code,
        said.pins if said else road.pins,
        read_secret(parts.folder, authority.removeprefix("secret:")).decode(),
        Landing.of(parts.folder, code),
        _signing(parts, ring, now, connection, line),
    )


def _signing(parts: Parts, ring: KeyRing, now: Callable[[], datetime], connection: Connection, line: LineHttp) -> Signing | None:
    """Theirs is a detached signature by the key that signs their parcels; ours on the reply is by the key that signs ours."""
    sign = signer(ring, connection.keys.our_sign, now, line.seal)
    verify = verifier(ring, connection.keys.bank_sign, now, line.seal, chains_of(parts.folder, connection, now))
    return dialects.signing(line, "centre", connection.institution.code, sign, verify)
