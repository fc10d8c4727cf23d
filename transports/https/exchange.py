"""One call over a line of its own: connected, pinned, signed, sent, and its reply held against what was agreed."""

import asyncio
import dataclasses
import email.utils
import hashlib
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from transports import words
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed
from transports.https import signing, strict_json
from transports.https import words as said_words
from transports.https.calls import Call, Means
from transports.https.outgoing import Outgoing
from transports.https.pinned import connector
from transports.https.settings import HttpsSettings
from transports.https.words import unexpected

T = TypeVar("T")
WORD_BYTES_MAX = 64 * 1024  # of a refusal's body no more is read
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_NO_BODY = frozenset(("GET", "HEAD", "DELETE"))


@dataclasses.dataclass
class Reply:
    """A reply whose head was found good. ``means``: what its status means; ``digest``: what its body must have, where it says so."""

    raw: aiohttp.ClientResponse = dataclasses.field(repr=False)
    means: Means
    digest: str | None

    @property
    def headers(self) -> Mapping[str, str]:
        """As the peer wrote them."""
        return self.raw.headers

    @property
    def length(self) -> int | None:
        """The announced bytes of its body."""
        return self.raw.content_length

    async def blocks(self, most: int, too_large: TransportError) -> AsyncIterator[bytes]:
        """The body, at most ``most`` bytes, its digest checked at the end. A reply to HEAD has none, whatever length it names."""
        if self.raw.method == "HEAD":
            return
        if (self.length or 0) > most:
            raise too_large
        read, running = 0, hashlib.sha256()
        while block := await self.raw.content.readany():
            read += len(block)
            if read > most:
                raise too_large
            running.update(block)
            yield block
        if self.digest is not None and running.hexdigest() != self.digest:
            raise unexpected("reply-digest")

    async def body(self, most: int) -> bytes:
        """The whole of a small body."""
        return b"".join([block async for block in self.blocks(most, unexpected("reply-too-large"))])


