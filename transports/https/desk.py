"""Who calls a server, proved before anything else is looked at: certificate, pinned key, signature, time, nonce. One word for every no."""

import dataclasses

from aiohttp import web

from transports.https import signing
from transports.https.answers import Answer
from transports.https.settings import Peer, ServerSettings
from transports.https.shares import Shares


@dataclasses.dataclass(frozen=True)
class Caller:
    """A peer that has proved itself. ``stamp``: what it signed; ``body``: only where the body itself was signed."""

    peer: Peer
    stamp: signing.Stamp | None = None
    body: bytes | None = dataclasses.field(default=None, repr=False)

    @property
    def key_id(self) -> str:
        """Under whom its messages are remembered: never under a name that another peer could give itself."""
        return self.stamp.key_id if self.stamp and self.stamp.key_id in self.peer.key_ids else self.peer.id


def not_authentic() -> Answer:
    """The same for a strange certificate, an unknown key, a bad signature and a bad digest (security A15)."""
    return Answer(401, "not-authentic", "This caller or this message could not be verified.", "无法验证来访方或报文。")


class Desk:
    """The checks of one server."""

    def __init__(self, settings: ServerSettings, shares: Shares) -> None:
        self._settings, self._shares = settings, shares
        self._nonces: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {}

    async def admit(self, request: web.BaseRequest) -> Caller:
        """Raises Answer."""
        peer = self._peer(request)
        signs = peer.signing or self._settings.signing
        verify = peer.signing.verify if peer.signing else self._settings.verify
        if verify is None or signs is None:
            return Caller(peer)
        found = signing.read(request.headers, signs.headers)
        if found is None:
            raise not_authentic()
        stamp, signature = found
        body = await self._body(request, signs) if signs.over_body else None
        message = stamp.message(signs.lines, method=request.method, target=request.raw_path, body=body or b"")
        holds = verify(stamp.key_id, message, signature)
        known = peer.signing is not None or not signs.headers.key_id or stamp.key_id in peer.key_ids
        meant = not signs.headers.bank or peer.bank in ("", stamp.bank)
        if not (holds and known and meant):
            raise not_authentic()
        if signs.headers.time:
            self._expect_fresh(peer, stamp, (request.method, request.raw_path, stamp.message_id, stamp.digest))
        return Caller(peer, stamp, body)

    def _peer(self, request: web.BaseRequest) -> Peer:
        peer = self._shares.peer_of(request.transport)
        if peer is None:
            raise not_authentic()
        return peer

    async def _body(self, request: web.BaseRequest, signs: signing.Signing) -> bytes:
        length = request.content_length
        if length is None or length > min(signs.body_bytes_max, self._settings.body_bytes_max):
            raise not_authentic()
        await ready_for_body(request)
        return await request.content.readexactly(length)

    def _expect_fresh(self, peer: Peer, stamp: signing.Stamp, what: tuple[str, ...]) -> None:
        now, window = self._settings.now(), self._settings.window_s
        if not (stamp.time.isascii() and stamp.time.isdigit() and abs(now - int(stamp.time[:15])) <= window):
            raise Answer(
                401,
                "stamp-outside",
                "The message's time is too far from ours; compare both clocks.",
                "报文时间与本方相差过大，请核对双方时钟。",
            )
        while self._nonces and self._nonces[oldest := next(iter(self._nonces))][0] < now:  # in the order they came
            del self._nonces[oldest]
        key = (peer.id, stamp.nonce)
        known = key in self._nonces
        if self._nonces.setdefault(key, (now + 2 * window, what))[1] != what or (known and what[0] not in ("PUT", "POST")):
            raise Answer(401, "replayed", "This message was sent before.", "该报文此前已发送过。")


async def ready_for_body(request: web.BaseRequest) -> None:
    """Tell a caller that asked that its body may come (RFC 9110 10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
