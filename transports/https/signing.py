"""A message's own signature beside TLS: which lines it covers, in which headers it stands, and whether it holds."""

import base64
import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping

from transports import drawing

Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]  # key id, message, signature

_NONCE_BYTES = 16
EMPTY = hashlib.sha256(b"").hexdigest()
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/=]{1,8000}")  # one that brings its certificates is long
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclasses.dataclass(frozen=True)
class Headers:
    """In which headers the parts stand; an empty name is not sent (and not asked for)."""

    key_id: str = "X-Key-Id"
    bank: str = "X-Bank"
    message_id: str = "X-Message-Id"
    time: str = "X-Time"
    nonce: str = "X-Nonce"
    digest: str = "Content-Digest"
    signature: str = "X-Signature"


@dataclasses.dataclass(frozen=True)
class Signing:
    """How messages are signed on a line: our key and what the note wants to see.

    ``lines`` are what is signed, joined by line feeds; "{body}" stands for the whole body and is for small bodies only. A reply's
    lines say its status and take up the message id and nonce it answers. ``verify`` with ``replies``: replies must be signed.
    """

    key_id: str
    bank: str
    sign: Sign = dataclasses.field(repr=False)
    headers: Headers = Headers()
    lines: tuple[str, ...] = ("{method}", "{target}", "{key_id}", "{bank}", "{message_id}", "{time}", "{nonce}", "{digest}")
    reply_lines: tuple[str, ...] = (
        "{status}",
        "{target}",
        "{key_id}",
        "{bank}",
        "{message_id}",
        "{time}",
        "{nonce}",
        "{digest}",
    )
    verify: Verify | None = dataclasses.field(default=None, repr=False)
    replies: bool = False
    body_bytes_max: int = 32 * 1024 * 1024  # where "{body}" is signed it is held in memory

    @property
    def over_body(self) -> bool:
        """Is the body itself among what is signed?"""
        return "{body}" in self.lines


@dataclasses.dataclass(frozen=True)
class Stamp:
    """What a signature covers beside the place: all texts as they stand in the headers."""

    key_id: str
    bank: str
    message_id: str
    time: str
    nonce: str
    digest: str  # as in the header: sha-256=:base64:

    def message(self, lines: tuple[str, ...], *, method: str = "", status: int = 0, target: str = "", body: bytes = b"") -> bytes:
        """The bytes that are signed."""
        parts = {"method": method, "status": str(status), "target": target} | dataclasses.asdict(self)
        return b"\n".join(body if line == "{body}" else _filled(line, parts) for line in lines)

    def headers(self, names: Headers, signature: bytes) -> dict[str, str]:
        """The headers in which it travels."""
        parts = dataclasses.asdict(self) | {"signature": base64.b64encode(signature).decode()}
        return {name: parts[part] for part, name in dataclasses.asdict(names).items() if name}


def fresh_nonce() -> str:
    """A nonce no message had before: 32 hexadecimal digits."""
    return drawing.nonce(_NONCE_BYTES).hex()


def read(headers: Mapping[str, str], names: Headers) -> tuple[Stamp, bytes] | None:
    """The stamp and the signature of a message; None where a part is missing or is no plain token."""
    parts = {part: headers.get(name, "") for part, name in dataclasses.asdict(names).items() if name}
    written = parts.pop("signature", "")
    if not all(_TOKEN.fullmatch(value) for value in parts.values()) or not _SIGNATURE.fullmatch(written):
        return None
    try:
        signature = base64.b64decode(written, validate=True)
    except ValueError:
        return None
    return Stamp(**{field.name: parts.get(field.name, "") for field in dataclasses.fields(Stamp)}), signature


def digest_field(digest: str) -> str:
    """A SHA-256 in hex as the value of Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"


def digest_of(field: str) -> str | None:
    """The SHA-256 in hex that a Content-Digest names; None where it names none."""
    found = _DIGEST.fullmatch(field.strip())
    return base64.b64decode(found[1]).hex() if found else None


def _filled(line: str, parts: Mapping[str, str]) -> bytes:
    for part, value in parts.items():
        line = line.replace(f"{{{part}}}", value)
    return line.encode()
