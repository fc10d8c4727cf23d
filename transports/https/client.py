"""The five verbs over HTTPS, by the calls the bank's note offers; what the note does not offer is not guessed."""

import asyncio
import builtins
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import unquote

from transports import names, words
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.https import listing, receipt, signing
from transports.https import words as said
from transports.https.calls import Call, Means
from transports.https.exchange import Exchange, Reply
from transports.https.outgoing import Outgoing
from transports.https.settings import HttpsSettings
from transports.https.words import unexpected
from transports.outcomes import Stage, outcome
from transports.transport import Blocks, Delivery, Presence, Put, Remote

T = TypeVar("T")


class Https:
    """A Transport over HTTPS. One object per thread; every call has a line, a handshake and deadlines of its own."""

    def __init__(self, settings: HttpsSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._dialect = settings.dialect
        self._exchange = Exchange(settings)
        self._clock = clock
        self._quiet_until = 0.0  # the peer asked for patience until then
        self._fetched: dict[str, str] = {}  # name ⟶ SHA-256 of what was read
        self._digests: dict[str, str] = {}  # name ⟶ SHA-256 the listing gave
        self._questions: dict[str, str] = {}  # name of an answer ⟶ name of its question
        self.strange: builtins.list[tuple[str, str]] = []

    # ---- out ---------------------------------------------------------------------------------------------------------------

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Deliver ``size`` bytes with SHA-256 ``digest`` (hex) under ``name``; the same bytes twice are one delivery."""
        outgoing = Outgoing(blocks, size, digest)
        try:
            names.check(name)
            self._expect_no_quiet()
            self._settings.pace.wait()
            replies = self._exchange.run(self._put(name, outgoing, size, digest))
        except Exception as error:
            own = outgoing.broke
            if own is not None and not isinstance(own, Exception):
                raise own from None
            cause = own or error
            return outcome(said.in_our_words(cause) or cause, outgoing.stage)
        crashpoint("O20")
        return Put(Delivery.DELIVERED, replies=replies)

    async def _put(self, name: str, outgoing: Outgoing, size: int, digest: str) -> tuple[tuple[str, bytes], ...]:
        call, limits = self._dialect.put, self._settings.deadlines
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(limits.connect_s + limits.reply_s) as deadline:
            outgoing.on_begin = lambda: deadline.reschedule(loop.time() + limits.transfer(size))
            outgoing.on_end = lambda: deadline.reschedule(loop.time() + limits.reply_s)
            target = call.path(name, size, digest)
            reply = await self._exchange.open(call, target, name=name, outgoing=outgoing, size=size, digest=digest)
            deadline.reschedule(loop.time() + limits.transfer_s)
            try:
                if reply.means is not Means.DONE:
                    if reply.means is Means.NOT_TAKEN:
                        outgoing.stage = Stage.LOOKING  # the peer's word that it holds nothing of it
                    raise await self._no(reply)
                body = await reply.body(self._settings.caps.reply_bytes_max)
            finally:
                reply.raw.close()
        whole_left = outgoing.stage is Stage.RENAMING
        receipt.expect_proof(self._dialect, reply.headers, body, digest, whole_left=whole_left)
        replies, self.strange = receipt.answers(self._dialect, name, reply.headers, body)
        return replies

    def look(self, name: str, size: int, digest: str) -> Presence:
        """What the peer holds under ``name``; UNKNOWN where the note has no call for it. Raises Unreachable or Refused."""
        names.check(name)
        call = self._dialect.look
        if call is None:
            return Presence.ABSENT if self._dialect.repeatable else Presence.UNKNOWN
        return self._do(self._look(call, name, size, digest))

    async def _look(self, call: Call, name: str, size: int, digest: str) -> Presence:
        reply, body = await self._ask(call, call.path(name, size, digest), (Means.GONE, Means.NOT_YET))
        if reply.means is Means.GONE:
            return Presence.ABSENT
        if reply.means is Means.NOT_YET:
            return Presence.UNKNOWN
        if call.method != "HEAD":
            return listing.presence(body)
        shown = signing.digest_of(reply.headers.get(self._dialect.digest_header, ""))
        if shown is None and reply.length is None:
            return Presence.UNKNOWN
        same = reply.length in (None, size) and shown in (None, digest)
        return Presence.PRESENT if same else Presence.DIFFERENT

    # ---- in ----------------------------------------------------------------------------------------------------------------

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:
        """What the peer offers, hostile names left out (see ``strange``), oldest first. Raises Unreachable or Refused."""
        self.strange = []
        if self._dialect.list is not None:
            return self._do(self._list(self._dialect.list))
        if self._dialect.poll is not None:
            return self._do(self._poll(self._dialect.poll, awaited))
        return []

    async def _list(self, call: Call) -> builtins.list[Remote]:
        _, body = await self._ask(call, call.path())
        found = listing.read(body, self._dialect.listing, self._settings.caps.entries_max)
        self.strange, self._digests = found.strange, found.digests
        return found.files

    async def _poll(self, call: Call, awaited: Sequence[str]) -> builtins.list[Remote]:
        found = []
        for question in awaited[: self._settings.caps.polls_max]:
            names.check(question)
            self._settings.pace.wait()
            async with asyncio.timeout(self._reply_s()):
                reply = await self._exchange.open(call, call.path(question), name=question)
            try:
                if reply.means is Means.NOT_YET:
                    continue
                if reply.means is not Means.DONE:
                    raise await self._no(reply)
                if reply.length == 0:  # "here it is", and nothing is there
                    raise unexpected("reply-malformed")
                found += self._answer_to(question, reply)
            finally:
                reply.raw.close()
        return found

    def _answer_to(self, question: str, reply: Reply) -> builtins.list[Remote]:
        given = reply.headers.get(self._dialect.answer_name, "") if self._dialect.answer_name else ""
        name = unquote(given, errors="replace") or self._dialect.answer.replace("{name}", question)
        reason = names.problem(name)
        if reason:
            self.strange.append((reason, names.mask(name)))
            return []
        self._questions[name] = question
        return [Remote(name, reply.length or 0)]

    def get(self, name: str) -> Iterator[bytes]:
        """The bytes of an offered file, in blocks. Raises Unreachable or Refused while iterating."""
        names.check(name)
        call, target = self._place_of(name)
        reply = self._do(self._open(call, target))
        ends_at = self._clock() + self._settings.deadlines.transfer(reply.length or self._settings.caps.file_bytes_max)
        running, size = hashlib.sha256(), 0
        blocks = reply.blocks(self._settings.caps.file_bytes_max, words.say(Refused, said.TOO_LARGE))
        try:
            while block := self._do(self._next(blocks, ends_at)):
                crashpoint("N3")
                running.update(block)
                size += len(block)
                yield block
        except Unreachable as broken:
            self._expect_unchanged(name, reply.length, broken)
            raise
        finally:
            reply.raw.close()
        if self._digests.get(name, running.hexdigest()) != running.hexdigest():
            raise words.say(Unreachable, said.CHANGED)
        self._expect_unchanged(name, size, None)
        self._fetched[name] = running.hexdigest()

    async def _next(self, blocks: AsyncIterator[bytes], ends_at: float) -> bytes:
        async with asyncio.timeout(max(0.0, ends_at - self._clock())):
            return await anext(blocks, b"")

    def _place_of(self, name: str) -> tuple[Call, str]:
        poll, call = self._dialect.poll, self._dialect.get
        before, _, after = self._dialect.answer.partition("{name}")
        question = self._questions.get(name) or name.removeprefix(before).removesuffix(after)
        if poll is not None:
            return poll, poll.path(question)
        if call is not None:
            return call, call.path(name)
        raise words.say(Refused, said.NO_CALL)

    def _expect_unchanged(self, name: str, size: int | None, broken: Unreachable | None) -> None:
        """A file that has another size by now was still being written while it was read."""
        call = self._dialect.check
        if call is None or size is None:
            return
        try:
            after = self._do(self._size_of(call, name))
        except (Unreachable, Refused):
            if broken is not None:
                return
            raise
        if after is not None and after != size:
            raise words.say(Unreachable, said.CHANGED) from broken

    async def _size_of(self, call: Call, name: str) -> int | None:
        reply, _ = await self._ask(call, call.path(name), (Means.GONE,))
        return None if reply.means is Means.GONE else reply.length

    def acknowledge(self, name: str) -> None:
        """Tell the peer we keep it; what it holds by now under this name, if nobody has read that, stays. Raises as list."""
        names.check(name)
        call = self._dialect.acknowledge
        if call is not None:
            crashpoint("N15")
            self._do(self._ask(call, call.path(name, digest=self._fetched.get(name, "")), (Means.GONE,)))
            crashpoint("N14")

    # ---- the line ----------------------------------------------------------------------------------------------------------

    async def _ask(self, call: Call, target: str, also: tuple[Means, ...] = ()) -> tuple[Reply, bytes]:
        """A call without a body of ours, and its whole small reply. Raises what is neither DONE nor one of ``also``."""
        self._settings.pace.wait()  # the loop is this client's own, and nothing else runs in it
        async with asyncio.timeout(self._reply_s()) as deadline:
            reply = await self._exchange.open(call, target)
            deadline.reschedule(asyncio.get_running_loop().time() + self._settings.deadlines.transfer_s)
            try:
                if reply.means is Means.DONE:
                    return reply, await reply.body(self._settings.caps.reply_bytes_max)
                if reply.means in also:
                    return reply, b""
                raise await self._no(reply)
            finally:
                reply.raw.close()

    async def _open(self, call: Call, target: str) -> Reply:
        self._settings.pace.wait()
        async with asyncio.timeout(self._reply_s()):
            reply = await self._exchange.open(call, target)
            if reply.means is Means.DONE:
                return reply
            try:
                raise await self._no(reply)
            finally:
                reply.raw.close()

    def _reply_s(self) -> float:
        return self._settings.deadlines.connect_s + self._settings.deadlines.reply_s

    async def _no(self, reply: Reply) -> TransportError:
        wait_s = self._exchange.patience(reply) if reply.means in (Means.NOT_TAKEN, Means.UNSURE) else 0.0
        error = await self._exchange.error(reply)
        if wait_s and isinstance(error, Unreachable):
            self._quiet_until, error.wait_s = self._clock() + wait_s, wait_s
        return error

    def _expect_no_quiet(self) -> None:
        left = self._quiet_until - self._clock()
        if left > 0:
            busy = words.say(Unreachable, words.BUSY)
            busy.wait_s = left
            raise busy

    def _do(self, act: Coroutine[Any, Any, T]) -> T:
        """Run it, and say what goes wrong as Unreachable or Refused."""
        try:
            self._expect_no_quiet()
            return self._exchange.run(act)
        except Exception as error:
            act.close()
            told = said.in_our_words(error)
            if told is None:
                raise
            raise said.outward(told) from error

    def close(self) -> None:
        """Let the line go; the next verb opens it again."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
