"""A server over HTTPS in a thread of its own: a cap and a deadline on everything a stranger can open, hold or send."""

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol, Self

from aiohttp import web

from transports.https import answers
from transports.https.alert import telling
from transports.https.answers import Answer
from transports.https.counter import Broken, Counter
from transports.https.desk import Caller, Desk
from transports.https.seen import Seen
from transports.https.settings import Peer, ServerSettings
from transports.https.shares import Shares
from transports.tls import TlsSettings, server_context
from transports.transport import Transport

_SILENT = logging.getLogger("transports.https")  # aiohttp logs what callers sent
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
# Refusals that may be an attack, or a key or clock that went wrong: they are told to whoever runs the server.
TOLD = frozenset({"not-authentic", "stamp-outside", "replayed"})
STRANGER = "login-refused"  # a certificate that is not taken, or none: TLS ends the line before any call
_NO_CERTIFICATE = frozenset({"CERTIFICATE_VERIFY_FAILED", "PEER_DID_NOT_RETURN_A_CERTIFICATE"})
SWEEP_S = 0.5
LINGER_S = 2.0
_MALFORMED = Answer(400, "malformed", "The call is not well formed.", "调用格式错误。")
_TROUBLE = Answer(500, "trouble", "Something went wrong here; it is being looked at.", "本方处理出错，正在核查。")


class Calls(Protocol):
    """What is served to callers that proved themselves."""

    async def serve(self, request: web.BaseRequest, caller: Caller) -> web.StreamResponse:
        """Find what is called and do it. Raises Answer, or Broken where the line must not look whole."""


Tell = Callable[[str, str], None]


class CallServer:
    """``with CallServer(settings, made) as server:`` serves at ``server.port`` until the block ends.

    ``made``: the calls that are served, given the pool their blocking work runs in. ``tell``: hears of each refused call, in that
    pool: the peer whose key the line showed (empty: nobody's), and the code. Nothing the caller said is told.
    """

    def __init__(
        self, settings: ServerSettings, made: Callable[[Executor], Calls], *, tell: Tell = lambda _peer, _code: None
    ) -> None:
        self._settings, self._tell = settings, tell
        self._context = telling(server_context(settings.tls), self._not_welcome)
        self._pool = ThreadPoolExecutor(settings.workers, "https")
        self._shares = Shares(settings)
        self._desk = Desk(settings, self._shares)
        self._calls = made(self._pool)
        self._idle: dict[asyncio.BaseTransport, float] = {}  # lines between two calls, since when
        self._busy: set[asyncio.BaseTransport] = set()
        self._shaking: dict[asyncio.Task[None], str] = {}  # handshakes under way, with whose address
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Listen and serve; returns when calls are taken."""
        self._listener = socket.create_server((self._settings.host, self._settings.port))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="https", daemon=True)
        self._thread.start()
        ready.wait()

    def renew(self, tls: TlsSettings) -> None:
        """Lines from now on are welcomed with this; those that are open go on. Raises Refused (unusable-key)."""
        self._context = telling(server_context(tls), self._not_welcome)

    def stop(self) -> None:
        """Take no more calls, let those under way end for a moment."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()
            self._pool.shutdown()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # ---- lines ---------------------------------------------------------------------------------------------------------------

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._ended = asyncio.Event()
        house = _House(self._handle, self._settings)
        tasks = [asyncio.create_task(self._accept(house)), asyncio.create_task(self._sweep())]
        ready.set()
        await self._ended.wait()
        self._listener.close()
        for task in (*tasks, *self._shaking):
            task.cancel()
        await house.shutdown(LINGER_S)

    async def _accept(self, house: "_House") -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                line, address = await loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(SWEEP_S)  # out of descriptors: later
                continue
            full = self._open() >= self._settings.connections_max
            if full or not self._shares.may_shake_hands(address[0], self._shaking.values()):
                line.close()
                continue
            task = loop.create_task(self._welcome(house, line))
            self._shaking[task] = address[0]
            task.add_done_callback(self._shaking.pop)

    def _open(self) -> int:
        """How many lines are held; one that its caller let go holds no place until it is swept."""
        return sum(not line.is_closing() for line in self._idle) + len(self._busy) + len(self._shaking)

    async def _welcome(self, house: "_House", line: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, ssl.SSLError, ConnectionError, TimeoutError):
            seconds = self._settings.handshake_s
            taken = await loop.connect_accepted_socket(house, line, ssl=self._context, ssl_handshake_timeout=seconds)
            if not self._shares.may_stay(taken[0], {*self._idle, *self._busy}):
                taken[0].abort()
            elif taken[0] not in self._busy:
                self._idle.setdefault(taken[0], loop.time())

    def _not_welcome(self, failed: ssl.SSLError) -> None:
        if failed.reason in _NO_CERTIFICATE:
            self._pool.submit(self._tell, "", STRANGER)

    async def _sweep(self) -> None:
        """A line on which no whole head came in time is broken off."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            for line, since in list(self._idle.items()):
                if line.is_closing() or loop.time() - since > self._settings.head_s:
                    del self._idle[line]
                    line.abort()  # type: ignore[attr-defined]

    # ---- calls ---------------------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        line = request.transport
        if line is None:
            raise ConnectionResetError
        self._idle.pop(line, None)
        self._busy.add(line)
        try:
            return await self._answer(request)
        except Broken:
            line.abort()
            raise ConnectionResetError from None
        finally:
            self._busy.discard(line)
            if not line.is_closing():
                self._idle[line] = asyncio.get_running_loop().time()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        signs = self._settings.signing
        try:
            caller = await self._desk.admit(request)
            signs = caller.peer.signing or signs
            with self._shares.calling(caller.peer):
                response = await self._calls.serve(request, caller)
        except Answer as no:
            response = answers.refusal(no)
            if no.code in TOLD:
                peer = self._shares.peer_of(request.transport)
                self._pool.submit(self._tell, peer.id if peer else "", no.code)
        except (Broken, ConnectionError):
            raise
        except Exception:  # nobody foresaw it; the caller learns nothing of it
            response = answers.refusal(_TROUBLE)
        if not response.prepared:
            answers.signed(response, request, signs, self._settings.now())
        return response


class HttpsServer(CallServer):
    """The five verbs. ``open_``: the road behind for a peer, opened for each call in a thread. ``seen``: the ledger of messages."""

    def __init__(
        self,
        settings: ServerSettings,
        open_: Callable[[Peer], Transport],
        *,
        seen: Seen | None = None,
        tell: Tell = lambda _peer, _code: None,
    ) -> None:
        super().__init__(settings, lambda pool: Counter(settings, open_, seen, pool), tell=tell)


class _House(web.Server):
    """aiohttp's server with doors of ours."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], settings: ServerSettings) -> None:
        super().__init__(handler)
        self._limits = settings

    def __call__(self) -> web.RequestHandler:
        limits = self._limits
        return _Door(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.head_s,
            logger=_SILENT,
            access_log=None,  # type: ignore[arg-type]
            max_line_size=limits.header_bytes_max,
            max_field_size=limits.header_bytes_max,
            max_headers=limits.headers_max,
            lingering_time=LINGER_S,
            auto_decompress=False,
        )


class _Door(web.RequestHandler):
    """One line. What is no HTTP gets one fixed answer: aiohttp's own repeats what was sent."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """As aiohttp's, in our words."""
        if request.writer.output_size > 0:
            raise ConnectionError
        response = answers.refusal(_MALFORMED if status < 500 else _TROUBLE)
        response.force_close()
        return response
