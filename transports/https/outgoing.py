"""Our own bytes on their way out: counted, digested, and the last block kept back until they are the announced ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from transports.crashpoint import crashpoint
from transports.errors import Refused
from transports.measured import own_bytes, with_last
from transports.outcomes import Stage
from transports.transport import Blocks


class Outgoing:
    """The body of one put. ``stage`` tells how far it came; ``broke`` what of ours stopped it, crash or error."""

    def __init__(self, blocks: Blocks, size: int, digest: str) -> None:
        self._blocks, self._size, self._digest = blocks, size, digest
        self.stage = Stage.LOOKING
        self.broke: BaseException | None = None
        self.on_begin: Callable[[], None] = _nothing
        self.on_end: Callable[[], None] = _nothing

    async def body(self) -> AsyncIterator[bytes]:
        """The blocks, for aiohttp. What stops them stands in ``broke``: aiohttp sees only that they stopped."""
        try:
            for block in self._staged():
                yield block
                await asyncio.sleep(0)  # a line that takes all at once would never let deadlines and its own end be noticed
        except (GeneratorExit, asyncio.CancelledError):
            raise  # the reply came before the end, or a deadline: it was the line that stopped, nothing of ours
        except BaseException as error:
            self.broke = error
            raise Stopped from None

    def whole(self, most: int) -> bytes:
        """All of it at once, for a signature over the body. Raises Refused, Failed, as the blocks do."""
        if self._size > most:
            raise Refused(
                "The file is too large for a peer that wants its body signed in one; correct the connection.",
                "文件过大，无法按对方要求对报文整体签名，请修改连接配置。",
                code="too-large",
            )
        return b"".join(own_bytes(self._blocks, self._size, self._digest))

    def _staged(self) -> Iterator[bytes]:
        self.on_begin()
        crashpoint("O14")
        first = True
        for block, last in with_last(own_bytes(self._blocks, self._size, self._digest)):
            self.stage = Stage.RENAMING if last else Stage.WRITING  # set before it leaves: the peer may have it at once
            yield block
            if first:
                crashpoint("O15")
            first = False
        self.stage = Stage.RENAMING
        if first:
            crashpoint("O15")
        self.on_end()
        crashpoint("O16")


class Stopped(Exception):
    """Our side broke off; why stands beside it."""


def _nothing() -> None:
    pass
