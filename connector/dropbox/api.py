"""The calls of the drop-box under /api/v1/bank: found, done in the pool, answered; whatever is wrong is told as problem+json."""

import asyncio
import dataclasses
import hashlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from bank_profiles.translation import whose
from connector.bank import Bank
from connector.dropbox import asked, batches, problems, replies, submitting, trying
from connector.dropbox.clients import Client
from connector.dropbox.pace import CALLS_PER_MINUTE, Pace
from connector.dropbox.problems import Refusal, Wrong
from connector.dropbox.uploads import Held, Uploads, offset
from connector.ledger.errors import LedgerError
from connector.steps.parts import Parts
from transports.https.counter import Broken
from transports.https.desk import Caller, not_authentic
from transports.https.incoming import Incoming
from transports.https.settings import Deadlines
from transports.https.signing import digest_field
from transports.tls import is_pinned

T = TypeVar("T")
BASE = "/api/v1/bank"
JSON_BYTES_MAX = 64 * 1024
PAGE, PAGE_MAX = 100, 500
TRIED_AT_ONCE, TRIED_EACH = 4, 1  # in all, and of one bank: each lies in memory, sealed and opened
_BLOCK = 256 * 1024
_NO_LEDGER = Wrong(
    "try-later", "Could not be done now; nothing changed. Try again.", "系统暂时不能完成，数据未改变，请稍后再试。"
)


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
    """One call of a caller that proved itself. ``words``: what stands in the path where a route has ``*``."""

    request: web.BaseRequest
    client: Client
    words: tuple[str, ...]
    query: str


