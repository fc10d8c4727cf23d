"""The manners of a dedicated line: how its messages are framed, what stands before them, which calls there are, what a status means."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from bank_profiles.language.seal import Seal
from bank_profiles.language.words import BLOCK, WORD, Block, Duration, OneOrMore, Padding, Whole, YesNo, word_or_block

Role = Literal[
    "constant", "code", "sequence", "status", "name", "size", "digest", "page", "pages", "more", "time", "bank", "text", "mac"
]  # fmt: skip
Status = Literal["ok", "refused", "retry", "in_doubt", "pending", "present", "different", "unfinished", "absent", "unknown"]
Verb = Literal["put", "look", "list", "get", "acknowledge", "collect", "beat"]


class Timeouts(Block):
    """How long a connection, and then an answer, may take."""

    connect: Duration = timedelta(seconds=5)
    reply: Duration = timedelta(seconds=60)


class Retry(Block):
    """What is tried again on a line before it is left to the next round."""

    times: Whole = 2
    wait: Duration = timedelta(seconds=30)


# ---- frames over TCP ----------------------------------------------------------------------------------------------------------------


class LengthPrefix(Block):
    """Every message has its length before it, in ``digits`` characters or in ``bytes`` binary ones."""

    kind: Literal["length_prefix"]
    digits: Whole | None = None
    bytes: Literal["2", "4"] | None = None
    counts: Literal["body", "all"] = "body"  # all: the prefix counts itself
    pad: Padding = "0"
    padded: Literal["left", "right"] = "left"
    max: Whole | None = None  # bytes of the longest message


class HeaderField(Block):
    """So many bytes of a header that play a role; numbers are filled with zeros on the left, all else with blanks on the right."""

    role: Role
    bytes: Whole
    value: str = ""  # of a constant
    pad: Padding | None = None
    padded: Literal["left", "right"] | None = None


class Messages(Block):
    """What stands between the length and the body, and what it says."""

    header: tuple[HeaderField, ...] = ()
    charset: Literal["ascii", "gb18030", "utf-8"] = "ascii"
    codes: dict[Verb, OneOrMore] = {}  # each question, and its answer's code where that has one of its own
    reply: str | None = None  # the code of an answer that comes in the call itself
    statuses: dict[str, Status] = {}


class Heartbeat(Block):
    """A sign of life; after so many unheard the line is broken."""

    every: Duration = timedelta(seconds=30)
    missed: Whole = 3


HouseOrMessages = Annotated[
    Annotated[Literal["house"], Tag(WORD)] | Annotated[Messages, Tag(BLOCK)], Discriminator(word_or_block)
]


class LineTcp(Block):
    """A dedicated line with framed messages."""

    kind: Literal["line_tcp"]
    framing: LengthPrefix
    messages: HouseOrMessages = Messages()  # nothing: a message is its body, the only question is the inquiry itself
    mac: Literal["hmac-sha256", "hmac-sm3"] | None = None
    mac_keys: Literal["one", "two"] = "one"  # two: the bank's codes have a key of their own
    sequence: Literal["line", "key"] = "line"  # what the numbers run within: one connection, or one key for ever
    heartbeat: Heartbeat | None = None
    connection: Literal["one_per_message", "kept"] = "one_per_message"
    answer: Literal["same_call", "later"] = "same_call"
    repeatable: YesNo = False  # the note says that the same message again is answered as before and is no second inquiry
    page_bytes: Whole | None = None  # of a parcel, in one message
    reply_name: str = "{file}.answer"  # of an answer whose message has no name
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    tls: Literal["mutual", "none"] = "mutual"
    seal: Seal
    sealed_as: str = "{package}"


# ---- calls over HTTPS ---------------------------------------------------------------------------------------------------------------


class Signature(Block):
    """A signature beside the TLS of the line."""

    over: Literal["body", "message"] = "message"  # the body alone, or method, path, ids, time, nonce and digest
    put_in: str = "header X-Signature"
    replies: YesNo = False  # the bank signs its replies by the key that signs its parcels; one it has not signed shows nothing


class Taken(Block):
    """What shows that the bank took what was posted: its digest in a header, or a member of a JSON reply. A good status shows nothing."""

    header: str | None = None  # sha-256=:…:, of what was taken (RFC 9530)
    member: str | None = None
    values: OneOrMore = ()  # of the member: taken
    refused: OneOrMore = ()  # of the member: not taken, a person must look


class Collect(Block):
    """The answer is fetched later."""

    collect: str  # the path to ask for it, {name} being that of the inquiry
    every: Duration = timedelta(seconds=30)
    for_: Duration = Field(default=timedelta(hours=2), alias="for")


class LineHttp(Block):
    """A dedicated line over HTTPS; the host is the connection's."""

    kind: Literal["line_http"]
    path: str
    calls: Literal["house", "house_polled", "post"] = "post"  # post: the inquiry is posted to the path, and that is all there is
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = {}  # {name}, {size}, {digest}: of what is posted, or asked about
    proof: Taken | None = None  # of what is posted; default: the answer itself, in the same call
    reply_type: OneOrMore = ("application/octet-stream", "application/pkcs7-mime")  # content types of an answer
    reply_name: str = "{file}.answer"  # of an answer that comes without a name
    sign: Signature | None = None
    collect: Collect | None = None  # default: the answer comes in the same call
    call_back: YesNo = False  # the bank calls us with its answers
    repeatable: YesNo = False
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    tls: Literal["mutual"] = "mutual"
    seal: Seal
    sealed_as: str = "{package}"
