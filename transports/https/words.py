"""What a reply that is not as agreed means, and what aiohttp and TLS say, in our words."""

import ssl
from collections.abc import Callable
from typing import Any

import aiohttp

from transports import tls, words
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed
from transports.https.pinned import NotPinned


class Unexpected(Failed):
    """A reply that cannot be what was agreed: nothing follows from it. For a put that was handed over whole: in doubt."""

    code = "reply-unexpected"


def unexpected(code: str) -> Unexpected:
    """One of the sentences below, by its code."""
    en, zh = _UNEXPECTED[code]
    return Unexpected(en, zh, code=code)


_ASK = ("nothing was taken from it. Ask the peer.", "未采用其中任何内容，请与对方核实。")
_UNEXPECTED: dict[str, tuple[str, str]] = {
    code: (f"{en}; {_ASK[0]}", f"{zh}；{_ASK[1]}")
    for code, en, zh in (
        ("reply-status", "The peer answered with a status the interface note does not name", "对方返回接口文档以外的状态码"),
        ("reply-type", "The peer answered with another kind of content than agreed", "对方返回的内容类型与约定不符"),
        ("reply-compressed", "The peer compressed its answer, which is not agreed", "对方对应答作了未约定的压缩"),
        ("reply-malformed", "The peer's answer is not well formed", "对方应答格式错误"),
        ("reply-unproved", "The peer's answer does not say what it stored", "对方应答未说明其已保存的内容"),
        ("reply-signature", "The signature of the peer's answer does not hold", "对方应答的签名未通过验证"),
        ("reply-digest", "The peer's answer does not have the digest it names", "对方应答与其摘要不符"),
        ("reply-too-large", "The peer's answer is larger than allowed", "对方应答超过允许的大小"),
    )
}

REDIRECTED: words.Words = (
    "redirected",
    "The peer sent us to another address; we did not go there. Compare the connection's address with the peer.",
    "对方要求转到其他地址，本系统未跟随；请与对方核对连接地址。",
)
COLLISION: words.Words = (
    "collision",
    "The peer already holds a file of this name with other bytes; ours was not taken. Ask the peer which one it will use.",
    "对方已有同名但内容不同的文件，未接收本文件；请与对方核实以哪一份为准。",
)
MISSING: words.Words = (
    "missing",
    "The peer has no such file or place; compare the connection's paths with the interface note.",
    "对方没有该文件或路径，请核对连接配置中的路径。",
)
TOO_LARGE: words.Words = (
    "too-large",
    "The peer's file is larger than this connection allows; ask the peer.",
    "对方提供的文件超过本连接允许的大小，请与对方核实。",
)
CHANGED: words.Words = (
    "changed-while-reading",
    "The file changed while it was read, so the peer is still writing it; it will be read again.",
    "读取期间文件发生变化，对方可能仍在写入，稍后将重新读取。",
)
NO_CALL: words.Words = (
    "not-offered",
    "The interface note of this peer has no such call; correct the connection.",
    "该机构的接口文档没有此调用，请修改连接配置。",
)


def peers_word(kind: type[TransportError], code: str) -> TransportError:
    """A stable code the peer named. Its own sentences are not repeated: they may hold anything."""
    known = {
        each[0]: each for each in (COLLISION, MISSING, TOO_LARGE, CHANGED, words.FULL, words.BUSY, words.DENIED, words.LOGIN)
    }
    later = kind is Unreachable
    return words.say(
        kind,
        known.get(code)
        or (
            code,
            f"The peer said no ({code}); " + ("it will be tried again." if later else "ask the peer."),
            f"对方未受理（{code}），" + ("稍后将重试。" if later else "请与对方核实。"),
        ),
    )


def in_our_words(error: BaseException) -> TransportError | None:
    """What aiohttp, TLS or a socket said, as an error of this wing; None for anything else."""
    if isinstance(error, TransportError):
        return error
    return next((say(error) for kind, say in _SAYS if isinstance(error, kind)), None)


def _of_certificate(error: BaseException) -> TransportError | None:
    return words.say(Refused, words.KEY_CHANGED) if isinstance(error, NotPinned) else tls.in_our_words(error)


def _of_line(error: BaseException) -> TransportError:
    below = error.__cause__ or error.__context__
    told = tls.in_our_words(below) if isinstance(below, ssl.SSLError) else None
    return told or words.say(Unreachable, words.BROKEN)


# The first that fits: aiohttp's kinds are kinds of one another.
_SAYS: tuple[tuple[Any, Callable[[Any], TransportError | None]], ...] = (
    (aiohttp.ClientConnectorCertificateError, lambda error: _of_certificate(error.certificate_error)),
    (aiohttp.ClientConnectorSSLError, lambda error: tls.in_our_words(error.os_error)),
    (TimeoutError, lambda _: words.say(Unreachable, words.SILENT)),
    (aiohttp.ClientConnectorError, lambda _: words.say(Unreachable, words.UNREACHABLE)),
    (aiohttp.ClientResponseError, lambda _: unexpected("reply-malformed")),
    ((aiohttp.ClientError, OSError, EOFError), _of_line),
)


def outward(error: TransportError) -> TransportError:
    """For the verbs that say Unreachable or Refused and nothing else: a reply nobody agreed on is a person's business."""
    return Refused(error.en, error.zh, code=error.code) if isinstance(error, Failed) else error