class Api:
    """Serves the callers of a deployment."""

    def __init__(self, site: Callable[[], Site], now: Callable[[], datetime], limits: Limits, pool: Executor) -> None:
        self._site, self._now, self._limits, self._pool = site, now, limits, pool
        self._locks: dict[str, threading.Lock] = {}
        self._pace = Pace(limits.calls_per_minute)
        self._trying: list[str] = []  # whose answers are tried now

    async def serve(self, request: web.BaseRequest, caller: Caller) -> web.StreamResponse:
        """See transports.https.server.Calls."""
        client = self._site().clients.get(caller.peer.id)
        shown = request.transport.get_extra_info("ssl_object") if request.transport else None
        if (
            client is None
            or shown is None
            or not is_pinned(shown.getpeercert(binary_form=True), client.pins_on(self._parts.day(self._now())))
        ):
            raise not_authentic()  # its day is over, or has not come
        try:
            self._pace.count(client.institution)
            return await self._routed(request, client)
        except Refusal as no:
            return self._refused(request, no)
        except LedgerError:
            return self._refused(request, Refusal(503, _NO_LEDGER, headers={"Retry-After": "30"}))

    async def _routed(self, request: web.BaseRequest, client: Client) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        parts = path.removeprefix(BASE + "/").split("/") if path.startswith(BASE + "/") else [""]
        for (method, *shape), serve in _ROUTES.items():
            if (
                method == request.method
                and len(shape) == len(parts)
                and all(s in ("*", p) for s, p in zip(shape, parts, strict=True))
            ):
                words = tuple(part for s, part in zip(shape, parts, strict=True) if s == "*")
                return await serve(self, Call(request, client, words, query))
        raise Refusal(404, problems.NOT_OFFERED)

    def _refused(self, request: web.BaseRequest, no: Refusal) -> web.Response:
        lang = asked.language(request.headers.get("Accept-Language"))
        headers = {**no.headers, "Content-Language": lang, "Vary": "Accept-Language"}
        return replies.reply(no.status, no.told(lang), kind="application/problem+json", headers=headers)

    @property
    def _parts(self) -> Parts:
        return self._site().parts

    def _lock(self, call: Call) -> threading.Lock:
        return self._locks.setdefault(call.client.institution, threading.Lock())

    async def _thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    async def _alone(self, call: Call, act: Callable[[], T]) -> T:
        """What changes a box is done by one thread at a time."""

        def locked() -> T:
            with self._lock(call):
                return act()

        return await self._thread(locked)

    async def _owned(self, call: Call) -> batches.Owned:
        return await self._thread(lambda: batches.owned(self._parts, call.client, call.words[0]))

    # ---- bodies --------------------------------------------------------------------------------------------------------------

    def _incoming(self, call: Call, most: int, digest: str = "") -> tuple[Incoming, int]:
        size = call.request.content_length
        if size is None:
            raise Refusal(411, problems.LENGTH)
        if size > most:
            raise Refusal(413, problems.TOO_LARGE)
        return Incoming(call.request, size, digest, self._limits.deadlines.transfer(size), None), size

    async def _body(self, call: Call, most: int) -> bytes:
        incoming, size = self._incoming(call, most)
        blocks: list[bytes] = []
        try:
            while block := await incoming.next():
                blocks.append(block)
        except OSError:
            blocks = []
        content = b"".join(blocks)
        if len(content) != size:
            raise Refusal(408, problems.TIMEOUT, headers={"Connection": "close"})
        return content

    # ---- batches -------------------------------------------------------------------------------------------------------------

    async def _list(self, call: Call) -> web.StreamResponse:
        said = asked.query(call.query, {"state", "limit", "after"})
        limit, after = (asked.whole_number(said.get(key), default) for key, default in (("limit", PAGE), ("after", 0)))
        if said.get("state", "open") not in ("open", "all") or limit is None or after is None or not 0 < limit <= PAGE_MAX:
            raise Refusal(400, problems.MALFORMED)
        only_open = said.get("state", "open") == "open"
        return replies.as_json(200, await self._thread(lambda: batches.listed(self._parts, call.client, only_open, after, limit)))

    async def _batch(self, call: Call) -> web.StreamResponse:
        found = await self._owned(call)
        return replies.as_json(200, await self._thread(lambda: batches.item(call.client, found.row, found.parcel)))

    async def _parcel(self, call: Call) -> web.StreamResponse:
        found = await self._owned(call)
        if found.parcel is None:
            raise Refusal(404, problems.ELSEWHERE)
        path, row = found.parcel, found.row
        if await self._thread(lambda: _digest(path)) != row.parcel_digest:
            raise Refusal(503, problems.DAMAGED, headers={"Retry-After": "600"})
        tag = f'"{row.parcel_digest}"'
        headers = call.request.headers
        span = asked.span(headers.get("Range"), row.parcel_size) if headers.get("If-Range", tag) == tag else None
        begin, end = span or (0, row.parcel_size)
        response = web.StreamResponse(status=206 if span else 200, headers=replies.download(row.parcel_name, row.parcel_digest))
        response.headers["Content-Length"] = str(end - begin)
        if span:
            response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{row.parcel_size}"
        await response.prepare(call.request)
        await self._send(response, path, begin, end)
        if end == row.parcel_size and call.request.method == "GET":  # by ranges too: the last byte is the last to come
            await self._alone(call, lambda: batches.taken(self._parts, call.client, row, self._now()))
        return response

    async def _send(self, response: web.StreamResponse, path: Path, begin: int, end: int) -> None:
        try:
            async with asyncio.timeout(self._limits.deadlines.transfer(end - begin)):
                for at in range(begin, end, _BLOCK):
                    await response.write(await self._thread(lambda at=at: _read(path, at, min(_BLOCK, end - at))))  # type: ignore[misc]
                await response.write_eof()
        except (OSError, TimeoutError) as broken:
            raise Broken from broken

    async def _receipt(self, call: Call) -> web.StreamResponse:
        found = await self._owned(call)
        said = asked.json_object(
            await self._body(call, JSON_BYTES_MAX), {"result": _is_result}, {"reason": _is_reason, "note": asked.is_remark}
        )
        if (said["result"] == "refused") != ("reason" in said):
            wrong = problems.MISSING_KEY if said["result"] == "refused" else problems.BAD_VALUE
            raise Refusal(422, wrong.at("/reason"))
        return replies.as_json(
            200, await self._alone(call, lambda: batches.receipt(self._parts, call.client, found, said, self._now()))
        )

    # ---- answers -------------------------------------------------------------------------------------------------------------

    async def _check(self, call: Call) -> web.StreamResponse:
        said = asked.query(call.query, {"name", "batch"})
        name = asked.name(said.get("name", ""))
        bank = await self._bank(call, name, said.get("batch"))
        whose_turn = call.client.institution
        if len(self._trying) >= TRIED_AT_ONCE or self._trying.count(whose_turn) >= TRIED_EACH:
            raise Refusal(503, problems.BUSY, headers={"Retry-After": "10"})
        self._trying.append(whose_turn)
        try:
            content = await self._body(call, trying.BYTES_MAX)
            found = await self._thread(lambda: trying.trial(self._parts, bank, name, content, said.get("batch"), self._now()))
        finally:
            self._trying.remove(whose_turn)
        return replies.as_json(200, found)

    async def _bank(self, call: Call, name: str, number: str | None) -> Bank:
        """Whose answer is tried: the batch says so, or the name where several share a box."""
        if number is not None:
            return (await self._thread(lambda: batches.owned(self._parts, call.client, number))).bank
        day = self._parts.day(self._now())
        named = [bank for code, bank in call.client.banks.items() if whose(bank.profile_on(day), "response", name) == code]
        return (named or list(call.client.banks.values()))[0]

    async def _put(self, call: Call) -> web.StreamResponse:
        found, name = await self._owned(call), asked.file_name(call.words[1])
        said = whose(found.bank.edition(found.row.edition), "response", name)
        if said not in (None, found.bank.code):
            raise Refusal(422, problems.OF_ANOTHER)
        headers = call.request.headers
        digest = asked.digest(headers.get("Content-Digest"))
        incoming, size = self._incoming(call, self._limits.file_bytes_max, digest)
        start, total = asked.part(headers.get("Content-Range"), size)
        whole = asked.digest(headers["Repr-Digest"]) if "Repr-Digest" in headers else digest if total == size else None
        if total > self._limits.file_bytes_max:
            raise Refusal(413, problems.TOO_LARGE)
        uploads = Uploads(call.client.box.uploads(found.row.id))
        if await self._alone(call, lambda: self._stands(call, found, name, whole)):
            await incoming.drain()
            return replies.as_json(200, {"name": name, "here": total, "total": total, "complete": True, "sha256": whole})
        held = await self._stored(call, uploads, incoming, name, start, total, whole)
        return replies.as_json(201 if held.digest and held.here == start + size else 200, replies.held(name, held), offset(held))

    def _stands(self, call: Call, found: batches.Owned, name: str, whole: str | None) -> bool:
        """Were these bytes submitted already? Raises Refusal where no answer is taken, or other bytes stand under this name."""
        submitted = submitting.of_name(self._parts, call.client, found, name)
        if submitted is None:
            batches.expect_answerable(found.row)
        elif whole != submitted.digest:
            raise Refusal(409, problems.COLLISION)
        return submitted is not None

    async def _stored(
        self, call: Call, uploads: Uploads, incoming: Incoming, name: str, start: int, total: int, whole: str | None
    ) -> Held:
        def store() -> Held:
            try:
                staged = uploads.stage(name, incoming.blocks())
            except OSError:
                raise Refusal(408, problems.TIMEOUT, headers={"Connection": "close"}) from None
            try:
                if not incoming.honest:
                    raise Refusal(422, problems.DIGEST)
                with self._lock(call):
                    return uploads.add(name, staged, start, total, whole)
            finally:
                uploads.forget(staged)

        return await self._thread(store)

    async def _here(self, call: Call) -> web.StreamResponse:
        """HEAD: how many bytes of an upload are here."""
        found, name = await self._owned(call), asked.file_name(call.words[1])
        submitted = await self._thread(lambda: submitting.of_name(self._parts, call.client, found, name))
        if submitted is not None:
            held: Held | None = Held(Path(), submitted.size, submitted.size, submitted.digest)
        else:
            held = await self._thread(lambda: Uploads(call.client.box.uploads(found.row.id)).held(name))
        digest = {"Repr-Digest": digest_field(held.digest)} if held and held.digest else {}
        return replies.reply(200, b"", headers=offset(held) | digest)

    async def _drop(self, call: Call) -> web.StreamResponse:
        found, name = await self._owned(call), asked.file_name(call.words[1])

        def drop() -> None:
            if submitting.of_name(self._parts, call.client, found, name) is not None:
                raise Refusal(409, problems.SUBMITTED)
            Uploads(call.client.box.uploads(found.row.id)).drop(name)

        await self._alone(call, drop)
        return replies.reply(204)

    async def _submit(self, call: Call) -> web.StreamResponse:
        found = await self._owned(call)
        said = asked.json_object(await self._body(call, JSON_BYTES_MAX), {"files": asked.are_files}, {})
        files = [asked.name(name) for name in said["files"]]
        told = await self._alone(call, lambda: submitting.submit(self._parts, call.client, found, files, self._now()))
        return replies.as_json(202, told, {"Location": f"{BASE}/answers/{told['answer']}"})

    async def _answer(self, call: Call) -> web.StreamResponse:
        found, submission = await self._thread(lambda: submitting.find(self._parts, call.client, call.words[0]))
        return replies.as_json(200, await self._thread(lambda: submitting.told(self._parts, found, submission)))


_ROUTES: dict[tuple[str, ...], Callable[[Api, Call], Awaitable[web.StreamResponse]]] = {
    ("GET", "batches"): Api._list,
    ("GET", "batches", "*"): Api._batch,
    ("GET", "batches", "*", "parcel"): Api._parcel,
    ("HEAD", "batches", "*", "parcel"): Api._parcel,
    ("POST", "batches", "*", "receipt"): Api._receipt,
    ("POST", "answer-checks"): Api._check,
    ("PUT", "batches", "*", "answers", "*"): Api._put,
    ("HEAD", "batches", "*", "answers", "*"): Api._here,
    ("DELETE", "batches", "*", "answers", "*"): Api._drop,
    ("POST", "batches", "*", "submission"): Api._submit,
    ("GET", "answers", "*"): Api._answer,
}


# ---- values -----------------------------------------------------------------------------------------------------------------------


def _is_result(said: Any) -> bool:
    return said in ("received", "refused") and isinstance(said, str)


def _is_reason(said: Any) -> bool:
    return isinstance(said, str) and said in batches.REASONS


# ---- files on this disk -------------------------------------------------------------------------------------------------------------


def _read(path: Path, at: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(size)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
