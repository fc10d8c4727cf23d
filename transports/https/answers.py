"""What a server answers: a status with a stable code as problem+json, or bytes, signed where the line signs."""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

import orjson
from aiohttp import web

from transports import names
from transports.errors import Refused, TransportError, Unreachable
from transports.https import signing
from transports.https.calls import Dialect
from transports.sealing.refusals import OUTWARD, OUTWARD_CODE, is_of_a_seal
from transports.transport import Delivery, Put

SERVED_BY = {"Server": "connector"}  # not which interpreter and library, in which version
_STATUS = {"missing": 404, "too-large": 413, "collision": 409, "permission": 403}


class Answer(Exception):
    """A no, in both languages; never with a name or a word of the caller's in it."""

    def __init__(self, status: int, code: str, en: str, zh: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.en, self.zh = status, code, en, zh
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        """RFC 9457, with the Chinese beside the English."""
        told = {"type": f"/problems/{self.code}", "status": self.status, "code": self.code, "title": self.en, "title_zh": self.zh}
        return orjson.dumps(told)


def name_of(written: str) -> str:
    """The name in a target. Raises Answer."""
    try:
        return names.check(unquote(written, errors="strict"))
    except UnicodeDecodeError:
        raise Answer(422, "name-undecodable", "The name is not valid UTF-8.", "名称不是有效的 UTF-8 编码。") from None
    except Refused as refused:
        raise Answer(422, refused.code, "The name cannot be a file's name.", "该名称不能作为文件名。") from None


def naming(replies: Sequence[tuple[str, bytes]], dialect: Dialect) -> dict[str, str]:
    """The headers that tell which answers one body holds."""
    return {
        dialect.answer_name: ",".join(quote(name, safe="") for name, _ in replies),
        dialect.answer_size: ",".join(str(len(body)) for _, body in replies),
    }


def _seal_refused() -> Answer:
    return Answer(422, OUTWARD_CODE, *OUTWARD)


def of_error(error: TransportError, retry_after_s: int) -> Answer:
    """What the road behind a server said; of a seal that did not hold, never why (security A15)."""
    if is_of_a_seal(error.code):
        return _seal_refused()
    if isinstance(error, Unreachable):
        return Answer(503, error.code, error.en, error.zh, {"Retry-After": str(retry_after_s)})
    return Answer(_STATUS.get(error.code, 422), error.code, error.en, error.zh)


def of_put(put: Put, retry_after_s: int) -> Answer:
    """What became of a put that was not delivered."""
    if is_of_a_seal(put.code):
        return _seal_refused()
    if put.delivery is Delivery.REFUSED:
        return Answer(_STATUS.get(put.code, 422), put.code, put.en, put.zh)
    if put.delivery is Delivery.RETRY:
        return Answer(503, put.code, put.en, put.zh, {"Retry-After": str(retry_after_s)})
    return Answer(500, put.code, put.en, put.zh)


def reply(status: int, body: bytes = b"", *, kind: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    """A small reply."""
    said = SERVED_BY | dict(headers or {}) | ({"Content-Type": kind} if kind else {})
    return web.Response(status=status, body=body, headers=said)


def refusal(answer: Answer) -> web.Response:
    """An Answer as a reply."""
    return reply(answer.status, answer.body, kind="application/problem+json", headers=answer.headers)


def signed(
    response: web.StreamResponse, request: web.BaseRequest, signs: signing.Signing | None, now: float, digest: str = ""
) -> None:
    """Put the digest and, where the line signs, our signature on a reply: over its status and the question it answers."""
    if not digest:
        body = response.body if isinstance(response, web.Response) else b""
        digest = hashlib.sha256(body if isinstance(body, bytes) else b"").hexdigest()
    field = signing.digest_field(digest)
    response.headers["Content-Digest"] = field
    if signs is None:
        return
    asked = signing.read(request.headers, signs.headers)
    message_id, nonce = (asked[0].message_id, asked[0].nonce) if asked else ("none", signing.fresh_nonce())
    stamp = signing.Stamp(signs.key_id, signs.bank, message_id, str(int(now)), nonce, field)
    signature = signs.sign(stamp.message(signs.reply_lines, status=response.status, target=request.raw_path))
    response.headers.update(stamp.headers(signs.headers, signature))
