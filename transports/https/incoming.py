"""A body on its way in, read by the blocking road behind the server: block by block, within its deadline, held to its digest."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping

from aiohttp import web

from transports.https.desk import ready_for_body

LOOP_S = 5.0  # a loop that ended meanwhile never answers


class Incoming:
    """The body of one put. ``broke``: the caller fell silent or the line broke. ``honest``: all of it came and has the digests.

    ``digests``: kind (sha256, sm3) to hex.
    """

    def __init__(
        self, request: web.BaseRequest, size: int, digests: Mapping[str, str], seconds: float, held: bytes | None
    ) -> None:
        self._request, self._size, self._digests, self._held = request, size, digests, held
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._until = self._loop.time() + seconds
        self._running = {kind: hashlib.new(kind) for kind in digests}
        self._read, self._begun = 0, False
        self.broke = False

    @property
    def honest(self) -> bool:
        """Are the bytes that came the announced ones?"""
        return self._read == self._size and all(self._running[kind].hexdigest() == said for kind, said in self._digests.items())

    @property
    def all_came(self) -> bool:
        """Did as many bytes come as were announced?"""
        return self._read == self._size

    def blocks(self) -> Iterator[bytes]:
        """For a thread of the road; raises OSError where no more comes."""
        while block := asyncio.run_coroutine_threadsafe(self.next(), self._loop).result(self._seconds + LOOP_S):
            yield block

    async def next(self) -> bytes:
        """The next block, empty at the end. Raises OSError."""
        if self._held is not None:
            block, self._held = self._held, b""
        else:
            block = await self._from_line()
        for running in self._running.values():
            running.update(block)
        self._read += len(block)
        return block

    async def _from_line(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._until):
                if not self._begun:
                    self._begun = True
                    await ready_for_body(self._request)
                return await self._request.content.readany()
        except Exception as broken:  # aiohttp has many names for it
            self.broke = True
            raise OSError("the body broke off") from broken

    async def drain(self) -> None:
        """Read what nobody wanted, so that its digest is known and the answer is not taken for a broken line."""
        while not self.all_came and not self.broke:
            try:
                if not await self.next():
                    break
            except OSError:
                break
