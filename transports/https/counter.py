"""The five verbs as a server offers them: each is relayed to the road of the peer that calls, and a parcel is never opened."""

import asyncio
import contextlib
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar
from urllib.parse import parse_qs, quote

from aiohttp import web

from transports.errors import Refused, TransportError
from transports.https import answers, listing, signing
from transports.https.answers import Answer
from transports.https.calls import HOUSE, JSON, OCTETS, STORED
from transports.https.desk import Caller, not_authentic
from transports.https.incoming import Incoming
from transports.https.seen import Seen
from transports.https.settings import Peer, ServerSettings, Verb
from transports.measured import measure, own_bytes, with_last
from transports.transport import Delivery, Put, Transport

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Ask:
    """One call: who calls, the name it is about (empty for a listing), what stands after the question mark."""

    request: web.BaseRequest
    caller: Caller
    name: str
    given: dict[str, str]


class Counter:
    """Where calls that proved themselves are served. Blocking work runs in ``pool``."""

    def __init__(self, settings: ServerSettings, open_: Callable[[Peer], Transport], seen: Seen | None, pool: Executor) -> None:
        self._settings, self._open, self._seen, self._pool = settings, open_, seen, pool
        self._busy: dict[tuple[str, str], tuple[asyncio.Lock, int]] = {}  # and how many want it

    async def serve(self, request: web.BaseRequest, caller: Caller) -> web.StreamResponse:
        """Find the verb and do it. Raises Answer."""
        path, _, query = request.raw_path.partition("?")
        base = self._settings.base.rstrip("/")
        parts = path.removeprefix(base).split("/")[1:] if path.startswith(f"{base}/") else []
        shape = (request.method, *(part if place != 1 else "*" for place, part in enumerate(parts)))
        verb, serve = _ROUTES.get(shape, (None, None))
        if verb not in self._settings.verbs or serve is None:
            raise _not_offered()
        name = answers.name_of(parts[1]) if len(parts) > 1 else ""
        with self._in_answers():
            return await serve(self, Ask(request, caller, name, _given(query)))

    @contextlib.contextmanager
    def _in_answers(self) -> Iterator[None]:
        try:
            yield
        except TransportError as error:
            raise answers.of_error(error, self._settings.retry_after_s) from error

    async def _thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    # ---- in at our side -----------------------------------------------------------------------------------------------------

    async def _put(self, ask: Ask) -> web.StreamResponse:
        request, caller, name = ask.request, ask.caller, ask.name
        size = request.content_length
        if size is None:
            raise Answer(411, "length-missing", "The call must say how long its body is.", "调用须注明报文长度。")
        if size > self._settings.body_bytes_max:
            raise Answer(413, "too-large", "The body is larger than this line takes.", "报文超过本线路的上限。")
        digest = self._digest(request, caller)
        async with self._alone((caller.peer.id, name)):
            incoming = Incoming(request, size, {"sha256": digest}, self._settings.deadlines.transfer(size), caller.body)
            return await self._store(incoming, caller, name, size, digest)

    @contextlib.asynccontextmanager
    async def _alone(self, key: tuple[str, str]) -> AsyncIterator[None]:
        """Of two with one name at once the second finds the first one's end."""
        lock, waiting = self._busy.get(key, (asyncio.Lock(), 0))
        self._busy[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            waiting = self._busy[key][1] - 1
            self._busy[key] = lock, waiting
            if not waiting:
                del self._busy[key]

    def _digest(self, request: web.BaseRequest, caller: Caller) -> str:
        if caller.body is not None:
            return hashlib.sha256(caller.body).hexdigest()
        field = caller.stamp.digest if caller.stamp else request.headers.get("Content-Digest", "")
        digest = signing.digest_of(field)
        if digest is None:
            raise Answer(400, "digest-missing", "The call must name the SHA-256 of its body.", "调用须注明报文的 SHA-256。")
        return digest

    async def _store(self, incoming: Incoming, caller: Caller, name: str, size: int, digest: str) -> web.StreamResponse:
        stored = {STORED: signing.digest_field(digest)}
        verdict = await self._thread(lambda: self._first(caller, name, digest))
        if verdict == "other":
            raise Answer(409, "collision", "This message came before with another content.", "该报文此前以不同内容发送过。")
        if verdict == "same":
            await incoming.drain()
            return answers.reply(200, headers=stored)
        put = await self._thread(lambda: self._relay(caller.peer, incoming, name, size, digest))
        if put.delivery is Delivery.DELIVERED or (incoming.all_came and not incoming.honest):
            await incoming.drain()
            if not incoming.honest and not incoming.broke:
                raise not_authentic()
        if incoming.broke:
            raise Answer(
                408, "timeout", "The body did not come whole and in time.", "报文未能按时完整到达。", {"Connection": "close"}
            )
        if put.delivery is not Delivery.DELIVERED:
            raise answers.of_put(put, self._settings.retry_after_s)
        await self._thread(lambda: self._keep(caller, name, digest))
        return self._with_replies(put, stored)

    def _relay(self, peer: Peer, incoming: Incoming, name: str, size: int, digest: str) -> Put:
        with self._open(peer) as road:
            return road.put(name, incoming.blocks, size, digest)

    def _first(self, caller: Caller, name: str, digest: str) -> str:
        if self._seen is None:
            return "new"
        stamp = caller.stamp
        message_id, nonce = (stamp.message_id or name, stamp.nonce) if stamp else (name, "")
        return self._seen.first(caller.key_id, message_id, nonce, digest, self._settings.now())

    def _keep(self, caller: Caller, name: str, digest: str) -> None:
        if self._seen is not None:
            self._seen.keep(caller.key_id, (caller.stamp.message_id if caller.stamp else "") or name, digest)

    def _with_replies(self, put: Put, stored: dict[str, str]) -> web.StreamResponse:
        if not put.replies:
            return answers.reply(201, headers=stored)
        headers = stored | answers.naming(put.replies, HOUSE)
        return answers.reply(200, b"".join(body for _, body in put.replies), kind=OCTETS, headers=headers)

    async def _look(self, ask: Ask) -> web.StreamResponse:
        size, digest = ask.given.get("size", ""), ask.given.get("sha256", "")
        if not (size.isascii() and size.isdigit() and len(size) < 20) or not listing.is_digest(digest):
            raise Answer(400, "malformed", "The call is not well formed.", "调用格式错误。")
        found = await self._thread(lambda: self._with(ask.caller.peer, lambda road: road.look(ask.name, int(size), digest)))
        return answers.reply(200, listing.write_presence(found), kind=JSON)

    # ---- out of our side ------------------------------------------------------------------------------------------------------

    async def _list(self, ask: Ask) -> web.StreamResponse:
        if "for" in ask.given:
            return await self._poll(ask)
        body = await self._thread(lambda: self._with(ask.caller.peer, lambda road: listing.write(road.list(), road.strange)))
        return answers.reply(200, body, kind=JSON)

    async def _poll(self, ask: Ask) -> web.StreamResponse:
        answer_of = self._settings.answer_of
        if answer_of is None:
            raise _not_offered()
        question = answers.name_of(ask.given.get("for", ""))
        answer = answer_of(question)
        offered = await self._thread(lambda: self._with(ask.caller.peer, lambda road: road.list((question,))))
        if answer not in {remote.name for remote in offered}:
            return answers.reply(202)
        return await self._get(dataclasses.replace(ask, name=answer))

    async def _size(self, ask: Ask) -> web.StreamResponse:
        offered = await self._thread(lambda: self._with(ask.caller.peer, lambda road: road.list()))
        sizes = {remote.name: remote.size for remote in offered}
        if ask.name not in sizes:
            return answers.reply(404)
        return web.Response(status=200, headers=answers.SERVED_BY | {"Content-Length": str(sizes[ask.name])})

    async def _get(self, ask: Ask) -> web.StreamResponse:
        """Read twice: once to know length and digest before the head, once to send; other bytes by then are never sent to their end."""
        road = await self._thread(lambda: self._open(ask.caller.peer))
        try:
            size, digest = await self._thread(lambda: measure(road.get(ask.name)))
            said = answers.SERVED_BY | {"Content-Type": OCTETS, "Content-Length": str(size)}
            response = web.StreamResponse(status=200, headers=said)
            response.headers[HOUSE.answer_name] = quote(ask.name, safe="")
            signs = ask.caller.peer.signing or self._settings.signing
            answers.signed(response, ask.request, signs, self._settings.now(), digest)
            await response.prepare(ask.request)
            await self._send(response, road.get(ask.name), size, digest)
        finally:
            await self._thread(road.close)
        return response

    async def _send(self, response: web.StreamResponse, blocks: Iterator[bytes], size: int, digest: str) -> None:
        try:
            async with asyncio.timeout(self._settings.deadlines.transfer(size)):
                async for block in self._stepwise(with_last(own_bytes(lambda: blocks, size, digest))):
                    await response.write(block)
                await response.write_eof()
        except (TransportError, TimeoutError) as broken:
            raise Broken from broken

    async def _stepwise(self, blocks: Iterator[tuple[bytes, bool]]) -> AsyncIterator[bytes]:
        while (step := await self._thread(lambda: next(blocks, None))) is not None:
            yield step[0]

    async def _acknowledge(self, ask: Ask) -> web.StreamResponse:
        digest = ask.given.get("sha256", "")
        await self._thread(lambda: self._with(ask.caller.peer, lambda road: _acknowledge(road, ask.name, digest)))
        return answers.reply(204)

    def _with(self, peer: Peer, act: Callable[[Transport], T]) -> T:
        with self._open(peer) as road:
            return act(road)


_ROUTES: dict[tuple[str, ...], tuple[Verb, Callable[[Counter, Ask], Awaitable[web.StreamResponse]]]] = {
    ("PUT", "parcels", "*"): ("put", Counter._put),
    ("GET", "parcels", "*"): ("look", Counter._look),
    ("GET", "answers"): ("list", Counter._list),
    ("GET", "answers", "*"): ("get", Counter._get),
    ("HEAD", "answers", "*"): ("get", Counter._size),
    ("POST", "answers", "*", "receipt"): ("acknowledge", Counter._acknowledge),
}


def _given(query: str) -> dict[str, str]:
    try:
        return {key: values[0] for key, values in parse_qs(query, max_num_fields=8, errors="strict").items()}
    except ValueError as bad:
        raise Answer(400, "malformed", "The call is not well formed.", "调用格式错误。") from bad


def _not_offered() -> Answer:
    return Answer(405, "not-offered", "There is no such call here.", "此处没有该调用。")


class Broken(Exception):
    """The road behind broke after the head was sent: the line is broken too, so that nobody takes a part for the whole."""


def _acknowledge(road: Transport, name: str, digest: str) -> None:
    """Only what the caller has read: other bytes under this name by now are offered again."""
    if digest:
        try:
            _, there = measure(road.get(name))
        except Refused as gone:
            if gone.code != "missing":
                raise
        else:
            if there != digest:
                return
    road.acknowledge(name)