class Exchange:
    """The calls of one client, one after the other. It has a loop of its own and no thread: time passes only while it is asked."""

    def __init__(self, settings: HttpsSettings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        """Do it now, blocking."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop.set_exception_handler(lambda _loop, _context: None)  # what matters is raised; a log might hold names
        return self._loop.run_until_complete(act)

    def close(self) -> None:
        """Let lines and loop go; the next call makes new ones."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.run_until_complete(self._end())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    async def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            await asyncio.sleep(0)

    async def open(
        self,
        call: Call,
        target: str,
        *,
        name: str = "",
        outgoing: Outgoing | None = None,
        size: int = 0,
        digest: str = signing.EMPTY,
    ) -> Reply:
        """Send a request and hear the head of its reply. Raises TransportError, and what aiohttp raises."""
        self._expect_number_allowed()
        path = self._settings.base.rstrip("/") + target
        headers = call.said(name, size, digest) | {"Accept-Encoding": "identity", "Host": self._host()}
        stamp = await self._signed(call, path, name, outgoing, digest, headers)
        if outgoing is not None:
            headers |= {"Content-Type": call.content_type, "Content-Length": str(size)}
        elif call.method not in _NO_BODY:
            headers["Content-Length"] = "0"
        response = await self._in_session().request(
            call.method,
            URL(f"https://{self._host()}{path}", encoded=True),
            data=None if outgoing is None else outgoing.body(),
            headers=headers,
            allow_redirects=False,
            expect100=call.expect and outgoing is not None,
            server_hostname=self._settings.tls.name or None,
        )
        try:
            return self._agreed(response, call, path, stamp)
        except BaseException:
            response.close()
            raise

    def _host(self) -> str:
        host, port = self._settings.address.host, self._settings.address.port
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _expect_number_allowed(self) -> None:
        """aiohttp asks no resolver about an address written as numbers."""
        host = self._settings.address.host
        if ":" in host or host.replace(".", "").isdigit():
            self._settings.address.candidates()

    def _in_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            settings = self._settings
            self._session = aiohttp.ClientSession(
                connector=connector(settings.address, settings.tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=settings.deadlines.connect_s),
                skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
                max_line_size=settings.caps.header_bytes_max,
                max_field_size=settings.caps.header_bytes_max,
                max_headers=settings.caps.headers_max,
                requote_redirect_url=False,
            )
            # aiohttp sends a PUT whose line broke a second time without a word (3.14 client._request); only we may decide that.
            self._session._retry_connection = False
        return self._session

    async def _signed(
        self, call: Call, path: str, name: str, outgoing: Outgoing | None, digest: str, headers: dict[str, str]
    ) -> signing.Stamp | None:
        signs = self._settings.signing
        field = signing.digest_field(digest)
        if signs is None:
            if outgoing is not None and self._settings.dialect.digest_header:
                headers[self._settings.dialect.digest_header] = field
            return None
        nonce = signing.fresh_nonce()
        message_id = hashlib.sha256(name.encode()).hexdigest()[:32] if outgoing is not None else nonce
        stamp = signing.Stamp(signs.key_id, signs.bank, message_id, str(int(self._settings.now())), nonce, field)
        body = outgoing.whole(signs.body_bytes_max) if outgoing is not None and signs.over_body else b""
        message = stamp.message(signs.lines, method=call.method, target=path, body=body)
        headers |= stamp.headers(signs.headers, signs.sign(message))
        return stamp

    # ---- what came back ----------------------------------------------------------------------------------------------------

    def _agreed(self, response: aiohttp.ClientResponse, call: Call, path: str, stamp: signing.Stamp | None) -> Reply:
        headers = response.headers
        for single in ("Content-Length", "Content-Type", "Content-Encoding"):
            if len(headers.getall(single, [])) > 1:
                raise unexpected("reply-malformed")
        if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise unexpected("reply-compressed")
        digest = self._digest(response)
        if stamp is not None:
            self._expect_signed(response, path, stamp)
        means = call.meaning(response.status)
        bare = call.method == "HEAD" or (headers.get("Content-Length") == "0" and "Content-Type" not in headers)
        if means is Means.DONE and call.types and not bare:
            kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in call.types:
                raise unexpected("reply-type")
        return Reply(response, means, digest)

    def _digest(self, response: aiohttp.ClientResponse) -> str | None:
        field = response.headers.get(self._settings.dialect.digest_header or "Content-Digest")
        if field is None:
            return None
        digest = signing.digest_of(field)
        if digest is None:
            raise unexpected("reply-malformed")
        return None if response.method == "HEAD" else digest

    def _expect_signed(self, response: aiohttp.ClientResponse, path: str, asked: signing.Stamp) -> None:
        """The reply is the peer's own, and the answer to this very question."""
        signs = self._settings.signing
        if signs is None or signs.verify is None or not signs.replies:
            return
        found = signing.read(response.headers, signs.headers)
        if found is None:
            raise unexpected("reply-signature")
        stamp, signature = found
        message = stamp.message(signs.reply_lines, status=response.status, target=path)
        ours = (stamp.message_id, stamp.nonce) == (asked.message_id, asked.nonce)
        if not ours or not signs.verify(stamp.key_id, message, signature):
            raise unexpected("reply-signature")

    async def error(self, reply: Reply) -> TransportError:
        """What a reply that is not DONE says, as an error: Refused, Unreachable or Unexpected."""
        status, means = reply.raw.status, reply.means
        code = await self._peers_code(reply)
        if means is Means.COLLISION:
            return words.say(Refused, said_words.COLLISION)
        if means is Means.GONE:
            return words.say(Refused, said_words.MISSING)
        if 300 <= status < 400:
            return words.say(Refused, said_words.REDIRECTED)
        if means is Means.REFUSED:
            usual = {401: words.LOGIN[0], 403: words.DENIED[0], 404: said_words.MISSING[0], 413: said_words.TOO_LARGE[0]}
            return said_words.peers_word(Refused, code or usual.get(status, f"http-{status}"))
        if status < 300 and means is not Means.NOT_TAKEN:
            return unexpected("reply-status")
        usual_later = words.BUSY[0] if status in (429, 503) else f"http-{status}"
        return said_words.peers_word(Unreachable, code or usual_later)

    async def _peers_code(self, reply: Reply) -> str:
        """The stable code a problem+json names (RFC 9457); empty where there is none. The status alone is enough without it."""
        if reply.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
            return ""
        try:
            async with asyncio.timeout(self._settings.deadlines.reply_s):
                told = strict_json.loads(await reply.body(WORD_BYTES_MAX))
        except (Failed, aiohttp.ClientError, OSError):
            return ""
        code = told.get("code") if isinstance(told, dict) else None
        return code if isinstance(code, str) and _SLUG.fullmatch(code) else ""

    def patience(self, reply: Reply) -> float:
        """Seconds the peer asks us to wait (RFC 9110 10.2.3), within our bounds; nought where it does not."""
        asked = reply.headers.get("Retry-After", "").strip()
        most = self._settings.deadlines.retry_after_max_s
        if asked.isascii() and asked.isdigit():
            return min(float(asked), most)
        try:
            at = email.utils.parsedate_to_datetime(asked).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            return 0.0
        return min(max(0.0, at - self._settings.now()), most)
