"""What a line can say that is no message, and what a peer's status means: codes, sentences, and the error that carries them."""

import re

from transports import words
from transports.errors import Refused, TransportError, Unreachable

NOT_A_LENGTH: words.Words = (
    "length-not-a-number",
    "What came over the line does not begin with a length; the line was closed. Compare the framing and the encoding with the peer.",
    "线路收到的报文开头不是长度，连接已关闭；请与对方核对报文长度域与编码。",
)
TOO_LARGE: words.Words = (
    "frame-too-large",
    "A message is longer than this line allows; not a byte of it was taken. Compare the largest message with the peer.",
    "报文长度超过本线路上限，未接收任何内容；请与对方核对最大报文长度。",
)
TOO_SMALL: words.Words = (
    "frame-too-small",
    "A message is shorter than its own header; the line was closed. Compare the message header with the peer.",
    "报文长度小于报文头长度，连接已关闭；请与对方核对报文头。",
)
BAD_HEADER: words.Words = (
    "header-unreadable",
    "A message's header is not as the interface note says; the line was closed. Compare the header and the encoding with the peer.",
    "报文头与接口文档不符，连接已关闭；请与对方核对报文头与编码。",
)
BAD_MAC: words.Words = (
    "mac-wrong",
    "A message's authentication code does not hold; nothing of it was read. Compare the line's key with the peer, then find out why.",
    "报文鉴别码不正确，未读取其内容；请与对方核对线路密钥并查明原因。",
)
REPLAYED: words.Words = (
    "sequence-replayed",
    "A message carries a number that was used already: a replay, or the peer counts anew. Nothing was done; ask the peer which.",
    "报文序号已使用过：可能是重放，也可能是对方重新计数。未作处理，请与对方核实。",
)
GAP: words.Words = (
    "sequence-gap",
    "A message's number is too far ahead: messages are missing. Nothing was done; compare the numbers with the peer.",
    "报文序号跳号过大，中间有报文缺失。未作处理，请与对方核对序号。",
)
IN_USE: words.Words = (
    "line-in-use",
    "Another process of ours has had a question on this line for long; it will be tried again.",
    "本系统的另一进程长时间占用此线路，稍后将重试。",
)
NO_NUMBERS: words.Words = (
    "numbers-unreadable",
    "The file that counts the messages of this line is damaged; nothing was sent. Ask the peer for the last number it took and set the"
    " count (docs/roads.md).",
    "本线路的报文计数文件已损坏，未发送任何内容；请向对方核实最后收到的序号后重设计数（docs/roads.zh-CN.md）。",
)
OTHER_REPLY: words.Words = (
    "reply-for-another",
    "The reply belongs to another message; the line was closed. Ask the peer.",
    "收到的应答对应另一笔报文，连接已关闭；请与对方核实。",
)
UNKNOWN_STATUS: words.Words = (
    "status-unknown",
    "The peer's reply holds a status the interface note does not list. Ask the peer what it means.",
    "对方应答的状态码不在接口文档中，请与对方核实其含义。",
)
EMPTY_REPLY: words.Words = (
    "reply-empty",
    "The peer's reply is empty and says nothing of our message. Ask the peer.",
    "对方应答为空，无法判断本次报文的结果，请与对方核实。",
)
PAGES: words.Words = (
    "pages-broken",
    "The pages of an answer do not follow each other or are not what was announced; nothing was taken. Ask the peer.",
    "应答的分页不连续或与声明不符，未予接收，请与对方核实。",
)
NO_PARTS: words.Words = (
    "too-large-for-line",
    "The parcel is longer than one message of this line, and the interface note has no parts; use another channel of this bank.",
    "文件超过本线路单个报文上限，且接口文档没有分包约定；请改用该行的其他通道。",
)
NOT_SPOKEN: words.Words = (
    "not-in-the-note",
    "The interface note of this line has no message for this.",
    "本线路的接口文档没有相应的报文。",
)
WITHDRAWN: words.Words = ("withdrawn", "The sender withdrew the parcel; nothing was kept.", "发送方已撤回文件，未予保留。")
TWICE: words.Words = ("unknown", "A parcel on a line can be read once only.", "线路上的文件只能读取一次。")
TOO_BIG: words.Words = (
    "too-large",
    "The file is larger than this connection allows; ask the peer.",
    "文件超过本连接允许的上限，请与对方核实。",
)

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SHARED = {each[0]: each for each in (words.BUSY, words.DENIED, words.FULL, BAD_MAC, REPLAYED, GAP, TOO_BIG)}


class Garbled(Refused):
    """What came is no message for us. Of a put whose last byte has left it says nothing: that one is in doubt."""

    code = "garbled"


def garbled(what: words.Words) -> TransportError:
    """A Garbled in these words."""
    return words.say(Garbled, what)


def said_by_peer(kind: type[Refused] | type[Unreachable], status: str, text: str) -> TransportError:
    """A peer's refusal or failure: its own code where that is a plain slug, else its status. What else it wrote is not repeated."""
    code = text if _SLUG.fullmatch(text) else "peer-" + "".join(each for each in status if each.isascii() and each.isalnum())[:16]
    if code in _SHARED:
        return words.say(kind, _SHARED[code])
    if issubclass(kind, Refused):
        return kind(f"The peer refuses this ({code}); ask the peer.", f"对方拒绝受理（{code}），请与对方核实。", code=code)
    return kind(
        f"The peer cannot do this now ({code}); it will be tried again.", f"对方暂时无法处理（{code}），稍后将重试。", code=code
    )
