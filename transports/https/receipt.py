"""What a peer's good reply to a put holds: the proof that it has our bytes, and the answers that came back in the same call."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from transports import names
from transports.errors import Refused
from transports.https import signing
from transports.https.calls import JSON, Dialect
from transports.https.strict_json import loads
from transports.https.words import peers_word, unexpected

Answers = tuple[tuple[str, bytes], ...]

# Every seal is a CMS message: a sequence that begins with an object identifier of PKCS (1.2.840.113549.1: RFC 5652, 5083) or of the
# SM suites (1.2.156.10197: GB/T 35275). Whose it is, and whether it holds, is found where it is opened.
_SEALED = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x06[\x06-\x10]\x2a(?:\x86\x48\x86\xf7\x0d\x01|\x81\x1c\xcf\x55)",
    re.DOTALL,
)


def expect_proof(dialect: Dialect, headers: Mapping[str, str], body: bytes, digest: str, *, whole_left: bool) -> None:
    """A good status alone is never believed: a login page has one too. Raises Unexpected, Refused."""
    proof = dialect.proof
    if proof.header:
        if signing.digest_of(headers.get(proof.header, "")) != digest:
            raise unexpected("reply-unproved")
        return
    if not whole_left:  # said before it can have had the whole
        raise unexpected("reply-unproved")
    if _is_answer(dialect, headers, body):
        return
    if not proof.member or _kind(headers) != JSON:
        raise unexpected("reply-unproved")
    told = loads(body)
    value = _word(told.get(proof.member)) if isinstance(told, dict) else None
    if value in proof.refused:
        raise peers_word(Refused, "refused")
    if value not in proof.values:
        raise unexpected("reply-unproved")


def _word(value: object) -> str | None:
    """A code, as text or as a number."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _is_answer(dialect: Dialect, headers: Mapping[str, str], body: bytes) -> bool:
    return _kind(headers) in dialect.answer_types and _SEALED.match(body) is not None


def answers(dialect: Dialect, name: str, headers: Mapping[str, str], body: bytes) -> tuple[Answers, list[tuple[str, str]]]:
    """The answers to the question ``name``, and what was left out as (reason, masked name): the put stands whatever is wrong with them."""
    named = headers.get(dialect.answer_name, "") if dialect.answer_name else ""
    if named:
        sizes = _sizes(headers.get(dialect.answer_size, str(len(body))))
        labels = [unquote(each.strip(), errors="replace") for each in named.split(",")]
    elif _is_answer(dialect, headers, body):
        sizes, labels = [len(body)], [dialect.answer.replace("{name}", name)]
    else:
        unread = body and dialect.answer_types and not (dialect.proof.member and _kind(headers) == JSON)
        return (), [("reply-malformed", names.mask(dialect.answer.replace("{name}", name)))] if unread else []
    if len(labels) != len(sizes) or sum(sizes) != len(body):
        return (), [("reply-malformed", names.mask(named))]
    good, strange, start = [], [], 0
    for label, size in zip(labels, sizes, strict=True):
        reason = names.problem(label)
        if reason:
            strange.append((reason, names.mask(label)))
        else:
            good.append((label, body[start : start + size]))
        start += size
    return tuple(good), strange


def _sizes(told: str) -> list[int]:
    sizes = [each.strip() for each in told.split(",")]
    return [int(each) for each in sizes] if all(each.isascii() and each.isdigit() and len(each) < 16 for each in sizes) else []
