"""The calls of the drop-box under /api/v1/bank: found, done in the pool, answered; whatever is wrong is told as problem+json."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from bank_profiles.language.profile import Profile
from bank_profiles.translation import whose
from connector.bank import Bank
from connector.dropbox import agreed_names, asked, batches, problems, replies, sheet_calls, submitting, trying
from connector.dropbox.clients import Client
from connector.dropbox.pace import Pace
from connector.dropbox.problems import Refusal, Wrong
from connector.dropbox.sheets import named, sealed_only
from connector.dropbox.submitting import Revision
from connector.dropbox.uploads import Held, Uploads, offset
from connector.dropbox.work import JSON_BYTES_MAX, Call, Work
from connector.ledger.errors import LedgerError
from transports import shelf
from transports.https.desk import Caller, not_authentic
from transports.https.incoming import Incoming
from transports.https.signing import digest_field
from transports.tls import is_pinned, pin_of

BASE = "/api/v1/bank"
PAGE, PAGE_MAX = 100, 500
_BLOCK = 256 * 1024
_NO_LEDGER = Wrong(
    "try-later", "Could not be done now; nothing changed. Try again.", "系统暂时不能完成，数据未改变，请稍后再试。"
)


class Api:
    """Serves the callers of a deployment."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._pace = Pace(work.limits.calls_per_minute)

    async def serve(self, request: web.BaseRequest, caller: Caller) -> web.StreamResponse:
        """See transports.https.server.Calls."""
        work = self._work
        client = work.site.clients.get(caller.peer.id)
        line = request.transport.get_extra_info("ssl_object") if request.transport else None
        shown = line.getpeercert(binary_form=True) if line is not None else None
        if client is None or shown is None or not is_pinned(shown, client.pins_on(work.parts.day(work.now()))):
            raise not_authentic()  # its day is over, or has not come
        try:
            self._pace.count(client.institution)
            return await self._routed(request, client, pin_of(shown))
        except Refusal as no:
            return self._refused(request, no)
        except LedgerError:
            return self._refused(request, Refusal(503, _NO_LEDGER, headers={"Retry-After": "30"}))

    async def _routed(self, request: web.BaseRequest, client: Client, pin: str) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        parts = path.removeprefix(BASE + "/").split("/") if path.startswith(BASE + "/") else [""]
        for (method, *shape), serve in _ROUTES.items():
            if (
                method == request.method
                and len(shape) == len(parts)
                and all(s in ("*", p) for s, p in zip(shape, parts, strict=True))
            ):
                words = tuple(part for s, part in zip(shape, parts, strict=True) if s == "*")
                return await serve(self, Call(request, client, words, query, pin))
        raise Refusal(404, problems.NOT_OFFERED)

    def _refused(self, request: web.BaseRequest, no: Refusal) -> web.Response:
        lang = asked.language(request.headers.get("Accept-Language"))
        headers = {**no.headers, "Content-Language": lang, "Vary": "Accept-Language"}
        return replies.reply(no.status, no.told(lang), kind="application/problem+json", headers=headers)

    # ---- batches -------------------------------------------------------------------------------------------------------------

    async def _list(self, call: Call) -> web.StreamResponse:
        said = asked.query(call.query, {"state", "limit", "after"})
        limit, after = (asked.whole_number(said.get(key), default) for key, default in (("limit", PAGE), ("after", 0)))
        if said.get("state", "open") not in ("open", "all") or limit is None or after is None or not 0 < limit <= PAGE_MAX:
            raise Refusal(400, problems.MALFORMED)
        only_open = said.get("state", "open") == "open"
        return replies.as_json(
            200, await self._work.thread(lambda: batches.listed(self._work.parts, call.client, only_open, after, limit))
        )

    async def _batch(self, call: Call) -> web.StreamResponse:
        found = await self._work.owned(call)
        return replies.as_json(200, await self._work.thread(lambda: batches.item(call.client, found.row, found.parcel)))

    async def _parcel(self, call: Call) -> web.StreamResponse:
        found = await self._work.owned(call)
        if found.parcel is None:
            raise Refusal(404, problems.ELSEWHERE)
        path, row = found.parcel, found.row
        if await self._work.thread(lambda: shelf.digest(path)) != row.parcel_digest:
            raise Refusal(503, problems.DAMAGED, headers={"Retry-After": "600"})
        tag = f'"{row.parcel_digest}"'
        headers = call.request.headers
        span = asked.span(headers.get("Range"), row.parcel_size) if headers.get("If-Range", tag) == tag else None
        begin, end = span or (0, row.parcel_size)
        response = web.StreamResponse(status=206 if span else 200, headers=replies.download(row.parcel_name, row.parcel_digest))
        response.headers["Content-Length"] = str(end - begin)
        if span:
            response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{row.parcel_size}"
        asked_for = call.request.method == "GET"  # to HEAD, the headers are all
        await self._work.send(call, response, end - begin, self._blocks(path, begin, end) if asked_for else None)
        if asked_for and end == row.parcel_size:  # by ranges too: the last byte is the last to come
            await self._work.alone(call, lambda: batches.taken(self._work.parts, call.client, row, self._work.now()))
        return response

    async def _blocks(self, path: Path, begin: int, end: int) -> AsyncIterator[bytes]:
        for at in range(begin, end, _BLOCK):
            yield await self._work.thread(functools.partial(_read, path, at, min(_BLOCK, end - at)))

    async def _receipt(self, call: Call) -> web.StreamResponse:
        found = await self._work.owned(call)
        said = asked.json_object(
            await self._work.body(call, JSON_BYTES_MAX), {"result": _is_result}, {"reason": _is_reason, "note": asked.is_remark}
        )
        if (said["result"] == "refused") != ("reason" in said):
            wrong = problems.MISSING_KEY if said["result"] == "refused" else problems.BAD_VALUE
            raise Refusal(422, wrong.at("/reason"))
        return replies.as_json(
            200,
            await self._work.alone(call, lambda: batches.receipt(self._work.parts, call.client, found, said, self._work.now())),
        )

    # ---- answers -------------------------------------------------------------------------------------------------------------

    async def _check(self, call: Call) -> web.StreamResponse:
        said = asked.query(call.query, {"name", "batch"})
        name, number, work = asked.name(said.get("name", "")), said.get("batch"), self._work
        bank = await self._bank(call, name, number)
        with work.in_memory(call):
            content = await work.body(call, trying.BYTES_MAX)
            found = await work.thread(lambda: trying.trial(work.parts, bank, name, content, number, work.now()))
        return replies.as_json(200, found)

    async def _bank(self, call: Call, name: str, number: str | None) -> Bank:
        """Whose answer is tried: the batch says so, or the name where several share a box."""
        if number is not None:
            return (await self._work.thread(lambda: batches.owned(self._work.parts, call.client, number))).bank
        day = self._work.parts.day(self._work.now())
        named = [bank for code, bank in call.client.banks.items() if whose(bank.profile_on(day), "response", name) == code]
        return (named or list(call.client.banks.values()))[0]

    async def _put(self, call: Call) -> web.StreamResponse:
        found, said = await self._work.owned(call), asked.file_name(call.words[1])
        profile = found.bank.edition(found.row.edition)
        if whose(profile, "response", said) not in (None, found.bank.code):
            raise Refusal(422, problems.OF_ANOTHER)
        name = named(profile, said)
        if name.is_sheet:
            return await sheet_calls.put(self._work, call, found, name)
        headers, most = call.request.headers, self._work.limits.file_bytes_max
        digests = asked.digests(headers.get("Content-Digest"))
        incoming, size = self._work.incoming(call, most, digests)
        start, total = asked.part(headers.get("Content-Range"), size)
        whole = asked.digests(headers["Repr-Digest"]) if "Repr-Digest" in headers else digests if total == size else {}
        if total > most:
            raise Refusal(413, problems.TOO_LARGE)
        uploads = Uploads(call.client.box.uploads(found.row.id))
        stands = await self._work.alone(call, lambda: self._stands(call, found, said, whole))
        if stands is not None:
            await incoming.drain()
            return replies.as_json(200, replies.held(said, stands))
        held = await self._stored(call, uploads, incoming, said, start, total, whole)
        told = replies.held(said, held) | self._unlike(found, profile, said)
        return replies.as_json(201 if held.digest and held.here == start + size else 200, told, offset(held))

    def _unlike(self, found: batches.Owned, profile: Profile, name: str) -> dict[str, Any]:
        """``problems`` where the name is not the agreed one: it is brought, and what is wrong with it is told."""
        now = self._work.now()
        wrong = agreed_names.unlike(profile, found.bank.code, name, found.row.number, self._work.parts.day(now), now)
        return {"problems": [wrong]} if wrong else {}

    def _stands(self, call: Call, found: batches.Owned, name: str, whole: Mapping[str, str]) -> Held | None:
        """Were these bytes submitted already? Raises Refusal where no answer is taken, or other bytes stand under this name."""
        submitted = submitting.of_name(self._work.parts, call.client, found, name)
        if submitted is None:
            batches.expect_uploadable(call.client, found, asked.revises(call.query))
            return None
        if submitted.sheet or not whole or any(submitted.digests.get(kind) != said for kind, said in whole.items()):
            raise Refusal(409, problems.COLLISION)
        return Held(Path(), submitted.size, submitted.size, submitted.digest)

    async def _stored(
        self, call: Call, uploads: Uploads, incoming: Incoming, name: str, start: int, total: int, whole: Mapping[str, str]
    ) -> Held:
        def store() -> Held:
            uploads.expect_begun(name, start, total)
            try:
                staged = uploads.stage(name, sealed_only(incoming.blocks()) if start == 0 else incoming.blocks())
            except OSError:
                raise Refusal(408, problems.TIMEOUT, headers={"Connection": "close"}) from None
            try:
                if not incoming.honest:
                    raise Refusal(422, problems.DIGEST)
                with self._work.lock(call):
                    return uploads.add(name, staged, start, total, whole)
            finally:
                uploads.forget(staged)

        return await self._work.thread(store)

    async def _here(self, call: Call) -> web.StreamResponse:
        """HEAD: how many bytes of an upload are here."""
        found, said = await self._work.owned(call), asked.file_name(call.words[1])
        name = named(found.bank.edition(found.row.edition), said)
        submitted = await self._work.thread(lambda: submitting.of_name(self._work.parts, call.client, found, name.wire))
        if submitted is not None:
            held: Held | None = Held(Path(), submitted.size, submitted.size, submitted.digest, submitted.sheet)
        else:
            held = await self._work.thread(lambda: Uploads(call.client.box.uploads(found.row.id)).held(name.wire))
        digest = {"Repr-Digest": digest_field(held.digest)} if held and held.digest and not held.sheet else {}
        return replies.reply(200, b"", headers=offset(held) | digest)

    async def _drop(self, call: Call) -> web.StreamResponse:
        found, said = await self._work.owned(call), asked.file_name(call.words[1])
        name = named(found.bank.edition(found.row.edition), said).wire

        def drop() -> None:
            if submitting.of_name(self._work.parts, call.client, found, name) is not None:
                raise Refusal(409, problems.SUBMITTED)
            Uploads(call.client.box.uploads(found.row.id)).drop(name)

        await self._work.alone(call, drop)
        return replies.reply(204)

    async def _submit(self, call: Call) -> web.StreamResponse:
        found = await self._work.owned(call)
        said = asked.json_object(await self._work.body(call, JSON_BYTES_MAX), {"files": asked.are_files}, {})
        return await self._submitted(call, found, said["files"])

    async def _revise(self, call: Call) -> web.StreamResponse:
        """Another answer in place of one that stands: with a reason, and taken only after two persons looked (see settle)."""
        work = self._work
        found, before = await work.thread(lambda: submitting.find(work.parts, call.client, call.words[0]))
        said = asked.json_object(await work.body(call, JSON_BYTES_MAX), {"files": asked.are_files, "reason": asked.is_remark}, {})
        return await self._submitted(call, found, said["files"], Revision(before.id, said["reason"]))

    async def _submitted(
        self, call: Call, found: batches.Owned, files: list[str], revision: Revision | None = None
    ) -> web.StreamResponse:
        profile, work = found.bank.edition(found.row.edition), self._work
        wires = [named(profile, asked.name(name)).wire for name in files]
        told = await work.alone(
            call, lambda: submitting.submit(work.parts, call.client, found, wires, work.now(), revision=revision)
        )
        return replies.as_json(202, told, {"Location": f"{BASE}/answers/{told['answer']}"})

    async def _answer(self, call: Call) -> web.StreamResponse:
        found, submission = await self._work.thread(lambda: submitting.find(self._work.parts, call.client, call.words[0]))
        return replies.as_json(200, await self._work.thread(lambda: submitting.told(self._work.parts, found, submission)))


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
    ("POST", "answers", "*", "revision"): Api._revise,
    ("GET", "batches", "*", "sheet"): lambda api, call: sheet_calls.get(api._work, call),
}


# ---- values -----------------------------------------------------------------------------------------------------------------------


def _is_result(said: Any) -> bool:
    return said in ("received", "refused")


def _is_reason(said: Any) -> bool:
    return isinstance(said, str) and said in batches.REASONS


# ---- files on this disk -------------------------------------------------------------------------------------------------------------


def _read(path: Path, at: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(size)
