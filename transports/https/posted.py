"""A bank's own two calls as a server: a path where inquiries are posted, and one where an answer is asked for by the name of its question."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import Executor

import orjson
from aiohttp import web

from transports.https import answers, signing
from transports.https.answers import Answer
from transports.https.calls import JSON, Call, Dialect
from transports.https.desk import Caller, not_authentic, ready_for_body
from transports.https.settings import ServerSettings
from transports.manners import MEBIBYTE
from transports.transport import Delivery, Put

HELD_MAX = 256 * MEBIBYTE  # what is posted is held in memory
Take = Callable[[str, bytes, str], Put]  # name, content, SHA-256
AnswerOf = Callable[[str], bytes | None]  # by the name of its question


class Posted:
    """What is served. ``take`` is told every inquiry, one at a time; ``answer_of`` what lies ready. Blocking work runs in ``pool``."""

    def __init__(self, settings: ServerSettings, dialect: Dialect, take: Take, answer_of: AnswerOf, pool: Executor) -> None:
        self._settings, self._dialect = settings, dialect
        self._take, self._answer_of, self._pool = take, answer_of, pool
        self._one_at_a_time = asyncio.Lock()

    async def serve(self, request: web.BaseRequest, caller: Caller) -> web.StreamResponse:
        """Find the call and do it. Raises Answer."""
        poll = self._dialect.poll
        if (put := _asked(self._dialect.put, request)) is not None:
            return await self._put(request, caller, put)
        if poll is not None and (asked := _asked(poll, request)) is not None:
            return await self._poll(asked)
        raise Answer(404, "not-offered", "This line has no such call.", "本线路没有此调用。")

    async def _put(self, request: web.BaseRequest, caller: Caller, named: str) -> web.StreamResponse:
        body = caller.body if caller.body is not None else await self._body(request)
        digest = hashlib.sha256(body).hexdigest()
        told = caller.stamp.digest if caller.stamp else request.headers.get("Content-Digest", signing.digest_field(digest))
        if signing.digest_of(told) != digest:
            raise not_authentic()
        name = answers.name_of(named or digest)
        async with self._one_at_a_time:
            put = await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self._take(name, body, digest))
        if put.delivery is not Delivery.DELIVERED:
            raise answers.of_put(put, self._settings.retry_after_s)
        return self._taken(put, digest)

    async def _body(self, request: web.BaseRequest) -> bytes:
        length = request.content_length
        if length is None or length > min(HELD_MAX, self._settings.body_bytes_max):
            raise Answer(413, "too-large", "The body is larger than this line takes.", "报文超过本线路的上限。")
        await ready_for_body(request)
        try:
            async with asyncio.timeout(self._settings.deadlines.transfer(length)):
                return await request.content.readexactly(length)
        except (TimeoutError, asyncio.IncompleteReadError):
            raise Answer(408, "timeout", "The body did not come whole and in time.", "报文未能按时完整到达。") from None

    def _taken(self, put: Put, digest: str) -> web.Response:
        proof, kind = self._dialect.proof, self._dialect.answer_types[0]
        headers = {proof.header: signing.digest_field(digest)} if proof.header else {}
        if len(put.replies) > 1:
            headers |= answers.naming(put.replies, self._dialect)
        if put.replies:
            return answers.reply(200, b"".join(body for _, body in put.replies), kind=kind, headers=headers)
        if proof.member:
            return answers.reply(200, orjson.dumps({proof.member: proof.values[0]}), kind=JSON, headers=headers)
        return answers.reply(202, headers=headers)

    async def _poll(self, named: str) -> web.Response:
        name = answers.name_of(named)
        body = await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self._answer_of(name))
        return answers.reply(202) if body is None else answers.reply(200, body, kind=self._dialect.answer_types[0])


def _asked(call: Call, request: web.BaseRequest) -> str | None:
    """The name it is about, as it stands in the path or in a header of the call; empty where it has none. None: another call."""
    found = _pattern(call.target).fullmatch(request.raw_path) if request.method == call.method else None
    if found is None:
        return None
    given = [found, *(_pattern(value).fullmatch(request.headers.get(header, "")) for header, value in call.headers)]
    return next((one["name"] for one in given if one is not None and "name" in one.groupdict()), "")


def _pattern(said: str) -> re.Pattern[str]:
    plain = re.escape(said).replace(r"\{size\}", "[0-9]+").replace(r"\{digest\}", "[0-9a-f]{64}")
    before, name, after = plain.partition(r"\{name\}")
    return re.compile(before + ("(?P<name>[^/?&]+)" if name else "") + after.replace(r"\{name\}", "(?P=name)"))
