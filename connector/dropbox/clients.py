"""Who may come to the drop-box: the keys each connection pins for its bank's staff, and the institutions they act for."""

import dataclasses
from collections.abc import Iterator
from datetime import date

from config.connection import Connection
from config.owned_pins import expect_one_owner
from config.road import DatedPin, Road
from connector.bank import Bank
from connector.dropbox.box import Box
from connector.parts import Parts

KIND = "dropbox"  # as the profile language calls this road


@dataclasses.dataclass(frozen=True)
class Client:
    """A bank, or the data centre of several. ``pins``: the keys of its staff's certificates, each on its days."""

    institution: str
    banks: dict[str, Bank]
    box: Box
    pins: tuple[DatedPin, ...]

    @property
    def who(self) -> str:
        """As the audit names them."""
        return f"bank:{self.institution}"[:64]

    def pins_on(self, day: date) -> tuple[str, ...]:
        """The keys that open the drop-box on a day."""
        return tuple(each.pin for each in self.pins if each.holds_on(day))


def clients(parts: Parts, day: date) -> dict[str, Client]:
    """Everybody who has a drop-box, by the code of the connection. Raises BadSettings where one key would name two of them."""
    found = {client.institution: client for client in _clients(parts, day)}
    expect_one_owner({code: client.pins for code, client in found.items()}, "the drop-box", "投递箱")
    return found


def _clients(parts: Parts, day: date) -> Iterator[Client]:
    for connection in parts.banks.connections:  # nobody comes in by one that is broken; ``connector status`` names it
        banks = parts.banks.behind(connection)
        first, *_ = banks.values()  # the others speak as it does
        road = _road(connection, first.profile_on(day).channel.kind)
        if road is not None:
            code = connection.institution.code
            yield Client(code, banks, Box.of(parts.folder, code), road.pins)


def _road(connection: Connection, kind: str) -> Road | None:
    """The drop-box of a connection: its own road, or one of its fallbacks."""
    if kind == KIND:
        return connection
    return next((each for each in connection.fallbacks if each.kind == KIND), None)
