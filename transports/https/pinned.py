"""aiohttp led by our rules: the peer's pinned key is part of the handshake, its name leads only to allowed addresses."""

import asyncio
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from transports.address import Address
from transports.tls import TlsSettings, client_context, is_pinned


class NotPinned(ssl.SSLCertVerificationError):
    """The peer's chain and name hold, its key is another than the pinned ones."""


def pinned_context(settings: TlsSettings) -> ssl.SSLContext:
    """A client's context whose handshake fails on a key that is not pinned: no byte of a request can have left by then.

    aiohttp's Fingerprint would do it too, but switches the verification of the chain off (aiohttp 3.14 connector._get_ssl_context).
    """

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if not is_pinned(self.getpeercert(binary_form=True), settings.pins):
                raise NotPinned("not pinned")

    context = client_context(settings)
    context.sslobject_class = Pinned
    return context


class Resolver(AbstractResolver):
    """The allowed addresses of one peer, asked for anew for every line."""

    def __init__(self, address: Address) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:  # noqa: ARG002
        """As aiohttp wants them. Raises Unreachable, Refused."""
        found = await asyncio.to_thread(self._address.candidates)
        return [_result(self._address, each) for each in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(address: Address, number: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=address.host, host=number, port=address.port, family=family, proto=0, flags=flags)


def connector(address: Address, settings: TlsSettings) -> aiohttp.TCPConnector:
    """One line a call: nothing is reused, so every line resolves, shakes hands and checks the pin anew."""
    return aiohttp.TCPConnector(
        ssl=pinned_context(settings),
        resolver=Resolver(address),
        use_dns_cache=False,
        force_close=True,
        happy_eyeballs_delay=None,
    )
