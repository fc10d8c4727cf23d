"""The calls a bank's interface note offers, as data: for each verb the method, the place, and what each status means."""

import dataclasses
import enum
from collections.abc import Mapping
from urllib.parse import quote

OCTETS = "application/octet-stream"
SEALED = "application/pkcs7-mime"
JSON = "application/json"


class Means(enum.Enum):
    """What a status says. What nobody declared is told by its class of hundred, and none of them says DONE."""

    DONE = "done"  # it is so: stored, here it is, noted
    GONE = "gone"  # there is none of that name (any more)
    NOT_YET = "not-yet"  # asked for too early; ask again later
    COLLISION = "collision"  # the name is taken by other bytes
    REFUSED = "refused"  # a person must look
    NOT_TAKEN = "not-taken"  # certainly nothing was taken; put again later
    UNSURE = "unsure"  # something went wrong there: nothing follows from it


@dataclasses.dataclass(frozen=True)
class Call:
    """One call. ``target``: path below the base; ``{name}``, ``{digest}`` (hex) and ``{size}`` are filled in, percent-encoded.

    ``means``: what its statuses mean, where the note says more than the classes of hundred do. ``types``: the content types a
    good reply may have; empty = it need not have a body and none is read for meaning. ``headers``: their values are filled in as
    the target is. ``expect``: ask "may I?" before the body leaves (RFC 9110 10.1.1), so that a refusal is known to have taken nothing.
    """

    method: str
    target: str
    means: Mapping[int, Means]
    types: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = OCTETS
    expect: bool = False

    def path(self, name: str = "", size: int = 0, digest: str = "") -> str:
        """The target for these values."""
        return _filled(self.target, name, size, digest)

    def said(self, name: str = "", size: int = 0, digest: str = "") -> dict[str, str]:
        """The headers for these values."""
        return {header: _filled(value, name, size, digest) for header, value in self.headers}

    def meaning(self, status: int) -> Means:
        """What a status means for this call."""
        declared = self.means.get(status)
        if declared is not None:
            return declared
        if status in _LATER or status >= 500:
            return Means.UNSURE
        return Means.REFUSED if 300 <= status < 500 else Means.UNSURE


_LATER = frozenset((408, 425, 429))


def _filled(pattern: str, name: str, size: int, digest: str) -> str:
    return pattern.replace("{size}", str(size)).replace("{digest}", digest).replace("{name}", quote(name, safe=""))


@dataclasses.dataclass(frozen=True)
class Proof:
    """What a good reply to a put must hold before it is believed. Nothing set: only the answer itself shows that it was taken.

    ``header``: a header with the digest of what was stored (RFC 9530 form). ``member``: a member of the JSON reply that must have
    one of ``values``; ``refused``: values of it that mean no. An answer that comes in its stead shows it as well.
    """

    header: str = ""
    member: str = ""
    values: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Listing:
    """The members of a JSON listing: ``files`` holds the list (empty = the reply is the list), the others name an item's parts."""

    files: str = "files"
    name: str = "name"
    size: str = "size"
    modified: str = "modified"
    digest: str = "sha256"
    left_out: str = "left_out"


@dataclasses.dataclass(frozen=True)
class Dialect:
    """A bank's calls. None = the note has no such call.

    ``poll``: an answer is asked for by the name of its question; it is then called ``answer`` ({name} = the question's name) where
    the reply does not name it. ``answer_types``: a sealed body of these content types is an answer, even if the reply to a put does
    not name it. ``check``: asks for the size of an offered file after it was read. ``repeatable``: the note says
    that the same message may be put again without harm, which is what a look then answers.
    """

    put: Call
    look: Call | None = None
    list: Call | None = None
    get: Call | None = None
    acknowledge: Call | None = None
    poll: Call | None = None
    check: Call | None = None
    proof: Proof = Proof()
    listing: Listing = Listing()
    answer: str = "{name}.answer"
    answer_name: str = "X-Answer-Name"  # the header that names an answer; several: names and sizes in order, bodies in one
    answer_size: str = "X-Answer-Size"
    answer_types: tuple[str, ...] = ()
    digest_header: str = "Content-Digest"
    repeatable: bool = False


STORED = "X-Stored-Digest"

# What our own servers speak and what we ask a bank to speak that has nothing of its own.
HOUSE = Dialect(
    put=Call(
        "PUT",
        "/parcels/{name}",
        {200: Means.DONE, 201: Means.DONE, 409: Means.COLLISION, 429: Means.NOT_TAKEN, 503: Means.NOT_TAKEN},
        types=(OCTETS, SEALED, JSON),
        expect=True,
    ),
    look=Call("GET", "/parcels/{name}?size={size}&sha256={digest}", {200: Means.DONE, 404: Means.GONE}, types=(JSON,)),
    list=Call("GET", "/answers", {200: Means.DONE}, types=(JSON,)),
    get=Call("GET", "/answers/{name}", {200: Means.DONE, 404: Means.GONE}, types=(OCTETS, SEALED)),
    check=Call("HEAD", "/answers/{name}", {200: Means.DONE, 404: Means.GONE}),
    acknowledge=Call("POST", "/answers/{name}/receipt?sha256={digest}", {204: Means.DONE, 404: Means.GONE}),
    proof=Proof(header=STORED),
)

# The same, where each answer is asked for by the name of its question.
HOUSE_POLLED = dataclasses.replace(
    HOUSE,
    list=None,
    poll=Call(
        "GET",
        "/answers?for={name}",
        {200: Means.DONE, 202: Means.NOT_YET, 204: Means.NOT_YET, 404: Means.NOT_YET},
        types=(OCTETS, SEALED),
    ),
)
