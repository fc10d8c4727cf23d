"""What a peer's good reply to a put holds: the proof that it has our bytes, and the answers that came back in the same call."""

from collections.abc import Mapping
from urllib.parse import unquote

from transports import names
from transports.errors import Refused
from transports.https import signing
from transports.https.calls import Dialect, Proof
from transports.https.strict_json import loads
from transports.https.words import peers_word, unexpected

Answers = tuple[tuple[str, bytes], ...]


def expect_proof(proof: Proof, headers: Mapping[str, str], body: bytes, digest: str, *, whole_left: bool) -> None:
    """A good status alone is not believed where the note gives more: a login page has one too. Raises Unexpected, Refused."""
    if proof.header:
        if signing.digest_of(headers.get(proof.header, "")) != digest:
            raise unexpected("reply-unproved")
        return
    if not whole_left:  # said before it can have had the whole
        raise unexpected("reply-unproved")
    if proof.member:
        told = loads(body)
        value = told.get(proof.member) if isinstance(told, dict) else None
        if value in proof.refused:
            raise peers_word(Refused, "refused")
        if value not in proof.values:
            raise unexpected("reply-unproved")


def answers(dialect: Dialect, headers: Mapping[str, str], body: bytes) -> tuple[Answers, list[tuple[str, str]]]:
    """The answers, and what was left out as (reason, masked name): the put stands whatever is wrong with them."""
    named = headers.get(dialect.answer_name, "") if dialect.answer_name else ""
    if not named:
        return (), []
    sizes = _sizes(headers.get(dialect.answer_size, str(len(body))))
    labels = [unquote(each.strip(), errors="replace") for each in named.split(",")]
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
