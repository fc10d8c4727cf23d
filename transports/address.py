"""Where a road may lead: a name is resolved anew for every line, and only to the addresses its connection allows."""

import dataclasses
import ipaddress
import socket

from transports import words
from transports.errors import Refused, Unreachable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True)
class Address:
    """A peer's host and port. ``allow``: the networks its name may lead to; an address written as numbers is its own list.

    A name that suddenly leads elsewhere (a changed or rebound name) gets no connection (security A6).
    """

    host: str
    port: int
    allow: tuple[Network, ...] = ()

    def candidates(self) -> list[str]:
        """The allowed addresses the host has now, in the order of the name service. Raises Unreachable, Refused."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as unknown:
            raise words.say(Unreachable, words.NO_ADDRESS) from unknown
        allowed = [str(each[4][0]) for each in found if self._may(str(each[4][0]))]
        if not allowed:
            raise words.say(Refused, words.FOREIGN_ADDRESS)
        return allowed

    def connect(self, seconds: float) -> socket.socket:
        """An open TCP connection without delay for small messages; ``seconds`` for all candidates together at most."""
        last: OSError | None = None
        candidates = self.candidates()
        for address in candidates:
            try:
                line = socket.create_connection((address, self.port), timeout=seconds / len(candidates))
            except OSError as refused:
                last = refused
                continue
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
        slow = isinstance(last, TimeoutError)
        raise words.say(Unreachable, words.SILENT if slow else words.UNREACHABLE) from last

    def _may(self, address: str) -> bool:
        place = ipaddress.ip_address(address.partition("%")[0])
        if any(place in network for network in self.allow):
            return True
        return not self.allow and _is_number(self.host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
