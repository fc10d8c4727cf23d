"""One call of a bank's staff as every route sees it, and what the routes share: threads, one at a time a bank, bodies with an end."""

import asyncio
import dataclasses
import threading
from collections.abc import AsyncIterable, Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from connector.dropbox import batches, problems
from connector.dropbox.clients import Client
from connector.dropbox.pace import CALLS_PER_MINUTE
from connector.dropbox.problems import Refusal
from connector.parts import Parts
from transports.https.counter import Broken
from transports.https.incoming import Incoming
from transports.https.settings import Deadlines

T = TypeVar("T")
JSON_BYTES_MAX = 64 * 1024
OPENED_AT_ONCE, OPENED_EACH = 4, 1  # contents that lie in memory opened: in all, and of one bank


@dataclasses.dataclass(frozen=True)
class Limits:
    """How much, how long and how often: bytes of an uploaded file, seconds of a body, calls of one bank in a minute."""

    file_bytes_max: int
    deadlines: Deadlines
    calls_per_minute: int = CALLS_PER_MINUTE


@dataclasses.dataclass(frozen=True)
class Site:
    """The deployment as its files say now, and who may come."""

    parts: Parts
    clients: dict[str, Client]


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a caller that proved itself. ``words``: what stands in the path where a route has ``*``; ``pin``: of its key."""

    request: web.BaseRequest
    client: Client
    words: tuple[str, ...]
    query: str
    pin: str


class Work:
    """What a call is done with."""

    def __init__(self, site: Callable[[], Site], now: Callable[[], datetime], limits: Limits, pool: Executor) -> None:
        self._site, self.now, self.limits, self._pool = site, now, limits, pool
        self._locks: dict[str, threading.Lock] = {}
        self._opened: list[str] = []  # whose contents lie open in memory now

    @property
    def site(self) -> Site:
        """As it is now."""
        return self._site()

    @property
    def parts(self) -> Parts:
        """Those of the deployment as it is now."""
        return self._site().parts

    def lock(self, call: Call) -> threading.Lock:
        """Held while a box changes."""
        return self._locks.setdefault(call.client.institution, threading.Lock())

    async def thread(self, act: Callable[[], T]) -> T:
        """Done in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    async def alone(self, call: Call, act: Callable[[], T]) -> T:
        """What changes a box is done by one thread at a time."""

        def locked() -> T:
            with self.lock(call):
                return act()

        return await self.thread(locked)

    async def owned(self, call: Call) -> batches.Owned:
        """The batch the path names. Raises Refusal not-yours."""
        return await self.thread(lambda: batches.owned(self.parts, call.client, call.words[0]))

    @contextmanager
    def in_memory(self, call: Call) -> Iterator[None]:
        """Room for one opened content. Raises Refusal busy."""
        whose = call.client.institution
        if len(self._opened) >= OPENED_AT_ONCE or self._opened.count(whose) >= OPENED_EACH:
            raise Refusal(503, problems.BUSY, headers={"Retry-After": "10"})
        self._opened.append(whose)
        try:
            yield
        finally:
            self._opened.remove(whose)

    # ---- bodies --------------------------------------------------------------------------------------------------------------

    def incoming(self, call: Call, most: int, digests: Mapping[str, str] | None = None) -> tuple[Incoming, int]:
        """A body that is to come, and its size. Raises Refusal."""
        size = call.request.content_length
        if size is None:
            raise Refusal(411, problems.LENGTH)
        if size > most:
            raise Refusal(413, problems.TOO_LARGE)
        return Incoming(call.request, size, digests or {}, self.limits.deadlines.transfer(size), None), size

    async def body(self, call: Call, most: int, digests: Mapping[str, str] | None = None) -> bytes:
        """A body taken whole into memory. Raises Refusal where it does not come, or is not what ``digests`` say."""
        incoming, size = self.incoming(call, most, digests)
        blocks: list[bytes] = []
        try:
            while block := await incoming.next():
                blocks.append(block)
        except OSError:
            blocks = []
        content = b"".join(blocks)
        if len(content) != size:
            raise Refusal(408, problems.TIMEOUT, headers={"Connection": "close"})
        if digests and not incoming.honest:
            raise Refusal(422, problems.DIGEST)
        return content

    async def send(self, call: Call, response: web.StreamResponse, size: int, blocks: AsyncIterable[bytes] | None = None) -> None:
        """A reply to its last byte, within its time; ``blocks``: a body that comes bit by bit. Raises Broken where the line breaks."""
        try:
            async with asyncio.timeout(self.limits.deadlines.transfer(size)):
                await response.prepare(call.request)
                if blocks is not None:
                    async for block in blocks:
                        await response.write(block)
                await response.write_eof()
        except (OSError, TimeoutError) as broken:
            raise Broken from broken
